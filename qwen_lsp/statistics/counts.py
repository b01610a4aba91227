"""Counts of a day, a model and a language, as values and as lines of JSON. Pure.

A line is what was counted in some seconds of one editor window; equal keys are added up. So windows
only ever append, and a line that is lost loses nothing but itself.
"""

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

FORMAT = 1
LONGEST_NAME = 80  # code points of a model's or a language's name; both come from outside
LARGEST_COUNT = 2**53  # what every reader of JSON can hold

REQUESTS, SHOWN, ACCEPTED = "requests", "shown", "accepted"
ACCEPTED_CHARACTERS = "accepted_characters"
# Characters that were looked for after a while, and those of them that were still there.
FOLLOWED_CHARACTERS, KEPT_CHARACTERS = "followed_characters", "kept_characters"
EVALUATED_TOKENS, REUSED_TOKENS = "evaluated_tokens", "reused_tokens"

# Times are counted in classes, each a tenth longer than the one before, so that a median needs no
# list of all times and is right within a twentieth.
CLASS_GROWTH = 1.1
MODEL_TIME, REUSE_TIME = "model_ms", "reuse_ms"

Counts = Counter[str]


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """What is counted apart: the local day as YYYY-MM-DD, the model's name, LSP's language id."""

    day: str
    model: str
    language: str


Rows = dict[Key, Counts]


def time_class(kind: str, milliseconds: float) -> str:
    """Return the name under which a time is counted; below a millisecond all are one class."""
    return f"{kind}/{round(math.log(max(milliseconds, 1.0), CLASS_GROWTH))}"


def times_of(counts: Counts, kind: str) -> list[tuple[float, int]]:
    """Return the classes of a kind of time, shortest first: milliseconds, and how many."""
    found = []
    for name, count in counts.items():
        before, _, number = name.partition("/")
        if before == kind and number.isdecimal() and len(number) <= 3:
            found.append((CLASS_GROWTH ** int(number), count))
    return sorted(found)


def added(rows: Iterable[tuple[Key, Counts]]) -> Rows:
    """Return rows with equal keys added up."""
    total: Rows = {}
    for key, counts in rows:
        total.setdefault(key, Counter()).update(counts)
    return total


def lines_of(rows: Mapping[Key, Counts]) -> list[str]:
    """Return rows as lines of JSON, oldest day first."""
    return [
        json.dumps({"v": FORMAT, **asdict(key), "counts": rows[key]}, separators=(",", ":"))
        for key in sorted(rows)
    ]


def read_line(line: str) -> tuple[Key, Counts] | None:
    """Read a line of JSON; None if it is not one of ours, or of another format."""
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(fields, dict) or fields.get("v") != FORMAT:
        return None
    names = [fields.get(name) for name in ("day", "model", "language")]
    counts = fields.get("counts")
    if not all(isinstance(name, str) for name in names) or not isinstance(counts, dict):
        return None
    if not all(_is_count(count) for count in counts.values()):
        return None
    return key_of(*map(str, names)), Counter(counts)


def key_of(day: str, model: str, language: str) -> Key:
    """Return a key whose names are of a bounded length."""
    return Key(day[:LONGEST_NAME], model[:LONGEST_NAME], language[:LONGEST_NAME])


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value <= LARGEST_COUNT
