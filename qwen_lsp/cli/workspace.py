"""`qwen-lsp complete`, `edit` and `explain`: the features on files, without an editor."""

import asyncio
import json
import re
import sys
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from pathlib import Path, PurePath
from typing import Any

import click

from qwen_lsp import locations
from qwen_lsp.context.snapshot import Snapshot
from qwen_lsp.context.snippet import Context
from qwen_lsp.errors import BadInput
from qwen_lsp.features.explain import explain as explain_feature
from qwen_lsp.features.inline_completion import Completion
from qwen_lsp.features.inline_completion import complete as complete_feature
from qwen_lsp.features.offers import Offers
from qwen_lsp.features.outcome import Dropped
from qwen_lsp.features.selection_edit import rewrite, unified_diff
from qwen_lsp.inference.engine import Engine
from qwen_lsp.models import catalogue, store
from qwen_lsp.settings import Settings, read_toml, resolve
from qwen_lsp.text import Document, Span, apply, language_of
from qwen_lsp.trace import Trace

_PLACE = re.compile(r"^(?P<file>.+?)(?::(?P<first>\d+)(?:(?P<kind>[-:])(?P<second>\d+))?)?$")
_FOLDER_MARKS = (".git", "pyproject.toml", "package.json", "go.mod", "Cargo.toml", "pom.xml")


@click.command()
@click.argument("place", metavar="FILE:LINE:COL")
@click.option("--json", "as_json", is_flag=True)
def complete(place: str, as_json: bool) -> None:
    """Print the text that would be inserted at a 1-based line and column."""
    path, line, kind, column = _parse(place)
    if line is None or kind != ":" or column is None:
        raise BadInput(f"{place} is not FILE:LINE:COL, such as main.py:12:5.")
    document = _read(path)
    if not 1 <= line <= len(document.line_starts):
        raise BadInput(f"{path} has {len(document.line_starts)} lines, so there is no line {line}.")
    span = document.line_span(line - 1)
    cursor = min(span.start + max(column - 1, 0), span.end)
    snapshot = replace(_snapshot(path, document, Span(cursor, cursor)), is_invoked=True)
    trace = Trace("complete")
    outcome = _run(lambda engine: complete_feature(snapshot, engine, Offers(), trace, _no_context))
    text = outcome.text if isinstance(outcome, Completion) else ""
    reason = outcome.reason if isinstance(outcome, Dropped) else ""
    if as_json:
        click.echo(json.dumps({"text": text, "reason": reason, "trace": trace.line()}))
    elif text:
        click.echo(text)
    else:
        click.echo(f"Nothing to offer: {reason}.", err=True)


@click.command()
@click.argument("place", metavar="FILE:FIRST-LAST")
@click.argument("instruction")
@click.option("--apply", "apply_edit", is_flag=True, help="Change the file.")
@click.option("--json", "as_json", is_flag=True)
def edit(place: str, instruction: str, apply_edit: bool, as_json: bool) -> None:
    """Rewrite 1-based lines FIRST to LAST by an instruction, and print the change as a diff."""
    path, first, kind, last = _parse(place)
    if first is None or kind == ":":
        raise BadInput(f"{place} is not FILE:FIRST-LAST, such as main.py:12-20.")
    document = _read(path)
    snapshot = _snapshot(path, document, _lines(path, document, first, last or first))
    trace = Trace("edit")
    outcome = _run(lambda engine: rewrite(snapshot, instruction, engine, trace))
    reason = outcome.reason if isinstance(outcome, Dropped) else ""
    diff = "" if isinstance(outcome, Dropped) else unified_diff(snapshot, outcome)
    applied = apply_edit and not isinstance(outcome, Dropped)
    if apply_edit and not isinstance(outcome, Dropped):
        _write(path, document, apply(document.text, outcome.replacements))
    if as_json:
        fields = {"diff": diff, "reason": reason, "applied": applied, "trace": trace.line()}
        click.echo(json.dumps(fields))
    elif diff:
        click.echo(diff, nl=False)
    else:
        click.echo(f"Nothing to change: {reason}.", err=True)


