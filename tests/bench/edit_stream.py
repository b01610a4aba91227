"""How long an edit takes until something of it is shown, and what it leaves for completions.

Functions of 20 to 60 lines in real files are asked for with the preset "doc", in a folder with just
their file. A **cold** edit is the first thing that the engine hears of its function; a **warmed**
one comes after `warm: true`, as editors send it while the instruction is typed. Each of the two
gets an engine of its own, so that nothing is left of the other.

**first_hunk_s**: median seconds from a cold request to the first progress with hunks for its
`partialResultToken`; it is missing where none come.
**whole_edit_s**: median seconds until the cold request is answered.

The detail has both for warmed edits, and the seconds that completions on new lines of another
document take, alone and while an edit is written.
"""

import asyncio
import contextlib
import io
import random
import statistics
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory
from typing import Any

from pygls.exceptions import JsonRpcException

from qwen_lsp.index.facts import Symbol
from qwen_lsp.index.parse import facts_of
from qwen_lsp.text import Document, Replacement, Span, indentation
from tests.bench.isolation import own_folders, running_engine, stop_engines
from tests.bench.report import Figure, Report
from tests.bench.repositories import COMMITS, contents
from tests.bench.server_side import Place, Window

SEED = 3
WRITTEN_BY_TOOLS = ("_pb2", "/grpc/")
# By the ends of their files' names, as the index calls them.
LANGUAGES = {".py": "python", ".ts": "typescript", ".java": "java"}
LINES = range(20, 61)
COMPLETIONS = 4
WRITING_S = 1.0  # after which an edit is under way
LOOK_S = 0.005  # nothing tells of progress


@dataclass(frozen=True, slots=True)
class Function:
    """A function in a file: its whole lines."""

    path: str
    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Timed:
    """Seconds from a request until its first hunk, if one came, and until its answer."""

    first_hunk: float | None
    whole: float
    message: str = ""


def run() -> Report:
    """Run the bench."""
    chance = random.Random(SEED)  # noqa: S311 - the same functions in each run
    functions = [one_function(dict(contents(repository)), chance) for repository in COMMITS]
    # The harness passes the server's log on to standard error, which nobody reads here.
    with own_folders(), contextlib.redirect_stderr(io.StringIO()):
        return asyncio.run(_measure(functions))


def one_function(files: dict[str, bytes], chance: random.Random) -> Function:
    """Return a function of any of these files that has one of the right size."""
    for path in chance.sample(sorted(files), len(files)):
        if functions := functions_of(path, files[path]):
            return chance.choice(functions)
    raise SystemExit("No file has a function of the right size.")


def functions_of(path: str, content: bytes) -> list[Function]:
    """Return the functions and methods of a file that have the right number of lines."""
    language = LANGUAGES.get(PurePath(path).suffix)
    text = content.decode("utf-8", "replace")
    if language is None or "\r" in text or any(one in path for one in WRITTEN_BY_TOOLS):
        return []
    document = Document("", language, 1, text)
    return [
        Function(path, text, span_of(document, symbol))
        for symbol in facts_of(language, content).symbols
        if symbol.kind in {"function", "method"}
        and symbol.last_line - symbol.first_line + 1 in LINES
    ]


def span_of(document: Document, symbol: Symbol) -> Span:
    """Return a definition's whole lines."""
    end = document.line_span(symbol.last_line).end
    return Span(document.line_starts[symbol.first_line], end)


async def _measure(functions: list[Function]) -> Report:
    edits = {}
    for name, is_warmed in (("cold", False), ("warmed", True)):
        async with running_engine(keeps_cache=False):
            edits[name] = [await _edit_alone(one, is_warmed=is_warmed) for one in functions]
        stop_engines()
    async with running_engine(keeps_cache=False):
        completions = await _completions(functions[0], functions[1])
    return report_of(functions, edits, completions)


async def _edit_alone(function: Function, *, is_warmed: bool) -> Timed:
    async with _window(function) as window, window.opened(_place(function)) as uri:
        if is_warmed:
            await window.edit(uri, function.span, preset="doc", warm=True)
        timed = await _edit(window, uri, function)
    print(function.path, timed, file=sys.__stderr__, flush=True)
    return timed


