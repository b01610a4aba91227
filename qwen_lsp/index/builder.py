"""Brings the index of a workspace folder up to date: find files, parse what is new, write.

Runs in the index process, in one thread, and only in the process that holds the folder's lock.
Whatever goes wrong is a sentence for the user; the index stays as it was, and the next call tries
again.
"""

import shutil
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from qwen_lsp.index.children import function_named
from qwen_lsp.index.lanes import lanes_of, suffix_of
from qwen_lsp.index.lexical import FOLDER_NAME, ChunkWriter, LexicalError
from qwen_lsp.index.reading import GONE, UNCERTAIN, Find, Job, Reading
from qwen_lsp.index.store import Store, StoreDamaged, StoredFile, StoreError, set_aside
from qwen_lsp.index.workers import Task, Workers, WorkersUnusable

# What is parsed can be looked up this soon. Each time after takes twice as long: a flush writes the
# rows of common names again, and a commit leaves a segment of words behind for a merge.
_FLUSH_S = 1.0
_COMMIT_S = 4.0
_PROGRESS_S = 0.1


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a build is: files done, files to do in all, and the last one."""

    done: int
    total: int
    path: str


@dataclass(frozen=True, slots=True)
class Problem:
    """A sentence for the user."""

    text: str


@dataclass(frozen=True, slots=True)
class Built:
    """The index is up to date.

    Attributes:
        found: how many files there are to index.
        parsed: how many were parsed.
        removed: how many were forgotten.
        left_out: what was not even looked at, by reason.
        seconds: it took.
    """

    found: int
    parsed: int
    removed: int
    left_out: dict[str, int]
    seconds: float


@dataclass(frozen=True, slots=True)
class Waiting:
    """Another process keeps this index up to date; this one takes over when that is gone."""


Event = Progress | Problem | Built | Waiting


class _Every:
    """Says when it is time: after a while, and then each time after twice as long."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._next = time.monotonic() + seconds

    def is_due(self, now: float) -> bool:
        if now < self._next:
            return False
        self._seconds *= 2
        self._next = now + self._seconds
        return True


