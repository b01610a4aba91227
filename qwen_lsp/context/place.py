"""The place that a prompt is for, as the search for context sees it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from qwen_lsp.context.in_play import NameInPlay
from qwen_lsp.context.snippet import Source
from qwen_lsp.index.facts import FileFacts, Symbol

# Gives the lines of a file of the workspace as it is now; none if it cannot be read.
ReadLines = Callable[[str], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Place:
    """A cursor in a file of the workspace.

    Attributes:
        path: of the file in the workspace folder.
        lines: of the document, without line ends.
        line: of the cursor, 0-based.
        before: the cursor's line up to the cursor.
        after: the rest of the cursor's line.
        shown: first and last line of the document that the prompt shows anyway.
        facts: of the document, perhaps from before the last few keys.
        names: in play at the cursor, the most important first.
        edited: path, first and last line of what was edited lately, the newest first.
    """

    path: str
    lines: Sequence[str]
    line: int
    before: str
    after: str
    shown: tuple[int, int]
    facts: FileFacts
    names: tuple[NameInPlay, ...]
    edited: tuple[tuple[str, int, int], ...] = ()

    def shows(self, path: str, first: int, last: int) -> bool:
        """Whether the prompt shows these lines of a file anyway."""
        return path == self.path and first <= self.shown[1] and last >= self.shown[0]


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something that may help, before it is known what fits.

    Attributes:
        path: of its file.
        source: where it comes from.
        reason: for people.
        what: a definition, or the first and last line of an example.
    """

    path: str
    source: Source
    reason: str
    what: Symbol | tuple[int, int]

    @property
    def key(self) -> tuple[str, int]:
        """What is the same for one thing found in several ways: its file and where it begins."""
        what = self.what
        return self.path, what.first_line if isinstance(what, Symbol) else what[0]
