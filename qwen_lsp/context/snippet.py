"""Snippets: pieces of other files that a prompt may hold, each with the reason why."""

from dataclasses import dataclass
from typing import Literal

# Where a snippet comes from. The order is that of the page and the table that show them.
Source = Literal[
    "members",  # of the class of what stands before the dot
    "definition",  # of a name in play near the cursor
    "import",  # of a name that the file imports
    "base",  # a class that the enclosing class extends
    "usage",  # how other code uses the names in play
    "sibling",  # a test and what it tests, a neighbour in the folder
    "recent",  # edited or looked at lately
    "similar",  # code about the same things
]


@dataclass(frozen=True, slots=True)
class Snippet:
    r"""A piece of a file of the workspace as a prompt shows it.

    Attributes:
        path: relative to the workspace folder, with forward slashes.
        ranges: the lines that are shown, 0-based and inclusive, in order; what lies between two of
            them was left out to make it shorter.
        text: the shown lines, "\n" between them.
        source: where it comes from.
        reason: why it is here, for people: "members of `Logger`, the class of `logger`".
        tokens: of its text and its path in the prompt; 0 while they are not counted.
    """

    path: str
    ranges: tuple[tuple[int, int], ...]
    text: str
    source: Source
    reason: str
    tokens: int = 0

    @property
    def first_line(self) -> int:
        """The first line shown, 0-based."""
        return self.ranges[0][0]

    @property
    def last_line(self) -> int:
        """The last line shown, 0-based."""
        return self.ranges[-1][1]


@dataclass(frozen=True, slots=True)
class Context:
    """What of the workspace goes into one prompt.

    Attributes:
        snippets: in the order of the prompt, which puts the most useful last, next to the file.
        left_out: what was found and did not fit, the best first.
        budget: most tokens that the snippets may have together.
        heads: first and last lines of the document itself: the heads of what a selection is in,
            outermost first, as far as the prompt does not show them anyway.
    """

    snippets: tuple[Snippet, ...] = ()
    left_out: tuple[Snippet, ...] = ()
    budget: int = 0
    heads: tuple[tuple[int, int], ...] = ()

    @property
    def tokens(self) -> int:
        """Tokens of all snippets together."""
        return sum(one.tokens for one in self.snippets)