async def _edit(window: Window, uri: str, function: Function) -> Timed:
    """Ask for an edit and look for what is told of it meanwhile."""
    token, first_hunk = f"{uri} {time.perf_counter()}", None
    start = time.perf_counter()
    asking = asyncio.create_task(
        window.edit(uri, function.span, preset="doc", partialResultToken=token)
    )
    while not asking.done():
        await asyncio.wait((asking,), timeout=LOOK_S)
        if first_hunk is None and has_hunks(window.progress(token)):
            first_hunk = time.perf_counter() - start
    whole = time.perf_counter() - start
    try:
        message = (await asking)["message"] or ""
    except JsonRpcException as error:
        message = error.message
    return Timed(first_hunk, whole, message)


def has_hunks(values: list[Any]) -> bool:
    """Return whether any of the values that came for a token shows something of the edit."""
    return any(isinstance(one, dict) and one.get("hunks") for one in values)


async def _completions(edited: Function, typed: Function) -> dict[str, list[float]]:
    """Return the seconds of completions behind one function, alone and while another is edited."""
    alone: list[float] = []
    during: list[float] = []
    async with (
        _window(edited, typed) as window,
        window.opened(_place(edited)) as uri,
        window.opened(_place(typed)) as other,
    ):
        cursor = typed.span.end
        for number in range(1 + COMPLETIONS):
            cursor, seconds = await _complete_a_new_line(window, other, cursor, number)
            alone.append(seconds)
        asking = asyncio.create_task(_edit(window, uri, edited))
        await asyncio.sleep(WRITING_S)
        while not asking.done() and len(during) < COMPLETIONS:
            number += 1
            cursor, seconds = await _complete_a_new_line(window, other, cursor, number)
            during.append(seconds)
        await asking
    # The first one evaluates the document's whole prompt.
    return {"alone": alone[1:], "during_an_edit": during}


async def _complete_a_new_line(
    window: Window, uri: str, cursor: int, number: int
) -> tuple[int, float]:
    """Type the beginning of a line below the cursor's; return where the cursor is, and seconds."""
    document = window.document(uri)
    indent = indentation(document.line_text(document.line_at(cursor)))
    typed = f"\n{indent}value_{number} = "
    window.change(uri, Replacement(Span(cursor, cursor), typed))
    cursor += len(typed)
    start = time.perf_counter()
    await window.offer(uri, cursor)
    return cursor, time.perf_counter() - start


@asynccontextmanager
async def _window(*functions: Function) -> AsyncIterator[Window]:
    """Give a window on a folder that has just these functions' files."""
    with TemporaryDirectory(prefix="qwen-bench-") as folder:
        root = Path(folder) / "files"
        for one in functions:
            (root / one.path).parent.mkdir(parents=True, exist_ok=True)
            (root / one.path).write_bytes(one.text.encode())
        async with Window.on(root, {}) as window:
            yield window


def _place(function: Function) -> Place:
    return Place(function.path, function.text, function.span.start)


def report_of(
    functions: list[Function], edits: dict[str, list[Timed]], completions: dict[str, list[float]]
) -> Report:
    """Return the bench's report."""
    figures = {"whole_edit_s": Figure(statistics.median(one.whole for one in edits["cold"]))}
    hunks = {
        name: [one.first_hunk for one in some if one.first_hunk is not None]
        for name, some in edits.items()
    }
    if hunks["cold"]:
        figures["first_hunk_s"] = Figure(statistics.median(hunks["cold"]))
    lines = [one.text.count("\n", one.span.start, one.span.end) + 1 for one in functions]
    detail: dict[str, Any] = {
        "functions": [
            f"{one.path}, {count} lines" for one, count in zip(functions, lines, strict=True)
        ],
        **{
            f"{name}_s": [
                {"first_hunk": _rounded(one.first_hunk), "whole": _rounded(one.whole)}
                for one in some
            ]
            for name, some in edits.items()
        },
        "warmed_first_hunk_s": _median(hunks["warmed"]),
        "warmed_whole_edit_s": _median([one.whole for one in edits["warmed"]]),
        "messages": [one.message for some in edits.values() for one in some if one.message],
        "completion_s": {
            name: {"median": _median(some), "each": [_rounded(one) for one in some]}
            for name, some in completions.items()
        },
    }
    return Report("edit_stream", figures, detail)


def _median(values: list[float]) -> float | None:
    return _rounded(statistics.median(values)) if values else None


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 2)
