"""What is open in the editor, parsed as it is typed, in a process of its own.

No request waits for facts: whoever asks gets those of the last text that was parsed. One may ask
for the syntax at its cursor, and waits for it a moment at most. A thread hands the texts on and
waits; a text that takes too long, or crashes the parser, costs that process only, and is not tried
again until it changes.
"""

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

from qwen_lsp.index import children
from qwen_lsp.index.facts import FileFacts
from qwen_lsp.index.languages import language_of_id
from qwen_lsp.index.paths import Rules
from qwen_lsp.index.syntax import AT_ONCE_S, Syntax

log = logging.getLogger(__name__)

# After the last change. An unclosed bracket may cost more than a whole parse, so not each key.
DELAY_S = 0.2
# Code points. What is larger is not indexed either.
MOST = 1_000_000
PARSE_LIMIT_S = 10.0
_PARSE = "qwen_lsp.index.parsing:main"


@dataclass(slots=True)
class _Open:
    """A document that is open.

    Attributes:
        language: as in `languages.py`.
        text: the newest.
        due: when it is to be parsed; None when it was.
        is_sound: whether the text that was parsed last could be.
    """

    language: str
    text: str
    due: float | None
    is_sound: bool = False


@dataclass(frozen=True, slots=True)
class _Question:
    """Somebody asks for the syntax at an offset of a text."""

    path: str
    language: str
    text: str
    offset: int
    answer: "Future[Syntax | None]"


class OpenDocuments:
    """The open documents of one workspace folder, by their paths in it."""

    def __init__(self, root: Path, on_facts: Callable[[str, FileFacts], None]) -> None:
        """Start nothing before the first document.

        Args:
            root: the workspace folder.
            on_facts: gets the facts of a document, on the thread that parses.
        """
        self._root = root
        self._rules: Rules | None = None
        self._on_facts = on_facts
        self._changed = threading.Condition()
        self._documents: dict[str, _Open] = {}
        self._question: _Question | None = None
        self._is_closing = False
        self._thread: threading.Thread | None = None
        self._parser: children.Child | None = None

    def show(self, path: str, language_id: str, text: str) -> None:
        """Take the newest text of a document."""
        language = language_of_id(language_id)
        if language is None or len(text) > MOST:
            return
        with self._changed:
            known = self._documents.get(path)
            if known is None:
                self._documents[path] = _Open(language, text, monotonic())
            else:
                known.text, known.due = text, monotonic() + DELAY_S
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="parse", daemon=True)
                self._thread.start()
            self._changed.notify()

    async def syntax_at(
        self, path: str, text: str, offset: int, limit_s: float = AT_ONCE_S
    ) -> Syntax | None:
        """Return the syntax at an offset of a document's text, in code points.

        None when that is not known in time: the parser is busy with something larger, the text
        before could not be parsed, or a newer question came.
        """
        with self._changed:
            known = self._documents.get(path)
            if known is None or not known.is_sound or self._is_closing:
                return None
            answer: Future[Syntax | None] = Future()
            question = _Question(path, known.language, text, offset, answer)
            self._question = question  # the older one's asker stops waiting soon
            self._changed.notify()
        try:
            return await asyncio.wait_for(asyncio.wrap_future(answer), limit_s)
        except TimeoutError:
            return None

    def hide(self, path: str) -> None:
        """Forget a document."""
        with self._changed:
            if self._documents.pop(path, None) is not None and self._parser is not None:
                self._send(self._parser, (path, "", None, None))

    def forget_rules(self) -> None:
        """Read the ignore files again: one of them may have changed."""
        self._rules = None

    def close(self) -> None:
        """Stop; a parse under way is not waited for."""
        with self._changed:
            self._is_closing = True
            self._changed.notify()
            if self._parser is not None:
                self._parser.kill()

    def _run(self) -> None:
        while (work := self._next()) is not None:
            if isinstance(work, _Question):
                asked = (work.path, work.language, work.text, work.offset)
                syntax = self._asked(asked)
                # Who asked may have stopped waiting.
                if work.answer.set_running_or_notify_cancel():
                    work.answer.set_result(syntax)
            else:
                self._take_facts(*work)

    def _take_facts(self, path: str, document: _Open, text: str) -> None:
        # An ignored or secret file is not known, whether it is open or not.
        is_known = self._knows(path)
        asked = (path, document.language, text, None)
        facts: FileFacts | None = self._asked(asked) if is_known else None
        with self._changed:
            if self._is_closing or self._documents.get(path) is not document:
                return
            document.is_sound = facts is not None
        if facts is not None:
            self._on_facts(path, facts)

    def _knows(self, path: str) -> bool:
        rules = self._rules = self._rules or Rules(self._root)
        return rules.is_indexed(path)

    def _asked(self, message: tuple[str, str, str, int | None]) -> Any:
        """Return what the parser answers; None if it fails, which ends its process."""
        path = message[0]
        with self._changed:
            if self._is_closing:
                return None
            parser = self._parser = self._parser or children.start(_PARSE)
            self._send(parser, message)
        try:
            if parser.connection.poll(PARSE_LIMIT_S):
                return parser.connection.recv()
            log.warning("%s takes too long to parse; it is tried again when it changes", path)
        except (EOFError, OSError):
            log.warning("%s crashes the parser; it is tried again when it changes", path)
        with self._changed:
            if (document := self._documents.get(path)) is not None:
                document.is_sound = False
            if not self._is_closing:
                parser.kill()
                self._parser = None
        return None

    @staticmethod
    def _send(parser: children.Child, message: tuple[str, str, str | None, int | None]) -> None:
        try:
            parser.connection.send(message)
        except OSError:
            return  # it died; reading will tell

    def _next(self) -> "_Question | tuple[str, _Open, str] | None":
        """Wait for a question, or the next document that is to be parsed; None when closing."""
        with self._changed:
            while not self._is_closing:
                if (question := self._question) is not None:
                    self._question = None
                    return question
                waiting = [
                    (one.due, path) for path, one in self._documents.items() if one.due is not None
                ]
                first, path = min(waiting, default=(None, ""))
                if first is None:
                    self._changed.wait()
                elif (left := first - monotonic()) > 0:
                    self._changed.wait(left)
                else:
                    document = self._documents[path]
                    document.due = None
                    return path, document, document.text
        return None
