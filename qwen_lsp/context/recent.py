"""Where the user worked lately: places, not differences.

A prompt shows the code as it is now. A difference would also show what was there before, and models
like to put that back.
"""

from dataclasses import dataclass, replace

from qwen_lsp.text import Document, difference, split_lines

REMEMBERED = 24
# Edits so near to each other are one place.
_NEAR = 6
# What grows beyond this is a rewritten file, of which the last part counts.
_LARGEST = 40


@dataclass(frozen=True, slots=True)
class Visit:
    """Lines of a document that were edited: the first and the last one, 0-based."""

    uri: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Recent:
    """The places that were edited lately, the newest first. A value: an edit makes the next one."""

    visits: tuple[Visit, ...] = ()

    def after(self, old: Document, new: Document) -> "Recent":
        """Return what there is after an edit made one document of the other."""
        if old.text == new.text:
            return self
        made = difference(old.text, new.text)
        uri, first = new.uri, old.line_at(made.span.start)
        removed = old.line_at(made.span.end) - first
        added = len(split_lines(made.text)) - 1
        here = Visit(uri, first, first + added)
        others = []
        for one in self.visits:
            moved = _moved(one, first, removed, added) if one.uri == uri else one
            if moved is None:
                continue
            if moved.uri == uri and _are_near(moved, here):
                here = _together(here, moved)
            else:
                others.append(moved)
        return Recent((here, *others)[:REMEMBERED])


def _moved(one: Visit, first: int, removed: int, added: int) -> Visit | None:
    """Return a place after an edit elsewhere in its document; None if the edit removed it.

    The edit begins in line `first` and takes away and adds so many line ends.
    """
    shift = added - removed
    if one.first > first + removed:
        return replace(one, first=one.first + shift, last=one.last + shift)
    if one.first > first and one.last < first + removed:
        return None
    if one.last > first + removed:
        return replace(one, last=max(one.last + shift, one.first))
    return one


def _are_near(one: Visit, other: Visit) -> bool:
    return one.first <= other.last + _NEAR and other.first <= one.last + _NEAR


def _together(newer: Visit, older: Visit) -> Visit:
    first, last = min(newer.first, older.first), max(newer.last, older.last)
    if last - first < _LARGEST:
        return replace(newer, first=first, last=last)
    return newer
