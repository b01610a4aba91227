"""A workspace that is indexed with the stand-in parser."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from qwen_lsp.index.builder import Builder, Built, Event, Problem
from qwen_lsp.index.reading import Methods
from qwen_lsp.index.store import StoreError
from qwen_lsp.index.stored import StoredIndex
from qwen_lsp.index.view import IndexView
from qwen_lsp.index.workers import Workers
from tests.unit.index.stand_in import METHODS, OLD_NS


@dataclass
class Workspace:
    """A folder with files, and its index."""

    root: Path
    folder: Path
    methods: Methods = METHODS
    limit_s: float = 0.3
    events: list[Event] = field(default_factory=list)
    errors: list[StoreError] = field(default_factory=list)

    def __post_init__(self):
        self.root.mkdir()
        self.folder.mkdir()
        self.builder = self.new_builder()
        self.view = IndexView(StoredIndex(self.folder, self.errors.append))

    def new_builder(self, **changes) -> Builder:
        workers = Workers(self.root, changes.get("methods", self.methods), 1, self.limit_s)
        return Builder(self.root, self.folder, workers, self.events.append)

    def write(self, path: str, text: str) -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        # As if it had been there for a while: what just changed is looked at twice.
        os.utime(file, ns=(OLD_NS, OLD_NS))
        return file

    def refresh(self) -> Built | None:
        return self._done(self.builder.refresh)

    def update(self, *places: str) -> Built | None:
        return self._done(lambda: self.builder.update(places))

    def names(self) -> set[str]:
        return {symbol.name for path in self.view.paths() for symbol in self.view.symbols(path)}

    def problems(self) -> list[str]:
        return [event.text for event in self.events if isinstance(event, Problem)]

    def close(self):
        self.builder.close()
        self.view.stored.close()

    def _done(self, work) -> Built | None:
        self.events.clear()
        work()
        return next((event for event in self.events if isinstance(event, Built)), None)
