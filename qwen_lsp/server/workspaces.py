"""The indexes of the workspace folders, and what goes on in and around them.

Nothing here is imported, and no process started, before the editor got its answer to initialize:
the index's libraries take a tenth of a second.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qwen_lsp.index.syntax import AT_ONCE_S, PATIENT_S, Syntax
from qwen_lsp.server.convert import path_of
from qwen_lsp.text import Document, Replacement

if TYPE_CHECKING:
    from qwen_lsp.index.batch import Batch
    from qwen_lsp.index.facts import FileFacts
    from qwen_lsp.index.open_documents import OpenDocuments
    from qwen_lsp.index.watch import Watch
    from qwen_lsp.index.workspace import State, WorkspaceIndex

log = logging.getLogger(__name__)


class Folder:
    """A workspace folder: its index, what is open in it, the watch on it, and its files' texts."""

    def __init__(
        self, index: "WorkspaceIndex", documents: "OpenDocuments", watch: "Watch | None"
    ) -> None:
        from qwen_lsp.index.texts import Texts

        self.index = index
        self.documents = documents
        self.watch = watch
        self.texts = Texts(index.root)

    def changed(self, batch: "Batch") -> None:
        """Look at what changed on disk."""
        if batch.everything:
            self.documents.forget_rules()
        self.index.changed(batch)

    async def close(self) -> None:
        """Stop all of it."""
        self.documents.close()
        if self.watch is not None:
            await asyncio.to_thread(self.watch.close)
        await self.index.close()


class Workspaces:
    """The workspace folders that are indexed. Belongs to the event loop."""

    def __init__(
        self,
        on_state: Callable[["State"], None],
        on_problem: Callable[[str], None],
        in_background: Callable[[Coroutine[Any, Any, None]], None],
    ) -> None:
        self._on_state = on_state
        self._on_problem = on_problem
        self._in_background = in_background
        self._folders: dict[Path, Folder] = {}
        self._opening: set[Path] = set()
        self._is_paused = False

    def set_roots(
        self, roots: Iterable[Path], documents: Iterable[Document], *, watches: bool
    ) -> None:
        """Index exactly these folders.

        Args:
            roots: the folders.
            documents: a live view of those that are open.
            watches: whether to watch the disk: the editor does not tell what changes.
        """
        wanted = set(roots)
        for root in self._folders.keys() - wanted:
            self._in_background(self._folders.pop(root).close())
        self._opening &= wanted
        for root in wanted - self._folders.keys() - self._opening:
            self._opening.add(root)
            self._in_background(self._open(root, documents, watches=watches))

    def show(self, document: Document) -> None:
        """Take the newest text of a document, if it is in one of the folders."""
        if (place := self.place(document.uri)) is not None:
            folder, path = place
            folder.documents.show(path, document.language, document.text)

    def hide(self, uri: str) -> None:
        """Take what is on disk for a document again: it was closed."""
        if (place := self.place(uri)) is not None:
            folder, path = place
            folder.documents.hide(path)
            folder.index.hide(path)

    def files_changed(self, paths: Iterable[Path]) -> None:
        """Look at files that the editor says changed on disk."""
        from qwen_lsp.index.batch import batch_of

        changed = [str(path) for path in paths]
        for root, folder in self._folders.items():
            folder.changed(batch_of(root, changed))

    def look_again(self) -> None:
        """Compare everything with the disk: the user came back from somewhere else."""
        for folder in self._folders.values():
            folder.index.refresh_if_old()

    def pause(self, *, is_busy: bool) -> None:
        """Leave the processor to the model while it is busy."""
        self._is_paused = is_busy
        for folder in self._folders.values():
            folder.index.pause() if is_busy else folder.index.resume()

    @property
    def is_building(self) -> bool:
        """Whether a folder is being indexed, which idle moments should go to."""
        return any(folder.index.state.name == "building" for folder in self._folders.values())

    def place(self, uri: str) -> tuple[Folder, str] | None:
        """Return the innermost folder that a document is in, and its path there."""
        path = path_of(uri)
        if path is None:
            return None
        roots = [root for root in self._folders if path.is_relative_to(root)]
        if not roots:
            return None
        root = max(roots, key=lambda one: len(one.parts))
        return self._folders[root], path.relative_to(root).as_posix()

    async def syntax_at(
        self, document: Document, offset: int, limit_s: float = AT_ONCE_S
    ) -> Syntax | None:
        """Return what the parser knows of a place in a document; None if it does not in time."""
        if (place := self.place(document.uri)) is None:
            return None
        folder, path = place
        return await folder.documents.syntax_at(path, document.text, offset, limit_s)

    async def would_break(self, document: Document, change: Replacement) -> bool:
        """Whether the parser finds errors in a changed document; False if that is not known."""
        after = document.replace(change, document.version)
        syntax = await self.syntax_at(after, change.span.start, PATIENT_S)
        return syntax is not None and syntax.has_errors

    def status(self) -> dict[str, Any]:
        """Return the state of all folders together, as `qwen/status` tells it."""
        states = [folder.index.state for folder in self._folders.values()]
        name = "off"
        if states or self._opening:
            is_ready = not self._opening and all(one.name == "ready" for one in states)
            name = "ready" if is_ready else "building"
        return {
            "state": name,
            "files": sum(one.files for one in states),
            "symbols": sum(one.symbols for one in states),
        }

    async def close(self) -> None:
        """Stop everything."""
        folders = list(self._folders.values())
        self._folders.clear()
        self._opening.clear()
        await asyncio.gather(*(folder.close() for folder in folders))

    async def _open(self, root: Path, documents: Iterable[Document], *, watches: bool) -> None:
        await asyncio.to_thread(_import_index)
        from qwen_lsp.index.open_documents import OpenDocuments
        from qwen_lsp.index.watch import Watch
        from qwen_lsp.index.workspace import WorkspaceIndex

        if root not in self._opening:
            return  # it was removed meanwhile
        self._opening.discard(root)
        loop = asyncio.get_running_loop()
        try:
            index = WorkspaceIndex(root, self._on_state, self._on_problem)
        except OSError as error:
            self._on_problem(f"{root} is not indexed: {error}. Free some space and restart.")
            return

        def on_facts(path: str, facts: "FileFacts") -> None:
            loop.call_soon_threadsafe(index.show, path, facts)

        def on_batch(batch: "Batch") -> None:
            loop.call_soon_threadsafe(self._changed_on_disk, root, batch)

        def on_problem(sentence: str) -> None:
            loop.call_soon_threadsafe(self._on_problem, sentence)

        watch = Watch(root, on_batch, on_problem) if watches else None
        self._folders[root] = Folder(index, OpenDocuments(root, on_facts), watch)
        if self._is_paused:
            index.pause()
        for document in documents:
            self.show(document)
        await index.start()

    def _changed_on_disk(self, root: Path, batch: "Batch") -> None:
        if root in self._folders:
            self._folders[root].changed(batch)


def _import_index() -> None:
    """Import what the index needs, away from the event loop."""
    import qwen_lsp.context.gather_selection
    import qwen_lsp.context.gather_tests
    import qwen_lsp.index.open_documents
    import qwen_lsp.index.texts
    import qwen_lsp.index.watch
    import qwen_lsp.index.workspace  # noqa: F401
