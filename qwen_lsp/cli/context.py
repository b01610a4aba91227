"""`qwen-lsp context`: what a prompt at a place holds and why, as a table, JSON or a page."""

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from qwen_lsp.cli.finding import Finder
from qwen_lsp.cli.places import lines_of, parse_place, read_document, snapshot_at, snapshot_of
from qwen_lsp.cli.user import run_with_engine
from qwen_lsp.context.edit_prompt import CONTEXT_TOKENS
from qwen_lsp.context.snapshot import Snapshot
from qwen_lsp.errors import BadInput, QwenLspError
from qwen_lsp.features import budgets, explain
from qwen_lsp.features.context_page.page import render
from qwen_lsp.features.context_page.words import PARTS, SOURCES
from qwen_lsp.features.context_report import (
    TASKS,
    Made,
    Report,
    Task,
    as_json,
    made_of,
    report_on,
)
from qwen_lsp.features.context_report import lines_of as document_lines
from qwen_lsp.features.edit_task import edit_task, implied_preset
from qwen_lsp.features.inline_completion import complete
from qwen_lsp.features.offers import Offers
from qwen_lsp.inference.engine import AnyEngine
from qwen_lsp.trace import Trace

if TYPE_CHECKING:
    from rich.table import Table

NOT_TIMED = "Only completions have a time line."


@click.command()
@click.argument("place", metavar="FILE:LINE:COL")
@click.option("--task", type=click.Choice(TASKS), default="complete", show_default=True)
@click.option("--json", "wants_json", is_flag=True, help="Print one JSON object.")
@click.option(
    "--html",
    "page",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Ask for the completion, and write a page that shows all of it.",
)
def context(place: str, task: Task, *, wants_json: bool, page: Path | None) -> None:
    """Print what the model would read at a 1-based line and column, and why.

    For an edit or an explanation it may also be FILE:FIRST-LAST.
    """
    snapshot = snapshot_at(place) if task == "complete" else _selection(place)
    path = parse_place(place).path

    async def report(engine: AnyEngine) -> tuple[Report, str]:
        problem = ""
        try:
            await engine.ready()
        except QwenLspError as error:
            problem = str(error)
        finder = Finder(path, engine, is_quiet=wants_json)
        made = None
        if task == "complete" and page is not None and not problem:
            made = await _make(snapshot, engine, finder)
        shown = await _with_context(snapshot, task, finder, engine)
        if made is not None:
            made = replace(made, snapshot=shown)
        told = await report_on(shown, task, engine, is_exact=engine.counts_exactly, made=made)
        return told, problem

    told, problem = run_with_engine(report, edits=task != "complete")
    if page is not None:
        _write(page, render(told, problem or NOT_TIMED))
    if wants_json:
        click.echo(json.dumps(as_json(told)))
        return
    _print(told)
    if problem:
        click.echo(f"The tokens are estimated: {problem}", err=True)
    if page is not None:
        click.echo(f"The page is {page}.")


async def _with_context(
    snapshot: Snapshot, task: Task, finder: Finder, engine: AnyEngine
) -> Snapshot:
    """Return the snapshot with what of the workspace the task's prompt holds."""
    if task == "complete":
        return await finder.inform(snapshot)
    if task == "explain":
        snapshot = explain.selected(snapshot)
        budget = await budgets.context_budget(engine)
        found = await finder.of_selection(snapshot, budget, wants_callers=True)
        return replace(snapshot, context=found)
    asked = edit_task(snapshot, implied_preset(snapshot, None), None)
    found = await finder.of_selection(
        asked.snapshot, CONTEXT_TOKENS, wants_callers=asked.wants_callers
    )
    return replace(asked.snapshot, context=found)


async def _make(snapshot: Snapshot, engine: AnyEngine, finder: Finder) -> Made:
    trace = Trace("complete")
    outcome = await complete(snapshot, engine, Offers(), trace, finder.inform)
    return made_of(snapshot, trace, outcome)


def _selection(text: str) -> Snapshot:
    place = parse_place(text)
    if place.first is None:
        raise BadInput(f"{text} is not FILE:LINE:COL or FILE:FIRST-LAST, such as main.py:12-20.")
    document = read_document(place.path)
    last = place.second if place.kind == "-" and place.second is not None else place.first
    return snapshot_of(place.path, document, lines_of(place.path, document, place.first, last))


def _write(page: Path, text: str) -> None:
    try:
        page.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadInput(f"{page} cannot be written: {error.strerror}.") from error


def _print(report: Report) -> None:
    from rich.console import Console

    console = Console(highlight=False)
    console.print(_prompt_table(report))
    if report.left_out:
        console.print(_left_out_table(report))


def _prompt_table(report: Report) -> "Table":
    budget = f", at most {report.budget:,} of them for other files" if report.budget else ""
    table = _table(f"{report.tokens:,} tokens{budget}", ("tokens", "what", "lines", "why"))
    controls = 0
    for one in report.parts:
        part = one.part
        if part.name == "control":
            controls += one.tokens
        elif part.snippet is not None:
            snippet = part.snippet
            place = f"{snippet.path}:{snippet.first_line + 1}-{snippet.last_line + 1}"
            _add(table, one.tokens, SOURCES[snippet.source], place, snippet.reason)
        elif part.span is not None:
            first, last = document_lines(report.snapshot.document, part.span)
            place = f"{report.snapshot.path.as_posix()}:{first + 1}-{last + 1}"
            _add(table, one.tokens, PARTS[part.name], place, "")
        else:
            _add(table, one.tokens, PARTS[part.name], "", "")
    if controls:
        _add(table, controls, PARTS["control"], "", "")
    return table


def _left_out_table(report: Report) -> "Table":
    table = _table("Left out", ("tokens", "what", "lines", "why it was found"))
    for one in report.left_out:
        place = f"{one.path}:{one.first_line + 1}-{one.last_line + 1}"
        _add(table, one.tokens, SOURCES[one.source], place, one.reason)
    return table


def _table(title: str, heads: tuple[str, ...]) -> "Table":
    from rich import box
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=box.SIMPLE, pad_edge=False)
    for head in heads:
        table.add_column(head, justify="right" if head == "tokens" else "left", overflow="fold")
    return table


def _add(table: "Table", tokens: int, *cells: str) -> None:
    from rich.text import Text

    # As texts, so that nothing in a path or a reason is taken for a style.
    table.add_row(f"{tokens:,}", *map(Text, cells))
