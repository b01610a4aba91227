"""Noticing changes on disk, for editors that do not tell; the only file that imports watchdog.

Watchdog's threads only put paths down. One thread of our own starts the watching, since a big tree
takes a second, makes the batches and hands them on.
"""

import logging
import os
import threading
import warnings
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from time import monotonic

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver

from qwen_lsp.index.batch import DEFAULT_PACE, Batch, Pace, Pending
from qwen_lsp.index.git_settings import git_folder, read_small

# Without a filter watchdog's own reading of folders makes events, on a big tree no end of them.
_EVENTS: list[type[FileSystemEvent]] = [
    FileModifiedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileMovedEvent,
    FileClosedEvent,
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
]
_LIMIT_FILE = Path("/proc/sys/fs/inotify/max_user_watches")
# The limit is the user's, and the editor watches as well.
_OUR_SHARE = 0.75
_LOCK_POLL_S = 0.1


class Watch:
    """Reports what changes below a folder.

    The first batch comes when watching has begun and says `everything`: a walk that starts with it
    misses nothing. If the folder cannot be watched, such a batch comes every few minutes.

    Args:
        folder: with all that is below it.
        on_batch: called in a thread of the watch, one batch at a time. It must not close the watch.
        on_problem: gets a sentence for the user, from the same thread, if changes will be late.
        pace: when changes become a batch.
        most_folders: how many can be watched; None asks the system.
    """

    def __init__(
        self,
        folder: Path,
        on_batch: Callable[[Batch], None],
        on_problem: Callable[[str], None],
        *,
        pace: Pace = DEFAULT_PACE,
        most_folders: int | None = None,
    ) -> None:
        self._folder = folder
        self._on_batch, self._on_problem = on_batch, on_problem
        self._most_folders = _most_folders() if most_folders is None else most_folders
        self._pace = pace
        self._changed = threading.Condition()
        self._pending = Pending(folder, pace)
        self._locks = _locks(folder)
        self._is_closing = False
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop; when it returns, no batch comes any more. A batch under way is waited for."""
        with self._changed:
            self._is_closing = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        lost = _LostEvents(self._note_lost)
        logger = logging.getLogger("watchdog")
        logger.addHandler(lost)
        observer = self._start()
        try:
            self._on_batch(Batch(everything=True))
            while batch := self._next(is_watching=observer is not None):
                self._on_batch(batch)
        finally:
            logger.removeHandler(lost)
            if observer:
                observer.stop()
                observer.join()

    def _start(self) -> BaseObserver | None:
        """Begin to watch; None when that is not possible."""
        if self._most_folders and _has_more_folders(self._folder, self._most_folders):
            # Watchdog would leave the rest out without a word.
            self._report(f"it has more than {self._most_folders} folders")
            return None
        # Harmless, and each one names every folder that is watched.
        warnings.filterwarnings("ignore", "Callback with id", RuntimeWarning)
        try:
            with ExitStack() as on_error:
                observer = Observer()
                on_error.callback(observer.stop)
                observer.schedule(
                    _Handler(self._note), str(self._folder), recursive=True, event_filter=_EVENTS
                )
                observer.start()
                on_error.pop_all()
        except OSError as error:
            self._report(str(error))
            return None
        return observer

    def _report(self, problem: str) -> None:
        self._on_problem(
            f"{self._folder} cannot be watched: {problem}. Changes made outside of the editor are "
            f"found every {self._pace.rescan / 60:.0f} minutes. To have them found at once, allow "
            "more: `sudo sysctl fs.inotify.max_user_watches=1048576 "
            "fs.inotify.max_user_instances=1024`."
        )

    def _next(self, *, is_watching: bool) -> Batch | None:
        """Wait for the next batch; None when the watch is to be closed."""
        with self._changed:
            if not is_watching:
                self._changed.wait_for(lambda: self._is_closing, self._pace.rescan)
                return None if self._is_closing else Batch(everything=True)
            while not self._is_closing:
                is_locked = any(map(os.path.lexists, self._locks))
                due = self._pending.due_in(monotonic(), is_locked=is_locked)
                if due is not None and due <= 0:
                    return self._pending.take()
                # That git gives its lock back may be nothing that we are told.
                self._changed.wait(min(due, _LOCK_POLL_S) if due and is_locked else due)
        return None

    def _note(self, paths: list[str]) -> None:
        now = monotonic()
        with self._changed:
            for path in paths:
                if path.endswith("/.git/index.lock"):
                    self._locks.add(path)
                self._pending.add(path, now)
            self._changed.notify()

    def _note_lost(self) -> None:
        with self._changed:
            self._pending.add_everything(monotonic())
            self._changed.notify()


class _Handler(FileSystemEventHandler):
    """Passes on the paths of every event."""

    def __init__(self, note: Callable[[list[str]], None]) -> None:
        self._note = note

    def dispatch(self, event: FileSystemEvent) -> None:
        self._note([os.fsdecode(path) for path in (event.src_path, event.dest_path) if path])


class _LostEvents(logging.Handler):
    """Hears watchdog say that events were lost: it tells nobody but its logger."""

    def __init__(self, note: Callable[[], None]) -> None:
        super().__init__(logging.WARNING)
        self._note = note

    def emit(self, record: logging.LogRecord) -> None:
        del record
        self._note()


def _most_folders() -> int | None:
    """Return how many folders the system lets us watch; None if it does not say."""
    limit = (read_small(_LIMIT_FILE) or "").strip()
    return int(int(limit) * _OUR_SHARE) if limit.isdecimal() else None


def _has_more_folders(top: Path, most: int) -> bool:
    count = sum(1 for _ in zip(os.walk(top), range(most + 1), strict=False))
    return count > most


def _locks(folder: Path) -> set[str]:
    """Return the lock files of the repository that the folder is in."""
    git_folders = map(git_folder, (folder, *folder.parents))
    return {str(git / "index.lock") for git in [next(filter(None, git_folders), None)] if git}
