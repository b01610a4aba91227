"""What becomes of a suggestion as the document goes on: typed along, accepted, kept. Pure.

Many editors never tell that a suggestion was accepted. What they cannot hide is the change: the
offered text, or its first words, put in at once.
"""

from dataclasses import dataclass, replace

from qwen_lsp.text import Replacement, Span, lines_with_ends, shared_length, split_lines


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The candidates on display at one place.

    Attributes:
        cursor: offset in the document at which what is left of them would be inserted.
        texts: the candidates, whole; the first one is shown first.
        taken: how many of their leading code points the document has already.
    """

    cursor: int
    texts: tuple[str, ...]
    taken: int = 0

    def rests(self) -> tuple[str, ...]:
        """Return what is left of each candidate."""
        return tuple(text[self.taken :] for text in self.texts)

    def continued(self, cursor: int, texts: tuple[str, ...]) -> "Suggestion | None":
        """Return it with new candidates, if the first of these goes on from one that is there."""
        first = texts[0]
        goes_on = any(rest.startswith(first) or first.startswith(rest) for rest in self.rests())
        if cursor != self.cursor or not goes_on:
            return None
        before = self.texts[0][: self.taken]
        return replace(self, texts=tuple(before + text for text in texts))


@dataclass(frozen=True, slots=True)
class Step:
    """What a change made of a suggestion.

    Attributes:
        suggestion: as it is now; None when it is used up or what was typed is something else.
        accepted: how many code points of it were put in at once; 0 when it was typed or left.
    """

    suggestion: Suggestion | None
    accepted: int = 0


def after_change(suggestion: Suggestion, change: Replacement) -> Step:
    """Return what a change of the document makes of a suggestion on display."""
    span, cursor, text = change.span, suggestion.cursor, change.text
    if span.start > cursor or (span.start == cursor and not text):
        return Step(suggestion)
    if span.start == cursor:
        return _after_insertion(suggestion, text)
    start = cursor - suggestion.taken
    if span.end <= start:
        moved = len(text) - (span.end - span.start)
        return Step(replace(suggestion, cursor=cursor + moved))
    if span.start >= start and span.end == cursor and not text:
        kept = suggestion.taken - (cursor - span.start)
        return Step(replace(suggestion, cursor=span.start, taken=kept))
    return Step(None)


def _after_insertion(suggestion: Suggestion, text: str) -> Step:
    taken_by = [(whole, taken_of(whole[suggestion.taken :], text)) for whole in suggestion.texts]
    matches = [(whole, taken) for whole, taken in taken_by if taken]
    if not matches:
        return Step(None)
    first, taken = matches[0]
    end = suggestion.taken + taken
    is_whole = end == len(first)
    at_once = len(text) > 1 and (is_whole or _ends_word(first[suggestion.taken : end], first[end:]))
    following = replace(
        suggestion,
        cursor=suggestion.cursor + len(text),
        texts=tuple(whole for whole, other in matches if other == taken),
        taken=end,
    )
    return Step(None if is_whole else following, taken if at_once else 0)


def taken_of(rest: str, inserted: str) -> int | None:
    """Return how many code points of an offer's rest an insertion puts in; None if it differs.

    An editor may add to it (a closing bracket) and change line ends and indentation on the way.
    """
    if rest.startswith(inserted) or inserted.startswith(rest):
        return min(len(rest), len(inserted))
    ours, theirs = lines_with_ends(rest), split_lines(inserted)
    taken = 0
    for index, (line, other) in enumerate(zip(ours, theirs, strict=False)):
        bare = line.rstrip("\r\n")
        wanted, found = (one.lstrip(" \t") if index else one for one in (bare, other))
        if index == len(theirs) - 1 and wanted.startswith(found):
            return taken + len(bare) - len(wanted) + len(found)
        if index == len(ours) - 1 and found.startswith(wanted):
            return len(rest)
        if wanted != found:
            return None
        taken += len(line)
    return None


def _ends_word(inserted: str, following: str) -> bool:
    """Whether at least one word was put in, and the last one whole."""
    splits = _is_word(inserted[-1:]) and _is_word(following[:1])
    return not splits and any(map(_is_word, inserted))


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"


@dataclass(frozen=True, slots=True)
class Followed:
    """Accepted text on its way through the edits that come after.

    Attributes:
        length: code points that were accepted.
        pieces: spans of the document that are still left of them.
    """

    length: int
    pieces: tuple[Span, ...]

    @property
    def kept(self) -> int:
        """How many code points are still there."""
        return sum(piece.end - piece.start for piece in self.pieces)

    def after(self, change: Replacement) -> "Followed":
        """Return it after a change of the document: what was replaced is gone."""
        span = change.span
        moved = len(change.text) - (span.end - span.start)
        pieces = []
        for piece in self.pieces:
            left = Span(piece.start, min(piece.end, span.start))
            right = Span(max(piece.start, span.end) + moved, piece.end + moved)
            pieces += [one for one in (left, right) if one.start < one.end]
        return replace(self, pieces=tuple(pieces))


def smallest(text: str, change: Replacement) -> Replacement:
    """Return the same change without what it replaces by itself at its beginning and its end.

    Editors that send whole lines, or the whole document, would seem to rewrite everything else.
    """
    span, new = change.span, change.text
    if span.is_empty:
        return change
    old = text[span.start : span.end]
    before = shared_length(old, new)
    old, new = old[before:], new[before:]
    after = shared_length(old[::-1], new[::-1])
    return Replacement(
        Span(span.start + before, span.end - after), new[: len(new) - after] if after else new
    )
