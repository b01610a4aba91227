"""What a place in a document is in: definitions around it, and their heads."""

from collections.abc import Iterable, Sequence

from qwen_lsp.context.forms import Ranges, signature_end
from qwen_lsp.index.facts import OWNERS, Symbol

_FUNCTIONS = frozenset({"function", "method", "constructor"})


def definitions_around(
    symbols: Iterable[Symbol], lines: Sequence[str], line: int
) -> tuple[Symbol, ...]:
    """Return the functions and classes around a line, the innermost first.

    Symbols may be from before the last few keys: one whose name is not where it was is left out.
    """
    around = [
        one
        for one in symbols
        if one.first_line <= line <= one.last_line < len(lines)
        and (one.kind in _FUNCTIONS or one.kind in OWNERS)
        and one.name in lines[one.name_line]
    ]
    return tuple(sorted(around, key=lambda one: (-one.first_line, one.last_line)))


def heads_above(around: Iterable[Symbol], first: int, shown: int) -> Ranges:
    """Return the lines that the heads of definitions take, outermost first.

    Args:
        around: what encloses a selection, innermost first.
        first: line of the selection; what begins there is selected itself.
        shown: first line that the prompt shows anyway.
    """
    heads = [
        (one.first_line, min(signature_end(one), shown - 1))
        for one in around
        if one.first_line < min(first, shown)
    ]
    return tuple(reversed(heads))


def lines_with_documentation(symbol: Symbol) -> tuple[int, int]:
    """Return the first and last line of a definition with the comment above it."""
    is_documented = symbol.doc_first_line >= 0
    first = min(symbol.first_line, symbol.doc_first_line if is_documented else symbol.first_line)
    return first, symbol.last_line
