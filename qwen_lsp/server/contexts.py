"""What of the workspace the prompts of open documents hold.

It is found when a document's anchor is set, and kept as long as the anchor, so that typing leaves
the prompt as it is. Looking for it takes milliseconds of the processor, hence a thread of its own:
the only one that reads the indexes.
"""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from qwen_lsp.context.anchor import Anchor
from qwen_lsp.context.snapshot import Snapshot
from qwen_lsp.context.snippet import Context, Snippet
from qwen_lsp.features.budgets import completion_budget
from qwen_lsp.inference.engine import AnyEngine
from qwen_lsp.server.workspaces import Folder, Workspaces
from qwen_lsp.wire import Likely

if TYPE_CHECKING:
    from pathlib import Path

    from qwen_lsp.context.gather_selection import Gathered
    from qwen_lsp.context.place import ReadLines
    from qwen_lsp.context.tests_target import TestsTarget
    from qwen_lsp.index.lookup import Lookup
    from qwen_lsp.text import Document, Span

T = TypeVar("T")

LIKELY_S = 0.05  # it takes a few milliseconds where nothing else is looked up


@dataclass(frozen=True, slots=True)
class _Found:
    """A document's context, and what it was found for; `most` is the setting's tokens."""

    anchor: Anchor
    most: int
    context: Context


@dataclass(frozen=True, slots=True)
class _Selected:
    """The last context of a selection in a document, and what it was found for."""

    version: int
    span: "Span"
    budget: int
    has_callers: bool
    context: Context


class Contexts:
    """The contexts of one session. Belongs to the event loop.

    Args:
        workspaces: whose indexes are asked.
        documents: a live view of those that are open, by URI.
    """

    def __init__(self, workspaces: Workspaces, documents: "Mapping[str, Document]") -> None:
        self._workspaces = workspaces
        self._documents = documents
        self._found: dict[str, _Found] = {}
        self._selected: dict[str, _Selected] = {}
        self._thread = ThreadPoolExecutor(1, "context")

    def known(self, snapshot: Snapshot) -> Context | None:
        """Return the context of a snapshot's anchor if it was found before."""
        found = self._found.get(snapshot.document.uri)
        most = snapshot.settings.completion_context_tokens
        if found is None or not _is_same(found.anchor, snapshot.anchor) or found.most != most:
            return None
        return found.context

    async def of(self, snapshot: Snapshot, engine: AnyEngine) -> Context:
        """Return the context of a snapshot's anchor, and remember it."""
        context = await self.expected(snapshot, engine)
        self.keep(snapshot, context)
        return context

    async def expected(self, snapshot: Snapshot, engine: AnyEngine) -> Context:
        """Return what `of` would return, and remember nothing."""
        if (known := self.known(snapshot)) is not None:
            return known
        before = self._found.get(snapshot.document.uri)
        return await self.find(snapshot, engine, before.context if before else Context())

    def keep(self, snapshot: Snapshot, context: Context) -> None:
        """Remember the context that was found for a snapshot's anchor."""
        uri, anchor = snapshot.document.uri, snapshot.anchor
        if anchor is not None and uri in self._documents:
            self._found[uri] = _Found(anchor, snapshot.settings.completion_context_tokens, context)

    async def find(self, snapshot: Snapshot, engine: AnyEngine, before: Context) -> Context:
        """Return what of the workspace belongs into the prompt for a snapshot.

        Args:
            snapshot: the cursor.
            engine: counts tokens.
            before: the document's last context, whose beginning is kept where it is still wanted.
        """
        budget = await completion_budget(engine, snapshot.settings)
        folder, path = self._workspaces.place(snapshot.document.uri) or (None, "")
        if folder is None or not budget:
            return Context(budget=budget)
        paths, texts = self._opened_in(folder)
        loop = asyncio.get_running_loop()
        look = partial(_gather, folder, path, snapshot, budget, paths=paths, texts=texts)
        forms = await loop.run_in_executor(self._thread, look)
        return await fit(forms, budget, engine, before)

    async def likely(self, snapshot: Snapshot) -> tuple[Likely, ...]:
        """Return what of the workspace may follow a snapshot's cursor."""

        def find(lookup: "Lookup", path: str, read: "ReadLines") -> tuple[Likely, ...]:
            from qwen_lsp.context.gather import likely_at, place_of

            return likely_at(lookup, place_of(lookup, path, snapshot), read)

        # Who asks waits for it; who types does not wait for what the thread is about.
        limit = None if snapshot.is_invoked else LIKELY_S
        with suppress(TimeoutError):
            async with asyncio.timeout(limit):
                return await self.look_up(snapshot.document.uri, find) or ()
        return ()

    async def of_selection(
        self, snapshot: Snapshot, engine: AnyEngine, budget: int, *, wants_callers: bool
    ) -> Context:
        """Return what of the workspace belongs into the prompt about a snapshot's selection.

        As long as the document stays as it is, the same selection gets the same context, so that
        a prompt that was warmed begins like the one that is asked.

        Args:
            snapshot: the selection is its span, which is widened to whole lines.
            engine: counts tokens.
            budget: most tokens of the snippets; with 0 only the heads around the selection.
            wants_callers: whether calls of what the selection defines are of use.
        """
        document = snapshot.document
        span = document.whole_lines(snapshot.span)
        known, asked = self._selected.get(document.uri), (span, budget, wants_callers)
        if known is not None and (known.span, known.budget, known.has_callers) == asked:
            if known.version == document.version:
                return known.context
        else:
            known = None

        def gather(lookup: "Lookup", path: str, read: "ReadLines") -> "Gathered":
            from qwen_lsp.context.gather_selection import gather_selection

            return gather_selection(
                lookup, path, snapshot, read, budget, wants_callers=wants_callers
            )

        gathered = await self.look_up(document.uri, gather)
        if gathered is None:
            return Context(budget=budget)
        before = known.context if known is not None else Context()
        context = await fit(gathered.forms, budget, engine, before)
        context = replace(context, heads=gathered.heads)
        if document.uri in self._documents:
            kept = _Selected(document.version, span, budget, wants_callers, context)
            self._selected[document.uri] = kept
        return context

    async def look_up(
        self, uri: str, question: "Callable[[Lookup, str, ReadLines], T]"
    ) -> T | None:
        """Return what the index of a document's folder answers; None outside all folders.

        Args:
            uri: of the document, or of the folder itself.
            question: is given the look-ups, the document's path, and what reads lines of files.
        """
        folder, path = self._workspaces.place(uri) or (None, "")
        if folder is None:
            return None
        _, texts = self._opened_in(folder)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, _ask, folder, path, texts, question)

    async def target_of_tests(self, snapshot: Snapshot) -> "tuple[TestsTarget, Path] | None":
        """Return where tests of a snapshot's selection belong, and in which workspace folder.

        None if the document is in no folder that is indexed.
        """
        uri = snapshot.document.uri
        folder, _ = self._workspaces.place(uri) or (None, "")

        def find(lookup: "Lookup", path: str, read: "ReadLines") -> "TestsTarget":
            from qwen_lsp.context.gather_tests import target_of_tests

            return target_of_tests(lookup, path, snapshot, read)

        target = await self.look_up(uri, find)
        return None if folder is None or target is None else (target, folder.index.root)

    def forget(self, uri: str) -> None:
        """Forget a document: it was closed."""
        self._found.pop(uri, None)
        self._selected.pop(uri, None)

    async def close(self) -> None:
        """End the thread; what it does now is waited for."""
        await asyncio.to_thread(self._thread.shutdown, cancel_futures=True)

    def _opened_in(self, folder: Folder) -> tuple[dict[str, str], dict[str, str]]:
        """Return the paths of open documents of a folder by URI, and their texts by path."""
        places = ((uri, self._workspaces.place(uri)) for uri in self._documents)
        paths = {uri: place[1] for uri, place in places if place is not None and place[0] is folder}
        return paths, {one: self._documents[uri].text for uri, one in paths.items()}


