"""The lines an edit was asked for, on their way through what happens to the document meanwhile.

An edit is made of the text that the request saw. It still fits when those very lines stand
somewhere in the document, untouched at every step in between; that they look alike is not enough.
"""

from collections.abc import Iterable

from qwen_lsp.features.suggestion import smallest
from qwen_lsp.text import Replacement, Span


def region_after(text: str, region: Span, change: Replacement) -> Span | None:
    """Return where whole lines are after a change of the text; None when the change touches them.

    What is inserted at their edge is elsewhere, as long as it leaves them whole lines.

    Args:
        text: before the change.
        region: whole lines, without the last one's end; not empty.
        change: of the text.
    """
    change = smallest(text, change)
    if change.span.is_empty and not change.text:
        return region  # the same text was sent again
    moved = len(change.text) - (change.span.end - change.span.start)
    if change.span.end <= region.start:
        region = Span(region.start + moved, region.end + moved)
    elif change.span.start < region.end:
        return None
    after = text[: change.span.start] + change.text + text[change.span.end :]
    return (
        region if _is_line_start(after, region.start) and _is_line_end(after, region.end) else None
    )


def moved_by(replacements: Iterable[Replacement], offset: int) -> tuple[Replacement, ...]:
    """Return replacements that are so many code points further on."""
    return tuple(
        Replacement(Span(one.span.start + offset, one.span.end + offset), one.text)
        for one in replacements
    )


def check_inside(replacements: Iterable[Replacement], region: Span) -> None:
    """Make sure that an edit touches nothing but its region, whatever a model wrote.

    Raises:
        AssertionError: it does, which is a bug of ours; nothing may be sent.
    """
    for one in replacements:
        if not region.start <= one.span.start <= one.span.end <= region.end:
            raise AssertionError(f"An edit of {one.span} reaches outside its region {region}.")


def _is_line_start(text: str, at: int) -> bool:
    before = text[at - 1 : at] if at else "\n"
    return before == "\n" or (before == "\r" and text[at : at + 1] != "\n")


def _is_line_end(text: str, at: int) -> bool:
    after = text[at : at + 1] or "\r"
    return after == "\r" or (after == "\n" and (not at or text[at - 1] != "\r"))
