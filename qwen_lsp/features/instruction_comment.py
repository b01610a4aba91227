"""Instructions that stand in the code: a comment `qwen: …` in or right above the selection.

They make edits possible in clients that cannot ask for a text. The edit removes the comment.
"""

import re
from dataclasses import dataclass

from qwen_lsp.text import Document, Span, indentation

_COMMENT = re.compile(
    r"""^[ \t]*(?:\#+|//+|--+|;+|%+|/\*+|<!--|\(\*|"|')\s*"""
    r"""qwen:\s*(?P<text>(?!\*+/|-->|\*\))\S.*?)\s*(?:\*+/|-->|\*\))?\s*$""",
    re.IGNORECASE,
)
LARGEST_BLOCK = 200  # lines below a comment that can belong to it


@dataclass(frozen=True, slots=True)
class Instruction:
    """What to do, and the whole lines it is about, the comment's among them.

    Attributes:
        text: the instruction.
        span: whole lines, from the comment or the selection's start to the end of the code.
        comment: the comment's own line, which the edit removes.
    """

    text: str
    span: Span
    comment: Span


def find_instruction(document: Document, span: Span) -> Instruction | None:
    """Return the instruction in or right above the selection.

    Where no whole line is selected it is about the block that follows the comment.
    """
    lines = document.whole_lines(span)
    first, last = document.line_at(lines.start), document.line_at(lines.end)
    selects_lines = last > first or (span == lines and not span.is_empty)
    above = [first - 1] if first > 0 else []
    for line in [*range(first, last + 1), *above]:
        match = _COMMENT.match(document.line_text(line))
        if match is None:
            continue
        end = last if selects_lines and last > line else _block_end(document, line + 1)
        start = min(line, first)
        others = (one for one in range(start, end + 1) if one != line)
        if not any(document.line_text(one).strip() for one in others):
            return None  # there is no code but the comment
        return Instruction(
            match["text"],
            Span(document.line_starts[start], document.line_span(end).end),
            document.line_span(line),
        )
    return None


def _block_end(document: Document, first: int) -> int:
    """Return the last line of the block that begins at line `first`."""
    last_line = min(len(document.line_starts) - 1, first + LARGEST_BLOCK)
    if first > last_line:
        return first - 1
    level = len(indentation(document.line_text(first)))
    end, after_blank = first, False
    for line in range(first + 1, last_line + 1):
        text = document.line_text(line)
        if not text.strip():
            after_blank = True
            continue
        depth = len(indentation(text))
        closes = depth == level and text.strip()[0] in ")]}"
        if depth < level or (depth == level and after_blank and not closes):
            break
        end, after_blank = line, False
    return end