async def fit(
    forms: list[tuple[Snippet, ...]], budget: int, engine: AnyEngine, before: Context
) -> Context:
    """Return the context that holds the best of what was found, in as many tokens as it may have.

    Args:
        forms: what was found, the best first, each in its forms.
        budget: in tokens.
        engine: counts them.
        before: the document's last context, whose beginning is kept where it is still wanted.
    """
    # Imported late: what it needs takes a while, and was imported with the index.
    from qwen_lsp.context.choose import fitted
    from qwen_lsp.context.qwen import snippet_text

    shown = {form: snippet_text(form) for each in forms for form in each}
    counts = await engine.count_tokens(list(shown.values()))
    tokens = dict(zip(shown, counts, strict=True))
    return fitted(forms, budget, tokens.__getitem__, before)


def _is_same(one: Anchor, other: Anchor | None) -> bool:
    """Whether two anchors split a document at the same text, though it may have moved."""
    return other is not None and replace(one, start=0) == replace(other, start=0)


def _gather(  # noqa: PLR0913 - what a thread is handed
    folder: Folder,
    path: str,
    snapshot: Snapshot,
    budget: int,
    *,
    paths: Mapping[str, str],
    texts: Mapping[str, str],
) -> list[tuple[Snippet, ...]]:
    """Find what may help; `paths` and `texts` are those of open documents, by URI and by path."""
    from qwen_lsp.context.gather import gather, place_of

    lookup = folder.index.lookup
    # What is open may still be ignored or secret; what the index knows is neither.
    opened = {one: text for one, text in texts.items() if lookup.view.language(one)}
    known = {uri: one for uri, one in paths.items() if one in opened}
    place = place_of(lookup, path, snapshot, known)
    return gather(lookup, place, lambda one: folder.texts.lines(one, opened), budget)


def _ask(
    folder: Folder,
    path: str,
    texts: Mapping[str, str],
    question: "Callable[[Lookup, str, ReadLines], T]",
) -> T:
    """Ask a question; `texts` are those of open documents by path."""
    lookup = folder.index.lookup
    opened = {one: text for one, text in texts.items() if lookup.view.language(one)}
    return question(lookup, path, lambda one: folder.texts.lines(one, opened))
