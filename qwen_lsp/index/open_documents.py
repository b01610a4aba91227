"""What is open in the editor, parsed as it is typed, in a thread of its own.

Never on the path of a request: whoever asks gets the facts of the last text that was parsed.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from qwen_lsp.index.facts import FileFacts
from qwen_lsp.index.languages import language_of_id
from qwen_lsp.index.paths import Rules
from qwen_lsp.index.tree import SyntaxTree, edited, facts_of_tree, parse_text
from qwen_lsp.text import Replacement, Span

# After the last change. An unclosed bracket may cost more than a whole parse, so not each key.
DELAY_S = 0.2
# Code points. What is larger is not indexed either.
MOST = 1_000_000


@dataclass(slots=True)
class _Open:
    """A document's newest text, its tree, and when it is to be parsed; None when it was."""

    language: str
    text: str
    due: float | None
    tree: SyntaxTree | None = None


class OpenDocuments:
    """The open documents of one workspace folder, by their paths in it."""

    def __init__(self, root: Path, on_facts: Callable[[str, FileFacts], None]) -> None:
        """Start nothing before the first document.

        Args:
            root: the workspace folder.
            on_facts: gets the facts of a document, on the thread that parses.
        """
        self._rules = Rules(root)
        self._on_facts = on_facts
        self._changed = threading.Condition()
        self._documents: dict[str, _Open] = {}
        self._is_closing = False
        self._thread: threading.Thread | None = None

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
            self._documents.pop(path, None)

    def close(self) -> None:
        """Stop; a parse under way is not waited for."""
        with self._changed:
            self._is_closing = True
            self._changed.notify()

    def _run(self) -> None:
        while (due := self._next()) is not None:
            path, document, text = due
            # An ignored or secret file is not known, whether it is open or not.
            if not self._rules.is_indexed(path):
                self.hide(path)
                continue
            tree = _brought_up_to(document.tree, document.language, text)
            with self._changed:
                document.tree = tree
                if self._is_closing or self._documents.get(path) is not document:
                    continue
            self._on_facts(path, facts_of_tree(tree))

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


def _brought_up_to(tree: SyntaxTree | None, language: str, text: str) -> SyntaxTree:
    if tree is None:
        return parse_text(language, text)
    return tree if tree.text == text else edited(tree, difference(tree.text, text))


def difference(old: str, new: str) -> Replacement:
    """Return one replacement that makes `new` of `old`: all but what begins and ends alike."""
    start = _common(old, new, min(len(old), len(new)), from_end=False)
    end = _common(old, new, min(len(old), len(new)) - start, from_end=True)
    return Replacement(Span(start, len(old) - end), new[start : len(new) - end])


def _common(old: str, new: str, most: int, *, from_end: bool) -> int:
    """Return how many characters, at most `most`, two texts begin or end with alike."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        is_same = (
            old[len(old) - middle : len(old) - low] == new[len(new) - middle : len(new) - low]
            if from_end
            else old[low:middle] == new[low:middle]
        )
        low, high = (middle, high) if is_same else (low, middle - 1)
    return low
