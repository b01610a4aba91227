"""Explanations on the protocol's side: streamed to `qwen/explain`, else shown in a file."""

import asyncio
from contextlib import aclosing
from typing import Any

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer

from qwen_lsp.features.explain import State, explain
from qwen_lsp.features.links import Links, markdown_link
from qwen_lsp.server import shown_files
from qwen_lsp.server.extensions import Explained, read_explained
from qwen_lsp.server.session import Session

_STATES = {
    "reading": "reading the code",
    "thinking": "thinking",
    "writing": "writing",
}


async def stream_explanation(server: LanguageServer, session: Session, params: Any) -> str:
    """Explain what is asked about; pieces go to the request's partial-result token, if it has one.

    Raises:
        QwenLspError: the input is bad, or there is no engine.
        ValueError: the parameters are wrong.
    """
    asked = read_explained(params)
    selection = None if asked.scope == "workspace" else asked.selection
    snapshot = None if selection is None else session.snapshot_of(selection)
    await asyncio.to_thread(_import_questions)
    from qwen_lsp.server.questions import IndexPlaces, question_of

    working = _Working(server, asked)
    text = ""
    try:
        question = await question_of(session, asked, snapshot)
        places = IndexPlaces(session, question)
        links = Links(places, markdown_link(question.subject.root))

        async def closing() -> str:
            return links.closing(*await places.closing())

        pieces = explain(question.request, session.edit_engine, links, closing, working.tell)
        async with aclosing(pieces):
            async for piece in pieces:
                text += piece
                if asked.partial is not None:
                    value = {"text": piece}
                    progress = lsp.ProgressParams(token=asked.partial, value=value)
                    server.protocol.notify(lsp.PROGRESS, progress)
    finally:
        working.end()
    return text


async def show_explanation(server: LanguageServer, session: Session, params: Any) -> None:
    """Explain something for clients that know nothing of `qwen/explain`: in a document.

    Raises:
        QwenLspError: the input is bad, or there is no engine.
        ValueError: the parameters are wrong.
    """
    text = await stream_explanation(server, session, params)
    if not session.features.shows_documents:
        session.show(text, lsp.MessageType.Info)
        return
    path = shown_files.write("explanations", ".md", text)
    await server.window_show_document_async(
        lsp.ShowDocumentParams(path.as_uri(), external=False, take_focus=True)
    )


class _Working:
    """Tells what the model does, where the request wants to know."""

    def __init__(self, server: LanguageServer, asked: Explained) -> None:
        self._progress = server.work_done_progress
        self._token = asked.work
        if self._token is not None:
            self._progress.begin(self._token, lsp.WorkDoneProgressBegin(title="Explaining"))

    def tell(self, state: State) -> None:
        """Report a new state."""
        if self._token is not None:
            report = lsp.WorkDoneProgressReport(message=_STATES[state])
            self._progress.report(self._token, report)

    def end(self) -> None:
        """Report the end; the token means nothing more."""
        if self._token is not None:
            self._progress.end(self._token, lsp.WorkDoneProgressEnd())
            self._progress.tokens.pop(self._token, None)


def _import_questions() -> None:
    """Import what a question needs, away from the event loop."""
    import qwen_lsp.server.questions  # noqa: F401
