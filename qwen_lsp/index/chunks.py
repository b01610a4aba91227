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
    if line_count <= _MOST_LINES:
        return [(0, line_count - 1)] if line_count else []
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
    places = [
        # A definition begins with the documentation above it.
        (doc if 0 <= doc < first else first, -last)
        for _, _, _, first, last, _, _, _, doc, _, _, _ in symbols
    ]
    places.sort()
    for first, minus_last in places:
        while around and around[-1] < first:
            around.pop()
        depth = len(around)
        # Where one ends goes before where the next begins: so the lines between go with the next.
        value = depth, 0
        after = 1 - minus_last
        if after not in cuts or value < cuts[after]:
            cuts[after] = value
        value = depth, 1
        if first not in cuts or value < cuts[first]:
            cuts[first] = value
        around.append(-minus_last)
    return cuts
