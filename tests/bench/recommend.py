"""What `qwen-lsp model recommend` says a completion takes, and what it takes, in one run.

First the command's own measurement, with no engine running, and what it predicts for the default
model; then lines that a real server completes in a warm document, as while a user types: each is
asked for behind the first characters of a line of the real file, and the median is compared.
"""

import asyncio
import os
import shutil
import statistics
import time
from importlib.resources import files
from pathlib import Path

from qwen_lsp.cli.recommend import advise_on, look_and_measure
from qwen_lsp.models import catalogue
from qwen_lsp.text import Replacement, Span
from tests.bench import isolation
from tests.bench.isolation import own_folders
from tests.bench.report import Figure, Report
from tests.bench.server_side import Place, Window

FILE = "orders.py"
TYPED = 6  # characters of each line, behind its indentation
LINES = 10
BUDGET = 1.5


def run() -> Report:
    with own_folders() as folder:
        load = os.getloadavg()[0]
        measured = look_and_measure()
        assert measured.name, "nothing is installed"
        rows = {row.name: row for row in advise_on(measured).rows}
        predicted = rows[catalogue.DEFAULT_MODEL].completion_ms
        lines = asyncio.run(_complete(folder))
    actual = statistics.median(ms for ms, _, _ in lines)
    return Report(
        "recommend",
        {
            "predicted_over_measured": Figure(
                max(predicted / actual, actual / predicted), budget=BUDGET
            ),
        },
        {
            "model": catalogue.DEFAULT_MODEL,
            "predicted_ms": round(predicted),
            "measured_ms": round(actual),
            "all_ms": [round(ms) for ms, _, _ in lines],
            "evaluated_tokens": [evaluated for _, evaluated, _ in lines],
            "answer_tokens": [written for _, _, written in lines],
            "prefill_per_s": round(measured.speed.prefill_per_s, 1),
            "decode_per_s": round(measured.speed.decode_per_s, 1),
            "measured_with": measured.name,
            "load_before_and_after": [round(load, 1), round(os.getloadavg()[0], 1)],
        },
    )


async def _complete(folder: Path) -> list[tuple[float, int, int]]:
    """Return ms, tokens evaluated and tokens written for each line that was completed."""
    root = folder / "workspace"
    shutil.copytree(str(files("qwen_lsp").joinpath("demo/sample")), root)
    text = (root / FILE).read_text()
    options = {"completion": {"maxLines": 1}}
    found = []
    async with Window.on(root, options) as window:
        start = text.index("\n    def ") + 1
        async with window.opened(Place(FILE, text[:start], start)) as uri:
            await window.offer(uri, start)
            at = start
            for line in [one for one in text[start:].splitlines() if one.strip()][:LINES]:
                indent = len(line) - len(line.lstrip())
                typed = line[: indent + TYPED]
                window.change(uri, Replacement(Span(at, at), typed))
                before, begun = isolation.metrics(), time.perf_counter()
                offered = await window.offer(uri, at + len(typed))
                ms = 1000 * (time.perf_counter() - begun)
                after = isolation.metrics()
                rest = f"{line[len(typed) :]}\n"
                end = at + len(typed)
                window.change(uri, Replacement(Span(end, end), rest))
                at += len(line) + 1
                if offered is not None:
                    evaluated, written = (_more(before, after, kind) for kind in COUNTS)
                    found.append((ms, evaluated, written))
    return found


COUNTS = (
    'qwen_prompt_tokens_evaluated_total{priority="completion"}',
    'qwen_generated_tokens_total{priority="completion"}',
)


def _more(before: dict[str, float], after: dict[str, float], name: str) -> int:
    return int(after.get(name, 0) - before.get(name, 0))
