"""Tells the client of `qwen/edit` how far the edit is: the changes themselves, and work done."""

from types import TracebackType
from typing import Any, Self

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer

from qwen_lsp.features.hunks import Hunks
from qwen_lsp.server import convert
from qwen_lsp.server.extensions import partial_token, work_token
from qwen_lsp.text import Document


class EditProgress:
    """What one request is told while it runs, as far as it asked to be.

    Changes go to its partial-result token, as text edits of the version that it was made for.
    """

    def __init__(self, server: LanguageServer, params: Any, encoding: str) -> None:
        self._server, self._encoding = server, encoding
        self._partial, self._work = partial_token(params), work_token(params)
        self._count = 0

    def __enter__(self) -> Self:
        self._tell_work(lsp.WorkDoneProgressBegin(title="Editing", message="reading the code"))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._tell_work(lsp.WorkDoneProgressEnd())

    def show(self, document: Document, hunks: Hunks) -> None:
        """Tell of changes of the document that the request saw."""
        self._count = len(hunks.replacements) + (0 if hunks.replaces else self._count)
        changes = "1 change" if self._count == 1 else f"{self._count} changes"
        self._tell_work(lsp.WorkDoneProgressReport(message=changes))
        if self._partial is None:
            return
        edits = convert.text_edits(document, hunks.replacements, self._encoding)
        value: dict[str, Any] = {"hunks": [_edit_json(one) for one in edits]}
        if hunks.replaces:
            value["replaces"] = True
        self._tell(self._partial, value)

    def _tell_work(self, value: Any) -> None:
        if self._work is not None:
            self._tell(self._work, value)

    def _tell(self, token: int | str, value: Any) -> None:
        self._server.protocol.notify(lsp.PROGRESS, lsp.ProgressParams(token=token, value=value))


def _edit_json(edit: lsp.TextEdit) -> dict[str, Any]:
    start, end = edit.range.start, edit.range.end
    return {
        "range": {
            "start": {"line": start.line, "character": start.character},
            "end": {"line": end.line, "character": end.character},
        },
        "newText": edit.new_text,
    }
