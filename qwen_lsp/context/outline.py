"""A file by its definitions: their heads, as they are written, with as much besides as fits."""

from collections.abc import Sequence

from qwen_lsp.context.forms import joined, signature_end
from qwen_lsp.index.facts import OWNERS, Symbol
from qwen_lsp.tokens import estimated_tokens

_SHOWN = OWNERS | {"function", "method", "constructor", "type", "macro", "section"}
# Of a definition's documentation.
_DOC_LINES = 1


def outline(
    symbols: Sequence[Symbol], lines: Sequence[str], first: int, last: int, budget: int
) -> str:
    """Return the heads of what lines define, the most that fits; "" if nothing is defined there.

    Args:
        symbols: of the file, in order.
        lines: of the file.
        first: line that is looked at, 0-based.
        last: line that is looked at, 0-based and inclusive.
        budget: most tokens.
    """
    inside = [
        one
        for one in symbols
        if first <= one.first_line <= one.last_line <= last < len(lines)
        and one.kind in _SHOWN
        and one.name in lines[one.name_line]
    ]
    top = [one for one in inside if not one.owner]
    for some, docs in ((inside, True), (inside, False), (top, False)):
        text = _heads(some, lines, with_documentation=docs)
        if estimated_tokens(text) <= budget:
            return text
    return _as_far_as(top, lines, budget)


def _heads(some: Sequence[Symbol], lines: Sequence[str], *, with_documentation: bool) -> str:
    ranges = []
    for one in some:
        ranges.append((one.first_line, signature_end(one)))
        if with_documentation and one.doc_first_line >= 0:
            line = one.doc_first_line
            ranges.append((line, min(line + _DOC_LINES - 1, one.doc_last_line)))
    return "\n".join(line for top, end in joined(ranges) for line in lines[top : end + 1])


def _as_far_as(some: Sequence[Symbol], lines: Sequence[str], budget: int) -> str:
    """Return the first heads that fit, and how many do not."""
    low, high = 0, len(some)
    while low < high:
        middle = (low + high + 1) // 2
        fits = estimated_tokens(_heads(some[:middle], lines, with_documentation=False)) <= budget
        low, high = (middle, high) if fits else (low, middle - 1)
    if not low:
        return ""
    text = _heads(some[:low], lines, with_documentation=False)
    return f"{text}\n… and {len(some) - low} more" if low < len(some) else text
