"""Which names matter at the cursor: those that stand near it, the nearer the more."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

# Lines around the cursor that are looked at. What is above is what the model goes on from.
ABOVE, BELOW = 24, 8
# At this distance in lines a name is worth half.
_HALF = 4
_NAME = re.compile(r"[^\W\d]\w*")
_MOST_NAMES = 48
_KEYWORDS = frozenset(
    """
    and as assert async await break case catch class const continue def default del do elif else
    enum except export extends final finally for from func function global if implements import in
    instanceof interface is let match new nil none not null of or override package pass private
    protected public raise return self static struct super switch this throw throws trait try type
    typeof undefined use using val var void when while with yield True False None true false int
    str float bool string number boolean any char long double short byte object dict list tuple set
    """.split()  # noqa: SIM905  A list literal would take a line each.
)


@dataclass(frozen=True, slots=True)
class NameInPlay:
    """A name near the cursor.

    Attributes:
        name: the identifier.
        weight: from 0 to 1, 1 on the cursor's line before it.
        is_member: it only ever follows a dot.
        is_called: it stands before an opening parenthesis somewhere.
    """

    name: str
    weight: float
    is_member: bool
    is_called: bool


def names_in_play(above: Sequence[str], below: Sequence[str]) -> list[NameInPlay]:
    """Return the names around the cursor, the most important first.

    Args:
        above: lines up to the cursor; the last one is the cursor's line, cut there.
        below: lines from the cursor on; the first one is the rest of its line.
    """
    lines = [(line, index) for index, line in enumerate(reversed(above))]
    # What follows was mostly written before, but for other reasons.
    lines += [(line, index * 2 + 2) for index, line in enumerate(below)]
    return _names_on(sorted(lines, key=lambda one: one[1]))[:_MOST_NAMES]


def names_selected(lines: Sequence[str]) -> list[NameInPlay]:
    """Return the names in selected lines: what can be looked up first, else in their order.

    All of them matter alike, so a weight only keeps that order.
    """
    found = _names_on([(line, 0) for line in lines])
    found.sort(key=lambda one: not (one.is_called or one.name[:1].isupper()))
    count = max(len(found), 1)
    return [
        replace(one, weight=1 - rank / (2 * count)) for rank, one in enumerate(found[:_MOST_NAMES])
    ]


def _names_on(lines: Sequence[tuple[str, int]]) -> list[NameInPlay]:
    """Return the names on lines that come with their distances, the nearest first."""
    found: dict[str, NameInPlay] = {}
    for line, distance in lines:
        weight = _HALF / (_HALF + distance)
        for match in _NAME.finditer(line):
            name = match.group()
            if name in _KEYWORDS or len(name) == 1:
                continue
            is_member = line[: match.start()].rstrip().endswith((".", "->", "::"))
            is_called = line.startswith("(", match.end())
            if (known := found.get(name)) is not None:
                found[name] = NameInPlay(
                    name,
                    known.weight,
                    known.is_member and is_member,
                    known.is_called or is_called,
                )
            else:
                found[name] = NameInPlay(name, weight, is_member, is_called)
    return sorted(found.values(), key=lambda one: -one.weight)
