"""`qwen/context` and its page: what a prompt at a place would hold, or did."""

import asyncio
from dataclasses import replace
from typing import Any

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer

from qwen_lsp.context.snapshot import Snapshot
from qwen_lsp.errors import BadInput
from qwen_lsp.features.context_page.page import render
from qwen_lsp.features.context_report import TASKS, Report, Task, report_on
from qwen_lsp.server import shown_files
from qwen_lsp.server.extensions import Selection, read_place
from qwen_lsp.server.session import Session
from qwen_lsp.text import Span

NOT_MADE = "No completion has been asked for in this file yet."


async def report(session: Session, params: Any) -> Report:
    """Return what the prompt of a task at a place would hold.

    Where the last completion was asked for at just this place, it is the prompt that was sent.

    Raises:
        QwenLspError: the document is not open or has moved, or the selection cannot be worked on.
        ValueError: the parameters are wrong.
    """
    selection, task = read_place(params)
    name = next((one for one in TASKS if one == task), None)
    if name is None:
        raise BadInput(f"There is no task `{task}`: use {', '.join(TASKS)}.")
    snapshot = await _snapshot(session, selection, name)
    return await report_on(
        snapshot,
        name,
        session.engine,
        is_exact=session.engine.health.state == "ready",
        instruction=selection.instruction or "",
        made=session.made.get(selection.uri),
    )


async def show_page(server: LanguageServer, session: Session, params: Any) -> None:
    """Have the editor open the page about a prompt.

    Raises:
        QwenLspError, ValueError: as `report`.
    """
    page = render(await report(session, params), NOT_MADE)
    path = await asyncio.to_thread(shown_files.write, "pages", ".html", page)
    if not session.features.shows_documents:
        session.show(f"The page is {path}; open it in a browser.", lsp.MessageType.Info)
        return
    await server.window_show_document_async(lsp.ShowDocumentParams(path.as_uri(), external=True))


async def _snapshot(session: Session, selection: Selection, task: Task) -> Snapshot:
    snapshot = session.snapshot_of(selection)
    if task != "complete":
        return snapshot
    cursor = snapshot.cursor
    made = session.made.get(selection.uri)
    if made is not None and session.is_current(made.snapshot) and made.snapshot.cursor == cursor:
        return made.snapshot
    anchor = session.anchor_at(snapshot.document, cursor)
    snapshot = replace(snapshot, span=Span(cursor, cursor), anchor=anchor)
    # Only asked: the document's next completion must find its prompt as it was.
    context = await session.contexts.expected(snapshot, session.engine)
    return replace(snapshot, context=context)
