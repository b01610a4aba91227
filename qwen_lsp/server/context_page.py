"""`qwen/context` and its page: what a prompt at a place would hold, or did."""

import asyncio
from dataclasses import replace
from typing import Any

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer

from qwen_lsp.context.snapshot import Snapshot
from qwen_lsp.context.tests_target import TestsTarget
from qwen_lsp.errors import BadInput
from qwen_lsp.features import budgets, explain
from qwen_lsp.features.context_page.page import render
from qwen_lsp.features.context_report import TASKS, Report, report_on
from qwen_lsp.features.edit_task import edit_task, implied_preset
from qwen_lsp.features.presets import TESTS
from qwen_lsp.server import new_tests, shown_files
from qwen_lsp.server.edits import with_context
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
    snapshot, tests = session.snapshot_of(selection), None
    if name == "complete":
        snapshot = await _completing(session, selection)
    elif name == "edit":
        snapshot, tests = await _editing(session, snapshot, selection)
    else:
        snapshot = await _explaining(session, snapshot)
    engine = session.engine if name == "complete" else session.edit_engine
    return await report_on(
        snapshot,
        name,
        engine,
        is_exact=engine.counts_exactly,
        instruction=selection.instruction or "",
        preset=selection.preset,
        tests=tests,
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


async def _editing(
    session: Session, snapshot: Snapshot, selection: Selection
) -> tuple[Snapshot, TestsTarget | None]:
    """Return the snapshot of an edit, and where its tests belong if it is to write some."""
    preset = selection.preset or implied_preset(snapshot, selection.instruction)
    task = edit_task(snapshot, preset, selection.instruction)
    if preset == TESTS:
        snapshot, target, _ = await new_tests.found(session, task.snapshot)
        return snapshot, target
    return await with_context(session, task), None


async def _explaining(session: Session, snapshot: Snapshot) -> Snapshot:
    """Return the snapshot of an explanation of a selection."""
    snapshot, engine = explain.selected(snapshot), session.edit_engine
    budget = await budgets.context_budget(engine)
    context = await session.contexts.of_selection(snapshot, engine, budget, wants_callers=True)
    return replace(snapshot, context=context)


async def _completing(session: Session, selection: Selection) -> Snapshot:
    """Return the snapshot of a completion: the one that was made there, if one was."""
    snapshot = session.snapshot_of(selection)
    cursor = snapshot.cursor
    made = session.made.get(selection.uri)
    if made is not None and session.is_current(made.snapshot) and made.snapshot.cursor == cursor:
        return made.snapshot
    anchor = session.anchor_at(snapshot.document, cursor)
    snapshot = replace(snapshot, span=Span(cursor, cursor), anchor=anchor)
    # Only asked: the document's next completion must find its prompt as it was.
    context = await session.contexts.expected(snapshot, session.engine)
    return replace(snapshot, context=context)
