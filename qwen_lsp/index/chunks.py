"""Where a file is cut into the pieces that searching finds."""

from bisect import bisect_right
from collections.abc import Sequence

from qwen_lsp.index.facts import Symbol

_MOST_LINES = 60


def chunks(line_count: int, symbols: Sequence[Symbol]) -> list[tuple[int, int]]:
    """Return the first and the last line (0-based, inclusive) of each piece of a file.

    The pieces hold every line once, in order, and have at most 60 lines. A definition with its
    documentation is not cut if it fits; one that does not is cut between its members. What stands
    between two definitions goes with the second.
    """
    cuts = _cuts(symbols)
    places = sorted(cuts)
    found = []
    first = 0
    while first < line_count:
        end = first + _MOST_LINES
        if end < line_count:
            within = places[bisect_right(places, first) : bisect_right(places, end)]
            # The outermost, and of these the last.
            end = min(within, key=lambda line: (cuts[line], -line), default=end)
        found.append((first, min(end, line_count) - 1))
        first = end
    return found


def _cuts(symbols: Sequence[Symbol]) -> dict[int, tuple[int, int]]:
    """Return the lines that a piece may begin with; the lower their value, the better they are.

    The value is how deep the definition there is nested, then whether it begins or one ended.
    """
    cuts: dict[int, tuple[int, int]] = {}
    around: list[int] = []
    for symbol in sorted(symbols, key=lambda one: (_first_line(one), -one.last_line)):
        first, last = _first_line(symbol), symbol.last_line
        while around and around[-1] < first:
            around.pop()
        depth = len(around)
        # Where one ends goes before where the next begins: so the lines between go with the next.
        for line, value in ((last + 1, (depth, 0)), (first, (depth, 1))):
            cuts[line] = min(value, cuts.get(line, value))
        around.append(last)
    return cuts


def _first_line(symbol: Symbol) -> int:
    """Return where a definition begins, with the documentation above it."""
    if 0 <= symbol.doc_first_line < symbol.first_line:
        return symbol.doc_first_line
    return symbol.first_line
