"""Our side of the quality benches: a real `qwen-lsp serve` on a folder, asked over stdio.

The development cases stand in files whose real text holds the answer. While a case is asked, the
file on disk is the case's text without it, the index has read that, and the document is open with
the same text; afterwards the file is as it was.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lsprotocol import types as lsp

from qwen_lsp.server import convert
from qwen_lsp.server.extensions import CONTEXT, EDIT
from qwen_lsp.text import Document, Replacement, Span, apply
from tests.harness.editor import Editor

LIMIT_S = 600.0  # it only ends what hangs: a whole prompt takes a busy machine minutes
# The server's view of a document has settled when so many looks in a row, this far apart, agree.
SAME_PROMPTS, SETTLE_S = 2, 0.3
ENCODING = "utf-16"
# A blank file that comes or goes with each change on disk. The index counts files, and takes what
# it is told at once up at once: when the count has changed, it has read the changed file as well.
MARKER = "qwen_bench_marker.py"
_IS_TOLD, _LOGPROBS = " inline_completion ", re.compile(r"\blogprobs=([-.,\d]+)")
LANGUAGE_IDS = {
    ".py": "python",
    ".js": "javascript",
    ".ts": "typescript",
    ".tsx": "typescriptreact",
    ".java": "java",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is to be written: a file's text and an offset in it."""

    path: str
    text: str
    cursor: int


@dataclass(frozen=True, slots=True)
class Offered:
    """What was offered in a document.

    Attributes:
        replacement: what it would do there.
        text: the whole document with it.
        logprobs: log-probabilities of its first line's tokens, as the server's log has them.
    """

    replacement: Replacement
    text: str
    logprobs: tuple[float, ...]

    @property
    def end(self) -> int:
        """The offset behind what it would put in."""
        return self.replacement.span.start + len(self.replacement.text)


