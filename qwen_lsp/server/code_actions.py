"""Code actions: what can be done at a range. Nothing is computed before one is chosen.

Where nothing is selected they are about the definition around the cursor, as far as its document's
facts are known: those are in memory, so no file and no index is read.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import attrs
from lsprotocol import types as lsp

from qwen_lsp.features.instruction_comment import find_instruction
from qwen_lsp.features.presets import COMMENT, PRESETS
from qwen_lsp.features.selection_edit import LARGEST_SELECTION
from qwen_lsp.server import convert
from qwen_lsp.server.extensions import (
    EDIT_COMMAND,
    EXPLAIN_COMMAND,
    Reported,
    Selection,
    selection_json,
)
from qwen_lsp.server.session import Session
from qwen_lsp.text import Document, Span, split_lines

_TODO = re.compile(r"(?:#|//|/\*|\*|--|;|%|<!--).*\b(?:TODO|FIXME)\b")
_REWRITE = lsp.CodeActionKind.RefactorRewrite


@dataclass(frozen=True, slots=True)
class _Offer:
    """An edit to offer."""

    title: str
    kind: lsp.CodeActionKind
    selection: Selection
    diagnostics: tuple[lsp.Diagnostic, ...] = ()


def code_actions(session: Session, params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
    """Return what can be done at a range; nothing is computed before one is chosen."""
    uri = params.text_document.uri
    document = session.documents.get(uri)
    if document is None:
        return []
    span = convert.span_of(document, params.range, session.encoding)
    actions = [_edit_action(session, one) for one in _offers(session, document, span, params)]
    selection = Selection(uri, params.range, document.version)
    if not span.is_empty:
        command = lsp.Command(
            "Qwen: Explain", command=EXPLAIN_COMMAND, arguments=[selection_json(selection)]
        )
        actions.append(lsp.CodeAction("Qwen: Explain", command=command))
    if params.context.diagnostics:
        actions.append(_explain_problem(selection, params.context.diagnostics))
    wanted = params.context.only
    return actions if wanted is None else [one for one in actions if _is_wanted(one, wanted)]


def _explain_problem(selection: Selection, diagnostics: Sequence[lsp.Diagnostic]) -> lsp.CodeAction:
    reported = tuple(Reported(one.range.start.line + 1, one.message) for one in diagnostics)
    asked = selection_json(attrs.evolve(selection, diagnostics=reported))
    title = "Qwen: Explain this problem"
    command = lsp.Command(
        title, command=EXPLAIN_COMMAND, arguments=[{**asked, "scope": "diagnostic"}]
    )
    return lsp.CodeAction(title, command=command, diagnostics=list(diagnostics))


def _offers(
    session: Session, document: Document, span: Span, params: lsp.CodeActionParams
) -> Iterator[_Offer]:
    """Yield the edits that can be made at a span: the user's own first, then the presets."""
    at = Selection(document.uri, params.range, document.version)
    if (instruction := find_instruction(document, span)) is not None:
        selection = attrs.evolve(at, preset=COMMENT)
        yield _Offer(f"Qwen: {instruction.text}", _REWRITE, selection)
    about = _definition_at(session, document, span) if span.is_empty else span
    if about is not None:
        at = attrs.evolve(at, range=convert.range_of(document, about, session.encoding))
    touching = tuple(_touching(document, about or span, params.context.diagnostics))
    if touching:
        reported = tuple(Reported(one.range.start.line + 1, one.message) for one in touching)
        selection = attrs.evolve(at, preset="fix", diagnostics=reported)
        yield _Offer(_title("fix"), lsp.CodeActionKind.QuickFix, selection, touching)
    if about is None:
        return
    code = document.text[about.start : about.end]
    for preset in PRESETS.values():
        is_fit = preset.fits(document.language) and preset.name != "fix"
        if is_fit and (preset.name != "todo" or _TODO.search(code)):
            yield _Offer(_title(preset.name), _REWRITE, attrs.evolve(at, preset=preset.name))


def _definition_at(session: Session, document: Document, span: Span) -> Span | None:
    """Return the lines of the definition around a cursor; None if none is known, or a large one."""
    folder, path = session.workspaces.place(document.uri) or (None, "")
    facts = None if folder is None else folder.index.lookup.view.open.get(path)
    if facts is None:
        return None
    # Imported late: it was imported with the index, which the start does not wait for.
    from qwen_lsp.context.enclosing import definitions_around, lines_with_documentation

    lines, line = split_lines(document.text), document.line_at(span.start)
    around = definitions_around(facts.symbols, lines, line)
    for first, last in map(lines_with_documentation, around):
        found = Span(document.line_starts[first], document.line_span(last).end)
        return found if found.end - found.start <= LARGEST_SELECTION else None
    return None


def _touching(
    document: Document, span: Span, diagnostics: Sequence[lsp.Diagnostic]
) -> Iterator[lsp.Diagnostic]:
    """Yield the diagnostics that touch the lines of a span."""
    lines = document.whole_lines(span)
    first, last = document.line_at(lines.start), document.line_at(lines.end)
    for one in diagnostics:
        if one.range.start.line <= last and one.range.end.line >= first:
            yield one


def _title(preset: str) -> str:
    return f"Qwen: {PRESETS[preset].title}"


def _edit_action(session: Session, offer: _Offer) -> lsp.CodeAction:
    action = lsp.CodeAction(
        offer.title, kind=offer.kind, diagnostics=list(offer.diagnostics) or None
    )
    data = selection_json(offer.selection)
    if session.features.resolves_code_action_edits:
        action.data = data
    else:
        action.command = lsp.Command(offer.title, command=EDIT_COMMAND, arguments=[data])
    return action


def _is_wanted(action: lsp.CodeAction, kinds: Any) -> bool:
    own = str(getattr(action.kind, "value", action.kind or ""))
    names = [str(getattr(kind, "value", kind)) for kind in kinds]
    return any(name in ("", own) or own.startswith(f"{name}.") for name in names)
