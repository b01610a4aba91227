"""Edits on the protocol's side: made for a code action, a request or a command."""

import logging
from dataclasses import dataclass, replace
from typing import Any

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer

from qwen_lsp.context.edit_prompt import CONTEXT_TOKENS
from qwen_lsp.context.snapshot import Snapshot
from qwen_lsp.errors import BadInput
from qwen_lsp.features.edit_task import EditTask, edit_task
from qwen_lsp.features.outcome import Dropped
from qwen_lsp.features.presets import TESTS
from qwen_lsp.features.selection_edit import rewrite, unified_diff, warm
from qwen_lsp.server import convert
from qwen_lsp.server.extensions import Selection
from qwen_lsp.server.new_tests import make_tests
from qwen_lsp.server.session import Session
from qwen_lsp.trace import Trace

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class MadeEdit:
    """The edit, as LSP and as a unified diff; None with a message where there is none."""

    edit: lsp.WorkspaceEdit | None
    message: str = ""
    diff: str = ""


async def make_edit(
    session: Session, selection: Selection, on_text: Any = lambda _text: None
) -> MadeEdit:
    """Run the model for a selection.

    Raises:
        QwenLspError: the document moved, the input is bad, or there is no engine.
    """
    task = edit_task(session.snapshot_of(selection), selection.preset, selection.instruction)
    if selection.preset == TESTS:
        return MadeEdit(*await make_tests(session, task.snapshot, on_text))
    snapshot = await with_context(session, task)
    if selection.warm:
        await warm(snapshot, session.engine)
        return MadeEdit(None)
    trace = Trace("edit")
    if not task.instruction:
        raise BadInput("There is no instruction; say what to change.")
    outcome = await rewrite(
        snapshot, task.instruction, session.engine, trace, on_text=on_text, omit=task.omit
    )
    session.check_current(snapshot)
    log.info("%s", trace.line())
    if isinstance(outcome, Dropped):
        return MadeEdit(None, f"Nothing to change: {outcome.reason}.")
    edit = convert.workspace_edit(
        snapshot.document,
        outcome.replacements,
        session.encoding,
        versioned=session.features.versioned_edits,
    )
    return MadeEdit(edit, diff=unified_diff(snapshot, outcome))


async def with_context(session: Session, task: EditTask) -> Snapshot:
    """Return the snapshot of an edit with what of the workspace its prompt holds."""
    context = await session.contexts.of_selection(
        task.snapshot, session.engine, CONTEXT_TOKENS, wants_callers=task.wants_callers
    )
    return replace(task.snapshot, context=context)


async def edit_and_apply(server: LanguageServer, session: Session, selection: Selection) -> None:
    """Make an edit and have the client apply it: for clients without `codeAction/resolve`.

    Raises:
        QwenLspError: as `make_edit`, or the client did not apply it.
    """
    made = await make_edit(session, selection)
    if made.edit is None:
        session.show(made.message, lsp.MessageType.Info)
        return
    if not session.features.applies_edits:
        raise BadInput("This editor cannot apply edits from a server; use `qwen-lsp edit`.")
    params = lsp.ApplyWorkspaceEditParams(made.edit, label="qwen-lsp")
    result = await server.workspace_apply_edit_async(params)
    if not result.applied:
        raise BadInput(
            f"The editor did not apply the edit: {result.failure_reason or 'no reason'}."
        )
