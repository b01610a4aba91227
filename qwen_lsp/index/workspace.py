"""The index of one workspace folder as the server has it: built elsewhere, asked here.

Belongs to the server's event loop. What the index process says comes in on a thread of its own,
which also makes the resolver, since that reads all paths; the loop only swaps values.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from qwen_lsp.index.batch import Batch
from qwen_lsp.index.builder import Built, Event, Problem, Progress, Waiting
from qwen_lsp.index.facts import FileFacts
from qwen_lsp.index.indexer import Indexer
from qwen_lsp.index.lookup import Lookup
from qwen_lsp.index.resolve.configs import is_config
from qwen_lsp.index.resolve.resolver import Resolver
from qwen_lsp.index.store import StoreDamaged, StoreError, folder_of
from qwen_lsp.index.stored import StoredIndex
from qwen_lsp.index.view import IndexView

log = logging.getLogger(__name__)

# A watch may lose what happens without a word, so everything is compared now and then.
RESCAN_S = 300.0
# How often what a long build has found so far, or another window's process, is taken up.
FOLLOW_S = 5.0
# Of a config file, and how many are read: enough for any project, and no strange file stops us.
CONFIG_BYTES, CONFIG_FILES = 512 * 1024, 2_000


@dataclass(frozen=True, slots=True)
class State:
    """How the index is: "building" or "ready", what it holds, and how far a build is.

    Attributes:
        name: "building" or "ready".
        files: indexed.
        symbols: defined in them.
        done: files of the build under way.
        total: files that it has to look at.
        path: of the last one.
    """

    name: str = "building"
    files: int = 0
    symbols: int = 0
    done: int = 0
    total: int = 0
    path: str = ""


class WorkspaceIndex:
    """One workspace folder's index. All methods are called on the event loop.

    Attributes:
        root: the workspace folder.
        state: how the index is.
        lookup: questions to it; replaced whole when something changes.
    """

    def __init__(
        self,
        root: Path,
        on_state: Callable[[State], None],
        on_problem: Callable[[str], None],
    ) -> None:
        self.root = root
        self.state = State()
        self._on_state, self._on_problem = on_state, on_problem
        self._loop = asyncio.get_running_loop()
        self._indexer: Indexer | None = None
        self._is_paused = self._is_closed = False
        self._is_following = False  # another window's process writes the index
        self._looked_at = self._published = time.monotonic()
        stored = StoredIndex(folder_of(root), self._on_store_error)
        self.lookup = Lookup(IndexView(stored), Resolver((), {}, {}))

    async def start(self) -> None:
        """Start the index process; what is on disk already can be asked before it is ready."""
        indexer = await asyncio.to_thread(self._start)
        if self._is_closed:
            await asyncio.to_thread(indexer.close)
            return
        self._indexer = indexer
        if self._is_paused:
            indexer.pause()

    def changed(self, batch: Batch) -> None:
        """Look at what changed on disk."""
        if self._indexer is None:
            return  # it begins by looking at everything
        if batch.everything:
            self._indexer.refresh()
        elif batch.paths:
            self._indexer.update(batch.paths)

    def refresh_if_old(self) -> None:
        """Compare everything with the disk if that was not done for some minutes."""
        if self._indexer is not None and time.monotonic() - self._looked_at > RESCAN_S:
            self._looked_at = time.monotonic()
            self._indexer.refresh()

    def show(self, path: str, facts: FileFacts) -> None:
        """Take the facts of an open document instead of those of its file."""
        self.lookup = self.lookup.seen_through(self.lookup.view.with_overlay(path, facts))

    def hide(self, path: str) -> None:
        """Take the facts of a file again: its document was closed."""
        self.lookup = self.lookup.seen_through(self.lookup.view.without_overlay(path))

    def pause(self) -> None:
        """Leave the processor to the model."""
        self._is_paused = True
        if self._indexer is not None:
            self._indexer.pause()

    def resume(self) -> None:
        """Go on."""
        self._is_paused = False
        if self._indexer is not None:
            self._indexer.resume()

    async def close(self) -> None:
        """End the index process; what it has written stays."""
        self._is_closed = True
        if self._indexer is not None:
            await asyncio.to_thread(self._indexer.close)
        self.lookup.view.stored.close()

    def _start(self) -> Indexer:
        self._publish(built=False)
        return Indexer(self.root, self._hear)

    def _hear(self, event: Event) -> None:
        """Take in what the index process says, on its thread."""
        if isinstance(event, Built):
            log.info("Indexed %s: %s", self.root, event)
            self._is_following = False
            self._publish(built=True)
        elif isinstance(event, Waiting):
            self._is_following = True
            self._publish(built=True)
            self._call(self._follow_later)
        elif isinstance(event, Problem):
            self._call(self._on_problem, event.text)
        else:
            self._call(self._note_progress, event)
            if time.monotonic() - self._published > FOLLOW_S:
                self._publish(built=False)

    def _publish(self, *, built: bool) -> None:
        self._published = time.monotonic()
        stored = self._new_reader()
        resolver = resolver_of(self.root, stored)
        files, symbols = stored.size()
        stored.close()
        self._call(self._swap, resolver, State("ready" if built else "building", files, symbols))

    def _new_reader(self) -> StoredIndex:
        """Return a reader for another thread: the loop's belongs to the loop."""
        return StoredIndex(folder_of(self.root), lambda error: log.warning("%s", error))

    def _follow_later(self) -> None:
        if self._is_following and not self._is_closed:
            self._loop.call_later(FOLLOW_S, self._follow)

    def _follow(self) -> None:
        if not self._is_closed:
            # Not waited for: it publishes what it made. Counting reads all files' rows.
            self._loop.run_in_executor(None, self._publish_news)
        self._follow_later()

    def _publish_news(self) -> None:
        stored = self._new_reader()
        size = stored.size()
        stored.close()
        if size != (self.state.files, self.state.symbols):
            self._publish(built=True)

    def _swap(self, resolver: Resolver, state: State) -> None:
        self.lookup = Lookup(self.lookup.view, resolver)
        self.state = state
        self._on_state(state)

    def _note_progress(self, event: Progress) -> None:
        old = self.state
        self.state = State("building", old.files, old.symbols, event.done, event.total, event.path)
        self._on_state(self.state)

    def _on_store_error(self, error: StoreError) -> None:
        if isinstance(error, StoreDamaged) and self._indexer is not None:
            self._indexer.rebuild()
        else:
            self._on_problem(str(error))

    def _call(self, function: Callable[..., None], *values: object) -> None:
        if not self._is_closed:
            self._loop.call_soon_threadsafe(function, *values)


def resolver_of(root: Path, stored: StoredIndex) -> Resolver:
    """Return what finds imports' files among the indexed ones. Reads all paths and config files."""
    paths = stored.paths()
    configs = [path for path in paths if is_config(path)][:CONFIG_FILES]
    texts = {path: text for path in configs if (text := _text(root / path))}
    return Resolver(paths, texts, stored.packages())


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(CONFIG_BYTES).decode(errors="replace")
    except OSError:
        return ""  # it was there a moment ago
