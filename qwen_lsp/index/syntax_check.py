"""Whether an edit breaks a file that parsed: asked of a parser in a process of its own.

Not the parser of what is open: nobody has tried what a model writes, and a grammar that hangs or
crashes on it must not take what is known of the open documents along. The process comes up, and
parses the file as it is, while the model writes. It needs no workspace, so it does for documents
outside of any and for the command line.
"""

import asyncio
import threading
from concurrent.futures import Future
from queue import SimpleQueue
from typing import TYPE_CHECKING

from qwen_lsp.index.languages import language_of_id
from qwen_lsp.index.syntax import ERRORS

if TYPE_CHECKING:
    from qwen_lsp.index.children import Child

# Seconds for one text. A file of code takes a tenth of one; it only ends what hangs, or what a busy
# machine does not get round to, for nobody waits longer for a warning.
LIMIT_S = 8.0
# Code points. What is larger is hardly ever code, and takes too long.
MOST = 500_000


class SyntaxCheck:
    """The check of one edit. Ask it once, and close it in any case."""

    def __init__(self, language_id: str, before: str) -> None:
        """Begin to parse the whole file as it is.

        Args:
            language_id: what LSP clients call its language.
            before: its text.
        """
        self._after: SimpleQueue[str | None] = SimpleQueue()
        self._answer: Future[int | None] = Future()
        language = language_of_id(language_id)
        if language is None or len(before) > MOST:
            self._answer.set_result(None)
            return
        threading.Thread(
            target=_check,
            args=(language, before, self._after, self._answer),
            name="syntax check",
            daemon=True,
        ).start()

    async def first_broken_line(self, after: str) -> int | None:
        """Return the line of the first syntax error, 0-based, that the edited file has.

        None if it has none or had one before, or if that cannot be told: the language is not known,
        the file is too large, or the parser failed or took too long.
        """
        self._after.put(after if len(after) <= MOST else None)
        try:
            return await asyncio.wait_for(asyncio.wrap_future(self._answer), LIMIT_S)
        except TimeoutError:
            return None

    def close(self) -> None:
        """End the process, as soon as it has parsed what it is at or the time for it is over."""
        self._after.put(None)


def _check(
    language: str, before: str, texts: "SimpleQueue[str | None]", answer: "Future[int | None]"
) -> None:
    from qwen_lsp.index import children  # starting processes takes a while to import

    parser = children.start("qwen_lsp.index.parsing:main")
    try:
        was_sound = _errors(parser, language, before) == ()
        after = texts.get()
        errors = _errors(parser, language, after) if was_sound and after is not None else None
        # Who asked may have stopped waiting.
        if answer.set_running_or_notify_cancel():
            answer.set_result(min(errors) if errors else None)
    finally:
        parser.kill()


def _errors(parser: "Child", language: str, text: str) -> tuple[int, ...] | None:
    try:
        parser.connection.send(("", language, text, ERRORS))
        if not parser.connection.poll(LIMIT_S):
            return None
        lines: tuple[int, ...] | None = parser.connection.recv()
    except (EOFError, OSError):
        return None
    return lines
