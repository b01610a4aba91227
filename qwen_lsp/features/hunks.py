"""The changes of a region while its new lines still come: each as soon as it is complete.

A change is complete when two lines follow it that stand as they are in one place only of what is
left of the region. What is found so adds up to a difference of the whole; where the end shows that
fewer lines need to change, that smaller difference counts and what was shown is replaced.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from qwen_lsp.features.region_style import key_of
from qwen_lsp.text import (
    Document,
    LineChange,
    Replacement,
    Span,
    changed_lines,
    replacements_of,
    split_lines,
)


@dataclass(frozen=True, slots=True)
class Hunks:
    """Changes to be shown.

    Attributes:
        replacements: of the document that the request saw.
        replaces: whether they take the place of all that were shown before.
    """

    replacements: tuple[Replacement, ...]
    replaces: bool = False


class HunkStream:
    """The changes of one region. Feed it the new lines as they come, then all of them."""

    def __init__(self, document: Document, span: Span) -> None:
        self._document, self._span = document, span
        self._old = split_lines(document.text[span.start : span.end])
        self._old_keys = list(map(key_of, self._old))
        self._places: dict[tuple[str, str], list[int]] = {}
        for at in range(len(self._old_keys) - 1):
            pair = self._old_keys[at], self._old_keys[at + 1]
            self._places.setdefault(pair, []).append(at)
        self._keys: list[str] = []
        self._changes: list[LineChange] = []
        self._shown: list[Replacement] = []
        # Up to here the two texts are settled; while they differ, `_seen` new lines were looked at.
        self._at_old = self._at_new = self._seen = 0
        self._is_lost = False

    def feed(self, lines: Sequence[str]) -> tuple[Replacement, ...]:
        """Return the changes that have become complete.

        Args:
            lines: all new lines so far. Where they are not those of before and more, the rest is
                left to `finish`.
        """
        keys = list(map(key_of, lines))
        if self._is_lost or keys[: len(self._keys)] != self._keys:
            self._is_lost = True
            return ()
        self._keys = keys
        fresh: list[LineChange] = []
        while (found := self._next()) is not None:
            fresh += found
        made = replacements_of(self._document, self._span, fresh, lines)
        self._changes += fresh
        self._shown += made
        return made

    def finish(self, lines: Sequence[str]) -> tuple[tuple[Replacement, ...], Hunks]:
        """Return the whole edit, and what is still to be shown of it."""
        keys = list(map(key_of, lines))
        changes = changed_lines(self._old_keys, keys)
        if not changes:
            # Only blanks differ, so they are what was asked for.
            changes = changed_lines(self._old, list(lines))
        elif not self._is_lost and keys[: len(self._keys)] == self._keys:
            rest = changed_lines(self._old_keys[self._at_old :], keys[self._at_new :])
            streamed = (*self._changes, *(_moved(one, self._at_old, self._at_new) for one in rest))
            if _size(streamed) <= _size(changes):
                changes = streamed
        edit = replacements_of(self._document, self._span, changes, lines)
        shown = tuple(self._shown)
        if edit[: len(shown)] == shown:
            return edit, Hunks(edit[len(shown) :])
        return edit, Hunks(edit, replaces=True)

    def _next(self) -> list[LineChange] | None:
        """Return the next changes between two settled places, None when more lines are needed."""
        old, new = self._old_keys, self._keys
        if self._seen == self._at_new:
            while (
                self._at_old < len(old)
                and self._at_new < len(new)
                and old[self._at_old] == new[self._at_new]
            ):
                self._at_old += 1
                self._at_new += 1
            self._seen = self._at_new
        while self._seen + 1 < len(new):
            place = self._place_of(new[self._seen], new[self._seen + 1])
            if place is not None:
                found = changed_lines(old[self._at_old : place], new[self._at_new : self._seen])
                found = tuple(_moved(one, self._at_old, self._at_new) for one in found)
                self._at_old, self._at_new = place, self._seen
                return list(found)
            self._seen += 1
        return None

    def _place_of(self, first: str, second: str) -> int | None:
        """Return the only place of two lines in what is left of the region."""
        if not any(map(str.isalnum, first + second)):
            return None  # brackets and blank lines come again and again
        places = [at for at in self._places.get((first, second), ()) if at >= self._at_old]
        return places[0] if len(places) == 1 else None


def _moved(change: LineChange, old: int, new: int) -> LineChange:
    return replace(
        change,
        old_start=change.old_start + old,
        old_end=change.old_end + old,
        new_start=change.new_start + new,
        new_end=change.new_end + new,
    )


def _size(changes: Sequence[LineChange]) -> int:
    """Return how many lines go and come."""
    return sum(one.old_end - one.old_start + one.new_end - one.new_start for one in changes)
