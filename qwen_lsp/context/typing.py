"""How a document came to be as it is: typed, pasted, undone, accepted.

An editor tells only what changed. Whether a person typed it, and how fast, is inferred here from
the texts before and after.
"""

from dataclasses import dataclass, field
from typing import Literal

from qwen_lsp.text import Document, Replacement, Span, difference

Kind = Literal[
    "nothing",  # the document was just opened
    "typed",  # a key, a few of them, or an entry of the editor's menu
    "deleted",  # a few characters
    "cut",  # a lot at once
    "pasted",  # a lot at once
    "undone",  # the text is what it was before, by more than a key
    "accepted",  # what was offered was inserted
    "several",  # the same change in several places
]

# Code points in one line that may come at once and still be typing: a word, or a call out of the
# editor's menu. More, or more than a line, was pasted or deleted as a block.
MOST_AT_ONCE = 60
# An editor closes what a key opens and takes both away again, so a key changes two characters.
MOST_OF_A_KEY = 2
FURTHEST_PLACE = 200  # code points; a change in a longer run of the same text is in its end
REMEMBERED_TEXTS = 16  # an undo goes back a few steps
REMEMBERED_INTERVALS = 12
# Seconds; a longer interval is a pause for thought and says nothing of how fast keys follow.
LONGEST_INTERVAL_S = 1.0


@dataclass(frozen=True, slots=True)
class Shown:
    """What was offered last in a document.

    Attributes:
        document: for which it was made.
        cursor: where in it, as an offset.
        text: what was offered there.
    """

    document: Document
    cursor: int
    text: str


@dataclass(frozen=True, slots=True)
class Typing:
    """What is known of the changes to one document.

    Attributes:
        last: what the last change was.
        place: where it was, in the text after it; where it may have been in several places, from
            the first of them on.
        at: when, in seconds of the session's clock.
        intervals: seconds between the latest keys, the newest last.
        earlier: hashes of the texts before, the newest last.
    """

    last: Kind = "nothing"
    place: Span = field(default_factory=lambda: Span(0, 0))
    at: float = float("-inf")
    intervals: tuple[float, ...] = ()
    earlier: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """One change to a document, as the editor told it.

    Attributes:
        old: the document before.
        new: the document after.
        inserted: the new texts of its parts; more than one where it has several places.
        shown: what had been offered last.
        at: when, in seconds of the session's clock.
    """

    old: Document
    new: Document
    inserted: tuple[str, ...]
    shown: Shown | None
    at: float


def after(before: Typing, change: Change) -> Typing:
    """Return what is known after a change."""
    old, new = change.old.text, change.new.text
    if old == new:
        return before
    made = difference(old, new)
    removed = old[made.span.start : made.span.end]
    kind = _kind(before, change, made.text, removed)
    intervals = before.intervals
    since = change.at - before.at
    if kind in ("typed", "deleted") and since <= LONGEST_INTERVAL_S:
        # Editors gather keys that follow each other quickly into one change.
        interval = since / max(len(made.text.strip()), 1)
        intervals = (*intervals, interval)[-REMEMBERED_INTERVALS:]
    return Typing(
        last=kind,
        place=Span(_first_place(old, new, made), made.span.start + len(made.text)),
        at=change.at,
        intervals=intervals,
        earlier=(*before.earlier, hash(old))[-REMEMBERED_TEXTS:],
    )


def _first_place(old: str, new: str, made: Replacement) -> int:
    """Return where the change may have begun: "a" typed in "aa" makes "aaa" at any of its ends."""
    start = made.span.start
    if made.text and not made.span.is_empty:
        return start
    text, length = (new, len(made.text)) if made.text else (old, made.span.end - start)
    furthest = max(start - FURTHEST_PLACE, 0)
    while start > furthest and text[start - 1] == text[start - 1 + length]:
        start -= 1
    return start


def _kind(before: Typing, change: Change, added: str, removed: str) -> Kind:
    if change.shown is not None and len(added) > 1 and _is_accept(change.shown, change):
        return "accepted"
    is_key = max(len(added.strip()), len(removed.strip())) <= MOST_OF_A_KEY
    if hash(change.new.text) in before.earlier and not is_key:
        return "undone"
    if len(change.inserted) > 1 and len(set(change.inserted)) == 1:
        return "several"
    if _is_block(added):
        return "pasted"
    if added:
        return "typed"
    return "cut" if _is_block(removed) else "deleted"


def _is_block(text: str) -> bool:
    text = text.strip()
    return len(text) > MOST_AT_ONCE or "\n" in text or "\r" in text


def _is_accept(shown: Shown, change: Change) -> bool:
    """Whether more of what was offered stands in the new text than in the old one."""
    at, new = shown.cursor, change.new.text
    if new.startswith(shown.text, at):
        return not change.old.text.startswith(shown.text, at)
    # A part of it, a word or a line: nothing else has changed since.
    length = len(new) - len(shown.document.text)
    return (
        length > 1
        and new.startswith(shown.text[:length], at)
        and new.endswith(shown.document.text[at:])
    )
