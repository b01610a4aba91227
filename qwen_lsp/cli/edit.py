"""`qwen-lsp edit`: edits of files, without an editor."""

import json
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

import click

from qwen_lsp.cli.finding import Finder
from qwen_lsp.cli.places import lines_of, parse_place, read_document, snapshot_of
from qwen_lsp.cli.user import run_with_engine
from qwen_lsp.context.edit_prompt import CONTEXT_TOKENS
from qwen_lsp.context.snapshot import Snapshot
from qwen_lsp.errors import BadInput
from qwen_lsp.features.edit_task import EditTask, edit_task
from qwen_lsp.features.outcome import Dropped
from qwen_lsp.features.presets import PRESETS, TESTS
from qwen_lsp.features.selection_edit import Edit, rewrite, selected, unified_diff
from qwen_lsp.features.write_tests import placed, write_tests
from qwen_lsp.inference.engine import Engine
from qwen_lsp.text import Document, apply
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

    async def work(engine: Engine) -> _Change | Dropped:
        finder = Finder(path, engine, is_quiet=as_json)
        if preset == TESTS:
            return await _tests(task.snapshot, finder, engine, trace)
        return await _rewritten(task, finder, engine, trace)

    outcome = run_with_engine(work)
    reason = outcome.reason if isinstance(outcome, Dropped) else ""
    diff = "" if isinstance(outcome, Dropped) else outcome.diff
    applied = apply_edit and not isinstance(outcome, Dropped)
    if apply_edit and not isinstance(outcome, Dropped):
        _write(outcome)
    if as_json:
        fields = {"diff": diff, "reason": reason, "applied": applied, "trace": trace.line()}
        click.echo(json.dumps(fields))
    elif diff:
        click.echo(diff, nl=False)
    else:
        click.echo(f"Nothing to change: {reason}.", err=True)


@dataclass(frozen=True, slots=True)
class _Change:
    """What changes in one file: its text before, "" where it is created, and after."""

    path: Path
    is_new: bool
    before: str
    after: str
    diff: str


async def _rewritten(
    task: EditTask, finder: Finder, engine: Engine, trace: Trace
) -> _Change | Dropped:
    context = await finder.of_selection(
        task.snapshot, CONTEXT_TOKENS, wants_callers=task.wants_callers
    )
    snapshot = replace(task.snapshot, context=context)
    outcome = await rewrite(snapshot, task.instruction, engine, trace)
    if isinstance(outcome, Dropped):
        return outcome
    return _change_of(finder.path, snapshot, outcome)


async def _tests(
    snapshot: Snapshot, finder: Finder, engine: Engine, trace: Trace
) -> _Change | Dropped:
    target, root = finder.target_of_tests(snapshot)
    snapshot, _ = selected(replace(snapshot, span=target.span))
    context = await finder.of_selection(snapshot, CONTEXT_TOKENS, wants_callers=False)
    snapshot = replace(snapshot, context=context)
    code = await write_tests(snapshot, target, engine, trace)
    if isinstance(code, Dropped):
        return code
    path = root / target.path
    language = snapshot.document.language
    there = (
        Document(path.as_uri(), language, 0, "") if target.lines is None else read_document(path)
    )
    tests = placed(snapshot, target, there, code)
    if isinstance(tests, Dropped):
        return tests
    shown = replace(snapshot, document=there, path=PurePath(target.path))
    return _change_of(path, shown, Edit(tests.replacements), is_new=target.lines is None)


def _change_of(path: Path, snapshot: Snapshot, made: Edit, *, is_new: bool = False) -> _Change:
    before = snapshot.document.text
    after = apply(before, made.replacements)
    return _Change(path, is_new, before, after, unified_diff(snapshot, made))


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
