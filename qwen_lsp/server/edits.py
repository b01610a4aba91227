"""Edits and explanations on the protocol's side: code actions, their resolution, commands."""

import logging
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer

from qwen_lsp.errors import BadInput
from qwen_lsp.features.explain import explain
from qwen_lsp.features.instruction_comment import find_instruction
from qwen_lsp.features.outcome import Dropped
from qwen_lsp.features.selection_edit import PRESETS, rewrite, unified_diff, warm
from qwen_lsp.server import convert, shown_files
from qwen_lsp.server.extensions import (
    EDIT_COMMAND,
    EXPLAIN_COMMAND,
    Selection,
    partial_token,
    read_selection,
    selection_json,
)
from qwen_lsp.server.session import Session
from qwen_lsp.trace import Trace

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class MadeEdit:
    """The edit, as LSP and as a unified diff; None with a message where there is none."""

    edit: lsp.WorkspaceEdit | None
    message: str = ""
    diff: str = ""


TITLES = {"doc": "Qwen: Add documentation", "fix": "Qwen: Fix"}


def code_actions(session: Session, params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
    """Return what can be done at a range; nothing is computed before one is chosen."""
    uri = params.text_document.uri
    document = session.documents.get(uri)
    if document is None:
        return []
    span = convert.span_of(document, params.range, session.encoding)
    selection = Selection(uri, params.range, document.version)
    offers: list[tuple[str, lsp.CodeActionKind, Selection, list[lsp.Diagnostic]]] = []
    if (instruction := find_instruction(document, span)) is not None:
        title = f"Qwen: {instruction.text}"
        offers.append(
            (title, lsp.CodeActionKind.RefactorRewrite, _preset(selection, "comment"), [])
        )
    if params.context.diagnostics:
        diagnostics = list(params.context.diagnostics)
        messages = "; ".join(one.message for one in diagnostics)
        fix = Selection(uri, params.range, document.version, messages, "fix")
        offers.append((TITLES["fix"], lsp.CodeActionKind.QuickFix, fix, diagnostics))
    actions = [_edit_action(session, *offer) for offer in offers]
    if not span.is_empty:
        doc = _preset(selection, "doc")
        kind = lsp.CodeActionKind.RefactorRewrite
        actions.append(_edit_action(session, TITLES["doc"], kind, doc, []))
        command = lsp.Command(
            "Qwen: Explain", command=EXPLAIN_COMMAND, arguments=[selection_json(selection)]
        )
        actions.append(lsp.CodeAction("Qwen: Explain", command=command))
    wanted = params.context.only
    return actions if wanted is None else [one for one in actions if _is_wanted(one, wanted)]


async def make_edit(
    session: Session, selection: Selection, on_text: Any = lambda _text: None
) -> MadeEdit:
    """Run the model for a selection.

    Raises:
        QwenLspError: the document moved, the input is bad, or there is no engine.
    """
    snapshot = session.snapshot_of(selection)
    if selection.warm:
        await warm(snapshot, session.engine)
        return MadeEdit(None)
    trace = Trace("edit")
    omit, instruction = None, selection.instruction
    if selection.preset == "comment":
        found = find_instruction(snapshot.document, snapshot.span)
        if found is None:
            raise BadInput("There is no `qwen: …` comment at the selection; write one above it.")
        snapshot = replace(snapshot, span=found.span)
        instruction, omit = found.text, found.comment
    elif selection.preset is not None:
        if selection.preset not in PRESETS:
            raise BadInput(f"There is no preset `{selection.preset}`: use {', '.join(PRESETS)}.")
        reported = f" Reported: {instruction}" if instruction else ""
        instruction = PRESETS[selection.preset] + reported
    if not instruction:
        raise BadInput("There is no instruction; say what to change.")
    outcome = await rewrite(
        snapshot, instruction, session.engine, trace, on_text=on_text, omit=omit
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


async def stream_explanation(server: LanguageServer, session: Session, params: Any) -> str:
    """Explain a selection; pieces go to the request's partial-result token, if it has one.

    Raises:
        QwenLspError: the input is bad, or there is no engine.
    """
    token = partial_token(params)
    text = ""
    snapshot = session.snapshot_of(read_selection(params))
    async with aclosing(explain(snapshot, session.engine)) as pieces:
        async for piece in pieces:
            text += piece
            if token is not None:
                value = {"text": piece}
                server.protocol.notify(lsp.PROGRESS, lsp.ProgressParams(token=token, value=value))
    return text


async def show_explanation(server: LanguageServer, session: Session, params: Any) -> None:
    """Explain a selection for clients that know nothing of `qwen/explain`: in a document.

    Raises:
        QwenLspError: the input is bad, or there is no engine.
    """
    text = await stream_explanation(server, session, params)
    if not session.features.shows_documents:
        session.show(text, lsp.MessageType.Info)
        return
    path = shown_files.write("explanations", ".md", text)
    await server.window_show_document_async(
        lsp.ShowDocumentParams(path.as_uri(), external=False, take_focus=True)
    )


def _preset(selection: Selection, preset: str) -> Selection:
    return Selection(selection.uri, selection.range, selection.version, None, preset)


def _edit_action(
    session: Session,
    title: str,
    kind: lsp.CodeActionKind,
    selection: Selection,
    diagnostics: list[lsp.Diagnostic],
) -> lsp.CodeAction:
    action = lsp.CodeAction(title, kind=kind, diagnostics=diagnostics or None)
    data = selection_json(selection)
    if session.features.resolves_code_action_edits:
        action.data = data
    else:
        action.command = lsp.Command(title, command=EDIT_COMMAND, arguments=[data])
    return action


def _is_wanted(action: lsp.CodeAction, kinds: Any) -> bool:
    own = str(getattr(action.kind, "value", action.kind or ""))
    names = [str(getattr(kind, "value", kind)) for kind in kinds]
    return any(name in ("", own) or own.startswith(f"{name}.") for name in names)
