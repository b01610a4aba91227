"""Our side of the typing bench: `qwen-lsp serve`, asked as Neovim 0.12's own client asks.

As in its `runtime/lua/vim/lsp/inline_completion.lua`: every cursor move in insert mode redraws the
suggestion that is there and starts a timer of 200 ms anew; when it fires, a request goes out, and
whichever answer comes, an empty one too, replaces what is shown. Nothing is cancelled.
Changes are sent at once; Neovim gathers them for up to 150 ms, but always before a request.
"""

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lsprotocol import types as lsp

from qwen_lsp.inference import spawn
from qwen_lsp.server import convert
from qwen_lsp.server.extensions import DID_FOCUS
from qwen_lsp.text import Document, Replacement, Span
from tests.bench.engine_metrics import EngineMetrics, Reading
from tests.bench.typing_replay import Asked, Replayed, Side
from tests.bench.typing_sessions import Buffer, Session
from tests.harness.editor import Editor

DEBOUNCE_S = 0.2
QUIET_S = 1.0  # without new tokens, after which the engine's background work counts as done
QUIET_LIMIT_S = 30.0


@dataclass(slots=True)
class Item:
    """A suggestion as it was answered: a range of the document then, and its new text."""

    span: Span
    text: str
    document: Document
    command: lsp.Command | None
    since: float


class NeovimSide(Side):
    """One Neovim window with one buffer."""

    def __init__(self, buffer: Buffer, editor: Editor, metrics: EngineMetrics) -> None:
        super().__init__(buffer)
        self.editor = editor
        self._uri = buffer.document.uri
        self._metrics = metrics
        self._item: Item | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._under_way: Asked | None = None  # the newest request, until it is answered
        self._to_count: Asked | None = None  # answered, its tokens not yet read
        self._first = self._last = Reading()

    @classmethod
    async def start(
        cls, session: Session, workspace: Path, model: Path, options: dict[str, Any]
    ) -> "NeovimSide":
        """Open the session's file in a fresh window, and let the model be there."""
        (workspace / session.path.name).write_text(session.text, encoding="utf-8")
        editor = await Editor.start(workspace, options=options)
        uri, _ = editor.open(session.path.name, session.text, session.language)
        assert editor.documents[uri].text == session.text, "the harness's marks are in the file"
        while (engine := (await editor.status()).engine).state != "ready":
            if engine.state == "failed":
                raise RuntimeError(engine.message)
            await asyncio.sleep(0.05)
        editor.client.protocol.notify(DID_FOCUS, {"textDocument": {"uri": uri}})
        side = cls(Buffer(session, uri), editor, EngineMetrics(spawn.socket_path(model)))
        side._first = side._last = await side._metrics.read()
        return side

    def on_moved(self, change: Replacement | None) -> None:
        if change is not None:
            self.editor.change(self._uri, change.span, change.text)
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(DEBOUNCE_S, self._ask)
        self.news.set()

    def visible(self) -> tuple[str, float] | None:
        item = self._item
        if item is None:
            return None
        rest = _rest(item, self.buffer)
        return (rest, item.since) if rest.strip() else None

    def is_settled(self) -> bool:
        return self._timer is None and self._under_way is None

    def accept(self) -> Replacement | None:
        item, buffer = self._item, self.buffer
        if item is None or self.visible() is None:
            return None
        if item.document.text == buffer.document.text:
            end = item.span.start + len(item.text)
            change = buffer.replace(item.span, item.text, end)
        else:
            change = buffer.insert(_rest(item, buffer))
        self._item = None
        if item.command is not None:
            self.in_background(self._run(item.command))
        return change

    async def close(self) -> Replayed:
        if self._timer is not None:
            self._timer.cancel()
        await asyncio.gather(*self._tasks)
        await self._wait_for_quiet()
        await self._count()
        if self._last.all_tokens is not None and self._first.all_tokens is not None:
            self.result.all_tokens = self._last.all_tokens - self._first.all_tokens
        await self._metrics.close()
        await self.editor.close()
        return self.result

    async def _wait_for_quiet(self) -> None:
        """Let background work end: it belongs to this session, not into the other side's turn."""
        deadline, before = time.monotonic() + QUIET_LIMIT_S, None
        while time.monotonic() < deadline and before != (now := await self._metrics.read()):
            before = now
            await asyncio.sleep(QUIET_S)

    def _ask(self) -> None:
        self._timer = None
        self.in_background(self._request())

    async def _run(self, command: lsp.Command) -> None:
        await self.editor.execute(command)

    async def _request(self) -> None:
        older, asked = self._under_way, self.new_request()
        if older is not None:
            # Superseded before it was seen: what it costs counts for the one that will be seen.
            asked.keys += older.keys
            asked.typed = older.typed + asked.typed
            asked.warm = asked.warm and older.warm
        self._under_way = asked
        if older is None:
            await self._count()
        document, cursor = self.buffer.document, self.buffer.cursor
        start = time.monotonic()
        items = await self._complete(document, cursor)
        self._show(items[0] if items else None, document, cursor)
        if self._under_way is asked:
            self._under_way = None
            asked.ms = (time.monotonic() - start) * 1000
            asked.offered = self._item is not None
            self.result.shown += asked.offered
            self._to_count = asked
        self.news.set()

    async def _complete(self, document: Document, cursor: int) -> list[Any]:
        answer = await self.editor.client.text_document_inline_completion_async(
            lsp.InlineCompletionParams(
                context=lsp.InlineCompletionContext(lsp.InlineCompletionTriggerKind.Automatic),
                text_document=lsp.TextDocumentIdentifier(self._uri),
                position=convert.position_at(document, cursor, self.editor.encoding),
            )
        )
        return list(answer.items if isinstance(answer, lsp.InlineCompletionList) else answer or ())

    def _show(self, answer: Any, document: Document, cursor: int) -> None:
        before = self.visible()
        self._item = None
        if answer is None:
            return
        text = answer.insert_text
        span = Span(cursor, cursor)
        if answer.range is not None:
            span = convert.span_of(document, answer.range, self.editor.encoding)
        now = time.monotonic()
        text = text if isinstance(text, str) else text.value
        self._item = Item(span, text, document, answer.command, now)
        seen = self.visible()
        if before is not None and seen is not None and seen[0] == before[0]:
            self._item.since = before[1]  # it stood there already

    async def _count(self) -> None:
        """Credit what the engine evaluated since the last reading to the last seen request."""
        asked, self._to_count = self._to_count, None
        last, self._last = self._last, await self._metrics.read()
        if asked is None or self._last.tokens is None or last.tokens is None:
            return
        asked.tokens = self._last.tokens - last.tokens
        asked.used_model = self._last.requests != last.requests
        self.result.shown_without_model += asked.offered and not asked.used_model


def _rest(item: Item, buffer: Buffer) -> str:
    """Return what of a suggestion is still ahead of the cursor; "" when it no longer fits."""
    if item.document.line_at(item.span.start) != buffer.document.line_at(buffer.cursor):
        return ""
    typed = buffer.document.text[item.span.start : buffer.cursor]
    return item.text[len(typed) :] if item.text.startswith(typed) else ""
