"""Code actions: what can be done at a range. Nothing is computed before one is chosen."""

from typing import Any

from lsprotocol import types as lsp

from qwen_lsp.features.instruction_comment import find_instruction
from qwen_lsp.server import convert
from qwen_lsp.server.extensions import (
    EDIT_COMMAND,
    EXPLAIN_COMMAND,
    Selection,
    range_json,
    selection_json,
)
from qwen_lsp.server.session import Session

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
    if params.context.diagnostics:
        actions.append(_explain_problem(selection, list(params.context.diagnostics)))
    wanted = params.context.only
    return actions if wanted is None else [one for one in actions if _is_wanted(one, wanted)]


def _explain_problem(selection: Selection, diagnostics: list[lsp.Diagnostic]) -> lsp.CodeAction:
    reported = [{"range": range_json(one.range), "message": one.message} for one in diagnostics]
    asked = {**selection_json(selection), "scope": "diagnostic", "diagnostics": reported}
    title = "Qwen: Explain this problem"
    command = lsp.Command(title, command=EXPLAIN_COMMAND, arguments=[asked])
    return lsp.CodeAction(title, command=command, diagnostics=diagnostics)


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
