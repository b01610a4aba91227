"""From counts to the figures people read: shares, medians, by day, model and language. Pure."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from qwen_lsp.statistics import counts as names
from qwen_lsp.statistics.counts import FORMAT, Counts, Key, Rows, added, times_of


def summary_of(rows: Rows) -> dict[str, Any]:
    """Return the figures of all rows together, and by day, by model and by language."""
    total: Counts = Counter()
    for counts in rows.values():
        total.update(counts)
    return {
        "format": FORMAT,
        "since": min((key.day for key in rows), default=None),
        "total": _figures(total),
        "days": _grouped(rows, lambda key: key.day),
        "models": _grouped(rows, lambda key: key.model),
        "languages": _grouped(rows, lambda key: key.language),
    }


def _grouped(rows: Rows, group: Callable[[Key], str]) -> list[dict[str, Any]]:
    groups = added((Key(group(key), "", ""), counts) for key, counts in rows.items())
    return [{"name": key.day, **_figures(groups[key])} for key in sorted(groups)]


def _figures(counts: Counts) -> dict[str, Any]:
    """Return the figures of some counts; a share of nothing is None."""
    tokens = {"evaluated": counts[names.EVALUATED_TOKENS], "reused": counts[names.REUSED_TOKENS]}
    return {
        "requests": counts[names.REQUESTS],
        "shown": counts[names.SHOWN],
        "accepted": counts[names.ACCEPTED],
        "accepted_characters": counts[names.ACCEPTED_CHARACTERS],
        "accepted_share": _share(counts[names.ACCEPTED], counts[names.SHOWN]),
        "kept_share": _share(counts[names.KEPT_CHARACTERS], counts[names.FOLLOWED_CHARACTERS]),
        "latency_ms": {
            "model": _times(counts, names.MODEL_TIME),
            "without_model": _times(counts, names.REUSE_TIME),
        },
        "prompt_tokens": {**tokens, "reused_share": _share(tokens["reused"], sum(tokens.values()))},
    }


def _times(counts: Counts, kind: str) -> dict[str, Any]:
    classes = times_of(counts, kind)
    count = sum(number for _, number in classes)
    return {
        "count": count,
        "p50": _percentile(classes, 0.50 * count),
        "p95": _percentile(classes, 0.95 * count),
    }


def _percentile(classes: list[tuple[float, int]], rank: float) -> float | None:
    """Return the time of the class that the rank falls into, None if there is none."""
    seen = 0
    for milliseconds, count in classes:
        seen += count
        if seen >= rank:
            return round(milliseconds, 1)
    return None


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
