"""Names and parameters of the messages that LSP does not have: `qwen/*`, Copilot's, commands."""

from collections.abc import Iterable
from typing import Any

import attrs
from lsprotocol import types as lsp

from qwen_lsp.context.follow_up import Turn
from qwen_lsp.text import Document

EDIT = "qwen/edit"
EXPLAIN = "qwen/explain"
CONTEXT = "qwen/context"
STATUS = "qwen/status"
STATS = "qwen/stats"
DID_CHANGE_STATUS = "didChangeStatus"
DID_FOCUS = "textDocument/didFocus"
DID_SHOW = "textDocument/didShowCompletion"
DID_PARTIALLY_ACCEPT = "textDocument/didPartiallyAcceptCompletion"

EDIT_COMMAND = "qwen.edit"
EXPLAIN_COMMAND = "qwen.explain"
EXPLAIN_WORKSPACE_COMMAND = "qwen.explainWorkspace"
CONTEXT_COMMAND = "qwen.context"
ACCEPTED_COMMAND = "qwen.accepted"

# What an explanation may be about.
SCOPES = ("selection", "symbol", "diagnostic", "file", "workspace")


@attrs.define
class Reported:
    """A diagnostic as it travels in a code action's data: a 1-based line, and the message."""

    line: int
    message: str


@attrs.define
class Selection:
    """A part of a document as a request names it, with what to do there.

    Attributes:
        uri: of the document.
        range: the selection.
        version: that the range was made for; None takes whatever there is.
        instruction: in the user's words.
        preset: one of `features/presets.py`, or "comment" for the `qwen:` comment at the range.
        warm: only prepare; the instruction is still being typed.
        diagnostics: what was reported in the range.
        previous: edits of this range that the instruction goes on from, the first one first.
    """

    uri: str
    range: lsp.Range
    version: int | None = None
    instruction: str | None = None
    preset: str | None = None
    warm: bool = False
    diagnostics: tuple[Reported, ...] = ()
    previous: tuple[Turn, ...] = ()


def read_selection(params: Any) -> Selection:
    """Read a selection from loosely typed parameters: ours, a command's, or a code action's data.

    Raises:
        ValueError: with what is missing.
    """
    document = _get(params, "textDocument") or {}
    uri = _get(document, "uri") or _get(params, "uri")
    range_ = _get(params, "range")
    if not isinstance(uri, str):
        raise ValueError("`textDocument.uri` is missing.")
    if range_ is None:
        raise ValueError("`range` is missing.")
    try:
        start, end = _position(_get(range_, "start")), _position(_get(range_, "end"))
    except (TypeError, ValueError) as error:
        raise ValueError("`range` is not a range.") from error
    version = _get(document, "version")
    return Selection(
        uri=uri,
        range=lsp.Range(start, end),
        version=version if version is not None else _get(params, "version"),
        instruction=_get(params, "instruction"),
        preset=_get(params, "preset"),
        warm=bool(_get(params, "warm")),
        diagnostics=_reported(_get(params, "diagnostics")),
        previous=_previous(_get(params, "previous")),
    )


@attrs.define
class Explained:
    """What a request for an explanation is about.

    Attributes:
        selection: None for a workspace without a document.
        scope: one of SCOPES; "" leaves it to the selection.
        instruction: a question about it, in the user's words.
        partial: the token that pieces of the answer go to.
        work: the token that progress goes to.
    """

    selection: Selection | None
    scope: str
    instruction: str
    partial: int | str | None
    work: int | str | None


def read_explained(params: Any) -> Explained:
    """Read the parameters of `qwen/explain`, or a command's.

    Raises:
        ValueError: with what is missing or wrong.
    """
    scope = str(_get(params, "scope") or "")
    if scope and scope not in SCOPES:
        raise ValueError(f"There is no scope `{scope}`: use {', '.join(SCOPES)}.")
    has_range = scope not in {"workspace", "file"} or _get(params, "range") is not None
    start = {"line": 0, "character": 0}
    place = params if has_range else _with_range(params, {"start": start, "end": start})
    has_document = _get(params, "textDocument") is not None or _get(params, "uri") is not None
    selection = read_selection(place) if has_document or scope != "workspace" else None
    has_problem = selection is not None and bool(selection.diagnostics)
    return Explained(
        selection=selection,
        scope=scope or ("diagnostic" if has_problem else ""),
        instruction=str(_get(params, "instruction") or ""),
        partial=partial_token(params),
        work=_get(params, "workDoneToken"),
    )


