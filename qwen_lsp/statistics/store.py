"""The file of the statistics: lines of JSON in the user's state folder, appended by every window.

Only this file reads or writes it. All of it happens under a lock, for a line may be written while
another window makes the file shorter. Its size is bounded: the oldest days go first.
"""

import os
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path

from qwen_lsp import locations
from qwen_lsp.statistics.counts import Rows, added, lines_of, read_line

MOST_BYTES = 1_000_000  # about three years of two languages a day
# Read of a file that is not ours any more, so that a foreign one costs no memory.
MOST_READ = 4 * MOST_BYTES


@dataclass(frozen=True, slots=True)
class Stored:
    """What a file holds: counts, and how many of its lines could not be read."""

    rows: Rows
    unreadable: int


class Store:
    """The statistics of one file. Its methods wait for the disk and raise OSError."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def add(self, rows: Rows) -> None:
        """Append counts; nothing of them is written if not all of them can be.

        Raises:
            OSError: the disk is full, or the file is not one that can be written.
        """
        data = "".join(f"{line}\n" for line in lines_of(rows)).encode()
        with self._locked():
            size = self._append(data)
            if size > MOST_BYTES:
                self._shorten()

    def read(self) -> Stored:
        """Return everything that was counted; a file that is not there is empty.

        Raises:
            OSError: the file cannot be read.
        """
        with self._locked():
            return self._read()

    def delete(self) -> None:
        """Remove the file.

        Raises:
            OSError: it cannot be removed.
        """
        with self._locked():
            self.path.unlink(missing_ok=True)

    def _locked(self) -> AbstractContextManager[None]:
        return locations.locked(self.path.with_suffix(".lock"))

    def _append(self, data: bytes) -> int:
        """Append to the file and return its size."""
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW
        descriptor = os.open(self.path, flags, 0o600)
        try:
            os.fchmod(descriptor, 0o600)
            size = os.fstat(descriptor).st_size
            # Half a line, which a crash may have left, must not spoil the next one.
            if size and os.pread(descriptor, 1, size - 1) != b"\n":
                data = b"\n" + data
            try:
                written = os.write(descriptor, data)
                if written < len(data):
                    written += os.write(descriptor, data[written:])
            except OSError:
                os.ftruncate(descriptor, size)
                raise
            return size + written
        finally:
            os.close(descriptor)

    def _read(self) -> Stored:
        try:
            with self.path.open("rb") as file:
                file.seek(max(file.seek(0, os.SEEK_END) - MOST_READ, 0))
                text = file.read(MOST_READ).decode(errors="replace")
        except FileNotFoundError:
            return Stored({}, 0)
        read = [read_line(line) for line in text.splitlines() if line.strip()]
        return Stored(added(one for one in read if one is not None), read.count(None))

    def _shorten(self) -> None:
        """Write the file anew: equal keys added up, and then the oldest left out."""
        rows = self._read().rows
        lines = lines_of(rows)
        while lines and sum(map(len, lines)) > MOST_BYTES // 2:
            lines = lines[len(lines) // 4 + 1 :]
        temporary = self.path.with_suffix(".new")
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.writelines(f"{line}\n" for line in lines)
            temporary.replace(self.path)
        finally:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)


def default_store() -> Store:
    """Return the user's statistics."""
    return Store(locations.statistics_file())
