"""Session: one editor window's state, the one mutable object of the server.

Everything a request needs is copied out of it as a frozen `Snapshot` before the first await.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Iterable
from contextlib import aclosing, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from lsprotocol import types as lsp

from qwen_lsp import locations, wire
from qwen_lsp.context.anchor import Anchor, set_anchor
from qwen_lsp.context.qwen import AFTER, BEFORE, warm_request
from qwen_lsp.context.recent import Recent
from qwen_lsp.context.snapshot import Snapshot
from qwen_lsp.context.snippet import Context
from qwen_lsp.context.typing import Change, Shown, Typing, after
from qwen_lsp.errors import BadInput, DocumentMoved, QwenLspError
from qwen_lsp.features.context_report import Made
from qwen_lsp.features.fit import brought_up_to
from qwen_lsp.features.offers import Offers
from qwen_lsp.inference.engine import AnyEngine
from qwen_lsp.inference.opening import engine_facts, open_engines
from qwen_lsp.models import catalogue, store
from qwen_lsp.server import convert
from qwen_lsp.server.client import ClientFeatures
from qwen_lsp.server.contexts import Contexts
from qwen_lsp.server.extensions import Selection, told
from qwen_lsp.server.feedback import KEPT_AFTER_S, Feedback
from qwen_lsp.server.garbage import IdleCollector
from qwen_lsp.server.regions import Regions
from qwen_lsp.server.workspaces import Workspaces
from qwen_lsp.settings import Settings, Source, read_toml, resolve
from qwen_lsp.text import Document, Replacement, Span

if TYPE_CHECKING:
    from qwen_lsp.index.workspace import State

log = logging.getLogger(__name__)

T = TypeVar("T")

WORKSPACE_FILE = ".qwen-lsp.toml"
# Code points. A larger document is a log or data; splitting and sending it would stall the editor.
LARGEST_DOCUMENT = 2_000_000

# When the anchor moves: the user rests this long, this many lines below it.
REST_S, MOVE_LINES = 2.0, 8


@dataclass
class Session:
    """The state of one editor window.

    Attributes:
        show: shows a sentence to the user.
        on_health: hears what becomes of the engine, and of that for edits if it is another one.
        on_index: hears how the workspace's index is.
        on_busy: hears whether somebody waits for the model.
        features: what the client can do.
        encoding: of positions, as negotiated.
        folders: URIs of the workspace folders.
        documents: open documents by URI.
        oversized: URIs of open documents that are too large to work on.
        recent: where the user worked lately.
        made: the last completion that was asked for in each open document.
        kept_after_s: seconds until it is seen how much of what was accepted is still there.
    """

    show: Callable[[str, lsp.MessageType], None]
    on_health: tuple[Callable[[wire.Health], None], Callable[[wire.Health], None]]
    on_index: "Callable[[State], None]"
    on_busy: Callable[[bool], None] = lambda _is_busy: None
    features: ClientFeatures = field(default_factory=ClientFeatures)
    encoding: str = lsp.PositionEncodingKind.Utf16
    folders: list[str] = field(default_factory=list)
    documents: dict[str, Document] = field(default_factory=dict)
    oversized: set[str] = field(default_factory=set)
    recent: Recent = field(default_factory=Recent)
    made: dict[str, Made] = field(default_factory=dict)
    kept_after_s: float = KEPT_AFTER_S
    _initial_options: dict[str, Any] = field(default_factory=dict)
    _shown: set[str] = field(default_factory=set)
    _completing: dict[str, "asyncio.Task[Any]"] = field(default_factory=dict)
    _background: set["asyncio.Task[None]"] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.offers = Offers()
        warn = partial(self.show_once, kind=lsp.MessageType.Warning)
        self.workspaces = Workspaces(self.on_index, warn, self.in_background)
        self.feedback = Feedback(self._model_name, warn, self.in_background, self.kept_after_s)
        self.contexts = Contexts(self.workspaces, self.documents)
        self._garbage = IdleCollector()
        self.regions = Regions()
        self._anchors: dict[str, Anchor] = {}
        self._resting: dict[str, asyncio.TimerHandle] = {}
        self._typing: dict[str, Typing] = {}
        self._offered: dict[str, Shown] = {}
        self.settings = Settings(model=catalogue.DEFAULT_MODEL)
        self.engine, self.edit_engine = self._open_engines()

    def configure(
        self,
        client_options: dict[str, Any] | None = None,
        initial_options: dict[str, Any] | None = None,
    ) -> None:
        """Read all sources of settings again; report bad values once."""
        if initial_options is not None:
            self._initial_options = initial_options
        user, problems = read_toml(locations.user_settings_file(), trusted=True)
        sources = [Source("initializationOptions", self._initial_options)]
        for folder in self.folders if self.features.trusts_workspace else ():
            if (path := convert.path_of(folder)) is not None:
                source, broken = read_toml(path / WORKSPACE_FILE, trusted=False)
                sources.append(source)
                problems += broken
        sources += [user, Source("the editor's settings", client_options or {})]
        before = self.settings
        self.settings, bad_values = resolve(catalogue.DEFAULT_MODEL, sources)
        for problem in (*problems, *bad_values):
            self.show_once(problem, lsp.MessageType.Warning)
        if engine_facts(before) != engine_facts(self.settings):
            old = self.engine, self.edit_engine
            self.in_background(self._close_engines(*old))
            self.engine, self.edit_engine = self._open_engines()
            for engine, hear in zip(old, self.on_health, strict=True):
                if engine.health.state != "off":
                    hear(self.engine.health)

    def index_folders(self) -> None:
        """Index the workspace folders that there are now, or none if that is switched off."""
        paths = map(convert.path_of, self.folders if self.settings.index_enabled else ())
        roots = [path.resolve() for path in paths if path is not None and path.is_dir()]
        self.workspaces.set_roots(
            roots, self.documents.values(), watches=not self.features.watches_files
        )

    def open(self, uri: str, language: str, version: int, text: str) -> None:
        """Take in a document, and load the model: a document is about to need it."""
        self.regions.closed(uri)  # its text comes anew, so nothing is known of what was in it
        if len(text) > LARGEST_DOCUMENT:
            self.oversized.add(uri)
            self.show_once(
                f"{Path(uri).name} is larger than {LARGEST_DOCUMENT // 1_000_000} MB; qwen-lsp "
                "leaves it alone.",
                lsp.MessageType.Info,
            )
            return
        document = self.documents[uri] = Document(uri, language, version, text)
        self.workspaces.show(document)
        if self.settings.completion_enabled:
            self.in_background(self._load_model())

    def change(
        self, uri: str, version: int, changes: Iterable[lsp.TextDocumentContentChangeEvent]
    ) -> None:
        """Apply a change; one for a document that is not open is logged and ignored."""
        document = self.documents.get(uri)
        if document is None:
            if uri not in self.oversized:
                log.warning("A change for a document that is not open: %s", uri)
            return
        self._garbage.touch()
        changes = tuple(changes)
        newer = self.documents[uri] = convert.changed(
            document, version, changes, self.encoding, self._follow
        )
        self.recent = self.recent.after(document, newer)
        self.workspaces.show(newer)
        inserted, shown = tuple(one.text for one in changes), self._offered.get(uri)
        change = Change(document, newer, inserted, shown, time.monotonic())
        self._typing[uri] = after(self._typing.get(uri, Typing()), change)

    def close_document(self, uri: str) -> None:
        """Forget a document and stop what is computed for it."""
        self.documents.pop(uri, None)
        self._anchors.pop(uri, None)
        self.contexts.forget(uri)
        self._typing.pop(uri, None)
        self._offered.pop(uri, None)
        self.made.pop(uri, None)
        self.oversized.discard(uri)
        self.offers.end(uri)
        self.feedback.closed(uri)
        self.regions.closed(uri)
        self.workspaces.hide(uri)
        if (task := self._completing.pop(uri, None)) is not None:
            task.cancel()

    def snapshot_at(
        self, uri: str, position: lsp.Position, context: lsp.InlineCompletionContext
    ) -> Snapshot | None:
        """Return what a completion at a position may see; None if the document is not open."""
        document = self.documents.get(uri)
        if document is None:
            if uri not in self.oversized:
                log.warning("A completion in a document that is not open: %s", uri)
            return None
        cursor = convert.offset_at(document, position, self.encoding)
        chosen = convert.chosen_in(document, context.selected_completion_info, self.encoding)
        if chosen is not None:
            document = document.replace(chosen, document.version)
            cursor = chosen.span.start + len(chosen.text)
        anchor = self._anchors[uri] = self.anchor_at(document, cursor)
        snapshot = self._snapshot(document, Span(cursor, cursor))
        return replace(
            snapshot,
            anchor=anchor,
            is_invoked=context.trigger_kind == lsp.InlineCompletionTriggerKind.Invoked,
            typing=self._typing.get(uri, Typing()),
            asked_at=time.monotonic(),
            chosen=chosen,
        )

    async def inform(self, snapshot: Snapshot) -> Snapshot:
        """Return the snapshot with what the workspace has to say about its place."""
        context = await self.contexts.of(snapshot, self.engine)
        return replace(snapshot, context=context, likely=await self.contexts.likely(snapshot))

    def with_context(self, snapshot: Snapshot) -> Snapshot:
        """Return the snapshot with the context that is known for its anchor."""
        return replace(snapshot, context=self.contexts.known(snapshot) or Context())

    def anchor_at(self, document: Document, cursor: int) -> Anchor:
        """Return where the prompt of a completion at the cursor is split, as things are now."""
        anchor = self._anchors.get(document.uri)
        anchor = None if anchor is None else anchor.found_in(document)
        if anchor is not None and anchor.holds(document, cursor):
            return anchor
        number = 0 if anchor is None else anchor.number
        return set_anchor(document, cursor, BEFORE, AFTER, number)

    def snapshot_of(self, selection: Selection) -> Snapshot:
        """Return what an edit or an explanation of a selection may see.

        Raises:
            BadInput: the document is not open, or too large.
            DocumentMoved: the selection was made in an older version.
        """
        document = self.documents.get(selection.uri)
        if document is None:
            size = LARGEST_DOCUMENT // 1_000_000
            if selection.uri in self.oversized:
                raise BadInput(f"The file is larger than {size} MB; qwen-lsp leaves it alone.")
            raise BadInput(f"{selection.uri} is not open in the editor; open it first.")
        if selection.version is not None and selection.version != document.version:
            raise DocumentMoved("The file has changed meanwhile; select the code again.")
        span = convert.span_of(document, selection.range, self.encoding)
        return self._snapshot(document, span, told(document, selection.diagnostics))

    def offer(self, snapshot: Snapshot, text: str) -> Replacement | None:
        """Return what to offer now of a completion that was made for a snapshot.

        None if the document has changed so that it does not belong there any more.
        """
        uri = snapshot.document.uri
        document = self.documents.get(uri)
        replacement = None if document is None else brought_up_to(document, text, snapshot)
        if document is not None and replacement is not None:
            self._offered[uri] = Shown(document, replacement.span.start, replacement.text)
        return replacement

    def is_current(self, snapshot: Snapshot) -> bool:
        """Whether the snapshot's document is still at its version."""
        current = self.documents.get(snapshot.document.uri)
        return current is not None and current.version == snapshot.document.version

    async def newest(self, uri: str, work: Coroutine[Any, Any, T]) -> T | None:
        """Run work for a document; None when newer work for the same document replaced it.

        A cancel of the request itself cancels the work and rises as CancelledError.
        """
        task = asyncio.create_task(work)
        if (older := self._completing.get(uri)) is not None:
            older.cancel()
        self._completing[uri] = task
        try:
            return await task
        except asyncio.CancelledError:
            current = asyncio.current_task()
            if current is not None and current.cancelling():
                raise
            return None
        finally:
            if self._completing.get(uri) is task:
                del self._completing[uri]

    def warm_when_idle(self, snapshot: Snapshot) -> None:
        """Move a document's anchor to the cursor once the user rests, its trunk evaluated first."""
        uri, anchor = snapshot.document.uri, snapshot.anchor
        if (waiting := self._resting.pop(uri, None)) is not None:
            waiting.cancel()
        if anchor is None or anchor.lines_since(snapshot.document, snapshot.cursor) < MOVE_LINES:
            return
        loop = asyncio.get_running_loop()
        self._resting[uri] = loop.call_later(
            REST_S, lambda: self.in_background(self._move_anchor(snapshot, anchor))
        )

    def warm_focused(self, uri: str) -> None:
        """Evaluate again what may have been dropped while another document had the focus."""
        document, anchor = self.documents.get(uri), self._anchors.get(uri)
        if document is None or anchor is None or not self.settings.completion_enabled:
            return
        snapshot = replace(self._snapshot(document, Span(anchor.at, anchor.at)), anchor=anchor)
        self.in_background(self._warm(self.with_context(snapshot), anchor))

    async def _move_anchor(self, snapshot: Snapshot, old: Anchor) -> None:
        uri = snapshot.document.uri
        if not self.is_current(snapshot) or uri in self._completing:
            return
        # The other trunk is filled meanwhile, so that the old one serves until this one is ready.
        number = 1 - old.number
        anchor = set_anchor(snapshot.document, snapshot.cursor, BEFORE, AFTER, number)
        moved = replace(snapshot, anchor=anchor)
        context = await self.contexts.find(moved, self.engine, snapshot.context)
        await self._warm(replace(moved, context=context), anchor)
        if self._anchors.get(uri) is old:
            self._anchors[uri] = anchor
            self.contexts.keep(moved, context)

    async def _warm(self, snapshot: Snapshot, anchor: Anchor) -> None:
        with suppress(QwenLspError):  # nobody asked for it, so nobody is told
            await self.engine.ready()
            if not self.engine.health.fills_in_the_middle:
                return
            request = warm_request(snapshot, anchor)
            async with aclosing(self.engine.answer(request)) as events:
                async for _event in events:
                    pass

    def show_once(self, sentence: str, kind: lsp.MessageType) -> None:
        """Show a sentence, unless it was shown before in this session."""
        log.warning("%s", sentence)
        if sentence not in self._shown:
            self._shown.add(sentence)
            self.show(sentence, kind)

    def in_background(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something that no request waits for."""
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def close(self) -> None:
        """Stop all that runs; the engine stays for other windows."""
        for task in (*self._completing.values(), *self._background):
            task.cancel()
        self._garbage.close()
        self.offers.close()
        await self.contexts.close()
        await self.feedback.close()
        await self.workspaces.close()
        await self._close_engines(self.engine, self.edit_engine)

    def _follow(self, document: Document, change: Replacement) -> None:
        self.feedback.changed(document, change)
        self.regions.changed(document, change)

    def _snapshot(
        self, document: Document, span: Span, diagnostics: tuple[str, ...] = ()
    ) -> Snapshot:
        workspace, path = convert.place_of(document.uri, self.folders)
        return Snapshot(
            document, span, self.settings, workspace, path, diagnostics, recent=self.recent
        )

    def _open_engines(self) -> tuple[AnyEngine, AnyEngine]:
        usage = partial(self.feedback.evaluated, self.documents)
        return open_engines(self.settings, store.resolve, self.on_health, self._busy, usage)

    async def _close_engines(self, *engines: AnyEngine) -> None:
        for engine in engines:
            await engine.close()

    def _busy(self, is_busy: bool) -> None:
        self.workspaces.pause(is_busy=is_busy)
        self.on_busy(is_busy)

    def _model_name(self) -> str:
        return self.engine.health.model or Path(self.settings.model).name

    async def _load_model(self) -> None:
        try:
            await self.engine.ready()
        except QwenLspError as error:
            self.show_once(str(error), lsp.MessageType.Error)
