"""Edits on the protocol's side: made for a code action, a request or a command.

What is sent is an edit of the document as it is when it is sent: the region is followed through
every change that comes while the model writes, and an edit of one that was touched is refused.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer

from qwen_lsp.context.edit_prompt import CONTEXT_TOKENS
from qwen_lsp.context.snapshot import Snapshot
from qwen_lsp.errors import BadInput
from qwen_lsp.features.edit_task import EditTask, edit_task
from qwen_lsp.features.hunks import Hunks
from qwen_lsp.features.outcome import Dropped
from qwen_lsp.features.presets import TESTS
from qwen_lsp.features.region import check_inside, moved_by
from qwen_lsp.features.selection_edit import (
    Edit,
    broken_sentence,
    rewrite,
    selected,
    unified_diff,
    warm,
)
from qwen_lsp.index.syntax_check import SyntaxCheck
from qwen_lsp.server import convert
from qwen_lsp.server.edit_progress import EditProgress
from qwen_lsp.server.extensions import Selection, read_selection
from qwen_lsp.server.new_tests import make_tests
from qwen_lsp.server.regions import Region, while_it_stands
from qwen_lsp.server.session import Session
from qwen_lsp.text import Document, apply
from qwen_lsp.trace import Trace

log = logging.getLogger(__name__)

OnHunks = Callable[[Document, Hunks], None]


@dataclass(frozen=True, slots=True)
class MadeEdit:
    """An edit that was made.

    Attributes:
        document: the version that it is of.
        edit: its replacements are those of this version; None where there is none.
        message: why there is none.
        warning: what to look at before it is applied, "" for nothing.
        diff: the edit as a unified diff.
        elsewhere: an edit of a test file, which is no edit of the document.
    """

    document: Document
    edit: Edit | None = None
    message: str = ""
    warning: str = ""
    diff: str = ""
    elsewhere: lsp.WorkspaceEdit | None = None

    def as_lsp(self, session: Session, title: str | None = None) -> lsp.WorkspaceEdit | None:
        """Return it as one edit of the workspace, which is one step to undo.

        Args:
            session: knows what the client can do.
            title: has a client that can ask for confirmation under it; None for one that shows the
                edit by itself.
        """
        if self.edit is None:
            return self.elsewhere
        annotation = None
        if title is not None and session.features.annotates_edits:
            told = f"{self.warning} ({self.edit.instruction})" if self.warning else ""
            annotation = lsp.ChangeAnnotation(title, True, told or self.edit.instruction)
        return convert.workspace_edit(
            self.document,
            self.edit.replacements,
            session.encoding,
            versioned=session.features.versioned_edits,
            annotation=annotation,
        )


async def answer_edit(server: LanguageServer, session: Session, params: Any) -> dict[str, Any]:
    """Answer `qwen/edit`; its changes are told as they are complete to a client that wants them.

    Raises:
        QwenLspError: the code changed or was closed, the input is bad, or there is no engine.
        ValueError: the parameters are wrong.
    """
    selection = read_selection(params)
    if selection.warm:
        task = edit_task(session.snapshot_of(selection), selection.preset, selection.instruction)
        await warm(await with_context(session, task), session.edit_engine)
        return {"edit": None}
    with EditProgress(server, params, session.encoding) as progress:
        made = await make_edit(session, selection, progress.show)
    return {
        "edit": made.as_lsp(session),
        "message": made.message,
        "diff": made.diff,
        "warning": made.warning,
        "code": made.edit.code if made.edit else "",
        "instruction": made.edit.instruction if made.edit else "",
    }


async def resolve_edit(session: Session, action: lsp.CodeAction) -> None:
    """Make the edit of a code action, which is to be confirmed where the client can ask for that.

    Raises:
        QwenLspError, ValueError: as `answer_edit`.
    """
    made = await make_edit(session, read_selection(action.data))
    action.edit = made.as_lsp(session, action.title)
    _show(session, made)


async def edit_and_apply(server: LanguageServer, session: Session, selection: Selection) -> None:
    """Make an edit and have the client apply it: for clients without `codeAction/resolve`.

    Raises:
        QwenLspError: as `answer_edit`, or the client did not apply it.
    """
    made = await make_edit(session, selection)
    _show(session, made)
    edit = made.as_lsp(session, f"Qwen: {selection.preset or 'edit'}")
    if edit is None:
        return
    if not session.features.applies_edits:
        raise BadInput("This editor cannot apply edits from a server; use `qwen-lsp edit`.")
    params = lsp.ApplyWorkspaceEditParams(edit, label="qwen-lsp")
    result = await server.workspace_apply_edit_async(params)
    if not result.applied:
        raise BadInput(
            f"The editor did not apply the edit: {result.failure_reason or 'no reason'}."
        )


async def make_edit(
    session: Session,
    selection: Selection,
    on_hunks: OnHunks = lambda _document, _hunks: None,
) -> MadeEdit:
    """Run the model for a selection.

    Raises:
        QwenLspError: the code changed or was closed, the input is bad, or there is no engine.
    """
    task = _task(session.snapshot_of(selection), selection)
    if selection.preset == TESTS:
        return await _tests(session, task)
    snapshot, _ = selected(task.snapshot, task.omit, session.edit_engine.health.window)
    region = session.regions.follow(snapshot.document, snapshot.span)
    try:
        work = _rewritten(session, selection, task, on_hunks)
        outcome, warning = await while_it_stands(region, work)
    finally:
        session.regions.forget(region)
    document = session.documents[selection.uri]
    if isinstance(outcome, Dropped):
        return MadeEdit(document, message=f"Nothing was changed: {outcome.reason}.")
    edit = _in(document, snapshot, region, outcome)
    diff = unified_diff(document, edit.replacements, snapshot.path.as_posix())
    return MadeEdit(document, edit, warning=warning, diff=diff)


async def _tests(session: Session, task: EditTask) -> MadeEdit:
    """Return the edit that adds tests of a selection to their file, or creates that."""
    tests = await make_tests(session, task.snapshot)
    return MadeEdit(
        task.snapshot.document,
        message=tests.message,
        warning=tests.warning,
        diff=tests.diff,
        elsewhere=tests.edit,
    )


def _task(snapshot: Snapshot, selection: Selection) -> EditTask:
    """Return what a selection asks for.

    Raises:
        BadInput: there is no instruction, or no such preset.
    """
    task = edit_task(snapshot, selection.preset, selection.instruction)
    if selection.previous:  # what they were made for stands with them
        return replace(task, instruction=selection.instruction or "")
    if not task.instruction.strip():
        raise BadInput("There is no instruction; say what to change.")
    return task


async def with_context(session: Session, task: EditTask) -> Snapshot:
    """Return the snapshot of an edit with what of the workspace its prompt holds."""
    context = await session.contexts.of_selection(
        task.snapshot, session.edit_engine, CONTEXT_TOKENS, wants_callers=task.wants_callers
    )
    return replace(task.snapshot, context=context)


async def _rewritten(
    session: Session, selection: Selection, task: EditTask, on_hunks: OnHunks
) -> tuple[Edit | Dropped, str]:
    """Return the edit of the document as the request saw it, and the warning about it."""
    trace, document = Trace("edit"), task.snapshot.document
    check = SyntaxCheck(document.language, document.text)
    try:
        outcome = await rewrite(
            await with_context(session, task),
            task.instruction,
            session.edit_engine,
            trace,
            on_hunks=lambda hunks: on_hunks(document, hunks),
            omit=task.omit,
            previous=selection.previous,
        )
        line = None
        if isinstance(outcome, Edit):
            after = apply(document.text, outcome.replacements)
            line = await check.first_broken_line(after)
            trace.stage("check")
    finally:
        check.close()
    log.info("%s", trace.line())
    return outcome, "" if line is None else broken_sentence(line)


def _in(document: Document, snapshot: Snapshot, region: Region, edit: Edit) -> Edit:
    """Return an edit of the document as it is now, of one that was made for an earlier version.

    Raises:
        AssertionError: it would touch something else, which is a bug of ours; nothing is sent.
    """
    now, then = region.span, snapshot.span
    if document.text[now.start : now.end] != snapshot.document.text[then.start : then.end]:
        raise AssertionError(f"The lines at {then} are not what they were at {now}.")
    replacements = moved_by(edit.replacements, now.start - then.start)
    check_inside(replacements, now)
    return replace(edit, replacements=replacements, region=now)


def _show(session: Session, made: MadeEdit) -> None:
    if made.message:
        session.show(made.message, lsp.MessageType.Info)
    if made.warning:
        session.show(made.warning, lsp.MessageType.Warning)
