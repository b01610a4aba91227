"""Text with marks in it: `│` is the cursor, `«…»` the selection."""

from dataclasses import dataclass

from qwen_lsp.text import Span

CURSOR = "│"


@dataclass(frozen=True)
class MarkedText:
    """The text without its marks, and where they stood, as offsets."""

    text: str
    cursor: int
    selection: Span


def parse(marked: str) -> MarkedText:
    text, marks = "", {}
    for character in marked:
        if character in "│«»":
            assert character not in marks, f"two {character} in {marked!r}"
            marks[character] = len(text)
        else:
            text += character
    cursor = marks.get("│", marks.get("»", 0))
    return MarkedText(text, cursor, Span(marks.get("«", cursor), marks.get("»", cursor)))
