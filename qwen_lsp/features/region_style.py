"""An answer's lines as the region would have them: its indentation, its tabs or blanks.

The prompt shows code without what all its lines are indented by, and models indent by habit.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from qwen_lsp.text import common_indentation, indentation

_USUAL_STEP = 4
_WIDEST_STEP = 8


def indented_like(
    lines: Sequence[str], code: Sequence[str], around: Sequence[str] = ()
) -> list[str]:
    """Return lines with the region's indentation.

    Args:
        lines: of an answer.
        code: of the region.
        around: lines near it, which tell whether tabs are used where the region does not.
    """
    lines = in_style(lines, code, around)
    indent, already = common_indentation(list(code)), common_indentation(lines)
    if all(_uses(code)):
        # Tabs and blanks have nothing in common, so it is the columns that tell.
        indent, already = _narrowest(code), _narrowest(lines)
        if _width(indent) == _width(already):
            indent = already = ""
    return [indent + line.removeprefix(already) if line.strip() else "" for line in lines]


def in_style(lines: Sequence[str], code: Sequence[str], around: Sequence[str] = ()) -> list[str]:
    """Return lines with tabs where the region has only tabs, with blanks where it has none."""
    tabs, blanks = _uses(code)
    if not tabs and not blanks:
        tabs, blanks = _uses(around)
    has_tabs, has_blanks = _uses(lines)
    if tabs and not blanks and has_blanks:
        step = _step(lines)
        return [_with_tabs(line, step) for line in lines]
    if blanks and not tabs and has_tabs:
        step = _step(code) if any(map(indentation, code)) else _step(around)
        return [_with_blanks(line, step) for line in lines]
    return list(lines)


def key_of(line: str) -> str:
    """Return what has to be equal for a line to count as unchanged.

    Models drop blanks at the ends of lines, and write blanks for tabs, without being asked to.
    """
    blanks = indentation(line)
    return " " * _width(blanks) + line[len(blanks) :].rstrip()


def _width(blanks: str) -> int:
    return len(blanks.expandtabs(_USUAL_STEP))


def _narrowest(lines: Sequence[str]) -> str:
    return min((indentation(line) for line in lines if line.strip()), key=_width, default="")


def _uses(lines: Sequence[str]) -> tuple[bool, bool]:
    """Return whether there are lines that are indented by tabs, and such that are by blanks."""
    first = {line[0] for line in lines if line.strip() and line[0] in "\t "}
    return "\t" in first, " " in first


def _step(lines: Sequence[str]) -> int:
    """Return how many blanks make a level."""
    widths = [len(indentation(line)) for line in lines if line.strip() and line[0] != "\t"]
    steps = Counter(two - one for one, two in pairwise(widths) if 1 < two - one <= _WIDEST_STEP)
    return steps.most_common(1)[0][0] if steps else _USUAL_STEP


def _with_tabs(line: str, step: int) -> str:
    blanks = indentation(line)
    if "\t" in blanks:
        return line
    return "\t" * (len(blanks) // step) + " " * (len(blanks) % step) + line[len(blanks) :]


def _with_blanks(line: str, step: int) -> str:
    blanks = indentation(line)
    return blanks.expandtabs(step) + line[len(blanks) :]
