"""Whose turn it is between engines: where one completes, the edits of another wait.

Two engines on the same cores slow each other more than twice, since each waits at every layer for
its slowest thread. Within one engine the scheduler sees to it that a completion comes first; here
it is a lock on a file that all engines of the user share, which goes with a process that dies.
"""

import fcntl
import os
from pathlib import Path

WAIT_S = 0.01  # how often it is asked whether it is over


class Turns:
    """One engine's share in the lock. Used by the decode thread only."""

    def __init__(self, folder: Path) -> None:
        """Open the lock file in a folder that is private to the user."""
        self._file = os.open(folder / "completing", os.O_RDWR | os.O_CREAT, 0o600)
        self._is_completing = False

    def complete(self, is_completing: bool) -> None:
        """Take in whether this engine has a completion to answer."""
        if is_completing != self._is_completing:
            self._is_completing = is_completing
            # Nobody holds it alone for longer than `must_wait` takes.
            fcntl.flock(self._file, fcntl.LOCK_SH if is_completing else fcntl.LOCK_UN)

    def must_wait(self) -> bool:
        """Whether another engine has a completion to answer, and this one has none."""
        if self._is_completing:
            return False
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        fcntl.flock(self._file, fcntl.LOCK_UN)
        return False

    def close(self) -> None:
        """Let go."""
        os.close(self._file)
