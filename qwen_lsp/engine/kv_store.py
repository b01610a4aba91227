"""Trunks on disk, so that the first completion after a restart costs no prefill.

One file per trunk: a JSON line that says for which model, build, format of the cache and token ids
it is and what its state's checksum is, then the state as llama.cpp gives it. Files are private
(0600), appear at once or not at all, and the oldest go when the folder grows over its limit. A file
that is damaged or was written for another model or build is removed when it is met; only time is
lost.
"""

import contextlib
import hashlib
import json
import logging
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from qwen_lsp.engine.llama import BUILD, Tokens

log = logging.getLogger(__name__)

LIMIT = 2 * 1024**3  # bytes of all files
LARGEST_HEADER = 4 * 1024 * 1024  # bytes: 262,144 token ids as text


@dataclass(frozen=True, slots=True)
class Stored:
    """A trunk on disk."""

    path: Path
    tokens: Tokens


class KvStore:
    """The saved trunks of one model and format of the cache; used by the decode thread only.

    `cache_format` is "" for the usual one; a state is of no use in another. With an adapter a model
    is another model, and each keeps its own trunks.
    """

    def __init__(
        self,
        folder: Path,
        model: Path,
        cache_format: str = "",
        limit: int = LIMIT,
        *,
        adapter: Path | None = None,
    ) -> None:
        files = [model] if adapter is None else [model, adapter]
        names = "+".join(one.name for one in files)
        stats = [one.stat() for one in files]
        versions = " ".join(f"{stat.st_size} {stat.st_mtime_ns}" for stat in stats)
        self._folder = folder
        self.limit = limit
        self._model = f"{names} {versions} {cache_format}".rstrip()
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._stored = [one for path in folder.glob("*.kv") if (one := self._read_header(path))]

    @property
    def trunks(self) -> tuple[Stored, ...]:
        """All that can be loaded."""
        return tuple(self._stored)

    def load(self, stored: Stored) -> bytes | None:
        """Return a trunk's state, None if the file is damaged; then it is gone."""
        try:
            with stored.path.open("rb") as file:
                header = json.loads(file.readline(LARGEST_HEADER))
                state = file.read()
            os.utime(stored.path)  # the least recently used file goes first
        except (OSError, ValueError):
            self._drop(stored)
            return None
        if _checksum(state) != header.get("checksum"):
            log.warning("%s is damaged and was removed", stored.path.name)
            self._drop(stored)
            return None
        return state

    def save(self, tokens: Tokens, state: bytes) -> None:
        """Write a trunk and remove those that are beginnings of it.

        A full disk is only logged: nothing depends on the file.
        """
        header = {
            "build": BUILD,
            "model": self._model,
            "checksum": _checksum(state),
            "tokens": tokens.tolist(),
        }
        name = hashlib.blake2b(json.dumps(header).encode(), digest_size=12).hexdigest()
        path = self._folder / f"{name}.kv"
        temporary = path.with_suffix(f".{os.getpid()}")
        try:
            handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(json.dumps(header).encode() + b"\n")
                file.write(state)
            temporary.replace(path)
        except OSError as error:
            log.warning("A trunk could not be saved: %s", error)
            with contextlib.suppress(OSError):
                temporary.unlink()
            return
        for one in self.trunks:
            if len(one.tokens) <= len(tokens) and np.array_equal(
                one.tokens, tokens[: len(one.tokens)]
            ):
                self._drop(one, keep=path)
        self._stored.append(Stored(path, tokens))
        self._trim()

    def _read_header(self, path: Path) -> Stored | None:
        try:
            with path.open("rb") as file:
                header = json.loads(file.readline(LARGEST_HEADER))
            if header["build"] == BUILD and header["model"] == self._model:
                return Stored(path, np.array(header["tokens"], np.int32))
            is_ours = header["model"].split(" ")[0] == self._model.split(" ")[0]
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            is_ours = True
        if is_ours:  # damaged, or of an older build or file; other models keep theirs
            path.unlink(missing_ok=True)
        return None

    def _drop(self, stored: Stored, keep: Path | None = None) -> None:
        self._stored = [one for one in self._stored if one.path != stored.path]
        if stored.path != keep:
            stored.path.unlink(missing_ok=True)

    def _trim(self) -> None:
        sizes = []
        for path in self._folder.glob("*.kv"):
            with contextlib.suppress(OSError):
                sizes.append((path.stat().st_mtime_ns, path.stat().st_size, path))
        total = sum(size for _time, size, _path in sizes)
        for _time, size, path in sorted(sizes):
            if total <= self.limit:
                return
            total -= size
            self._drop(Stored(path, np.empty(0, np.int32)))


def _checksum(state: bytes) -> str:
    return hashlib.blake2b(state, digest_size=16).hexdigest()
