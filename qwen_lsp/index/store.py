"""The index of one workspace folder on disk: the only file that knows SQLite.

One process writes (`Store`), any number read (`ReadOnly`). Everything in the database can be made
again from the workspace, so a database that is damaged, newer or not ours is moved aside.
"""

import hashlib
import os
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from qwen_lsp import locations
from qwen_lsp.errors import QwenLspError
from qwen_lsp.index.packing import PackedFacts, pack_ids, unpack_ids
from qwen_lsp.index.schema import MIGRATIONS

FILE_NAME = "facts.db"
APPLICATION_ID = 0x71776C73
HASH_BYTES = 16
BUSY_LIMIT_S = 5.0
# Rows go to disk when this many postings wait, about 20 MB of memory.
_WAITING_POSTINGS = 300_000
_CACHE_KB = 16 * 1024
_MOST_OF_ONE_SIZE = 64
# Postings of contents that are gone are harmless but cost room; cleaning them up reads every name.
_LEAST_FORGOTTEN = 1000


class StoreError(QwenLspError):
    """The index cannot be written or read now; it may work later."""


class StoreDamaged(StoreError):
    """What is in the database makes no sense."""


class StoredFile(NamedTuple):
    """What was last seen of a file: bytes, modification time in ns, and what parsed it."""

    size: int
    mtime_ns: int
    parser: str


_FULL = "the disk is full or cannot be written"


def folder_of(root: Path) -> Path:
    """Return the folder, private to the user, that holds the index of a workspace folder."""
    name = hashlib.blake2b(os.fsencode(os.path.realpath(root)), digest_size=HASH_BYTES).hexdigest()
    folder = locations.cache_dir() / "index" / name
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


