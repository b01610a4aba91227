"""Snippets for a prompt without an editor: from the index of the file's workspace folder."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from qwen_lsp.cli.index import opened
from qwen_lsp.cli.places import root_of
from qwen_lsp.context.gather import gather, likely_at, place_of
from qwen_lsp.context.gather_selection import gather_selection
from qwen_lsp.context.gather_tests import target_of_tests
from qwen_lsp.context.snapshot import Snapshot
from qwen_lsp.context.snippet import Context
from qwen_lsp.context.tests_target import TestsTarget
from qwen_lsp.errors import BadInput
from qwen_lsp.features.budgets import completion_budget
from qwen_lsp.index.lookup import Lookup
from qwen_lsp.index.texts import Texts
from qwen_lsp.index.view import IndexView
from qwen_lsp.index.workspace import resolver_of
from qwen_lsp.inference.engine import AnyEngine
from qwen_lsp.server.contexts import fit
from qwen_lsp.wire import Likely


class Finder:
    """Finds what of the workspace the prompt at one place should hold, once.

    Attributes:
        path: of the file.
    """

    def __init__(self, path: Path, engine: AnyEngine, *, is_quiet: bool) -> None:
        self.path = path
        self._engine = engine
        self._is_quiet = is_quiet
        self._found: tuple[Context, tuple[Likely, ...]] | None = None

    async def inform(self, snapshot: Snapshot) -> Snapshot:
        """Return the snapshot with what the workspace has to say about its place.

        An index that is not there yet is built.

        Raises:
            QwenLspError: the index cannot be built or read.
        """
        if self._found is None:
            self._found = await self._find(snapshot)
        context, likely = self._found
        return replace(snapshot, context=context, likely=likely)

    async def of_selection(
        self, snapshot: Snapshot, budget: int, *, wants_callers: bool
    ) -> Context:
        """Return the context for the snapshot's selection, as `Contexts.of_selection` does.

        Raises:
            QwenLspError: the index cannot be built or read.
        """
        root = root_of(self.path)
        if root is None or not snapshot.settings.index_enabled:
            return Context(budget=budget)
        path = snapshot.path.as_posix()
        with self._looking(root.resolve()) as (lookup, texts):
            shown = {path: snapshot.document.text}
            gathered = gather_selection(
                lookup,
                path,
                snapshot,
                lambda one: texts.lines(one, shown),
                budget,
                wants_callers=wants_callers,
            )
        context = await fit(gathered.forms, budget, self._engine, Context())
        return replace(context, heads=gathered.heads)

    def target_of_tests(self, snapshot: Snapshot) -> tuple[TestsTarget, Path]:
        """Return where tests of the snapshot's selection belong, and in which workspace folder.

        Raises:
            QwenLspError: there is no folder, or its index cannot be built or read.
        """
        root = root_of(self.path)
        if root is None or not snapshot.settings.index_enabled:
            raise BadInput(
                f"{self.path} is in no folder that is indexed, so its tests cannot be found."
            )
        root, path = root.resolve(), snapshot.path.as_posix()
        with self._looking(root) as (lookup, texts):
            shown = {path: snapshot.document.text}
            return target_of_tests(
                lookup, path, snapshot, lambda one: texts.lines(one, shown)
            ), root

    async def _find(self, snapshot: Snapshot) -> tuple[Context, tuple[Likely, ...]]:
        root = root_of(self.path)
        if root is None or not snapshot.settings.index_enabled:
            return Context(), ()
        budget = await completion_budget(self._engine, snapshot.settings)
        path = snapshot.path.as_posix()
        with self._looking(root.resolve()) as (lookup, texts):
            place = place_of(lookup, path, snapshot)
            shown = {path: snapshot.document.text}

            def read(one: str) -> Sequence[str]:
                return texts.lines(one, shown)

            likely = likely_at(lookup, place, read)
            forms = gather(lookup, place, read, budget) if budget else []
        return await fit(forms, budget, self._engine, Context()), likely

    @contextmanager
    def _looking(self, root: Path) -> Iterator[tuple[Lookup, Texts]]:
        """Give the look-ups and the texts of a workspace folder; the index is brought up to date.

        Raises:
            QwenLspError: the index cannot be built or read.
        """
        with opened(root, is_quiet=self._is_quiet) as stored:
            yield Lookup(IndexView(stored), resolver_of(root, stored)), Texts(root)