@click.command()
@click.argument("place", metavar="FILE[:FIRST-LAST]")
def explain(place: str) -> None:
    """Explain a file, or 1-based lines FIRST to LAST of it, as Markdown."""
    path, first, kind, last = _parse(place)
    if kind == ":":
        raise BadInput(f"{place} is not FILE:FIRST-LAST, such as main.py:12-20.")
    document = _read(path)
    whole = Span(0, len(document.text))
    span = whole if first is None else _lines(path, document, first, last or first)
    snapshot = _snapshot(path, document, span)

    async def stream(engine: Engine) -> None:
        async with aclosing(explain_feature(snapshot, engine)) as pieces:
            async for piece in pieces:
                click.echo(piece, nl=False)
                sys.stdout.flush()
        click.echo()

    _run(stream)


def open_engine() -> Engine:
    """Return the engine of the user's settings."""
    settings = user_settings()
    return Engine(
        partial(store.resolve, settings.model),
        settings.engine_idle_minutes,
        keeps_cache=settings.engine_keep_cache,
    )


def user_settings() -> Settings:
    """Return the settings of the user's file; bad values are reported on standard error."""
    source, problems = read_toml(locations.user_settings_file(), trusted=True)
    settings, bad_values = resolve(catalogue.DEFAULT_MODEL, [source])
    for problem in (*problems, *bad_values):
        click.echo(f"qwen-lsp: {problem}", err=True)
    return settings


def _run(work: Any) -> Any:
    async def run() -> Any:
        engine = open_engine()
        try:
            return await work(engine)
        finally:
            await engine.close()

    return asyncio.run(run())


async def _no_context(_snapshot: Snapshot) -> Context:
    return Context()


def _parse(place: str) -> tuple[Path, int | None, str | None, int | None]:
    match = _PLACE.match(place)
    if match is None or Path(place).exists():
        return Path(place), None, None, None
    first, second = match["first"], match["second"]
    return (
        Path(match["file"]),
        int(first) if first else None,
        match["kind"],
        int(second) if second else None,
    )


def _read(path: Path) -> Document:
    try:
        text = path.read_bytes().decode("utf-8")
    except FileNotFoundError as error:
        raise BadInput(f"There is no file {path}.") from error
    except UnicodeDecodeError as error:
        raise BadInput(f"{path} is not UTF-8 text; convert it first.") from error
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.") from error
    return Document(path.absolute().as_uri(), language_of(path), 0, text)


def _write(path: Path, document: Document, text: str) -> None:
    if path.read_bytes().decode("utf-8") != document.text:
        raise BadInput(f"{path} has changed meanwhile; it was left as it is.")
    temporary = path.with_name(f".{path.name}.qwen-lsp")
    try:
        temporary.write_bytes(text.encode("utf-8"))
        temporary.chmod(path.stat().st_mode & 0o777)
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise BadInput(f"{path} cannot be written: {error.strerror}.") from error


def _lines(path: Path, document: Document, first: int, last: int) -> Span:
    count = len(document.line_starts)
    if not 1 <= first <= last <= count:
        raise BadInput(f"{path} has {count} lines, so there are no lines {first} to {last}.")
    return Span(document.line_starts[first - 1], document.line_span(last - 1).end)


def _snapshot(path: Path, document: Document, span: Span) -> Snapshot:
    absolute = path.absolute()
    root = next(
        (
            folder
            for folder in absolute.parents
            if any((folder / mark).exists() for mark in _FOLDER_MARKS)
        ),
        None,
    )
    if root is None:
        return Snapshot(document, span, user_settings(), "", PurePath(path.name))
    return Snapshot(document, span, user_settings(), root.name, absolute.relative_to(root))
