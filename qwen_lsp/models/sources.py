"""What every source of a model file needs: a part file that grows, and a way to give up.

A source that cannot deliver raises `SourceFailed`, and the next one is tried. What no other source
could do better (a full disk) is a `ModelError` or an `OSError` and ends the pull.
"""

import hashlib
import os
import shutil
from pathlib import Path
from typing import Self

from qwen_lsp.errors import ModelError
from qwen_lsp.models.catalogue import Model
from qwen_lsp.models.store import BLOCK, Progress


class SourceFailed(Exception):
    """This source cannot deliver the file; the text is a short reason without a full stop."""


class PartFile:
    """An unfinished model file and the running SHA-256 of its content."""

    def __init__(self, path: Path, model: Model, progress: Progress) -> None:
        self.path = path
        self.size = 0
        self.model = model
        self._progress = progress
        self._digest = hashlib.sha256()
        self._file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    @property
    def missing(self) -> int:
        """How many bytes are still to come."""
        return self.model.bytes - self.size

    def write(self, block: bytes, what: str) -> None:
        """Append a block.

        Raises:
            SourceFailed: the source has sent more than the model's length.
        """
        if len(block) > self.missing:
            self.restart()
            raise SourceFailed(f"it sent more than the {self.model.bytes:,} bytes of the model")
        self._file.write(block)
        self._digest.update(block)
        self.size += len(block)
        self._progress(self.size, self.model.bytes, what)

    def resume(self, keep: int | None = None) -> None:
        """Go on after the first `keep` bytes of what an earlier pull left, by default all."""
        present = os.fstat(self._file.fileno()).st_size
        keep = present if keep is None else keep
        # A file of another length than we know of was not left by us: it is of no use.
        self._keep(keep if keep <= min(present, self.model.bytes) else 0)

    def restart(self) -> None:
        """Forget everything received so far."""
        self._keep(0)

    def show(self, what: str) -> None:
        """Report what is going on while no bytes arrive."""
        self._progress(self.size, self.model.bytes, what)

    def require_space(self, extra: int = 0) -> None:
        """Refuse to begin what cannot fit: the bytes still missing, and `extra` for a while.

        Raises:
            ModelError: with how much is needed, how much is free, and where.
        """
        folder = self.path.parent
        needed = self.missing + extra
        free = shutil.disk_usage(folder).free
        if needed > free:
            raise ModelError(
                f"{self.model.name} needs {needed / 1e6:,.0f} MB in {folder}, where only "
                f"{free / 1e6:,.0f} MB are free: make room, or set XDG_DATA_HOME to a folder on a "
                "larger disk."
            )

    def sync(self) -> None:
        """Make sure that what was written outlives a crash."""
        self._file.flush()
        os.fsync(self._file.fileno())

    def is_right(self) -> bool:
        """Say whether this is exactly the catalogue's file, as far as that is known of it."""
        known = self.model.sha256
        return self.missing == 0 and known in {None, self._digest.hexdigest()}

    def _keep(self, size: int) -> None:
        self._file.seek(0)
        self._digest = hashlib.sha256()
        self.size = 0
        while self.size < size and (block := self._file.read(min(BLOCK, size - self.size))):
            self._digest.update(block)
            self.size += len(block)
            self.show("checking what is already here")
        self._file.seek(self.size)
        self._file.truncate()