class Window:
    """One editor window with a folder; one document is open at a time."""

    def __init__(self, root: Path, editor: Editor) -> None:
        self.root = root
        self._editor = editor
        self._has_marker = False
        self._untold: list[str] = []  # files that changed on disk since the server was told

    @classmethod
    @asynccontextmanager
    async def on(cls, root: Path, options: dict[str, Any]) -> AsyncIterator["Window"]:
        """Give a window whose server has indexed the folder."""
        editor = await Editor.start(root, options=options, encoding=ENCODING, watches=True)
        try:
            window = cls(root, editor)
            await window._index(lambda _files: True)
            yield window
        finally:
            await editor.close()
            (root / MARKER).unlink(missing_ok=True)

    @asynccontextmanager
    async def opened(self, place: Place) -> AsyncIterator[str]:
        """Open a document and wait until the server has read it; gives its URI.

        The file on disk and in the index is made to be the same.
        """
        path = self.root / place.path
        original = path.read_bytes()
        is_masked = original != place.text.encode()
        if is_masked:
            path.write_bytes(place.text.encode())
            await self._tell(place.path)
        language = LANGUAGE_IDS.get(path.suffix, path.suffix.removeprefix("."))
        uri = path.as_uri()
        self._editor.documents[uri] = Document(uri, language, 1, place.text)
        item = lsp.TextDocumentItem(uri, language, 1, place.text)
        self._editor.client.text_document_did_open(lsp.DidOpenTextDocumentParams(item))
        try:
            await self._settle(uri, place.cursor)
            yield uri
        finally:
            identifier = lsp.TextDocumentIdentifier(uri)
            self._editor.client.text_document_did_close(lsp.DidCloseTextDocumentParams(identifier))
            if is_masked:
                path.write_bytes(original)
                self._untold.append(place.path)

    async def offer(self, uri: str, cursor: int) -> Offered | None:
        """Ask for a completion, as a user who presses the key for it; None if nothing comes."""
        document = self._editor.documents[uri]
        kind = lsp.InlineCompletionTriggerKind.Invoked
        logged = len(self._editor.log)
        async with asyncio.timeout(LIMIT_S):
            answer = await self._editor.client.text_document_inline_completion_async(
                lsp.InlineCompletionParams(
                    context=lsp.InlineCompletionContext(kind),
                    text_document=lsp.TextDocumentIdentifier(uri),
                    position=convert.position_at(document, cursor, ENCODING),
                )
            )
        items = answer.items if isinstance(answer, lsp.InlineCompletionList) else answer or ()
        if not items:
            return None
        inserted = str(items[0].insert_text)
        span = Span(cursor, cursor)
        if (range_ := items[0].range) is not None:
            span = convert.span_of(document, range_, ENCODING)
        replacement = Replacement(span, inserted)
        chances = await self._logprobs(logged)
        return Offered(replacement, apply(document.text, (replacement,)), chances)

    async def _logprobs(self, logged: int) -> tuple[float, ...]:
        """Return what the server's log says behind so many lines, once it has come."""
        async with asyncio.timeout(LIMIT_S):
            while not (lines := [one for one in self._editor.log[logged:] if _IS_TOLD in one]):
                await asyncio.sleep(0.005)  # nothing tells of it
        found = _LOGPROBS.search(lines[0])
        return tuple(float(one) for one in found[1].split(",")) if found else ()

    def accept(self, uri: str, offered: Offered) -> None:
        """Put an offer into the document."""
        self.change(uri, offered.replacement)

    def change(self, uri: str, change: Replacement) -> None:
        """Change a document, as typing does."""
        self._editor.change_at_once(uri, change)

    def progress(self, token: str) -> list[Any]:
        """Return what has come for a token so far, as plain JSON."""
        return [_plain(value) for name, value in self._editor.progress if name == token]

    def document(self, uri: str) -> Document:
        """Return an open document."""
        return self._editor.documents[uri]

    async def edit(self, uri: str, span: Span, **wanted: Any) -> dict[str, Any]:
        """Return what the server answers to an edit of a selection, as plain JSON.

        Raises:
            JsonRpcException: it refused.
        """
        return await ask(self._editor, EDIT, self._editor._selection(uri, span) | wanted)

    async def context(self, uri: str, cursor: int) -> dict[str, Any]:
        """Return what the server says it sends for a completion there."""
        position = convert.position_at(self._editor.documents[uri], cursor, ENCODING)
        params = {
            "textDocument": {"uri": uri},
            "position": {"line": position.line, "character": position.character},
            "task": "complete",
        }
        return await ask(self._editor, CONTEXT, params)

    async def _settle(self, uri: str, cursor: int) -> None:
        """Wait until what would be sent stays the same, all of it counted by the engine.

        The document is parsed by another process, and until its facts are there the prompt is
        another one. A user who has just opened a file takes longer to begin.
        """
        same, before = 0, None
        while same < SAME_PROMPTS:
            await asyncio.sleep(SETTLE_S)
            context = await self.context(uri, cursor)
            is_same = context["prompt"] == before and not context["estimated"]
            same, before = same + 1 if is_same else 0, context["prompt"]

    async def _tell(self, path: str) -> None:
        """Say what changed on disk, and wait until the index has read it."""
        state = (await self._editor.status()).index
        marker = self.root / MARKER
        if self._has_marker:
            marker.unlink()
        else:
            marker.write_text("\n")
        self._has_marker = not self._has_marker
        expected = state.files + (1 if self._has_marker else -1)
        self._editor.tell_changed(*self._untold, path, MARKER)
        self._untold.clear()
        await self._index(lambda files: files == expected)

    async def _index(self, holds: Callable[[int], bool]) -> None:
        """Wait until the index is up to date and its number of files is the right one."""
        async with asyncio.timeout(LIMIT_S):
            while True:
                state = (await self._editor.status()).index
                if state.state == "ready" and holds(state.files):
                    return
                await asyncio.sleep(0.02)  # nothing tells of it


async def ask(editor: Editor, method: str, params: dict[str, Any]) -> dict[str, Any]:
    """Return what the server answers to one of our own requests, as plain JSON.

    Raises:
        JsonRpcException: it answered with an error.
    """
    async with asyncio.timeout(LIMIT_S):
        answer = await editor.client.protocol.send_request_async(method, params)
    plain: dict[str, Any] = _plain(answer)
    return plain


def _plain(answer: Any) -> Any:
    """Return an answer as JSON has it: pygls makes named tuples of objects it does not know."""
    if hasattr(answer, "_asdict"):
        return {name: _plain(value) for name, value in answer._asdict().items()}
    if isinstance(answer, list):
        return [_plain(one) for one in answer]
    return answer
