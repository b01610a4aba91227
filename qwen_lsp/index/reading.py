"""Reads one file for the index: what it is, and if it is new, its facts. Runs in a worker."""

import os
import stat
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path, PurePath
from typing import NamedTuple

from qwen_lsp.index.children import function_named
from qwen_lsp.index.facts import FileFacts
from qwen_lsp.index.packing import Chunk, PackedFacts, pack
from qwen_lsp.index.paths import reason_of

# Of a file that may change within the resolution of its times. It is looked at again next time.
UNCERTAIN = -1
_HASH_BYTES = 16
# Times of files are as fine as the kernel's clock ticks, 1 to 10 ms; of some file systems 2 s, but
# those are not where people keep their sources.
_UNCERTAIN_NS = 50_000_000
# What a file begins with is enough to know its language; licences can be long.
_HEAD_BYTES = 8192

# Path, size in bytes, modification time in ns.
Found = tuple[str, int, int]
# From the workspace folder and places in it ("" is all of it) to the indexed files there, some at a
# time. Counts what it leaves out, by reason.
Find = Callable[[Path, Sequence[str], Counter[str]], Iterator[Iterable[Found]]]
LanguageOf = Callable[[PurePath, bytes], str | None]
Parse = Callable[[str, str, bytes], tuple[FileFacts, Iterable[Chunk]] | str]


@dataclass(frozen=True, slots=True)
class Methods:
    """How files are read, as names of functions: they are called in other processes.

    Attributes:
        find: `Find`.
        language_of: `LanguageOf`; None if no parser knows the file.
        parse: `Parse`, from a path, a language and a source to facts and pieces of code, or to the
            reason why the file is not indexed.
        version: changes whenever one of them would answer differently.
    """

    find: str
    language_of: str
    parse: str
    version: str


class Job(NamedTuple):
    """A file to read, relative to the workspace, and the contents of its size that are stored."""

    path: str
    known: tuple[bytes, ...]


class Reading(NamedTuple):
    """What became of a job.

    Attributes:
        path: of the job.
        size: in bytes.
        mtime_ns: `UNCERTAIN` if it says nothing.
        verdict: why the file is not indexed; "" if it is.
        content: hash of its text, language and parser; b"" if it is not indexed.
        facts: None if it is not indexed, or if its content is stored already.
    """

    path: str
    size: int = 0
    mtime_ns: int = UNCERTAIN
    verdict: str = ""
    content: bytes = b""
    facts: PackedFacts | None = None


GONE = "gone"
NO_LANGUAGE = "no language"


class Reader:
    """Reads files of one workspace folder."""

    def __init__(self, root: Path, methods: Methods) -> None:
        self._root = root
        self._language_of: LanguageOf = function_named(methods.language_of)
        self._parse: Parse = function_named(methods.parse)
        self._version = methods.version

    def read(self, job: Job) -> Reading:
        """Read a file; whatever is wrong with it is its verdict."""
        try:
            source, size, mtime_ns = _contents(self._root / job.path)
        except OSError as error:
            return Reading(job.path, verdict=reason_of(error))
        try:
            return self._reading(job, source, size, mtime_ns)
        except Exception:  # noqa: BLE001 — the border of one file: a bug costs no other
            return Reading(job.path, size, mtime_ns, "failed")

    def _reading(self, job: Job, source: bytes, size: int, mtime_ns: int) -> Reading:
        language = self._language_of(PurePath(job.path), source[:_HEAD_BYTES])
        if language is None:
            return Reading(job.path, size, mtime_ns, NO_LANGUAGE)
        content = blake2b(f"{self._version}\0{language}\0".encode(), digest_size=_HASH_BYTES)
        content.update(source)
        digest = content.digest()
        if digest in job.known:
            return Reading(job.path, size, mtime_ns, content=digest)
        parsed = self._parse(job.path, language, source)
        if isinstance(parsed, str):
            return Reading(job.path, size, mtime_ns, parsed)
        return Reading(job.path, size, mtime_ns, "", digest, pack(*parsed))


def _contents(path: Path) -> tuple[bytes, int, int]:
    # A pipe that took the file's place must not stop us; it is no regular file.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        before = os.fstat(descriptor)
        if not stat.S_ISREG(before.st_mode):
            raise OSError
        source = _all_of(descriptor, before.st_size)
        after = os.fstat(descriptor)
    finally:
        os.close(descriptor)
    is_settled = (
        (before.st_size, before.st_mtime_ns) == (len(source), after.st_mtime_ns)
        and after.st_size == len(source)
        and time.time_ns() - after.st_mtime_ns > _UNCERTAIN_NS
    )
    return source, len(source), after.st_mtime_ns if is_settled else UNCERTAIN


def _all_of(descriptor: int, size: int) -> bytes:
    # One byte more than there should be, so that mostly one call says that this is all.
    source = os.read(descriptor, size + 1)
    while len(source) > size and (more := os.read(descriptor, len(source))):
        source += more
    return source
