"""Indexes of the bench's own: built in the process that builds them for an editor."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

from qwen_lsp.index import workspace
from qwen_lsp.index.builder import Built, Problem
from qwen_lsp.index.builder import Event as IndexEvent
from qwen_lsp.index.indexer import Indexer
from qwen_lsp.index.lookup import Lookup
from qwen_lsp.index.stored import StoredIndex
from qwen_lsp.index.view import IndexView

LIMIT_S = 600.0


@contextmanager
def index(root: Path) -> Iterator[Path]:
    """Build the index of a folder, and give the folder that it is in."""
    built, problems = Event(), list[str]()

    def on_event(event: IndexEvent) -> None:
        if isinstance(event, Problem):
            problems.append(event.text)
        if isinstance(event, Built):
            built.set()

    indexer = Indexer(root, on_event)
    try:
        if not built.wait(LIMIT_S):
            raise SystemExit(f"{root} was not indexed within {LIMIT_S:.0f} s: {problems}")
        yield indexer.folder
    finally:
        indexer.close()


def lookup_of(root: Path, folder: Path) -> Lookup:
    stored = StoredIndex(folder, print)
    return Lookup(IndexView(stored), workspace.resolver_of(root, stored))
