"""How near an answer is to what was really written there: exact match and edit similarity.

As `../shared/bench` has it: the first line counts, trailing blanks off; of a block all lines do,
and both sides are cut to as many as the target has.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from tests.bench.repositories import Case

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Score:
    """How good one answer is.

    Attributes:
        is_exact: it is what was written.
        similarity: 1 minus the edit distance over the longer text's length; 1.0 is the same text.
        is_offered: it is not blank.
        is_exact_uncut: it is what was written and not a line more.
    """

    is_exact: bool
    similarity: float
    is_offered: bool
    is_exact_uncut: bool


def score(text: str, case: Case) -> Score:
    """Return how good a text is as the answer to a case."""
    wanted = lines_wanted(case)
    ours, target = lines_of(text, wanted), lines_of(case.target, wanted)
    return Score(
        is_exact=ours == target,
        similarity=similarity(ours, target),
        is_offered=bool(text.strip()),
        is_exact_uncut=lines_of(text) == lines_of(case.target),
    )


def lines_wanted(case: Case) -> int:
    """Return how many lines of an answer count."""
    return len(case.target.split("\n")) if case.kind == "block" else 1


def lines_of(text: str, most: int | None = None) -> str:
    """Return the first lines of a text, trailing blanks off each; all of them without `most`."""
    return "\n".join(line.rstrip() for line in text.split("\n")[:most])


def similarity(one: str, other: str) -> float:
    """Return 1 minus the edit distance over the longer length; two empty texts are the same."""
    longer = max(len(one), len(other))
    return 1 - edit_distance(one, other) / longer if longer else 1.0


def edit_distance(one: str, other: str) -> int:
    """Return how many characters must be put in, taken out or replaced to make one the other."""
    row = list(range(len(other) + 1))
    for index, left in enumerate(one, 1):
        diagonal, row[0] = row[0], index
        for column, right in enumerate(other, 1):
            kept = diagonal + (left != right)
            diagonal = row[column]
            row[column] = min(kept, diagonal + 1, row[column - 1] + 1)
    return row[-1]


def shows_gold(case: Case, context: dict[str, object]) -> bool:
    """Return whether a snippet of a `qwen/context` answer shows a definition the target needs."""
    snippets = context["snippets"]
    assert isinstance(snippets, list)
    # There lines are 1-based, here they are 0-based.
    shown = [(one["path"], first - 1, last - 1) for one in snippets for first, last in one["lines"]]
    return any(
        path == gold and first <= line <= last
        for gold, line in case.gold
        for path, first, last in shown
    )


def spread(every: Sequence[T], limit: int | None) -> list[T]:
    """Return at most `limit` of these, evenly taken from all over them; all without a limit."""
    count = len(every) if limit is None else min(limit, len(every))
    return [every[index * len(every) // count] for index in range(count)]
