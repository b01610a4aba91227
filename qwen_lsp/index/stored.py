"""Questions to the index on disk, answered with plain values.

Nothing here fails: what cannot be read is not there, and whoever opened it is told why.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from qwen_lsp.index.facts import KINDS, Import, Symbol
from qwen_lsp.index.lexical import ChunkReader
from qwen_lsp.index.packing import (
    OWNER_NUMBERS,
    Uses,
    unpack_ids,
    unpack_imports,
    unpack_symbol,
    unpack_uses,
    uses_of,
)
from qwen_lsp.index.store import ReadOnly, StoreError

_SYMBOL = (
    "name, kind, owner, first_line, last, signature_last, name_line, name_column, "
    "doc_first, doc_last, type, bases"
)
# How many contents one statement asks about; common names have thousands.
_AT_ONCE = 64
# Contents whose symbols are remembered, by what is in them: a question about one file asks for
# those of the same dozens of files as the one before. A content has 40 of 400 bytes each.
_REMEMBERED = 256
# Definitions that are remembered by their names: the next question is about the same names.
_MOST_DEFINITIONS = 20_000
# The state of a database that could not be read; what seemed to be in it is forgotten.
_UNREADABLE: tuple[Any, ...] = ()
_Value = TypeVar("_Value")
_LAST_CHARACTER = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Definition:
    """A symbol and the file it is in, relative to the workspace."""

    path: str
    symbol: Symbol


@dataclass(frozen=True, slots=True)
class Usage:
    """Where one file uses a name in one way: "call", "type" or "name"."""

    path: str
    kind: str
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """Lines of a file that a search found, and how well they match."""

    path: str
    first_line: int
    last_line: int
    score: float


@dataclass(frozen=True, slots=True)
class Link:
    """A name, the contents that define it and those that use it, by their numbers."""

    name: str
    defined_in: tuple[int, ...]
    used_in: tuple[int, ...]


class StoredIndex:
    """The index of one workspace folder on disk, as it is when a question is asked.

    Belongs to one thread at a time. Paths are relative to the workspace folder.
    """

    def __init__(self, folder: Path, on_error: Callable[[StoreError], None]) -> None:
        """Open nothing yet; there may be no index until later.

        Args:
            folder: of `store.folder_of`.
            on_error: is told when the index cannot be read; damage is for the writer to mend.
        """
        self._reader = ReadOnly(folder)
        self._words = ChunkReader(folder)
        self._on_error = on_error
        self._symbols: dict[bytes, tuple[Symbol, ...]] = {}
        # What was read from this state of the database.
        self._state = _UNREADABLE
        self._definitions_of: dict[tuple[str, int], list[Definition]] = {}
        self._remembered = 0

    def definitions(self, names: Sequence[str]) -> Iterator[Definition]:
        """Yield what defines any of the names, a few files at a time."""
        for some in _some(self._numbers("definitions", names)):
            yield from self._definitions(
                f"content IN ({_marks(some)}) AND name IN ({_marks(names)})", *some, *names
            )

    def definitions_of_each(self, names: Sequence[str], most: int) -> Iterator[Definition]:
        """Yield what defines any of the names; nothing of names that over `most` contents define.

        One question instead of one for each name.
        """
        state = self._reader_state()
        if state != self._state or state == _UNREADABLE or self._remembered > _MOST_DEFINITIONS:
            self._definitions_of.clear()
            self._state, self._remembered = state, 0
        known = self._definitions_of
        if new := [name for name in dict.fromkeys(names) if (name, most) not in known]:
            found: dict[str, list[Definition]] = {name: [] for name in new}
            for one in self._read_definitions_of_each(new, most):
                found[one.symbol.name].append(one)
                self._remembered += 1
            known.update(((name, most), some) for name, some in found.items())
        for name in dict.fromkeys(names):
            yield from known[name, most]

    def _read_definitions_of_each(self, names: Sequence[str], most: int) -> Iterator[Definition]:
        wanted: list[str] = []
        numbers: dict[int, None] = {}
        for some in _some(names):
            query = f"SELECT name, definitions FROM names WHERE name IN ({_marks(some)})"  # noqa: S608
            for name, packed in self._rows(query, *some):
                found = unpack_ids(packed)
                if len(found) <= most:
                    wanted.append(name)
                    numbers |= dict.fromkeys(found)
        for some_numbers in _some(numbers):
            yield from self._definitions(
                f"content IN ({_marks(some_numbers)}) AND name IN ({_marks(wanted)})",
                *some_numbers,
                *wanted,
            )

    def members_elsewhere(self, owner: str, languages: Sequence[str]) -> Iterator[Definition]:
        """Yield what belongs to an owner of this qualified name, in files that do not define it."""
        parent, _, name = owner.rpartition(".")
        languages_marks, kinds = _marks(languages), ",".join(map(str, OWNER_NUMBERS))
        for some in _some(self._numbers("definitions", [name])):
            yield from self._definitions(
                f"symbols.content IN ({_marks(some)}) AND owner = ? AND NOT EXISTS ("  # noqa: S608
                "SELECT 1 FROM symbols AS own WHERE own.content = symbols.content "
                f"AND own.name = ? AND own.owner = ? AND own.kind IN ({kinds})) AND EXISTS ("
                f"SELECT 1 FROM contents WHERE id = content AND language IN ({languages_marks}))",
                *some,
                *(owner, name, parent),
                *languages,
            )

    def names_with_prefix(self, prefix: str, count: int) -> list[str]:
        """Return defined names that begin so, in order."""
        rows = self._rows(
            "SELECT name FROM names WHERE name >= ? AND name < ? AND length(definitions) > 0 "
            "ORDER BY name LIMIT ?",
            *(prefix, prefix + _LAST_CHARACTER, count),
        )
        return [name for (name,) in rows]

    def names_containing(self, part: str, count: int) -> list[str]:
        """Return defined names with this part in any case, the shortest first. Reads all names."""
        rows = self._rows(
            "SELECT name FROM names WHERE instr(lower(name), ?) AND length(definitions) > 0 "
            "ORDER BY length(name), name LIMIT ?",
            *(part.lower(), count),
        )
        return [name for (name,) in rows]

    def symbols(self, path: str) -> tuple[Symbol, ...]:
        """Return the symbols of a file, in the order of their first lines."""
        found = self._rows(
            "SELECT id, hash FROM files JOIN contents ON id = content WHERE path = ?", path
        )
        if not found:
            return ()
        content, fingerprint = found[0]
        if (known := self._symbols.pop(fingerprint, None)) is None:
            rows = self._rows(
                f"SELECT {_SYMBOL} FROM symbols WHERE content = ? ORDER BY place",  # noqa: S608 — our own columns
                content,
            )
            known = tuple([unpack_symbol(row) for row in rows])
        if len(self._symbols) >= _REMEMBERED:
            del self._symbols[next(iter(self._symbols))]
        self._symbols[fingerprint] = known  # the last one used is the last one to go
        return known

    def usages(self, name: str) -> Iterator[Usage]:
        """Yield where a name is used, a few files at a time."""
        for some in _some(self._numbers("uses", [name])):
            rows = self._rows(
                "SELECT path, uses FROM contents JOIN files ON content = id "  # noqa: S608
                f"WHERE id IN ({_marks(some)})",
                *some,
            )
            for path, packed in rows:
                for one in uses_of(name, packed):
                    yield Usage(path, one.kind, one.lines)

    def paths_using(self, name: str) -> list[str]:
        """Return the files that use a name; a few may have ceased to."""
        return self._paths_of(self._numbers("uses", [name]))

    def uses_in(self, path: str) -> list[Uses]:
        """Return all names that a file uses."""
        rows = self._of_file("uses", path)
        return unpack_uses(rows[0][0]) if rows else []

    def imports(self, path: str) -> tuple[Import, ...]:
        """Return the imports of a file."""
        rows = self._of_file("imports", path)
        return unpack_imports(rows[0][0]) if rows else ()

    def language(self, path: str) -> str:
        """Return the language of a file; "" if it is not indexed."""
        rows = self._of_file("language", path)
        return str(rows[0][0]) if rows else ""

    def paths(self) -> list[str]:
        """Return all indexed files, in order."""
        rows = self._rows("SELECT path FROM files WHERE content IS NOT NULL ORDER BY path")
        return [path for (path,) in rows]

    def size(self) -> tuple[int, int]:
        """Return how many files are indexed, and how many symbols they define."""
        rows = self._rows(
            "SELECT count(*), total(symbols) FROM files JOIN contents ON id = content"
        )
        files, symbols = rows[0] if rows else (0, 0)
        return int(files), int(symbols)

    def packages(self) -> dict[str, str]:
        """Return the package or namespace that each file says it belongs to. Reads all symbols."""
        rows = self._rows(
            "SELECT path, name FROM symbols JOIN files USING (content) "
            "WHERE kind = ? AND owner = '' GROUP BY path",
            KINDS.index("module"),
        )
        return dict(rows)

    def contents(self) -> dict[str, int]:
        """Return the number of each indexed file's content; copies have the same one."""
        return dict(self._rows("SELECT path, content FROM files WHERE content IS NOT NULL"))

    def links(self) -> Iterator[Link]:
        """Yield every name that is defined here and used; contents may be gone. Reads all names."""
        rows = self._rows(
            "SELECT name, definitions, uses FROM names "
            "WHERE length(definitions) > 0 AND length(uses) > 0"
        )
        for name, definitions, uses in rows:
            yield Link(name, tuple(unpack_ids(definitions)), tuple(unpack_ids(uses)))

    def search(self, words: Iterable[str], count: int) -> list[Piece]:
        """Return the pieces of code that match best by any of the words, best first."""
        hits = self._words.search(words, count)
        paths: dict[int, str] = {}
        for some in _some(dict.fromkeys(hit.content for hit in hits)):
            query = f"SELECT content, path FROM files WHERE content IN ({_marks(some)})"  # noqa: S608
            paths.update(self._rows(query, *some))
        return [
            Piece(paths[hit.content], hit.first_line, hit.last_line, hit.score)
            for hit in hits
            if hit.content in paths
        ]

    def close(self) -> None:
        """Close what is open; the next question opens it again."""
        self._reader.close()

    def _definitions(self, condition: str, *values: str | int) -> Iterator[Definition]:
        rows = self._rows(
            f"SELECT path, {_SYMBOL} FROM symbols JOIN files USING (content) WHERE {condition}",  # noqa: S608 — marks only
            *values,
        )
        for path, *row in rows:
            yield Definition(path, unpack_symbol(row))

    def _of_file(self, column: str, path: str) -> list[tuple[Any, ...]]:
        return self._rows(
            f"SELECT {column} FROM files JOIN contents ON id = content WHERE path = ?",  # noqa: S608 — our own columns
            path,
        )

    def _numbers(self, column: str, names: Sequence[str]) -> dict[int, None]:
        found: dict[int, None] = {}
        for some in _some(names):
            query = f"SELECT {column} FROM names WHERE name IN ({_marks(some)})"  # noqa: S608
            for (packed,) in self._rows(query, *some):
                found |= dict.fromkeys(unpack_ids(packed))
        return found

    def _paths_of(self, numbers: Iterable[int]) -> list[str]:
        found: list[str] = []
        for some in _some(numbers):
            query = f"SELECT path FROM files WHERE content IN ({_marks(some)})"  # noqa: S608
            found += [path for (path,) in self._rows(query, *some)]
        return found

    def _reader_state(self) -> tuple[Any, ...]:
        try:
            return self._reader.state()
        except StoreError as error:
            self._on_error(error)
            return _UNREADABLE

    def _rows(self, query: str, *values: str | int) -> list[tuple[Any, ...]]:
        try:
            return self._reader.rows(query, values)
        except StoreError as error:
            self._state = _UNREADABLE
            self._on_error(error)
            return []


def _marks(values: Sequence[object]) -> str:
    return ",".join("?" * len(values))


def _some(values: Iterable[_Value]) -> Iterator[list[_Value]]:
    remaining = iter(values)
    while some := list(islice(remaining, _AT_ONCE)):
        yield some
