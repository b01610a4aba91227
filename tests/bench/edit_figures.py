"""From what was answered to the development items of `edits` to its figures."""

import statistics
from collections import Counter
from dataclasses import dataclass
from typing import Any

from tests.bench.answers import Answer
from tests.bench.report import Figure, Report

OURS, BARE = "ours", "bare"
# What may become of an answer: the first two are right, whatever the code in it does.
APPLIED, REFUSED = "applied", "refused"
BROKEN, UNCLEAN, FAILED = "does not parse", "does not apply", "failed"


@dataclass(frozen=True, slots=True)
class Fixed:
    """What the server made of an item.

    Attributes:
        became: one of the words above.
        answer: the whole file afterwards, and what it cost.
        message: what was said with it or instead of it.
        diff: as the server tells it.
        stray: lines outside the region that changed, and other places that it is about.
    """

    became: str
    answer: Answer
    message: str = ""
    diff: str = ""
    stray: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """One item: what both sides answered, and whether their files pass its tests."""

    id: str
    language: str
    fixed: Fixed
    bare: Answer
    passing: dict[str, bool]

    @property
    def answers(self) -> dict[str, Answer]:
        """Both sides' answers."""
        return {OURS: self.fixed.answer, BARE: self.bare}


def report_of(rows: list[Row], sound: dict[str, int]) -> Report:
    """Return the bench's report; `sound` says how many items' tests can be relied on."""
    passed = {side: _passed(rows, side) for side in (OURS, BARE)}
    became = Counter(row.fixed.became for row in rows)
    figures = {
        "fix_vs_bare": Figure(_over(len(passed[OURS]), len(passed[BARE])), 1.0, True),
        "stray_lines": Figure(sum(row.fixed.stray for row in rows), 0),
        "applied_or_refused": Figure((became[APPLIED] + became[REFUSED]) / len(rows), 1.0, True),
    }
    detail: dict[str, Any] = {
        "items": len(rows),
        **sound,
        "passed": {side: len(ids) for side, ids in passed.items()},
        "passed_by_language": _by_language(rows),
        "won": sorted(passed[OURS] - passed[BARE]),
        "lost": sorted(passed[BARE] - passed[OURS]),
        "became": dict(became),
        "messages": dict(Counter(row.fixed.message for row in rows if row.fixed.message)),
        "seconds_p50": {side: _seconds(rows, side) for side in passed},
        "prompt_tokens_p50": {side: _median(rows, side, "prompt_tokens") for side in passed},
        "answer_tokens_p50": {side: _median(rows, side, "answer_tokens") for side in passed},
        "kept_answers": {side: sum(row.answers[side].is_kept for row in rows) for side in passed},
    }
    return Report("edits", figures, detail, [_item(row) for row in rows])


def _passed(rows: list[Row], side: str) -> set[str]:
    return {row.id for row in rows if row.passing[side]}


def _by_language(rows: list[Row]) -> dict[str, dict[str, int]]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.language, []).append(row)
    return {
        language: {
            "items": len(some),
            **{side: len(_passed(some, side)) for side in (OURS, BARE)},
        }
        for language, some in groups.items()
    }


def _seconds(rows: list[Row], side: str) -> float | None:
    """Return a median; None without any answer of this run."""
    values = [row.answers[side].seconds for row in rows if not row.answers[side].is_kept]
    return round(statistics.median(values), 2) if values else None


def _median(rows: list[Row], side: str, name: str) -> float:
    return statistics.median(getattr(row.answers[side], name) for row in rows)


def _item(row: Row) -> dict[str, Any]:
    return {
        "id": row.id,
        "language": row.language,
        "became": row.fixed.became,
        "message": row.fixed.message,
        "diff": row.fixed.diff,
        "stray_lines": row.fixed.stray,
        **{
            side: {
                "text": one.text,
                "passes": row.passing[side],
                "seconds": round(one.seconds, 2),
                "prompt_tokens": one.prompt_tokens,
                "answer_tokens": one.answer_tokens,
            }
            for side, one in row.answers.items()
        },
    }


def _over(ours: int, theirs: int) -> float:
    """Ours over theirs; where they have none, they count as one, and none against none is even."""
    return 1.0 if ours == theirs else ours / max(theirs, 1)
