"""What silence costs and saves: for each pair of limits, what of a record would have been shown.

`python -m tests.bench silence FILE.json` reads the report of `quality --json`, whose completions
were asked for by hand and so made without any silence; their first lines count. What is accepted
are the characters of a suggestion that is the target or its beginning; any other one that is shown
takes back WRONG characters, for it was read in vain. The curve goes to
`editors/pictures/silence.svg`.
"""

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from qwen_lsp.features.silence import LIMITS, Limits, is_unsure
from tests.bench.report import ROOT, Figure, Report
from tests.bench.silence_picture import picture

PICTURE = ROOT / "editors/pictures/silence.svg"
# Characters. Reading a suggestion and going on takes about as long as typing so many.
WRONG = 8
# Least probabilities: of the first token, and of a token of the line (geometric mean).
FIRST = (0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
LINE = (0.0, 0.1, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.9)


@dataclass(frozen=True, slots=True)
class Record:
    """One completion and what was wanted."""

    id: str
    kind: str
    language: str
    target: str
    text: str
    is_exact: bool
    logprobs: tuple[float, ...]

    @property
    def accepted(self) -> int:
        """Characters that are kept: all of a right suggestion, none of another."""
        text = self.text.strip()
        is_right = self.is_exact or (text and self.target.strip().startswith(text))
        return len(text) if is_right else 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one pair of limits, as probabilities, gives; characters are for 100 requests."""

    first: float
    line: float
    shown: float
    exact_among_shown: float
    accepted: float
    net: float


def run(record: str) -> Report:
    if not record:
        raise SystemExit("Name a file of records: python -m tests.bench silence FILE.json")
    records = read(Path(record))
    chosen = outcome(records, math.exp(LIMITS.first), math.exp(LIMITS.line))
    every = [outcome(records, first, line) for first in FIRST for line in LINE]
    # Of equals the one with the stricter first token, which saves the engine the rest.
    best = max(every, key=lambda one: (one.net, one.first))
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    PICTURE.write_text(picture(*curves(every), chosen, best, len(records)), encoding="utf-8")
    figures = {
        "requests": Figure(len(records)),
        "shown": Figure(chosen.shown),
        "exact_among_shown": Figure(chosen.exact_among_shown),
        "accepted_characters": Figure(chosen.accepted),
        "net_characters": Figure(chosen.net),
        "net_characters_without_silence": Figure(every[0].net),
    }
    groups = {
        f"{name} {value}": _rounded(outcome(some, chosen.first, chosen.line))
        for name in ("language", "kind")
        for value, some in _grouped(records, name)
    }
    rows = {
        f"first >= {one.first:.2f}, line >= {one.line:.2f}": _rounded(one)
        for one in sorted(every, key=lambda one: (-one.net, -one.first))
    }
    detail = {"best": asdict(best), "chosen": asdict(chosen), **groups, **rows}
    return Report("silence", figures, detail)


def read(path: Path) -> list[Record]:
    """Read the first lines of a quality report's completions."""
    items = json.loads(path.read_text(encoding="utf-8"))["items"]
    return [
        Record(
            one["id"],
            one["kind"],
            one["language"],
            one["target"].split("\n")[0],
            one["ours"]["text"].split("\n")[0],
            one["ours"]["text"].split("\n")[0].rstrip() == one["target"].split("\n")[0].rstrip(),
            tuple(one["logprobs"]),
        )
        for one in items
    ]


def outcome(records: Sequence[Record], first: float, line: float) -> Outcome:
    """Return what least probabilities give."""
    limits = Limits(_log(first), _log(line))
    shown = [
        one
        for one in records
        if one.text.strip() and not is_unsure(one.logprobs, is_line=True, limits=limits)
    ]
    accepted = sum(one.accepted for one in shown)
    wrong = sum(not one.accepted for one in shown)
    return Outcome(
        first,
        line,
        shown=len(shown) / len(records),
        exact_among_shown=sum(one.is_exact for one in shown) / max(len(shown), 1),
        accepted=100 * accepted / len(records),
        net=100 * (accepted - WRONG * wrong) / len(records),
    )


def curves(every: Sequence[Outcome]) -> tuple[list[Outcome], list[Outcome]]:
    """Return what the first token alone, and the line alone, would decide; most shown first."""
    by_first = [one for one in every if one.line == 0]
    by_line = [one for one in every if one.first == 0]
    return by_first, by_line


def _grouped(records: Sequence[Record], name: str) -> Iterator[tuple[str, list[Record]]]:
    for value in sorted({getattr(one, name) for one in records}):
        yield value, [one for one in records if getattr(one, name) == value]


def _log(probability: float) -> float:
    return math.log(probability) if probability > 0 else -math.inf


def _rounded(one: Outcome) -> dict[str, Any]:
    rounded = {name: round(value, 3) for name, value in asdict(one).items()}
    return {name: value for name, value in rounded.items() if name not in ("first", "line")}
