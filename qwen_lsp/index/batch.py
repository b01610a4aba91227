"""Changed paths on their way to the index, whoever noticed them: the editor or a watch."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePath

from qwen_lsp.index.paths import RULE_FILES, TOOL_FOLDERS


@dataclass(frozen=True, slots=True)
class Batch:
    """What changed.

    Attributes:
        paths: of files and folders that were made, changed, moved or deleted, relative to the
            workspace folder, with forward slashes. A folder stands for all that is or was in it.
        everything: nobody knows what changed, or the rules did; the workspace has to be walked.
    """

    paths: frozenset[str] = frozenset()
    everything: bool = False


@dataclass(frozen=True, slots=True)
class Pace:
    """When changes become a batch. Times are in seconds.

    Attributes:
        quiet: after the last change; long enough for "save all" and a formatter behind it.
        latest: after the first change, so that a file that is written all the time, such as a log,
            does not keep the others waiting.
        burst: with more paths than this somebody is checking out or generating, and one batch of
            5,000 costs less than many of 500: `burst_latest` holds.
        burst_latest: after the first change.
        stale_lock: after the last change while git holds its lock. Git also holds it while the user
            writes a commit message, and leaves it behind when it dies.
        rescan: between walks of a folder that cannot be watched. One of 100,000 files takes most of
            a second.
    """

    quiet: float = 0.15
    latest: float = 1.0
    burst: int = 1_000
    burst_latest: float = 15.0
    stale_lock: float = 3.0
    rescan: float = 300.0


DEFAULT_PACE = Pace()


class Pending:
    """Changes that wait to become a batch. Times are seconds on any one clock."""

    def __init__(self, root: PurePath, pace: Pace) -> None:
        self._root = root
        self._pace = pace
        self._paths: set[str] = set()
        self._everything = False
        self._first: float | None = None
        self._last = 0.0

    def add(self, path: str, now: float) -> None:
        """Note that an absolute path changed; those that can matter to nobody are forgotten."""
        batch = batch_of(self._root, [path])
        if batch == Batch():
            return
        self._paths |= batch.paths
        self._everything |= batch.everything
        self._stamp(now)

    def add_everything(self, now: float) -> None:
        """Note that changes were lost."""
        self._everything = True
        self._stamp(now)

    def due_in(self, now: float, *, is_locked: bool) -> float | None:
        """Return after how many seconds to take the batch; None when there is nothing to take.

        Args:
            now: the time.
            is_locked: whether git is changing the work tree.
        """
        if self._first is None:
            return None
        if is_locked:
            # What git did last may still be on its way to us when it gives its lock back.
            self._first = now
            return self._last + self._pace.stale_lock - now
        is_burst = len(self._paths) > self._pace.burst
        latest = self._pace.burst_latest if is_burst else self._pace.latest
        return min(self._last + self._pace.quiet, self._first + latest) - now

    def take(self) -> Batch:
        """Return what is pending as a batch, and start anew."""
        batch = Batch(everything=True) if self._everything else Batch(frozenset(self._paths))
        self._paths, self._everything, self._first = set(), False, None
        return batch

    def _stamp(self, now: float) -> None:
        self._first = now if self._first is None else self._first
        self._last = now


def batch_of(root: PurePath, paths: Iterable[str]) -> Batch:
    """Make a batch of absolute paths; those outside of `root` or in tool folders are left out.

    That the rules let a path in is not asked here: whoever handles the batch has the rules.
    """
    changed = set()
    for path in paths:
        try:
            parts = PurePath(path).relative_to(root).parts
        except ValueError:
            continue
        if not parts or parts[-3:] == (".git", "info", "exclude"):
            return Batch(everything=True)
        if not TOOL_FOLDERS.isdisjoint(parts) or ".." in parts:
            continue
        if parts[-1] in RULE_FILES:
            return Batch(everything=True)
        changed.add("/".join(parts))
    return Batch(frozenset(changed))
