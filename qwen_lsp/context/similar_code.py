"""Code of other places that is like the code around the cursor, and how others use a name.

What follows a similar place tells how the code here may go on, so a window goes on below it.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import chain, islice
from math import fsum, log

from qwen_lsp.context.family import family_of
from qwen_lsp.context.mentions import mentions
from qwen_lsp.context.place import Candidate, Place, ReadLines
from qwen_lsp.context.snippet import Source
from qwen_lsp.index.lookup import Lookup
from qwen_lsp.index.stored import Piece
from qwen_lsp.index.words import identifiers, words_by_line

# Lines above the cursor that are looked for elsewhere, lines of a window there, lines shown below.
QUERY_LINES, WINDOW_LINES, LINES_AFTER = 10, 10, 4
_STEP = 3
_PIECES, _WORDS = 16, 40
_MOST = 8
# At this distance in lines a word counts half; with fewer words than this more lines are read.
_HALF, _FEW = 5, 8
# Of names in play, how many are looked up, and how many of their uses are compared.
_USED_NAMES, _USES, _LINES_AROUND_USE = 6, 12, 4
_NEAR, _COMMON = 0.5, 64


@dataclass(frozen=True, slots=True)
class _Window:
    path: str
    lines: Sequence[str]
    first: int
    last: int
    words: AbstractSet[str]  # those of them that are wanted
    count: int  # of all its words


def similar(lookup: Lookup, place: Place, read: ReadLines) -> list[Candidate]:
    """Return windows of other code, the most similar first; none overlap."""
    wanted = words_near(place)
    words = frozenset(wanted)
    windows = [
        window
        for piece in alike(lookup, place)
        for window in _windows(
            piece.path, read(piece.path), (piece.first_line, piece.last_line), words
        )
    ]
    # The document itself, where the prompt does not show it.
    top, bottom = place.shown
    windows += _windows(place.path, place.lines, (0, top - 1), words)
    windows += _windows(place.path, place.lines, (bottom + 1, len(place.lines) - 1), words)
    return [
        _candidate(one, place, "similar", "similar code") for one in _best(wanted, windows)[:_MOST]
    ]


def alike(lookup: Lookup, place: Place) -> list[Piece]:
    """Return pieces of other files that share words with what is above the cursor, best first."""
    found = lookup.view.search([one.lower() for one in words_near(place)], 2 * _PIECES)
    # What is known of the document's file may be older than the document.
    pieces = [one for one in found if one.path != place.path]
    family = family_of(place.path)
    # Code of the same kind first; what is left of the others may still be a template or a schema.
    pieces.sort(
        key=lambda one: (family_of(one.path) != family, -one.score, one.path, one.first_line)
    )
    return pieces[:_PIECES]


def usages(lookup: Lookup, place: Place, read: ReadLines) -> list[Candidate]:
    """Return windows around uses of the names that the cursor is about, in the best of them."""
    wanted = words_near(place)
    found: list[Candidate] = []
    for name in _about(lookup, place)[:_USED_NAMES]:
        windows = []
        for usage in sorted(_some_usages(lookup, name)):
            lines = read(usage[0])
            line = usage[1]
            if line < len(lines) and name in lines[line] and not place.shows(usage[0], line, line):
                first = max(line - _LINES_AROUND_USE, 0)
                last = min(line + _LINES_AROUND_USE, len(lines) - 1)
                words = frozenset(identifiers("\n".join(lines[first : last + 1])))
                windows.append(
                    _Window(usage[0], lines, first, last, words & wanted.keys(), len(words))
                )
        found += [
            _candidate(one, place, "usage", f"how `{name}` is used elsewhere", after=0)
            for one in _best(wanted, windows)[:2]
        ]
    return found


def words_near(place: Place) -> dict[str, float]:
    """Return the identifiers above the cursor and on its line, the nearest first, with weights."""
    first = max(place.line - QUERY_LINES, 0)
    above = [*place.lines[first : place.line], place.before]
    found: dict[str, float] = {}
    for distance, line in enumerate(reversed(above)):
        for word in identifiers(line):
            if len(word) > 1:
                found.setdefault(word, _HALF / (_HALF + distance))
    if len(found) < _FEW:
        for word in identifiers("\n".join(place.lines[max(first - QUERY_LINES, 0) : first])):
            found.setdefault(word, _HALF / (_HALF + QUERY_LINES))
    return dict(islice(found.items(), _WORDS))


def _about(lookup: Lookup, place: Place) -> list[str]:
    """Return names whose use elsewhere would tell most: called ones, and imports not used yet.

    What the workspace does not define is known to the model, or used everywhere.
    """
    text = "\n".join(place.lines)
    unused = [
        name
        for one, files in lookup.imports(place.path)
        if files and (name := one.alias or one.name) and mentions(name, text, 2) < 2
    ]
    called = [one.name for one in place.names if one.is_called and one.weight > _NEAR]
    known = lookup.view.definitions_of_each(called, _COMMON)
    called = [name for name in called if known[name]]
    return list(dict.fromkeys([*called[:2], *reversed(unused), *called[2:]]))


def _some_usages(lookup: Lookup, name: str) -> Iterator[tuple[str, int]]:
    count = 0
    for usage in lookup.view.usages(name):
        if usage.kind == "name":
            continue
        for line in usage.lines[:3]:
            yield usage.path, line
            count += 1
        if count >= _USES:
            return


def _windows(
    path: str, lines: Sequence[str], within: tuple[int, int], wanted: AbstractSet[str]
) -> Iterator[_Window]:
    """Yield overlapping windows of the lines from the first to the last one."""
    first, last = within[0], min(within[1], len(lines) - 1)
    if last < first:
        return
    words = words_by_line(lines[first : last + 1])
    # Most lines of a long file share nothing, and neither do windows of only such lines.
    is_alike = [not wanted.isdisjoint(line) for line in words]
    for start in range(0, max(len(words) - WINDOW_LINES // 2, 1), _STEP):
        if not any(is_alike[start : start + WINDOW_LINES]):
            continue
        some = words[start : start + WINDOW_LINES]
        found = set(chain.from_iterable(some))
        end = first + start + len(some) - 1
        yield _Window(path, lines, first + start, end, found & wanted, len(found))


def _best(wanted: Mapping[str, float], windows: Sequence[_Window]) -> list[_Window]:
    """Return the windows that share most of what is near the cursor and rare; none overlap."""
    counts = Counter(chain.from_iterable(one.words for one in windows))
    total = len(windows) + 1
    worth = {
        word: weight * (log(total / (1 + counts[word])) + 0.1) for word, weight in wanted.items()
    }
    all_wanted = sum(worth.values())

    def score(one: _Window) -> float:
        # Weighted likeness of sets; a word that is not wanted counts as an ordinary one.
        # Added up exactly: the order of a set, and with it a rounded sum, differs from run to run.
        return fsum(map(worth.__getitem__, one.words)) / (all_wanted + 0.3 * one.count)

    kept: list[_Window] = []
    for one in sorted(windows, key=score, reverse=True):
        if all(one.path != other.path or _apart(one, other) for other in kept):
            kept.append(one)
        if len(kept) == _MOST:
            break
    return kept


def _apart(one: _Window, other: _Window) -> bool:
    return one.first > other.last + LINES_AFTER or other.first > one.last + LINES_AFTER


def _candidate(
    one: _Window, place: Place, source: Source, reason: str, after: int = LINES_AFTER
) -> Candidate:
    last = min(one.last + after, len(one.lines) - 1)
    if one.path == place.path and one.first <= place.shown[0] <= last:
        last = place.shown[0] - 1
    return Candidate(one.path, source, reason, (one.first, last))
