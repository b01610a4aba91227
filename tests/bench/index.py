"""The index against universal-ctags on the same files, and how quick its answers are.

The tree is Python's own standard library without what was installed into it, or the one that
QWEN_BENCH_TREE names. Cold builds are those of `qwen-lsp index`, in turn with one ctags process
that reads the same list of files; times are those of the processes and all their children.
**context_p95_ms** is all that is looked up for a completion at a random place of a random file:
`context/gather.py` from the cursor to the texts of what was found, before tokens are counted. As in
an editor's session each file is asked about for the first time, and then at another place.
"""

import asyncio
import json
import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil

from qwen_lsp.context.anchor import set_anchor
from qwen_lsp.context.gather import gather, place_of
from qwen_lsp.context.qwen import AFTER, BEFORE
from qwen_lsp.context.snapshot import Snapshot
from qwen_lsp.index.lookup import Lookup
from qwen_lsp.index.store import folder_of
from qwen_lsp.index.stored import StoredIndex
from qwen_lsp.index.texts import Texts
from qwen_lsp.index.tree import edited, facts_of_tree, parse_text
from qwen_lsp.index.view import IndexView
from qwen_lsp.index.watch import Watch
from qwen_lsp.index.words import identifiers
from qwen_lsp.index.workspace import WorkspaceIndex
from qwen_lsp.server import garbage
from qwen_lsp.settings import Settings
from qwen_lsp.text import Document, Span, difference
from tests.bench.indexing import lookup_of
from tests.bench.isolation import own_folders
from tests.bench.report import Figure, Report

ROUNDS = 2
QUERIES = 200
SAVES = 10
PATIENCE_S = 300.0
TICK_S = 0.002


def run() -> Report:
    with own_folders(), TemporaryDirectory(prefix="qwen-bench-") as folder:
        root = _tree(Path(folder))
        detail: dict[str, Any] = {}
        cold = [_cold(root) for _ in range(ROUNDS)]
        ours, ctags = _best(cold, "ours"), _best(cold, "ctags")
        detail["cold"] = cold
        stats = _index_command(root)
        detail["tree"] = {key: stats[key] for key in ("files", "lines", "source_bytes", "symbols")}
        detail["skipped"] = stats["skipped"]
        detail["check_of_all_files_s"] = stats["seconds"]
        figures = {
            "index_wall_vs_ctags": Figure(ours["wall_s"] / ctags["wall_s"], 6),
            "index_cpu_vs_ctags": Figure(ours["cpu_s"] / ctags["cpu_s"], 10),
            "index_size_ratio": Figure(stats["stored_bytes"] / stats["source_bytes"], 0.6),
            "warm_answer_ms": Figure(_warm_answer_ms(root), 20),
        }
        lookup = lookup_of(root, folder_of(root))
        random.seed(0)
        exact, context = _queries(lookup, root)
        detail["exact_name_ms"], detail["context_ms"] = exact, context
        figures["context_p95_ms"] = Figure(context["p95"], 15)
        detail["keystroke_ms"] = _keystrokes(lookup, root)
        figures["save_to_searchable_ms"], detail["saves_ms"] = _saves(root)
        shutil.rmtree(folder_of(root))
        detail["front_while_building"] = asyncio.run(_front_while_building(root))
    return Report("index", figures, detail)


def _tree(folder: Path) -> Path:
    source = Path(os.environ.get("QWEN_BENCH_TREE") or sysconfig.get_path("stdlib"))
    ignored = shutil.ignore_patterns("site-packages", "__pycache__", ".git")
    shutil.copytree(source, folder / "tree", ignore=ignored, symlinks=True)
    return folder / "tree"


def _cold(root: Path) -> dict[str, dict[str, float]]:
    shutil.rmtree(folder_of(root))
    ours = _timed(lambda: _index_command(root))
    stored = StoredIndex(folder_of(root), print)
    names = "\n".join(str(root / path) for path in stored.paths())
    stored.close()
    command = ["ctags", "-f", "-", "-L", "-"]
    ctags = _timed(
        lambda: subprocess.run(command, input=names.encode(), stdout=subprocess.DEVNULL, check=True)
    )
    return {"ours": ours, "ctags": ctags}


def _index_command(root: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "qwen_lsp", "index", str(root), "--json"]
    answer: dict[str, Any] = json.loads(
        subprocess.run(command, check=True, capture_output=True).stdout
    )
    return answer


def _timed(work: Callable[[], Any]) -> dict[str, float]:
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    work()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"wall_s": round(time.perf_counter() - start, 3), "cpu_s": round(cpu, 3)}


def _best(rounds: list[dict[str, dict[str, float]]], side: str) -> dict[str, float]:
    return {name: min(one[side][name] for one in rounds) for name in ("wall_s", "cpu_s")}


def _warm_answer_ms(root: Path) -> float:
    """Return the time from opening an index that is there to the first answer, in ms."""
    names = [one.symbol.name for one in _some_definitions(root)]
    times = []
    for name in names:
        start = time.perf_counter()
        stored = StoredIndex(folder_of(root), print)
        found = IndexView(stored).definitions(name)
        times.append((time.perf_counter() - start) * 1000)
        stored.close()
        assert found
    return statistics.median(times)


