"""The picture of `tests.bench silence`: what more silence gives, for who chooses its limits."""

from collections.abc import Callable, Sequence
from html import escape
from typing import Protocol

WIDTH, LEFT, RIGHT = 760, 60, 210
PANEL, GAP, TOP = 180, 92, 60
STYLE = """
svg { font: 14px system-ui, sans-serif; --ink: #1f2328; --faint: #d0d7de; --soft: #59636e;
  --line: #0969da; --first: #9a6700; --now: #cf222e; background: #ffffff; }
@media (prefers-color-scheme: dark) { svg { --ink: #f0f6fc; --faint: #3d444d; --soft: #9198a1;
  --line: #4493f8; --first: #d29922; --now: #ff7b72; background: #0d1117; } }
text { fill: var(--ink); } .soft { fill: var(--soft); } .title { font-weight: 600; }
.grid { stroke: var(--faint); } polyline { fill: none; stroke-width: 2.5; }
polyline.line { stroke: var(--line); } circle.line, text.line { fill: var(--line); }
polyline.first { stroke: var(--first); stroke-dasharray: 6 4; }
circle.first, text.first { fill: var(--first); } text.now { fill: var(--now); }
circle.now { fill: none; stroke: var(--now); stroke-width: 2.5; }
"""
NAMES = {"line": "by the line", "first": "by its first token", "now": "the limits in use"}


class Point(Protocol):
    """What a pair of limits gives."""

    @property
    def first(self) -> float: ...
    @property
    def line(self) -> float: ...
    @property
    def shown(self) -> float: ...
    @property
    def exact_among_shown(self) -> float: ...
    @property
    def net(self) -> float: ...


def picture(
    by_first: Sequence[Point], by_line: Sequence[Point], chosen: Point, best: Point, requests: int
) -> str:
    """Return the curves as SVG: each gate alone, and the chosen limits, by the share shown."""
    below = TOP + PANEL + GAP
    height = below + PANEL + 96
    size = f'viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="title"'
    curves = {"line": by_line, "first": by_first, "now": [chosen]}
    best_is = (
        f"best of all pairs: first token at least {best.first:.0%}, line {best.line:.0%} "
        f"({best.shown:.0%} shown, {best.net:+.0f})"
    )
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size}>',
        '<title id="title">What is right, and what is gained, by the share that is shown</title>',
        f"<style>{STYLE}</style>",
        _text(LEFT, TOP - 26, f"Exact among the shown ({requests:,} requests)", "title"),
        *_panel(curves, lambda one: one.exact_among_shown, TOP, lambda value: f"{value:.0%}"),
        _text(LEFT, below - 26, "Accepted characters less wrong ones, for 100 requests", "title"),
        *_panel(curves, lambda one: one.net, below, lambda value: f"{value:,.0f}"),
        _text((LEFT + WIDTH - RIGHT) / 2, below + PANEL + 46, "share shown", "soft", "middle"),
        _text(LEFT, height - 16, best_is, "soft"),
        "</svg>\n",
    ]
    return "\n".join(parts)


def _panel(
    curves: dict[str, Sequence[Point]],
    value_of: Callable[[Point], float],
    top: float,
    written: Callable[[float], str],
) -> list[str]:
    values = [value_of(one) for points in curves.values() for one in points]
    low, high = min([0.0, *values]), max([*values, 1e-9])
    bottom = top + PANEL

    def x(point: Point) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * point.shown

    def y(value: float) -> float:
        return bottom - PANEL * (value - low) / (high - low)

    parts: list[str] = []
    for value in (low, (low + high) / 2, high):
        parts.append(
            f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(value):.1f}" y2="{y(value):.1f}" '
            'class="grid"/>'
        )
        parts.append(_text(LEFT - 8, y(value) + 5, written(value), "soft", "end"))
    for share in (0, 0.25, 0.5, 0.75, 1):
        at = LEFT + (WIDTH - LEFT - RIGHT) * share
        parts.append(_text(at, bottom + 20, f"{share:.0%}", "soft", "middle"))
    for row, (name, points) in enumerate(curves.items()):
        places = [(x(one), y(value_of(one))) for one in points if one.shown > 0]
        joined = " ".join(f"{at:.1f},{up:.1f}" for at, up in places)
        if len(places) > 1:
            parts.append(f'<polyline points="{joined}" class="{name}"/>')
        radius = 7 if name == "now" else 3
        parts += [
            f'<circle cx="{at:.1f}" cy="{up:.1f}" r="{radius}" class="{name}"/>'
            for at, up in places
        ]
        parts.append(_text(WIDTH - RIGHT + 28, top + 20 + 22 * row, NAMES[name], name))
    return parts


def _text(x: float, y: float, text: str, name: str, anchor: str = "start") -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text {place} class="{name}">{escape(text)}</text>'
