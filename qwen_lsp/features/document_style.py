r"""Blanks and line ends as the document has them: the only filters that write anything.

They keep what they have rewritten when it grows, so that what is typed of a completion goes on
agreeing with it; and they change nothing that is as the document has it already.
"""

import re
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

from qwen_lsp.context.snapshot import Snapshot
from qwen_lsp.text import indentation, lines_with_ends

_LINE_END = re.compile(r"\r\n|\n|\r")
_BLANK_LINES = re.compile(r"(?:[ \t]*(?:\r\n|\n|\r))+")
_OPENS_BLOCK = re.compile(r"[:{]\s*\Z")
# Lines above and below the cursor that show how the document is indented.
_LINES_LOOKED_AT = 100
_USUAL_STEP = 4


def from_cursor(answer: str, snapshot: Snapshot) -> str:
    """Return the answer from the cursor on, as the document would have it.

    On a line of blanks the answer begins with that line's indentation. Of it goes what stands
    there, and what it is deeper stays; where the cursor is deeper, all lines move to its column.
    """
    before = snapshot.before_cursor
    if snapshot.is_invoked and not before.strip():
        answer = _without_blank_lines(answer, snapshot)
    if before.strip() or not before:
        return as_in_document(answer, snapshot)
    style = _Style.of(snapshot)
    if style.has_tabs:
        answer = "".join(_with_tabs(lines_with_ends(answer)))
    blanks = indentation(answer)
    code = answer[len(blanks) :]
    if not code or code[0] in "\r\n":
        return as_in_document(code, snapshot)
    deeper = style.width(blanks) - style.width(before)
    if deeper >= 0:
        return as_in_document(style.blanks(deeper) + code, snapshot)
    first, *lines = lines_with_ends(as_in_document(code, snapshot))
    return first + "".join(_moved(line, -deeper, style) for line in lines)


def _without_blank_lines(answer: str, snapshot: Snapshot) -> str:
    """Leave out blank lines in front: who asks on a blank line wants what comes after them.

    They stay in front of what is less deep than the cursor, which does not belong here.
    """
    blank = _BLANK_LINES.match(answer)
    if blank is None:
        return answer
    rest = answer[blank.end() :]
    if not rest.strip():
        return ""  # more may come
    style = _Style.of(snapshot)
    is_here = style.width(indentation(rest)) >= style.width(snapshot.before_cursor)
    return rest if is_here else answer


def as_in_document(text: str, snapshot: Snapshot) -> str:
    """Return the text with the document's indentation and line ends."""
    return _with_line_ends(_with_indentation(text, snapshot), snapshot)


@dataclass(frozen=True, slots=True)
class _Style:
    """How a document is indented.

    Attributes:
        has_tabs: whether with tabs.
        step: columns of one level; those of a tab.
        is_known: whether the document shows its step.
    """

    has_tabs: bool
    step: int
    is_known: bool

    @classmethod
    def of(cls, snapshot: Snapshot) -> "_Style":
        document, line = snapshot.document, snapshot.line
        last = min(line + _LINES_LOOKED_AT, len(document.line_starts) - 1)
        lines = map(document.line_text, range(max(line - _LINES_LOOKED_AT, 0), last + 1))
        indents = [indentation(text) for text in lines if text.strip()]
        tabs = sum(one.startswith("\t") for one in indents)
        if tabs > sum(one.startswith(" ") for one in indents):
            return cls(has_tabs=True, step=_USUAL_STEP, is_known=True)
        widths = [len(one) for one in indents if not one.startswith("\t")]
        steps = Counter(two - one for one, two in pairwise(widths) if 1 < two - one <= 8)
        step = steps.most_common(1)[0][0] if steps else _USUAL_STEP
        return cls(has_tabs=False, step=step, is_known=bool(steps))

    def width(self, blanks: str) -> int:
        """Return the columns that blanks and tabs take."""
        return len(blanks.expandtabs(self.step))

    def blanks(self, width: int) -> str:
        """Return what fills columns."""
        if not self.has_tabs:
            return " " * width
        return "\t" * (width // self.step) + " " * (width % self.step)


def _with_indentation(text: str, snapshot: Snapshot) -> str:
    lines = lines_with_ends(text)
    # What stands behind the cursor's column is no indentation.
    first = 1 if snapshot.before_cursor else 0
    if not any(line[:1] in ("\t", " ") for line in lines[first:]):
        return text
    style = _Style.of(snapshot)
    if not style.is_known:
        return text
    if len(lines) > first and not lines[-1].strip(" \t"):
        lines[-1] = ""  # it may become any depth yet
    if style.has_tabs:
        fresh = _with_tabs(lines[first:])
    else:
        fresh = [_expanded(line, style) for line in lines[first:]]
    lines[first:] = fresh
    if not style.has_tabs:
        _rescale(lines, snapshot, style)
    return "".join(lines)


def _with_tabs(lines: list[str]) -> list[str]:
    """Return lines whose levels of blanks are tabs; blanks behind a tab align and stay."""
    first = next(filter(None, map(indentation, lines)), "")
    # The first indented line tells how far the model indents.
    step = 2 if "\t" not in first and len(first) % _USUAL_STEP else _USUAL_STEP
    fresh = []
    for line in lines:
        blanks = indentation(line)
        if "\t" not in blanks:
            tabs = "\t" * (len(blanks) // step) + " " * (len(blanks) % step)
            line = tabs + line[len(blanks) :]  # noqa: PLW2901 - only its blanks
        fresh.append(line)
    return fresh


def _expanded(line: str, style: _Style) -> str:
    blanks = indentation(line)
    return blanks.expandtabs(style.step) + line[len(blanks) :]


def _rescale(lines: list[str], snapshot: Snapshot, style: _Style) -> None:
    """Give the blocks that the text opens the document's step, if they have another.

    What the first line inside the first block says counts for all that is deeper than that block.
    """
    base, step = 0, 0
    for index, line in enumerate(lines):
        if not line.strip():
            continue
        whole = line if index else snapshot.before_cursor + line
        blanks = indentation(whole)
        width = style.width(blanks)
        if not step and index and _OPENS_BLOCK.search(_line_above(lines, index, snapshot)):
            base = style.width(indentation(_line_above(lines, index, snapshot)))
            step = width - base
            if step in (0, style.step) or step not in (2, 4, 8):
                return
        if step and width > base:
            lines[index] = style.blanks(base + (width - base) * style.step // step) + line.lstrip(
                " \t"
            )


def _line_above(lines: list[str], index: int, snapshot: Snapshot) -> str:
    for number in range(index - 1, -1, -1):
        whole = lines[number] if number else snapshot.before_cursor + lines[0]
        if whole.strip():
            return whole
    return ""


def _moved(line: str, columns: int, style: _Style) -> str:
    if not line.strip():
        return line
    blanks = indentation(line)
    return style.blanks(style.width(blanks) + columns) + line[len(blanks) :]


def _with_line_ends(text: str, snapshot: Snapshot) -> str:
    return _LINE_END.sub(lambda _: snapshot.document.line_end, text)