def _some_definitions(root: Path) -> list[Any]:
    view = IndexView(StoredIndex(folder_of(root), print))
    prefixes = ("get", "read", "Test", "is_", "_pa")
    return [one for prefix in prefixes for one in view.definitions_with_prefix(prefix, 4)]


def _queries(lookup: Lookup, root: Path) -> tuple[dict[str, float], dict[str, Any]]:
    paths = [path for path in lookup.view.paths() if path.endswith((".py", ".java", ".ts", ".c"))]
    exact, first, again, texts = list[float](), list[float](), list[float](), Texts(root)
    garbage.collect_rarely()
    for path in random.choices(paths, k=QUERIES):  # noqa: S311
        text = (root / path).read_text(errors="replace")
        words = list(dict.fromkeys(identifiers(text)))
        random.shuffle(words)
        for name in words[:5]:
            start = time.perf_counter()
            lookup.view.definitions(name, 20)
            exact.append((time.perf_counter() - start) * 1000)
        for times in (first, again):
            snapshot = _snapshot_in(path, text)
            start = time.perf_counter()
            gather(lookup, place_of(lookup, path, snapshot), lambda one: texts.lines(one, {}), 1024)
            times.append((time.perf_counter() - start) * 1000)
    context = {"first": _spread(first), "again": _spread(again), **_spread([*first, *again])}
    return _spread(exact), context


def _snapshot_in(path: str, text: str) -> Snapshot:
    """Return the world of a completion at a random place of a file."""
    document = Document(f"file:///{path}", "", 1, text)
    cursor = random.randrange(len(text) + 1)  # noqa: S311
    anchor = set_anchor(document, cursor, BEFORE, AFTER)
    return Snapshot(document, Span(cursor, cursor), Settings(model=""), anchor=anchor)


def _saves(root: Path) -> tuple[Figure, list[float]]:
    times = asyncio.run(_saved(root))
    return Figure(statistics.median(times), 300), [round(one, 1) for one in times]


async def _saved(root: Path) -> list[float]:
    index, loop = WorkspaceIndex(root, lambda _state: None, print), asyncio.get_running_loop()
    await index.start()
    await _until(lambda: index.state.name == "ready")
    watching = asyncio.Event()

    def on_batch(batch: Any) -> None:
        loop.call_soon_threadsafe(index.changed, batch)
        loop.call_soon_threadsafe(watching.set)

    watch = Watch(root, on_batch, print)
    await watching.wait()
    await _until(lambda: index.state.name == "ready")
    await asyncio.sleep(2)  # what watching began with is over
    times = []
    for number in range(SAVES):
        name = f"saved_just_now_{number}"
        start = time.perf_counter()
        (root / "saved_by_bench.py").write_text(f"def {name}(): ...\n")
        await _until(lambda name=name: bool(index.lookup.view.definitions(name)))  # type: ignore[misc]
        times.append((time.perf_counter() - start) * 1000)
        await asyncio.sleep(0.5)
    (root / "saved_by_bench.py").unlink()
    await asyncio.to_thread(watch.close)
    await index.close()
    return times


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(TICK_S)


def _keystrokes(lookup: Lookup, root: Path) -> dict[str, Any]:
    """Type at line ends of a file of about 5,000 lines; the parser's process does this."""
    paths = [path for path in lookup.view.paths() if path.endswith((".py", ".java"))]
    path = min(paths, key=lambda one: abs((root / one).read_bytes().count(b"\n") - 5000))
    text = (root / path).read_text(errors="replace")
    tree = parse_text(lookup.view.language(path), text)
    ends = [at for at, character in enumerate(text) if character == "\n"]
    parses, facts = list[float](), list[float]()
    for place in random.choices(ends, k=60):  # noqa: S311
        typed = text[:place] + "x" + text[place:]
        start = time.perf_counter()
        newer = edited(tree, difference(text, typed))
        parses.append((time.perf_counter() - start) * 1000)
        start = time.perf_counter()
        facts_of_tree(newer)
        facts.append((time.perf_counter() - start) * 1000)
    return {"file": path, "lines": len(ends), "reparse": _spread(parses), "facts": _spread(facts)}


async def _front_while_building(root: Path) -> dict[str, float]:
    """Return this process's memory, and how long its event loop stood still at most, in a build."""
    index = WorkspaceIndex(root, lambda _state: None, print)
    before = psutil.Process().memory_info().rss
    longest, cpu_at_longest = 0.0, 0.0
    task = asyncio.create_task(index.start())
    last, last_cpu = time.perf_counter(), time.thread_time()
    deadline = last + PATIENCE_S
    while index.state.name != "ready" and last < deadline:
        await asyncio.sleep(TICK_S)
        now, cpu = time.perf_counter(), time.thread_time()
        if now - last > longest:
            longest, cpu_at_longest = now - last, cpu - last_cpu
        last, last_cpu = now, cpu
    await task
    memory = psutil.Process().memory_info().rss
    await index.close()
    return {
        "longest_tick_ms": round(longest * 1000, 1),
        "its_own_cpu_ms": round(cpu_at_longest * 1000, 1),
        "memory_mb": round(memory / 1e6, 1),
        "memory_grown_mb": round((memory - before) / 1e6, 1),
    }


def _spread(values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    return {
        "p50": round(ordered[len(ordered) // 2], 3),
        "p95": round(ordered[int(len(ordered) * 0.95)], 3),
        "max": round(ordered[-1], 3),
    }
