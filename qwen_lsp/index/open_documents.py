"""What is open in the editor, parsed as it is typed, in a process of its own.

Never on the path of a request: whoever asks gets the facts of the last text that was parsed. A
thread hands the texts on and waits; a text that takes too long, or crashes the parser, costs that
process only, and is not tried again until it changes.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from qwen_lsp.index import children
from qwen_lsp.index.facts import FileFacts
from qwen_lsp.index.languages import language_of_id
from qwen_lsp.index.paths import Rules

log = logging.getLogger(__name__)

# After the last change. An unclosed bracket may cost more than a whole parse, so not each key.
DELAY_S = 0.2
# Code points. What is larger is not indexed either.
MOST = 1_000_000
PARSE_LIMIT_S = 10.0
_PARSE = "qwen_lsp.index.parsing:main"


@dataclass(slots=True)
class _Open:
    """A document's newest text, and when it is to be parsed; None when it was."""

    language: str
    text: str
    due: float | None


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

    def hide(self, path: str) -> None:
        """Forget a document."""
        with self._changed:
            if self._documents.pop(path, None) is not None and self._parser is not None:
                self._send(self._parser, path, "", None)

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
        while (due := self._next()) is not None:
            path, document, text = due
            # An ignored or secret file is not known, whether it is open or not.
            facts = self._parsed(path, document.language, text) if self._knows(path) else None
            with self._changed:
                if self._is_closing or self._documents.get(path) is not document:
                    continue
            if facts is not None:
                self._on_facts(path, facts)

    def _knows(self, path: str) -> bool:
        rules = self._rules = self._rules or Rules(self._root)
        return rules.is_indexed(path)

    def _parsed(self, path: str, language: str, text: str) -> FileFacts | None:
        """Have a text parsed; None if that fails, which ends the process."""
        with self._changed:
            if self._is_closing:
                return None
            parser = self._parser = self._parser or children.start(_PARSE)
            self._send(parser, path, language, text)
        try:
            if parser.connection.poll(PARSE_LIMIT_S):
                facts: FileFacts = parser.connection.recv()
                return facts
            log.warning("%s takes too long to parse; it is tried again when it changes", path)
        except (EOFError, OSError):
            log.warning("%s crashes the parser; it is tried again when it changes", path)
        with self._changed:
            if not self._is_closing:
                parser.kill()
                self._parser = None
        return None

    @staticmethod
    def _send(parser: children.Child, path: str, language: str, text: str | None) -> None:
        try:
            parser.connection.send((path, language, text))
        except OSError:
            return  # it died; reading will tell

    def _next(self) -> tuple[str, _Open, str] | None:
        """Wait for the next document that is to be parsed; None when this is closing."""
        with self._changed:
            while not self._is_closing:
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
