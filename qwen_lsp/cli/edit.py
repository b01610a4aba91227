"""`qwen-lsp edit`: edits of files, without an editor."""

import json
from pathlib import Path

import click

from qwen_lsp.cli.places import lines_of, parse_place, read_document, snapshot_of
from qwen_lsp.cli.user import run_with_engine
from qwen_lsp.errors import BadInput
from qwen_lsp.features.outcome import Dropped
from qwen_lsp.features.selection_edit import Edit, broken_sentence, rewrite, unified_diff
from qwen_lsp.index.syntax_check import SyntaxCheck
from qwen_lsp.inference.engine import Engine
from qwen_lsp.text import Document, apply
from qwen_lsp.trace import Trace


@click.command()
@click.argument("place", metavar="FILE:FIRST-LAST")
@click.argument("instruction")
@click.option("--apply", "apply_edit", is_flag=True, help="Change the file.")
@click.option("--json", "as_json", is_flag=True)
def edit(place: str, instruction: str, apply_edit: bool, as_json: bool) -> None:
    """Rewrite 1-based lines FIRST to LAST by an instruction, and print the change as a diff."""
    named = parse_place(place)
    path, first = named.path, named.first
    if first is None or named.kind == ":":
        raise BadInput(f"{place} is not FILE:FIRST-LAST, such as main.py:12-20.")
    document = read_document(path)
    span = lines_of(path, document, first, named.second or first)
    snapshot = snapshot_of(path, document, span)
    trace = Trace("edit")

    async def make(engine: Engine) -> tuple[Edit | Dropped, str]:
        outcome = await rewrite(snapshot, instruction, engine, trace)
        return outcome, await _warning(document, outcome)

    outcome, warning = run_with_engine(make)
    reason = outcome.reason if isinstance(outcome, Dropped) else ""
    diff = "" if isinstance(outcome, Dropped) else unified_diff(snapshot, outcome)
    applied = apply_edit and not isinstance(outcome, Dropped)
    if apply_edit and not isinstance(outcome, Dropped):
        _write(path, document, apply(document.text, outcome.replacements))
    if as_json:
        told = {"diff": diff, "reason": reason, "warning": warning, "applied": applied}
        click.echo(json.dumps({**told, "trace": trace.line()}))
        return
    click.echo(diff, nl=False)
    if reason:
        click.echo(f"Nothing was changed: {reason}.", err=True)
    if warning:
        click.echo(f"qwen-lsp: {warning}", err=True)


async def _warning(document: Document, outcome: Edit | Dropped) -> str:
    """Return what to look at in an edit, "" for nothing."""
    if isinstance(outcome, Dropped):
        return ""
    check = SyntaxCheck(document.language, document.text)
    try:
        line = await check.first_broken_line(apply(document.text, outcome.replacements))
    finally:
        check.close()
    return "" if line is None else broken_sentence(line)


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
