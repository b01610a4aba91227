"""From the answers of the quality bench to its figures. Nothing here asks anybody."""

import statistics
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.bench.answers import Answer
from tests.bench.baselines import BASELINES
from tests.bench.report import Figure, Report
from tests.bench.repositories import Case
from tests.bench.scoring import Score, score

OURS = "ours"


@dataclass(slots=True)
class Row:
    """One case and what was answered.

    Attributes:
        case: that was asked.
        baselines: answers without us, by name.
        ours: the server's, by context budget in tokens.
        gold: whether the prompt shows a definition that the target needs, by budget; only for
            cases that need one, and only where the server said what it sends.
    """

    case: Case
    baselines: dict[str, Answer] = field(default_factory=dict)
    ours: dict[int, Answer] = field(default_factory=dict)
    gold: dict[int, bool] = field(default_factory=dict)

    def answers(self, budget: int) -> dict[str, Answer]:
        """Return all sides' answers, ours at one budget."""
        return {OURS: self.ours[budget], **self.baselines}

    def scores(self, budget: int) -> dict[str, Score]:
        """Return how good all sides' answers are."""
        return {side: score(one.text, self.case) for side, one in self.answers(budget).items()}


def report_of(rows: list[Row], budget: int, gold_budget: int) -> Report:
    """Return the bench's report, its figures those of ours at one budget."""
    scores = [row.scores(budget) for row in rows]
    exact = {side: _count(one[side].is_exact for one in scores) for side in (OURS, *BASELINES)}
    figures = {
        "em_vs_file_only": Figure(_over(exact[OURS], exact["file_only"]), 2.0, True),
        "em_vs_crossfile": Figure(_over(exact[OURS], exact["crossfile"]), 1.2, True),
        "worst_kind_vs_file_only": Figure(min(_by_kind(rows, budget).values()), 1.0, True),
    }
    if shown := [row.gold[gold_budget] for row in rows if gold_budget in row.gold]:
        figures["gold_in_prompt"] = Figure(sum(shown) / len(shown), 0.75, True)
    budgets = sorted({one for row in rows for one in (*row.ours, *row.gold)})
    detail = {
        "set": "repofresh",
        "context_budget": budget,
        "groups": {name: _group(some, budget) for name, some in _groups(rows).items()},
        "kinds_vs_file_only": _by_kind(rows, budget),
        **{f"against_{name}": _against(rows, budget, name) for name in BASELINES},
        "by_budget": {str(one): _at_budget(rows, one) for one in budgets},
        "gold_not_shown": [row.case.id for row in rows if row.gold.get(gold_budget) is False],
        "seconds": {side: _seconds(rows, budget, side) for side in exact},
        "prompt_tokens": {side: _tokens(rows, budget, side) for side in exact},
        "kept_answers": {
            side: _count(row.answers(budget)[side].is_kept for row in rows) for side in exact
        },
    }
    return Report("quality", figures, detail, [_item(row, budget) for row in rows])


def _groups(rows: list[Row]) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {"all": rows}
    for name in ("language", "kind"):
        for row in rows:
            groups.setdefault(getattr(row.case, name), []).append(row)
    for row in rows:
        groups.setdefault(f"{row.case.language} {row.case.kind}", []).append(row)
    return groups


def _group(rows: list[Row], budget: int) -> dict[str, Any]:
    """Counts of exact matches and mean similarities: of how many is said once."""
    scores = [row.scores(budget) for row in rows]
    sides = list(scores[0])
    gold = [row.gold[budget] for row in rows if budget in row.gold]
    return {
        "cases": len(rows),
        "exact": {side: _count(one[side].is_exact for one in scores) for side in sides},
        "similarity": {
            side: round(statistics.fmean(one[side].similarity for one in scores), 4)
            for side in sides
        },
        "offered": {side: _count(one[side].is_offered for one in scores) for side in sides},
        "exact_as_offered": _count(one[OURS].is_exact_uncut for one in scores),
        "gold_in_prompt": [sum(gold), len(gold)],
    }


def _by_kind(rows: list[Row], budget: int) -> dict[str, float]:
    kinds: dict[str, list[dict[str, Score]]] = {}
    for row in rows:
        kinds.setdefault(row.case.kind, []).append(row.scores(budget))
    return {
        kind: _over(
            _count(one[OURS].is_exact for one in some),
            _count(one["file_only"].is_exact for one in some),
        )
        for kind, some in kinds.items()
    }


def _against(rows: list[Row], budget: int, name: str) -> dict[str, list[str]]:
    """The cases that only we, and that only the baseline has exactly."""
    won, lost = [], []
    for row in rows:
        scores = row.scores(budget)
        if scores[OURS].is_exact and not scores[name].is_exact:
            won.append(row.case.id)
        if scores[name].is_exact and not scores[OURS].is_exact:
            lost.append(row.case.id)
    return {"won": won, "lost": lost}


def _at_budget(rows: list[Row], budget: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if gold := [row.gold[budget] for row in rows if budget in row.gold]:
        found["gold_in_prompt"] = round(sum(gold) / len(gold), 4)
    if all(budget in row.ours for row in rows):
        scores = [row.scores(budget)[OURS] for row in rows]
        found["exact"] = round(_count(one.is_exact for one in scores) / len(rows), 4)
        found["similarity"] = round(statistics.fmean(one.similarity for one in scores), 4)
        found["seconds"] = _seconds(rows, budget, OURS)
        found["prompt_tokens"] = _tokens(rows, budget, OURS)
    return found


def _tokens(rows: list[Row], budget: int, side: str) -> float:
    """Return the median of the prompts' tokens."""
    return statistics.median(row.answers(budget)[side].prompt_tokens for row in rows)


def _seconds(rows: list[Row], budget: int, side: str) -> dict[str, Any] | None:
    """Return a median and a 90th percentile; None without any answer of this run.

    What an earlier run took belongs to what the machine had to do then.
    """
    answers = [row.answers(budget)[side] for row in rows]
    values = sorted(one.seconds for one in answers if not one.is_kept)
    if not values:
        return None
    return {
        "p50": round(statistics.median(values), 2),
        "p90": round(values[len(values) * 9 // 10], 2),
        "answers": len(values),
    }


def _item(row: Row, budget: int) -> dict[str, Any]:
    scores = row.scores(budget)
    return {
        "id": row.case.id,
        "kind": row.case.kind,
        "language": row.case.language,
        "target": row.case.target,
        "gold_in_prompt": row.gold.get(budget),
        "logprobs": list(row.ours[budget].logprobs),
        **{
            side: {
                "text": one.text,
                "exact": scores[side].is_exact,
                "similarity": round(scores[side].similarity, 4),
                "seconds": round(one.seconds, 2),
                "prompt_tokens": one.prompt_tokens,
                "offers": one.offers,
            }
            for side, one in row.answers(budget).items()
        },
    }


def _over(ours: int, theirs: int) -> float:
    """Ours over theirs; where they have none, they count as one, and none against none is even."""
    return 1.0 if ours == theirs else ours / max(theirs, 1)


def _count(those: Iterable[bool]) -> int:
    return sum(those)