class Store:
    """The writing end. Belongs to one thread of the one process that holds the folder's lock.

    Everything between two calls of `flush` is one transaction.
    """

    def __init__(self, folder: Path, busy_limit_s: float = BUSY_LIMIT_S) -> None:
        """Open the database, bringing its tables up to date.

        Args:
            folder: of `folder_of`.
            busy_limit_s: how long to wait for another program that has locked it.

        Raises:
            StoreDamaged: it is damaged, of a newer version, or not ours.
            StoreError: it is locked, or the disk is full.
        """
        self._path = folder / FILE_NAME
        with _translated(self._path):
            self._connection = _connect(self._path, busy_limit_s)
            self._connection.execute(f"PRAGMA cache_size = -{_CACHE_KB}")
            row = self._connection.execute("SELECT max(id) FROM contents").fetchone()
        self._last: int = row[0] or 0
        # Of each name, what is appended to its list.
        self._definitions: defaultdict[str, bytearray] = defaultdict(bytearray)
        self._uses: defaultdict[str, bytearray] = defaultdict(bytearray)
        self._waiting = 0
        self._loose: set[int] = set()

    @property
    def wants_flush(self) -> bool:
        """Whether much is waiting to be written."""
        return self._waiting > _WAITING_POSTINGS

    @property
    def last_content(self) -> int:
        """The highest number of a content."""
        return self._last

    def files_at(self, place: str) -> dict[str, StoredFile]:
        """Return what is known at a path: that file, or all in that folder; "" is everything.

        Files that are not indexed are among them.
        """
        query = "SELECT path, size, mtime_ns, parser FROM files"
        where = " WHERE path = ? OR path > ? AND path < ?" if place else ""
        # "0" comes after "/".
        values = (place, f"{place}/", f"{place}0") if place else ()
        with _translated(self._path):
            rows = self._connection.execute(query + where, values)
            return {path: StoredFile(*rest) for path, *rest in rows}

    def hashes_of_size(self, size: int) -> tuple[bytes, ...]:
        """Return contents that a file of this size may turn out to have."""
        # Generated files come in thousands of one size; to parse some again is not that bad.
        query = f"SELECT hash FROM contents WHERE size = ? LIMIT {_MOST_OF_ONE_SIZE}"  # noqa: S608
        with _translated(self._path):
            rows = self._connection.execute(query, (size,))
            return tuple([content_hash for (content_hash,) in rows])

    def content_with(self, content_hash: bytes) -> int | None:
        """Return the number of a content that is stored."""
        with _translated(self._path):
            row = self._connection.execute(
                "SELECT id FROM contents WHERE hash = ?", (content_hash,)
            ).fetchone()
        return row[0] if row else None

    def add_content(self, content_hash: bytes, size: int, facts: PackedFacts) -> int:
        """Store the facts of a text of so many bytes and return their number."""
        number = self._last + 1
        symbols = [(number, place, *row) for place, row in enumerate(facts.symbols)]
        with self._writing() as connection:
            connection.execute(
                "INSERT INTO contents VALUES (?,?,?,?,?,?,?,?,?,?)",
                (
                    *(number, content_hash, size, facts.language, facts.lines, facts.is_broken),
                    *(len(symbols), facts.references, facts.imports, facts.uses),
                ),
            )
            connection.executemany(
                "INSERT INTO symbols VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)", symbols
            )
        self._last = number
        self._post(number, {str(row[0]) for row in facts.symbols}.union(facts.owners), facts.used)
        return number

    def put_file(self, path: str, seen: StoredFile, content: int | None, verdict: str = "") -> None:
        """Store what a file is; without a content, `verdict` says why."""
        with self._writing() as connection:
            self._loosen(connection, path)
            connection.execute(
                "REPLACE INTO files VALUES (?,?,?,?,?,?)", (path, *seen, verdict, content)
            )

    def remove_files(self, paths: Iterable[str]) -> None:
        """Forget files."""
        with self._writing() as connection:
            for path in paths:
                self._loosen(connection, path)
                connection.execute("DELETE FROM files WHERE path = ?", (path,))

    def flush(self) -> list[int]:
        """Write everything that waits and return the contents that no file has any more."""
        definitions, uses = self._definitions, self._uses
        with self._writing() as connection:
            connection.executemany(
                "INSERT INTO names VALUES (?,?,?) ON CONFLICT (name) DO UPDATE SET "
                "definitions = CAST(definitions || excluded.definitions AS BLOB), "
                "uses = CAST(uses || excluded.uses AS BLOB)",
                [
                    (name, definitions.get(name, b""), uses.get(name, b""))
                    for name in sorted(definitions.keys() | uses.keys())
                ],
            )
            gone = [number for number in sorted(self._loose) if _is_loose(connection, number)]
            _remove_contents(connection, gone)
            connection.execute("COMMIT")
        self._definitions.clear()
        self._uses.clear()
        self._loose.clear()
        self._waiting = 0
        return gone

    def settle(self) -> None:
        """Note that the words of every content are on disk."""
        with self._writing() as connection:
            connection.execute("UPDATE numbers SET value = ? WHERE name = 'settled'", (self._last,))
            connection.execute("COMMIT")

    def forget_unsettled(self) -> int:
        """Forget contents whose words may not be on disk; return the highest that is kept.

        To be called before anything is added: numbers up to that one are not given out again.
        The files are parsed again when the workspace is next looked at.
        """
        with self._writing() as connection:
            settled = _number(connection, "settled")
            numbers = connection.execute("SELECT id FROM contents WHERE id > ?", (settled,))
            gone = [number for (number,) in numbers.fetchall()]
            connection.execute("DELETE FROM files WHERE content > ?", (settled,))
            _remove_contents(connection, gone)
            connection.execute("COMMIT")
        self._last = settled
        return settled

    def tidy(self) -> None:
        """Give back room: postings of contents that are gone, and the log of what was written."""
        with self._writing() as connection:
            forgotten = _number(connection, "forgotten")
            row = connection.execute("SELECT count(*) FROM contents").fetchone()
            if forgotten > max(_LEAST_FORGOTTEN, row[0] // 2):
                _clean_postings(connection)
            connection.execute("COMMIT")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close; what was not flushed is lost."""
        self._connection.close()

    def _post(self, number: int, defined: Iterable[str], used: str) -> None:
        packed = pack_ids([number])
        for name in defined:
            self._definitions[name] += packed
        names = used.split("\n") if used else ()
        for name in names:
            self._uses[name] += packed
        self._waiting += len(names)

    def _loosen(self, connection: sqlite3.Connection, path: str) -> None:
        row = connection.execute("SELECT content FROM files WHERE path = ?", (path,)).fetchone()
        if row and row[0] is not None:
            self._loose.add(row[0])

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with _translated(self._path):
            if not self._connection.in_transaction:
                self._connection.execute("BEGIN IMMEDIATE")
            yield self._connection


class ReadOnly:
    """The reading end: always at the last state that was written, also by another process.

    There may be no database yet, and it may be replaced at any time; both look like an empty one.
    Belongs to one thread at a time.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME
        self._connection: sqlite3.Connection | None = None
        self._inode = 0

    def rows(self, query: str, values: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a query.

        Raises:
            StoreDamaged: the database makes no sense; the writer has to make it anew.
            StoreError: it is locked, or cannot be read now.
        """
        with _translated(self._path):
            connection = self._current()
            try:
                return connection.execute(query, tuple(values)).fetchall() if connection else []
            except UnicodeEncodeError:
                # A text with half a character in it, which is nobody's name.
                return []

    def state(self) -> tuple[Any, ...]:
        """Return what changes whenever the database does; what was read before holds until then."""
        return (*self.rows("PRAGMA data_version"), self._inode)

    def close(self) -> None:
        """Close; the next query opens it again."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _current(self) -> sqlite3.Connection | None:
        try:
            inode = self._path.stat().st_ino
        except FileNotFoundError:
            self.close()
            return None
        if self._connection is not None and inode == self._inode:
            return self._connection
        self.close()
        address = f"{self._path.absolute().as_uri()}?mode=rw"
        connection = sqlite3.connect(
            address, BUSY_LIMIT_S, isolation_level=None, check_same_thread=False, uri=True
        )
        connection.execute("PRAGMA query_only = ON")
        if connection.execute("PRAGMA user_version").fetchone()[0] != len(MIGRATIONS):
            # Its writer has not made the tables yet, or is another version of us.
            connection.close()
            return None
        self._connection, self._inode = connection, inode
        return connection


def set_aside(folder: Path) -> None:
    """Move a database out of the way; the one that was there before goes."""
    path = folder / FILE_NAME
    with suppress(FileNotFoundError):
        path.replace(path.with_suffix(".damaged"))
    for ending in ("-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)


def _connect(path: Path, busy_limit_s: float) -> sqlite3.Connection:
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    # A writer that comes to its end leaves no log, or an empty one if somebody still reads.
    log = path.with_name(path.name + "-wal")
    was_cut_short = log.exists() and log.stat().st_size > 0
    connection = sqlite3.connect(path, timeout=busy_limit_s, isolation_level=None)
    try:
        _check(connection, path, thoroughly=was_cut_short)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        taken = connection.execute("PRAGMA user_version").fetchone()[0]
        for number, step in enumerate(MIGRATIONS[taken:], taken + 1):
            connection.executescript(
                f"BEGIN IMMEDIATE; {step} PRAGMA user_version = {number}; COMMIT;"
            )
    except BaseException:
        connection.close()
        raise
    return connection


def _check(connection: sqlite3.Connection, path: Path, *, thoroughly: bool) -> None:
    owner = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if not tables and not version and owner in {0, APPLICATION_ID}:
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    elif owner != APPLICATION_ID:
        raise StoreDamaged(f"{path} is not an index of qwen-lsp.")
    elif version > len(MIGRATIONS):
        raise StoreDamaged(f"{path} was written by a newer qwen-lsp.")
    if thoroughly and connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
        raise StoreDamaged(f"{path} is damaged.")


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into sentences."""
    try:
        yield
    except (sqlite3.IntegrityError, sqlite3.ProgrammingError):
        # A bug of ours; its traceback says more than a sentence.
        raise
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        if code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR}:
            raise StoreDamaged(f"The index {path} is damaged ({error}).") from error
        if code in {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}:
            raise StoreError(f"The index cannot be written: {_FULL} ({error}).") from error
        if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            raise StoreError(f"The index {path} is locked by another program.") from error
        raise StoreError(f"The index {path} cannot be opened ({error}).") from error


def _number(connection: sqlite3.Connection, name: str) -> int:
    row = connection.execute("SELECT value FROM numbers WHERE name = ?", (name,)).fetchone()
    return int(row[0])


def _is_loose(connection: sqlite3.Connection, number: int) -> bool:
    query = "SELECT 1 FROM files WHERE content = ? LIMIT 1"
    return connection.execute(query, (number,)).fetchone() is None


def _remove_contents(connection: sqlite3.Connection, numbers: list[int]) -> None:
    values = [(number,) for number in numbers]
    connection.executemany("DELETE FROM symbols WHERE content = ?", values)
    connection.executemany("DELETE FROM contents WHERE id = ?", values)
    connection.execute(
        "UPDATE numbers SET value = value + ? WHERE name = 'forgotten'", (len(numbers),)
    )


def _clean_postings(connection: sqlite3.Connection) -> None:
    """Take contents that are gone out of every name's lists."""
    alive = {number for (number,) in connection.execute("SELECT id FROM contents")}
    kept: list[tuple[bytes, bytes, str]] = []
    empty: list[tuple[str]] = []
    for name, *lists in connection.execute("SELECT name, definitions, uses FROM names"):
        cleaned = [
            pack_ids(dict.fromkeys(filter(alive.__contains__, unpack_ids(packed))))
            for packed in lists
        ]
        if not any(cleaned):
            empty.append((name,))
        elif cleaned != lists:
            kept.append((cleaned[0], cleaned[1], name))
    connection.executemany("UPDATE names SET definitions = ?, uses = ? WHERE name = ?", kept)
    connection.executemany("DELETE FROM names WHERE name = ?", empty)
    connection.execute("UPDATE numbers SET value = 0 WHERE name = 'forgotten'")
