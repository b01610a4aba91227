"""`qwen-lsp index` and `symbols`: build the index of a folder, and look names up in it."""

import json
import queue
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from qwen_lsp.errors import QwenLspError

if TYPE_CHECKING:
    from qwen_lsp.index.builder import Built, Event
    from qwen_lsp.index.statistics import Statistics
    from qwen_lsp.index.stored import StoredIndex

MOST_SYMBOLS = 50
FOLDER = click.argument(
    "folder", default=".", type=click.Path(exists=True, file_okay=False, path_type=Path)
)


@click.command()
@FOLDER
@click.option("--stats", is_flag=True, help="Say what the index holds.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def index(folder: Path, *, stats: bool, as_json: bool) -> None:
    """Build the index of a folder, or bring it up to date."""
    from qwen_lsp.index.statistics import statistics_of
    from qwen_lsp.index.store import folder_of

    root = folder.resolve()
    start = time.monotonic()
    built = _build(root, is_quiet=as_json)
    seconds = time.monotonic() - start
    found = statistics_of(folder_of(root))
    if as_json:
        fields = {**asdict(found), "seconds": round(seconds, 3)}
        click.echo(json.dumps({**fields, "parsed": built.parsed if built else 0}))
        return
    if built is None:
        click.echo("An editor keeps this index up to date; nothing was built.")
    else:
        click.echo(
            f"{built.found} files, {built.parsed} of them read anew, "
            f"{built.removed} forgotten, in {seconds:.1f} s."
        )
    if stats:
        click.echo(_describe(found))


@click.command()
@click.argument("query")
@FOLDER
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per symbol.")
def symbols(query: str, folder: Path, *, as_json: bool) -> None:
    """Print where QUERY, or else names that begin with or contain it, is defined in a folder."""
    from qwen_lsp.index.view import IndexView

    root = folder.resolve()
    with opened(root, is_quiet=as_json) as stored:
        view = IndexView(stored)
        found = (
            view.definitions(query, MOST_SYMBOLS)
            or view.definitions_with_prefix(query, MOST_SYMBOLS)
            or view.definitions_containing(query, MOST_SYMBOLS)
        )
    if not found:
        raise QwenLspError(f"Nothing called {query} is defined in {root}.")
    for one in found:
        symbol = one.symbol
        place = f"{one.path}:{symbol.name_line + 1}:{symbol.name_column + 1}"
        if as_json:
            fields = {"path": one.path, "line": symbol.name_line + 1, "kind": symbol.kind}
            click.echo(json.dumps({**fields, "name": symbol.name, "owner": symbol.owner}))
        else:
            click.echo(f"{place}: {symbol.kind} {symbol.qualified_name}")


@contextmanager
def opened(root: Path, *, is_quiet: bool) -> Iterator["StoredIndex"]:
    """Give the index of a folder; one that is not there yet is built first.

    Args:
        root: the folder, resolved.
        is_quiet: show no progress.

    Raises:
        QwenLspError: it cannot be built or read.
    """
    from qwen_lsp.index.store import folder_of
    from qwen_lsp.index.stored import StoredIndex

    problems: list[str] = []
    stored = StoredIndex(folder_of(root), lambda error: problems.append(str(error)))
    try:
        if not stored.paths():
            _build(root, is_quiet=is_quiet)
        yield stored
    finally:
        stored.close()
    if problems:
        raise QwenLspError(f"{problems[0]} Run `qwen-lsp index` to make it anew.")


def _build(root: Path, *, is_quiet: bool) -> "Built | None":
    """Bring an index up to date; None if another process does so."""
    from qwen_lsp.index.builder import Built, Problem, Waiting
    from qwen_lsp.index.indexer import Indexer

    events: queue.Queue[Event] = queue.Queue()
    indexer = Indexer(root, events.put)
    try:
        with nullcontext(_ignored) if is_quiet else _progress_bar() as show:
            while True:
                event = events.get()
                if isinstance(event, Built):
                    return event
                if isinstance(event, Waiting):
                    return None
                if isinstance(event, Problem):
                    raise QwenLspError(event.text)
                show(event.done, event.total)
    finally:
        indexer.close()


def _ignored(_done: int, _total: int) -> None:
    return


@contextmanager
def _progress_bar() -> Iterator[Callable[[int, int], None]]:
    """Draw a bar on standard error; what this gives is told how many are done, of how many."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Indexing", total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def _describe(found: "Statistics") -> str:
    lines = [
        f"{found.files} files, {found.lines} lines, {found.source_bytes / 1e6:.1f} MB",
        f"{found.symbols} symbols, {found.references} uses",
        f"{found.stored_bytes / 1e6:.1f} MB on disk",
    ]
    lines += [f"not indexed: {count} {reason}" for reason, count in sorted(found.skipped.items())]
    lines += [f"the parser failed on {path}" for path in found.failed]
    return "\n".join(lines)
