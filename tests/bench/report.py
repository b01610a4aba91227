"""The shape of every bench's result: figures with their budgets, the machine, the commit."""

import os
import platform
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).parents[2]


@dataclass
class Figure:
    """A measured value and the limit it is held to: at most it, or at least it."""

    value: float
    budget: float | None = None
    at_least: bool = False

    @property
    def ok(self) -> bool | None:
        if self.budget is None:
            return None
        return self.value >= self.budget if self.at_least else self.value <= self.budget


@dataclass
class Report:
    """What one bench measured; `items` are too many for people to read, and only in the JSON."""

    bench: str
    figures: dict[str, Figure] = field(default_factory=dict)
    detail: dict[str, Any] = field(default_factory=dict)
    items: list[dict[str, Any]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return {
            "bench": self.bench,
            "commit": commit(),
            "machine": machine(),
            "figures": {
                name: {"value": round(one.value, 4), "budget": one.budget, "ok": one.ok}
                for name, one in self.figures.items()
            },
            "detail": self.detail,
            **({"items": self.items} if self.items else {}),
        }

    def as_text(self) -> str:
        lines = [f"{self.bench} at {commit()}", machine()]
        for name, one in self.figures.items():
            limit = "" if one.budget is None else f" (budget {one.budget:g}: {_word(one)})"
            lines.append(f"  {name} = {one.value:.4g}{limit}")
        return "\n".join([*lines, *(f"  {name}: {value}" for name, value in self.detail.items())])


def commit() -> str:
    """Return the commit that is measured, with a + when the tree differs from it."""
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty=+", "--abbrev=10"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def machine() -> str:
    name = platform.processor() or platform.machine()
    with Path("/proc/cpuinfo").open() as info:
        models = [line.partition(":")[2].strip() for line in info if line.startswith("model name")]
    memory = psutil.virtual_memory().total / 2**30
    load = os.getloadavg()[0]
    cores = os.cpu_count()
    return f"{models[0] if models else name}, {cores} cores, {memory:.0f} GB, load {load:.1f}"


def _word(figure: Figure) -> str:
    return "met" if figure.ok else "MISSED"
