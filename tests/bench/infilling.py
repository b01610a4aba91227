"""HumanEval-Infilling through the server, against the bare model with Qwen's documented prompt.

Each item is a function with a hole and tests. Ours is what a real server offers at the hole in a
folder with just that file; the bare model gets the prefix, the suffix and `fim_middle`, and its
answer is cut as Qwen's own harness cuts it: for a single line, to the first line that is not blank.
A single line's hole is an empty line, as an editor would have it: the item's target ends with the
line end, so that stays in the file on both sides. Items are old and in every model's training data:
they show what the server adds or spoils, and nothing else. **infill_vs_bare**: items whose tests
pass, over the bare model's.
"""

import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from qwen_lsp.wire import Token
from tests.bench.answers import Answer, Answers
from tests.bench.baselines import Bare, bare_model
from tests.bench.isolation import running_engine
from tests.bench.report import Figure, Report
from tests.bench.repositories import CASES
from tests.bench.sandbox import passes
from tests.bench.scoring import spread
from tests.bench.server_side import Place, Window

SINGLE_LINE = "infill_single_line"
SETS = (SINGLE_LINE, "infill_random_span")
LINE_TOKENS, SPAN_TOKENS = 64, 256  # the first is what Qwen's harness asks for


@dataclass(frozen=True, slots=True)
class Hole:
    """An item: a function with a hole, and the tests of the whole function.

    Attributes:
        line_end: of the line that is wanted; it stays in the file, and "" where none is.
        suffix: what stands behind the line end.
    """

    id: str
    path: str
    prefix: str
    line_end: str
    suffix: str
    tests: str
    entry_point: str

    @property
    def rest(self) -> str:
        """What stands behind the hole in the file."""
        return self.line_end + self.suffix

    def program(self, text: str) -> str:
        """Return the function with a text from the hole on, and the call of its tests."""
        return f"{self.prefix}{text}\n{self.tests}\ncheck({self.entry_point})\n"


def holes(case_set: str) -> list[Hole]:
    """Return a set's items; the file is `humaneval_` and the set's name."""
    path = CASES / f"humaneval_{case_set}.jsonl"
    if not path.exists():
        raise SystemExit(f"There are no cases at {path}.")
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [_hole(row, case_set) for row in rows]


async def report(case_set: str, limit: int | None) -> Report:
    """Ask both sides for all items of a set, and run the tests."""
    items = []
    async with (
        running_engine(keeps_cache=False) as client,
        bare_model(client, Answers.of_environment()) as bare,
    ):
        for hole in spread(holes(case_set), limit):
            ours, theirs = await _ours(hole), await _bare(bare, hole, case_set)
            items.append(
                {
                    "id": hole.id,
                    "ours": _judged(hole, ours),
                    "bare": _judged(hole, theirs),
                    "is_kept": theirs.is_kept,
                }
            )
            print(len(items), items[-1], file=sys.__stderr__, flush=True)
    return _report(case_set, items)


async def _ours(hole: Hole) -> Answer:
    """Return what the document is from the hole on, with what is offered there."""
    place = Place(hole.path, hole.prefix + hole.rest, len(hole.prefix))
    with TemporaryDirectory(prefix="qwen-bench-") as folder:
        root = Path(folder) / "humaneval"
        root.mkdir()
        (root / hole.path).write_bytes(place.text.encode())
        async with Window.on(root, {}) as window, window.opened(place) as uri:
            start = time.perf_counter()
            offered = await window.offer(uri, place.cursor)
            seconds = time.perf_counter() - start
    text = offered.text if offered is not None else place.text
    return Answer(text[place.cursor :], seconds)


async def _bare(bare: Bare, hole: Hole, case_set: str) -> Answer:
    """Return what follows the prefix with the bare model's answer."""
    prompt = (Token("fim_prefix"), hole.prefix, Token("fim_suffix"), hole.suffix)
    is_line = case_set == SINGLE_LINE
    answer = await bare.answer(
        (*prompt, Token("fim_middle")),
        LINE_TOKENS if is_line else SPAN_TOKENS,
        lines=2 if is_line else None,
        about=f"bare {hole.id}",
    )
    text = first_line(answer.text) if is_line else answer.text
    return Answer(text + hole.rest, answer.seconds, is_kept=answer.is_kept)


def first_line(text: str) -> str:
    """Return the first line of an answer, or the second if the first one is blank."""
    lines = [*text.split("\n"), ""]
    return lines[0] if lines[0].strip() else lines[1]


def _judged(hole: Hole, answer: Answer) -> dict[str, Any]:
    return {
        "text": answer.text.removesuffix(hole.rest),
        "passes": passes(hole.program(answer.text)),
        "seconds": round(answer.seconds, 2),
    }


def _report(case_set: str, items: list[dict[str, Any]]) -> Report:
    passed = {
        side: {one["id"] for one in items if one[side]["passes"]} for side in ("ours", "bare")
    }
    ratio = len(passed["ours"]) / max(len(passed["bare"]), 1)
    detail = {
        "set": case_set,
        "items": len(items),
        "passed": {side: len(ids) for side, ids in passed.items()},
        "won": sorted(passed["ours"] - passed["bare"]),
        "lost": sorted(passed["bare"] - passed["ours"]),
        "nothing_offered": [one["id"] for one in items if not one["ours"]["text"].strip()],
        "kept_answers": sum(one["is_kept"] for one in items),
    }
    return Report("quality", {"infill_vs_bare": Figure(ratio, 1.0, True)}, detail, items)


def _hole(row: dict[str, Any], case_set: str) -> Hole:
    is_line = case_set == SINGLE_LINE and row["target"].endswith("\n")
    place = row["id"], row["path"], row["prefix"], "\n" if is_line else "", row["suffix"]
    return Hole(*place, row["tests"], row["entry_point"])
