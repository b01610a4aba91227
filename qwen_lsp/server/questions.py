"""From what an editor asks about to what the model is asked: which code, and what belongs to it.

Imported with the first question: what the index needs takes a tenth of a second.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from qwen_lsp import wire
from qwen_lsp.context import meant
from qwen_lsp.context.enclosing import definitions_around, lines_with_documentation
from qwen_lsp.context.explain_prompt import LinkedImage, explain_request, image_request
from qwen_lsp.context.outline import outline
from qwen_lsp.context.place import ReadLines
from qwen_lsp.context.snapshot import Snapshot
from qwen_lsp.context.target import Subject, Target
from qwen_lsp.context.workspace_prompt import Overview, overview, workspace_request
from qwen_lsp.errors import BadInput
from qwen_lsp.features import budgets, explain, image_link
from qwen_lsp.features.image_link import ImageLink, image_link_at
from qwen_lsp.index.image_files import read_image
from qwen_lsp.index.lookup import Lookup
from qwen_lsp.index.store import folder_of
from qwen_lsp.index.stored import StoredIndex
from qwen_lsp.index.texts import Texts
from qwen_lsp.index.view import IndexView
from qwen_lsp.index.workspace import resolver_of
from qwen_lsp.server.convert import path_of
from qwen_lsp.server.extensions import Explained, told
from qwen_lsp.server.session import Session
from qwen_lsp.text import Document, Span, language_of

# Around a problem outside all functions, or in a long one, so many lines are shown on either side.
_AROUND_PROBLEM, _LONGEST_FUNCTION = 15, 60
_MOST_PROBLEMS = 5


@dataclass(frozen=True, slots=True)
class Question:
    """What the model is asked, and where what it names is looked for.

    Attributes:
        request: for the model.
        uri: of a document or a folder, whose index is asked.
        subject: what the answer is about.
    """

    request: wire.ChatRequest
    uri: str
    subject: Subject


async def question_of(session: Session, asked: Explained, snapshot: Snapshot | None) -> Question:
    """Return what to ask the model; without a snapshot it is about the workspace.

    Raises:
        QwenLspError: there is nothing to explain, the document has moved, or there is no engine.
    """
    if snapshot is None:
        return await _about_workspace(session, asked)
    if asked.scope in ("", "selection", "symbol"):
        link = image_link_at(snapshot.document, snapshot.span)
        if link is not None:
            return await _about_image(session, asked, snapshot, link)
    snapshot = await _with_subject(session, snapshot, asked)
    snapshot = explain.selected(snapshot)
    await session.edit_engine.ready()
    settings, engine = snapshot.settings, session.edit_engine
    budget = await budgets.code_budget(engine, settings)
    outline = ""
    if explain.tokens_of(snapshot) > budget:
        outline = await _outline(session, snapshot, budget)
    others = await budgets.context_budget(engine)
    context = await session.contexts.of_selection(snapshot, engine, others, wants_callers=True)
    snapshot = replace(snapshot, context=context)
    tokens = budgets.answer_tokens(settings)
    request = explain_request(snapshot, tokens, asked.instruction, outline)
    span, uri = snapshot.span, snapshot.document.uri
    folder, path = session.workspaces.place(uri) or (None, "")
    root = "" if folder is None else folder.index.root.as_posix()
    code = outline or snapshot.document.text[span.start : span.end]
    return Question(request, uri, Subject(root, path, code, context.snippets))


async def _with_subject(session: Session, snapshot: Snapshot, asked: Explained) -> Snapshot:
    """Return the snapshot with the span, and perhaps the document, that is explained.

    Raises:
        BadInput: there is no definition, or no problem.
    """
    document = snapshot.document
    if asked.scope == "file":
        return replace(snapshot, span=Span(0, len(document.text)))
    if asked.scope == "diagnostic":
        return await _with_problem(session, snapshot, asked)
    if asked.scope == "symbol" or (not asked.scope and snapshot.span.is_empty):
        found = await _symbol(session, snapshot)
        if found is not None:
            return found
        if asked.scope == "symbol":
            raise BadInput("There is no definition at the cursor; select what to explain.")
    return snapshot


async def _symbol(session: Session, snapshot: Snapshot) -> Snapshot | None:
    """Return the snapshot of the definition at the cursor, which may be in another file."""
    document, at = snapshot.document, snapshot.span.start
    line = document.line_at(at)
    column = at - document.line_starts[line]

    def look(lookup: Lookup, path: str, read: ReadLines) -> tuple[str, int, int, str] | None:
        lines = [document.line_text(one) for one in range(len(document.line_starts))]
        found = meant.symbol_at(lookup, path, lines, line, column)
        if found is None:
            return None
        first, last = lines_with_documentation(found.symbol)
        is_here = found.path == path
        text = document.text if is_here else "\n".join(read(found.path))
        return ("" if is_here else found.path), first, last, text

    found = await session.contexts.look_up(document.uri, look)
    if found is None:
        return None
    other, first, last, text = found
    if other:
        folder, _ = session.workspaces.place(document.uri) or (None, "")
        if folder is None:
            return None
        path = folder.index.root / other
        document = Document(path.as_uri(), language_of(path), 0, text)
        snapshot = replace(snapshot, document=document, path=PurePath(other))
    return replace(snapshot, span=_span_of(document, first, last))


async def _with_problem(session: Session, snapshot: Snapshot, asked: Explained) -> Snapshot:
    """Return the snapshot of the code around what was reported, with that.

    Raises:
        BadInput: nothing was.
    """
    document, count = snapshot.document, len(snapshot.document.line_starts)
    selection = asked.selection
    problems = [] if selection is None else list(selection.diagnostics)
    problems = [one for one in problems if 1 <= one.line <= count and one.message]
    if not problems:
        raise BadInput("There is no problem in the request; put the cursor on one.")
    line = problems[0].line - 1

    def look(lookup: Lookup, path: str, _read: ReadLines) -> tuple[int, int] | None:

        lines = [document.line_text(one) for one in range(count)]
        around = definitions_around(lookup.symbols(path), lines, line)
        fitting = [one for one in around if one.last_line - one.first_line < _LONGEST_FUNCTION]
        return (fitting[0].first_line, fitting[0].last_line) if fitting else None

    found = await session.contexts.look_up(document.uri, look)
    first, last = found or (max(line - _AROUND_PROBLEM, 0), line + _AROUND_PROBLEM)
    said = told(document, problems[:_MOST_PROBLEMS])
    return replace(snapshot, span=_span_of(document, first, last), diagnostics=said)


async def _outline(session: Session, snapshot: Snapshot, budget: int) -> str:
    """Return the heads of what the selection defines.

    Raises:
        BadInput: none are known.
    """
    document, span = snapshot.document, snapshot.span
    first, last = document.line_at(span.start), document.line_at(span.end)

    def look(lookup: Lookup, path: str, _read: ReadLines) -> str:

        lines = [document.line_text(one) for one in range(len(document.line_starts))]
        return outline(lookup.symbols(path), lines, first, last, budget)

    text = await session.contexts.look_up(document.uri, look)
    if not text:
        raise explain.too_large(snapshot, budget)
    return text


async def _about_image(
    session: Session, asked: Explained, snapshot: Snapshot, link: ImageLink
) -> Question:
    """Return the question about an image that the document links.

    Raises:
        BadInput: it is none of the workspace that a model is shown.
        QwenLspError: there is no engine.
    """
    document = path_of(snapshot.document.uri)
    if document is None or not snapshot.workspace:
        raise BadInput(
            "Only images of a workspace folder are shown to the model, and this file is in none; "
            "open its folder."
        )
    root = document.parents[len(snapshot.path.parts) - 1]
    path = image_link.path_of(link, snapshot.path.as_posix())
    image = await asyncio.to_thread(read_image, root, path)
    await session.edit_engine.ready()
    tokens = budgets.answer_tokens(snapshot.settings)
    at = replace(snapshot, span=link.span)
    request = image_request(at, LinkedImage(image, path, link.alt), tokens, asked.instruction)
    return Question(request, snapshot.document.uri, Subject(root.as_posix()))


async def _about_workspace(session: Session, asked: Explained) -> Question:
    """Return the question about a workspace folder: the document's, or the first.

    Raises:
        BadInput: there is none, or it is not indexed.
        QwenLspError: there is no engine.
    """
    settings, engine = session.settings, session.edit_engine
    uris = [asked.selection.uri] if asked.selection is not None else session.folders
    places = [(uri, place) for uri in uris if (place := session.workspaces.place(uri)) is not None]
    if not places:
        raise BadInput(
            "There is no indexed workspace folder; open one, and leave `index.enabled` on."
        )
    uri, (folder, _) = places[0]
    await engine.ready()
    budget = await budgets.workspace_budget(engine, settings)
    root = folder.index.root
    shown = await asyncio.to_thread(_overview, root, budget)
    if shown is None:
        raise BadInput(f"{root.name} holds no file that is indexed by now; try again in a moment.")
    tokens = budgets.answer_tokens(settings)
    request = workspace_request(root.name, shown, settings, asked.instruction, tokens)
    return Question(request, uri, Subject(root.as_posix()))


def _overview(root: Path, budget: int) -> Overview | None:
    """Return what is shown of a workspace; None if nothing is indexed. Not for the event loop."""
    # A reader of its own: this reads much, which completions should not wait for.
    stored = StoredIndex(folder_of(root), lambda _error: None)  # who writes it says so
    try:
        if not stored.paths():
            return None
        texts = Texts(root)
        lookup = Lookup(IndexView(stored), resolver_of(root, stored))
        return overview(lookup, lambda path: texts.lines(path, {}), budget)
    finally:
        stored.close()


class IndexPlaces:
    """Finds what an answer names, in the index of its folder."""

    def __init__(self, session: Session, question: Question) -> None:
        self._session = session
        self._question = question

    async def named(self, text: str) -> Target | None:
        """Return the definition that a piece of code names, if it is clear which."""

        def look(lookup: Lookup, _path: str, _read: ReadLines) -> Target | None:

            return meant.named(lookup, self._question.subject, text)

        return await self._session.contexts.look_up(self._question.uri, look)

    async def cited(self, text: str) -> Target | None:
        """Return the place that a path with or without a line means, if it exists."""

        def look(lookup: Lookup, _path: str, read: ReadLines) -> Target | None:

            return meant.cited(lookup, self._question.subject, text, read)

        return await self._session.contexts.look_up(self._question.uri, look)

    async def closing(self) -> tuple[Sequence[Target], Sequence[Target]]:
        """Return where what the code uses is defined, and where it is called from."""

        def look(
            lookup: Lookup, _path: str, read: ReadLines
        ) -> tuple[Sequence[Target], Sequence[Target]]:

            subject = self._question.subject
            return meant.defined_in(lookup, subject), meant.called_from(lookup, subject, read)

        return await self._session.contexts.look_up(self._question.uri, look) or ((), ())


def _span_of(document: Document, first: int, last: int) -> Span:
    last = min(last, len(document.line_starts) - 1)
    return Span(document.line_starts[min(first, last)], document.line_span(last).end)
