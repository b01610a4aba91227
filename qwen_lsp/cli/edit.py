"""`qwen-lsp edit`: edits of files, without an editor."""

import json
from dataclasses import dataclass, replace
from pathlib import Path

import click

from qwen_lsp.cli.finding import Finder
from qwen_lsp.cli.places import lines_of, parse_place, read_document, snapshot_of
from qwen_lsp.cli.user import run_with_engine
from qwen_lsp.context.edit_prompt import CONTEXT_TOKENS
from qwen_lsp.errors import BadInput
from qwen_lsp.features.edit_task import EditTask, edit_task
from qwen_lsp.features.outcome import Dropped
from qwen_lsp.features.presets import PRESETS, TESTS
from qwen_lsp.features.selection_edit import broken_sentence, rewrite, selected, unified_diff
from qwen_lsp.features.write_tests import placed, write_tests
from qwen_lsp.index.syntax_check import SyntaxCheck
from qwen_lsp.inference.engine import AnyEngine
from qwen_lsp.text import Document, Replacement, apply
from qwen_lsp.trace import Trace


@click.command()
@click.argument("place", metavar="FILE:FIRST-LAST")
@click.argument("instruction", required=False, default="")
@click.option("--preset", type=click.Choice(tuple(PRESETS)), help="An instruction with a name.")
@click.option("--apply", "apply_edit", is_flag=True, help="Change the file.")
@click.option("--json", "as_json", is_flag=True)
def edit(
    place: str, instruction: str, *, preset: str | None, apply_edit: bool, as_json: bool
) -> None:
    """Rewrite 1-based lines FIRST to LAST by an instruction, and print the change as a diff."""
    named = parse_place(place)
    path, first = named.path, named.first
    if first is None or named.kind == ":":
        raise BadInput(f"{place} is not FILE:FIRST-LAST, such as main.py:12-20.")
    if not instruction and preset is None:
        raise BadInput("There is no instruction; say what to change, or name a --preset.")
    document = read_document(path)
    span = lines_of(path, document, first, named.second or first)
    task = edit_task(snapshot_of(path, document, span), preset, instruction)
    trace = Trace("edit")

    async def make(engine: AnyEngine) -> tuple[_Change | Dropped, str]:
        finder = Finder(path, engine, is_quiet=as_json)
        work = _tests if preset == TESTS else _rewritten
        outcome = await work(task, finder, engine, trace)
        return outcome, await _warning(outcome)

    outcome, warning = run_with_engine(make, edits=True)
    reason = outcome.reason if isinstance(outcome, Dropped) else ""
    diff = "" if isinstance(outcome, Dropped) else outcome.diff
    applied = apply_edit and not isinstance(outcome, Dropped)
    if apply_edit and not isinstance(outcome, Dropped):
        _write(outcome)
    if as_json:
        told = {"diff": diff, "reason": reason, "warning": warning, "applied": applied}
        click.echo(json.dumps({**told, "trace": trace.line()}))
        return
    click.echo(diff, nl=False)
    if reason:
        click.echo(f"Nothing was changed: {reason}.", err=True)
    if warning:
        click.echo(f"qwen-lsp: {warning}", err=True)


@dataclass(frozen=True, slots=True)
class _Change:
    """What changes in one file: its text before, "" where it is created, and after."""

    path: Path
    language: str
    is_new: bool
    before: str
    after: str
    diff: str


async def _warning(outcome: _Change | Dropped) -> str:
    """Return what to look at in an edit, "" for nothing."""
    if isinstance(outcome, Dropped):
        return ""
    check = SyntaxCheck(outcome.language, outcome.before)
    try:
        line = await check.first_broken_line(outcome.after)
    finally:
        check.close()
    return "" if line is None else broken_sentence(line)


async def _rewritten(
    task: EditTask, finder: Finder, engine: AnyEngine, trace: Trace
) -> _Change | Dropped:
    context = await finder.of_selection(
        task.snapshot, CONTEXT_TOKENS, wants_callers=task.wants_callers
    )
    snapshot = replace(task.snapshot, context=context)
    outcome = await rewrite(snapshot, task.instruction, engine, trace, omit=task.omit)
    if isinstance(outcome, Dropped):
        return outcome
    shown = snapshot.path.as_posix()
    return _change_of(finder.path, snapshot.document, outcome.replacements, shown)


async def _tests(
    task: EditTask, finder: Finder, engine: AnyEngine, trace: Trace
) -> _Change | Dropped:
    target, root = finder.target_of_tests(task.snapshot)
    snapshot, _ = selected(replace(task.snapshot, span=target.span))
    context = await finder.of_selection(snapshot, CONTEXT_TOKENS, wants_callers=False)
    snapshot = replace(snapshot, context=context)
    code = await write_tests(snapshot, target, engine, trace)
    if isinstance(code, Dropped):
        return code
    path, is_new = root / target.path, target.lines is None
    language = snapshot.document.language
    there = Document(path.as_uri(), language, 0, "") if is_new else read_document(path)
    tests = placed(snapshot, target, there, code)
    if isinstance(tests, Dropped):
        return tests
    return _change_of(path, there, tests.replacements, target.path, is_new=is_new)


def _change_of(
    path: Path,
    document: Document,
    replacements: tuple[Replacement, ...],
    shown: str,
    *,
    is_new: bool = False,
) -> _Change:
    after = apply(document.text, replacements)
    diff = unified_diff(document, replacements, shown)
    return _Change(path, document.language, is_new, document.text, after, diff)


def _write(change: _Change) -> None:
    path = change.path
    if path.exists() if change.is_new else path.read_bytes().decode("utf-8") != change.before:
        raise BadInput(f"{path} has changed meanwhile; it was left as it is.")
    temporary = path.with_name(f".{path.name}.qwen-lsp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(change.after.encode("utf-8"))
        if not change.is_new:
            temporary.chmod(path.stat().st_mode & 0o777)
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise BadInput(f"{path} cannot be written: {error.strerror}.") from error