class Builder:
    """The index of one workspace folder while it is written."""

    def __init__(
        self,
        root: Path,
        folder: Path,
        workers: Workers,
        on_event: Callable[[Event], None],
    ) -> None:
        """Open nothing yet.

        Args:
            root: the workspace folder.
            folder: where the index is kept.
            workers: for `root`.
            on_event: is told how it goes.
        """
        self._root = root
        self._folder = folder
        self._find: Find = function_named(workers.methods.find)
        self._workers = workers
        self._version = workers.methods.version
        self._on_event = on_event
        self._open: tuple[Store, ChunkWriter] | None = None
        self._last_problem = ""

    def refresh(self, may_go_on: Callable[[], None] = lambda: None) -> None:
        """Compare everything with the workspace and do what is needed."""
        self._guarded(lambda: self._bring_up_to_date([""], may_go_on), may_go_on)

    def update(self, places: Sequence[str], may_go_on: Callable[[], None] = lambda: None) -> None:
        """Look at these files, and at everything in these folders."""
        self._guarded(lambda: self._bring_up_to_date(places, may_go_on), may_go_on)

    def rebuild(self, may_go_on: Callable[[], None] = lambda: None) -> None:
        """Throw the index away and make it anew: a reader found it damaged."""
        self._make_anew("The index of this workspace was damaged and is being made anew.")
        self.refresh(may_go_on)

    def close(self) -> None:
        """End the workers and close what is open."""
        self._abandon()

    def _guarded(self, work: Callable[[], None], may_go_on: Callable[[], None]) -> None:
        try:
            try:
                work()
            except StoreDamaged as damage:
                self._make_anew(f"{damage} It is being made anew.")
                self._bring_up_to_date([""], may_go_on)
        except (StoreError, LexicalError, WorkersUnusable) as error:
            self._abandon()
            if str(error) != self._last_problem:
                self._last_problem = str(error)
                self._on_event(Problem(str(error)))
        else:
            self._last_problem = ""

    def _bring_up_to_date(self, places: Sequence[str], may_go_on: Callable[[], None]) -> None:
        started = time.monotonic()
        store, words = self._opened()
        known: dict[str, StoredFile] = {}
        for place in places:
            known |= store.files_at(place)
        left_out: Counter[str] = Counter()
        self._check_root()
        found = {
            path: StoredFile(size, mtime_ns, self._version)
            for files in self._find(self._root, places, left_out)
            for path, size, mtime_ns in files
        }
        changed = [(path, seen) for path, seen in found.items() if known.get(path) != seen]
        # What somebody works on was changed last, and is there first.
        changed.sort(key=lambda one: one[1].mtime_ns, reverse=True)
        parsed = self._parse_changed(store, words, changed, may_go_on)
        vanished = known.keys() - found.keys()
        store.remove_files(vanished)
        self._commit(store, words)
        if places == [""]:
            store.tidy()
        self._workers.keep(1)
        self._on_event(
            Built(len(found), parsed, len(vanished), dict(left_out), time.monotonic() - started)
        )

    def _parse_changed(
        self,
        store: Store,
        words: ChunkWriter,
        changed: list[tuple[str, StoredFile]],
        may_go_on: Callable[[], None],
    ) -> int:
        sizes = {seen.size for _, seen in changed} if store.last_content else set()
        hashes = {size: store.hashes_of_size(size) for size in sizes}
        lanes = lanes_of([(path, seen.size) for path, seen in changed], self._workers.count)
        tasks = (
            Task(Job(path, hashes.get(seen.size, ())), seen, lanes.get(suffix_of(path)))
            for path, seen in changed
        )
        parsed = 0
        told = time.monotonic()
        flush, commit = _Every(_FLUSH_S), _Every(_COMMIT_S)
        for done, reading in enumerate(self._workers.read(tasks, may_go_on), 1):
            parsed += reading.facts is not None
            self._take(store, words, reading)
            now = time.monotonic()
            if commit.is_due(now):
                self._commit(store, words)
            elif flush.is_due(now) or store.wants_flush:
                words.remove(store.flush())
            if now - told > _PROGRESS_S or done == len(changed):
                self._on_event(Progress(done, len(changed), reading.path))
                told = now
        return parsed

    def _take(self, store: Store, words: ChunkWriter, reading: Reading) -> None:
        if reading.verdict == GONE:
            store.remove_files([reading.path])
            return
        # What could not be read may be readable next time, without its times having changed.
        seen = StoredFile(reading.size, reading.mtime_ns, self._version)
        if not reading.content:
            store.put_file(reading.path, seen, None, reading.verdict)
            return
        content = store.content_with(reading.content)
        if content is None and reading.facts is None:
            # Its last other file went while it was read: it has to be parsed after all.
            store.put_file(reading.path, seen._replace(mtime_ns=UNCERTAIN), None, GONE)
            return
        if content is None:
            assert reading.facts is not None
            content = store.add_content(reading.content, reading.size, reading.facts)
            words.add(content, reading.facts.chunks)
        store.put_file(reading.path, seen, content)

    def _check_root(self) -> None:
        """Refuse a folder that cannot be read: it is no empty one, nothing may be forgotten."""
        try:
            next(self._root.iterdir(), None)
        except OSError as error:
            reason = error.strerror
            raise StoreError(f"The folder {self._root} cannot be read ({reason}).") from error

    def _commit(self, store: Store, words: ChunkWriter) -> None:
        words.remove(store.flush())
        if words.is_dirty:
            words.commit()
            store.settle()

    def _opened(self) -> tuple[Store, ChunkWriter]:
        if self._open is None:
            store = Store(self._folder)
            words = ChunkWriter(self._folder)
            self._open = store, words
            if words.is_new and store.last_content:
                raise StoreDamaged("A part of the index of this workspace was missing or damaged.")
            words.remove_after(store.forget_unsettled())
        return self._open

    def _abandon(self) -> None:
        # What they still have to answer is of no use any more.
        self._workers.keep(0)
        if self._open is not None:
            store, words = self._open
            self._open = None
            store.close()
            words.close()

    def _make_anew(self, sentence: str) -> None:
        self._abandon()
        set_aside(self._folder)
        shutil.rmtree(self._folder / FOLDER_NAME, ignore_errors=True)
        self._on_event(Problem(sentence))
