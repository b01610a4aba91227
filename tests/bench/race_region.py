"""What may become of a region while its edit is made: a pure model of a document under changes.

The region is whole lines. An edit of it fits as long as the same lines still stand there, wherever
that is by now, and is right when everything outside stays as it is. When they do not, nothing fits:
the model never saw what stands there.
"""

import random
from dataclasses import dataclass, replace

from qwen_lsp.text import Document, Replacement, Span, difference

# What somebody may do meanwhile, relative to the region.
INSIDE, ABOVE, BELOW, FIRST_EDGE, LAST_EDGE, ACROSS, ALL = KINDS = (
    *("inside", "above", "below", "first edge", "last edge", "across an edge", "everything"),
)
TYPED = ("x", " ", "\n", "é\t", "🙂", "y = 1\n", "\ny = 1", "    several(lines)\n\nof = text\n", "")
LONGEST = 30  # code points that one change takes away


@dataclass(frozen=True, slots=True)
class Region:
    """Lines of a document that an edit was asked for.

    Attributes:
        document: as it is now.
        span: where to look for the region now: it is there, or not at all.
        original: the region's text when the edit was asked for.
    """

    document: Document
    span: Span
    original: str

    def after(self, change: Replacement) -> "Region":
        """Return it after a change of the document, which gets the next version."""
        document = self.document.replace(change, self.document.version + 1)
        grown = len(change.text) - (change.span.end - change.span.start)
        start, end = self.span.start, self.span.end
        if change.span.end <= start:
            return replace(self, document=document, span=Span(start + grown, end + grown))
        if change.span.start >= end:
            return replace(self, document=document)
        around = Span(min(start, change.span.start), max(end, change.span.end) + grown)
        return replace(self, document=document, span=around)

    @property
    def places(self) -> tuple[Span, ...]:
        """Where an edit may put something now; there may be none, and rarely more than one."""
        text, length, found = self.document.text, len(self.original), []
        start = text.find(self.original, self.span.start)
        while 0 <= start <= self.span.end - length:
            end = start + length
            if text[start - 1 : start] in {"", "\r", "\n"} and text[end : end + 1] in {
                "",
                "\r",
                "\n",
            }:
                found.append(Span(start, end))
            start = text.find(self.original, start + 1)
        return tuple(found)


def random_change(region: Region, kind: str, chance: random.Random) -> Replacement:
    """Return a change of a kind: something is typed, taken away, or replaced."""
    text, (start, end) = region.document.text, (region.span.start, region.span.end)
    if kind == ALL:  # as formatters do it
        line_end = region.document.line_end * chance.randrange(2)
        return Replacement(Span(0, len(text)), line_end + text)
    bounds = {
        INSIDE: (start + 1, end - 1),
        ABOVE: (0, max(start - 2, 0)),
        BELOW: (min(end + 1, len(text)), len(text)),
        FIRST_EDGE: (start - 2, start),
        LAST_EDGE: (end, end + 2),
        ACROSS: chance.choice(((start - 5, start + 5), (end - 5, end + 5))),
    }[kind]
    low, high = max(bounds[0], 0), min(max(bounds), len(text))
    first = chance.randint(min(low, high), high)
    last = chance.randint(first, min(first + LONGEST, high))
    if kind == ACROSS:
        first, last = low, high
    span = Span(whole(text, first), whole(text, last))
    typed = chance.choice(TYPED) or ("" if not span.is_empty else "x")
    return Replacement(span, typed.replace("\n", region.document.line_end))


def whole(text: str, offset: int) -> int:
    r"""Return the offset, or the next one if it lies inside a "\r\n", where no position is."""
    return offset + 1 if text[offset - 1 : offset + 1] == "\r\n" else offset


def lost_characters(region: Region, wanted: str, after: str) -> int:
    """Return how many characters an edit lost, or put where they do not belong.

    Args:
        region: as it is now, which has a place.
        wanted: what the model wrote.
        after: the document's text with the edit.

    Outside the region every character counts, inside it all but blanks.
    """
    return min(_lost(region.document.text, place, wanted, after) for place in region.places)


def _lost(text: str, place: Span, wanted: str, after: str) -> int:
    head, tail = text[: place.start], text[place.end :]
    is_kept = after.startswith(head) and after[len(head) :].endswith(tail)
    if not is_kept:
        return _size(head + wanted + tail, after)
    inside = after[len(head) : len(after) - len(tail)]
    return _size("".join(wanted.split()), "".join(inside.split()))


def _size(wanted: str, found: str) -> int:
    change = difference(wanted, found)
    return max(change.span.end - change.span.start, len(change.text))
