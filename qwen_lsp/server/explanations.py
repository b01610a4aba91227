"""Explanations on the protocol's side: streamed to `qwen/explain`, else shown in a file."""

from contextlib import aclosing
from typing import Any

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer

from qwen_lsp.features.explain import explain
from qwen_lsp.server import shown_files
from qwen_lsp.server.extensions import partial_token, read_selection
from qwen_lsp.server.session import Session


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
