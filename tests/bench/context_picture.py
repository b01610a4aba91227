"""`python -m tests.bench.context_picture QUALITY.json TIMES.json PICTURE.svg`: by context budget.

Both are reports of `quality --set repofresh --budgets …`, and may be the same: a machine that gets
through all places in a day is not the one that people want the times of. The picture is for people
who choose a budget: above, exact matches; below, the seconds until a completion is there.
"""

import json
import sys
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from typing import Any

WIDTH, LEFT, RIGHT = 760, 36, 250
PANEL, GAP, TOP = 170, 84, 64
LINE_HEIGHT = 18
STYLE = """
svg { font: 14px system-ui, sans-serif; --ink: #1f2328; --faint: #d0d7de; --soft: #59636e;
  --ours: #0969da; --chunks: #9a6700; --file: #6e7781; background: #ffffff; }
@media (prefers-color-scheme: dark) { svg { --ink: #f0f6fc; --faint: #3d444d; --soft: #9198a1;
  --ours: #4493f8; --chunks: #d29922; --file: #9198a1; background: #0d1117; } }
text { fill: var(--ink); } .soft { fill: var(--soft); } .title { font-weight: 600; }
.grid { stroke: var(--faint); } .ours { stroke: var(--ours); fill: none; stroke-width: 2.5; }
.dot { fill: var(--ours); } .oursname { fill: var(--ours); }
.crossfile { stroke: var(--chunks); stroke-dasharray: 6 4; } .crossfilename { fill: var(--chunks); }
.file_only { stroke: var(--file); stroke-dasharray: 2 4; } .file_onlyname { fill: var(--file); }
"""
NAMES = {"file_only": "the file alone", "crossfile": "plain BM25 chunks"}


def main() -> None:
    quality, times, target = map(Path, sys.argv[1:4])
    reports = (json.loads(one.read_text(encoding="utf-8")) for one in (quality, times))
    target.write_text(picture(*reports), encoding="utf-8")


def picture(quality: dict[str, Any], times: dict[str, Any]) -> str:
    """Return the picture of two quality reports, as their JSON, in SVG."""
    detail = quality["detail"]
    budgets, timed = _answered(quality), _answered(times)
    places = sorted(budgets)
    group = detail["groups"]["all"]
    levels = {name: group["exact"][name] / group["cases"] for name in NAMES}
    exact = [budgets[one]["exact"] for one in places]
    if any(one not in timed or timed[one]["seconds"] is None for one in places):
        raise SystemExit("At a budget no times are known: all answers there are of earlier runs.")
    seconds = [timed[one]["seconds"]["p50"] for one in places]
    below = TOP + PANEL + GAP
    height = below + PANEL + 70
    size = f'viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="title"'
    above_it = f"Completions that are exactly what was written ({group['cases']} places)"
    machine = times["machine"].rpartition(", load")[0]
    below_it = "Seconds until a completion is there, nothing of its prompt evaluated"
    axis = f"most tokens of other files in the prompt ({machine})"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size}>',
        '<title id="title">Exact matches and seconds by context budget</title>',
        f"<style>{STYLE}</style>",
        _text(LEFT, TOP - 34, above_it, "title"),
        *_panel(places, exact, TOP, lambda value: f"{value:.1%}", levels),
        _text(LEFT, below - 30, below_it, "title"),
        *_panel(places, seconds, below, lambda value: f"{value:.1f} s", {}),
        _text((LEFT + WIDTH - RIGHT) / 2, height - 14, axis, "soft", "middle"),
        "</svg>\n",
    ]
    return "\n".join(parts)


def _answered(report: dict[str, Any]) -> dict[int, dict[str, Any]]:
    """Return what a report says of each budget at which completions were asked for."""
    by_budget = report["detail"]["by_budget"]
    return {int(name): one for name, one in by_budget.items() if "exact" in one}


def _panel(
    places: Sequence[int],
    values: Sequence[float],
    top: float,
    written: Callable[[float], str],
    levels: dict[str, float],
) -> list[str]:
    most = max([*values, *levels.values()]) * 1.15 or 1.0  # room above the highest point
    bottom = top + PANEL

    def x(index: int) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * index / max(len(places) - 1, 1)

    def y(value: float) -> float:
        return round(bottom - PANEL * value / most, 1)

    parts: list[str] = []
    # What a point is stands beside it, so the lines need no numbers.
    parts += [_level(y(value), "grid") for value in (0, most / 2.3, most / 1.15)]
    parts += [_level(y(value), name) for name, value in levels.items()]
    labels = {name: f"{NAMES[name]}, {written(value)}" for name, value in levels.items()}
    heights = [y(values[-1]), *map(y, levels.values())]
    for (name, label), at in zip(
        {"ours": "qwen-lsp", **labels}.items(), _apart(heights), strict=True
    ):
        parts.append(_text(WIDTH - RIGHT + 28, at + 5, label, f"{name}name"))
    points = " ".join(f"{x(index):.1f},{y(value)}" for index, value in enumerate(values))
    parts.append(f'<polyline points="{points}" class="ours"/>')
    for index, (place, value) in enumerate(zip(places, values, strict=True)):
        parts += [
            f'<circle cx="{x(index):.1f}" cy="{y(value)}" r="4.5" class="dot"/>',
            _text(x(index), y(value) - 11, written(value), "value", "middle"),
            _text(x(index), bottom + 20, f"{place:,}", "soft", "middle"),
        ]
    return parts


def _text(x: float, y: float, text: str, name: str, anchor: str = "start") -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text {place} class="{name}">{escape(text)}</text>'


def _level(y: float, name: str) -> str:
    return f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}" class="{name}"/>'


def _apart(heights: Sequence[float]) -> list[float]:
    """Return the heights, in their order, moved down where two names would lie on each other."""
    placed: dict[int, float] = {}
    lowest = float("-inf")
    for index in sorted(range(len(heights)), key=lambda one: heights[one]):
        lowest = placed[index] = max(heights[index], lowest + LINE_HEIGHT)
    return [placed[index] for index in range(len(heights))]


if __name__ == "__main__":
    main()
