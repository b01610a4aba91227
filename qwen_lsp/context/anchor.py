"""The anchor: where a document's prompt is split, kept while the user types line after line.

Text above the anchor goes into the prefix, what was typed since goes behind `fim_middle` as if the
model had written it. So a character, an Enter or an accepted line only append to the prompt, and
nothing of it is evaluated again. Measured: 16 lines moved behind `fim_middle` change the exact
match on 60 cases by less than its standard error.
"""

from dataclasses import dataclass, replace

from qwen_lsp.context.window import imports_above, window
from qwen_lsp.text import Document, Span

MOST_LINES = 32  # typed since, after which the anchor moves
# Code points by which an edit above the window may move it.
_FURTHEST = 4000
# What an editor adds and takes away by itself behind the cursor.
_DRIFT = frozenset(")]}>\"'`;,: \t")


@dataclass(frozen=True, slots=True)
class Anchor:
    """A split of a document's text.

    Attributes:
        start: offset of the window's first line.
        above: the document's text from there to the anchor, which is a line start.
        rest: rest of the cursor's line when the anchor was set.
        below: the lines below it, each with the line end before it.
        number: which of the document's two trunks holds it.
        imports: the import statements above the window, as they were when the anchor was set.
    """

    start: int
    above: str
    rest: str
    below: str
    number: int = 0
    imports: str = ""

    @property
    def at(self) -> int:
        """Offset of the anchor."""
        return self.start + len(self.above)

    def holds(self, document: Document, cursor: int) -> bool:
        """Whether the document still has the anchor's text around what was typed since."""
        if cursor < self.at or document.text[self.start : self.at] != self.above:
            return False
        line = document.line_at(cursor)
        if line - document.line_at(self.at) > MOST_LINES:
            return False
        end = document.line_span(line).end
        if not document.text.startswith(self.below, end):
            return False
        rest = document.text[cursor:end]
        return rest == self.rest or (_drifts(rest) and _drifts(self.rest))

    def found_in(self, document: Document) -> "Anchor":
        """Return the anchor where its text is after an edit further up, such as an added import."""
        if document.text.startswith(self.above, self.start) or not self.above:
            return self
        reach = max(self.start - _FURTHEST, 0), self.at + _FURTHEST
        place = document.text.find(self.above, *reach)
        if place < 0 or document.text.find(self.above, place + 1, reach[1]) >= 0:
            return self
        return replace(self, start=place)

    def lines_since(self, document: Document, cursor: int) -> int:
        """Return how many lines lie between the anchor and the cursor."""
        return document.line_at(cursor) - document.line_at(self.at)

    def narrowed(self, before: int, after: int) -> "Anchor":
        """Return the same split with at most `before` and `after` code points around it.

        It moves only when the anchor does, so that typing appends to its prompt too.
        """
        from_line = self.above.find("\n", max(len(self.above) - before - 1, 0)) + 1
        above = self.above if len(self.above) <= before else self.above[from_line:]
        below = self.below
        if len(below) > after:
            below = below[: max(below.rfind("\n", 0, after + 1), 0)]
        # The few lines that are left say more than where their names come from.
        return replace(self, start=self.at - len(above), above=above, below=below, imports="")


def set_anchor(document: Document, cursor: int, before: int, after: int, number: int = 0) -> Anchor:
    """Return a new anchor at the cursor's line, its window at most `before` and `after` large."""
    line = document.line_at(cursor)
    above, below = window(document, Span(document.line_starts[line], cursor), before, after)
    end = document.line_span(line).end
    return Anchor(
        start=above.start,
        above=document.text[above.start : above.end],
        rest=document.text[cursor:end],
        below=document.text[end : max(below.end, end)],
        number=number,
        imports=imports_above(document, document.line_at(above.start)),
    )


def _drifts(rest: str) -> bool:
    return set(rest) <= _DRIFT