def _with_range(params: Any, range_: Any) -> dict[str, Any]:
    names = ("textDocument", "uri", "version")
    return {name: _get(params, name) for name in names} | {"range": range_}


def read_place(params: Any) -> tuple[Selection, str]:
    """Read what `qwen/context` asks about: a position or a range, and the task ("complete").

    Raises:
        ValueError: with what is missing.
    """
    document = _get(params, "textDocument")
    at = _get(params, "position")
    range_ = {"start": at, "end": at} if _get(params, "range") is None and at else None
    fields = ("range", "instruction", "preset", "diagnostics")
    place = {name: _get(params, name) for name in fields} | {"textDocument": document}
    if range_ is not None:
        place["range"] = range_
    return read_selection(place), str(_get(params, "task") or "complete")


def selection_json(selection: Selection) -> dict[str, Any]:
    """Return a selection as plain JSON, for a command's arguments or a code action's data."""
    start, end = selection.range.start, selection.range.end
    return {
        "uri": selection.uri,
        "version": selection.version,
        "range": {
            "start": {"line": start.line, "character": start.character},
            "end": {"line": end.line, "character": end.character},
        },
        "instruction": selection.instruction,
        "preset": selection.preset,
        "diagnostics": [attrs.asdict(one) for one in selection.diagnostics],
    }


def told(document: Document, diagnostics: Iterable[Reported]) -> tuple[str, ...]:
    """Return diagnostics as a prompt tells them: each with the line of code that it is about."""
    return tuple(
        f"line {one.line}, `{document.line_text(one.line - 1).strip()}`: {one.message}"
        for one in diagnostics
        if 1 <= one.line <= len(document.line_starts)
    )


def focused_uri(params: Any) -> str:
    """Return the document that got the focus, "" if none has it."""
    uri = _get(_get(params, "textDocument") or {}, "uri")
    return uri if isinstance(uri, str) else ""


def item_name(params: Any) -> str:
    """Return by what name the item of a notification was offered, "" if it cannot be told."""
    arguments = _get(_get(_get(params, "item"), "command"), "arguments")
    is_ours = isinstance(arguments, list | tuple) and arguments and isinstance(arguments[0], str)
    return str(arguments[0]) if is_ours else ""


def accepted_length(params: Any) -> int:
    """Return how many code points from the item's beginning were accepted, 0 if it is not said.

    It comes in UTF-16 code units, as with Copilot's server, whatever positions are counted in.
    """
    units, text = _get(params, "acceptedLength"), _get(_get(params, "item"), "insertText")
    if type(units) is not int or not isinstance(text, str):
        return 0
    accepted = text.encode("utf-16-le", "surrogatepass")[: 2 * max(units, 0)]
    return len(accepted.decode("utf-16-le", "ignore"))


def partial_token(params: Any) -> int | str | None:
    """Return the token that partial results go to, None if the client wants none."""
    token: int | str | None = _get(params, "partialResultToken")
    return token


def work_token(params: Any) -> int | str | None:
    """Return the token that progress goes to, None if the client wants none."""
    token: int | str | None = _get(params, "workDoneToken")
    return token


def _previous(value: Any) -> tuple[Turn, ...]:
    turns = [(_get(one, "instruction"), _get(one, "code")) for one in value or ()]
    if not all(isinstance(text, str) for turn in turns for text in turn):
        raise ValueError("`previous` is not a list of {instruction, code}.")
    return tuple(Turn(*turn) for turn in turns)


def _get(params: Any, name: str) -> Any:
    if isinstance(params, dict):
        return params.get(name)
    return getattr(params, name, None)


def _position(position: Any) -> lsp.Position:
    return lsp.Position(int(_get(position, "line")), int(_get(position, "character")))


def _reported(diagnostics: Any) -> tuple[Reported, ...]:
    """Read diagnostics, LSP's own or `Reported`; what is neither is left out."""
    found = ((_line_of(one), _get(one, "message")) for one in diagnostics or ())
    return tuple(
        Reported(line, message)
        for line, message in found
        if type(line) is int and isinstance(message, str)
    )


def _line_of(diagnostic: Any) -> Any:
    """Return the line of a diagnostic, 1-based; None if it does not say."""
    line = _get(_get(_get(diagnostic, "range"), "start"), "line")
    return line + 1 if type(line) is int else _get(diagnostic, "line")
