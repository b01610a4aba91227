"""Memory of all processes with two editor windows open, over one; shared pages count once."""

import asyncio
import os
import tempfile
from pathlib import Path

import psutil

from tests.bench.isolation import own_folders
from tests.bench.report import Figure, Report
from tests.harness.editor import Editor

CODE = "def add(first, second):\n    return first + │\n"


def run() -> Report:
    with own_folders(), tempfile.TemporaryDirectory() as workspace:
        one, two = asyncio.run(_measure(Path(workspace)))
    return Report(
        "windows",
        {"windows_memory_ratio": Figure(two / one, budget=1.15)},
        {"one_window_mb": round(one / 1e6), "two_windows_mb": round(two / 1e6)},
    )


async def _measure(workspace: Path) -> tuple[int, int]:
    editors, sums = [], []
    for name in ("one.py", "two.py"):
        editor = await Editor.start(workspace)
        editors.append(editor)
        uri, marks = editor.open(name, CODE)
        assert await editor.complete(uri, marks.cursor)
        await editor.until_indexed()
        sums.append(_memory())
    for editor in editors:
        await editor.close()
    return sums[0], sums[1]


def _memory() -> int:
    """Return the proportional set size of all processes that this run started, in bytes."""
    total = 0
    for process in psutil.process_iter(["environ"]):
        if _is_ours(process.info["environ"]):
            total += process.memory_full_info().pss
    return total


def _is_ours(environment: dict[str, str] | None) -> bool:
    return (environment or {}).get("XDG_RUNTIME_DIR") == os.environ["XDG_RUNTIME_DIR"]
