"""Search by words over pieces of code: the only file that knows tantivy.

One process writes (`ChunkWriter`), any number read (`ChunkReader`). Words come already split and
in lower case; nothing of the text is kept, only which content and lines a piece is.
"""

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import tantivy

from qwen_lsp.index.packing import Chunk

# A change of the fields is another folder: the old one is not even opened.
FOLDER_NAME = "words-1"
# Measured on 11 MB of source: with 15 MB, the least tantivy takes, 0.18 s of processor time, with
# 30 MB or more 0.14 s, as there are fewer segments to merge.
_HEAP_BYTES = 40_000_000
# A line number takes 32 bits of the field that holds both.
_LINE_BITS = 32


class LexicalError(Exception):
    """Words cannot be written now: a full disk, or damage."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A piece of code: which content, its lines, and how well it matches."""

    content: int
    first_line: int
    last_line: int
    score: float


class ChunkWriter:
    """The writing end. Belongs to one thread of the process that holds the folder's lock."""

    def __init__(self, folder: Path) -> None:
        """Open what is there; anything that cannot be opened is made anew, and empty.

        Raises:
            LexicalError: it cannot be written.
        """
        self._path = folder / FOLDER_NAME
        try:
            self.is_new = not _exists(self._path)
            if self.is_new:
                shutil.rmtree(self._path, ignore_errors=True)
                self._path.mkdir(mode=0o700)
            index = tantivy.Index(_schema(), str(self._path))
            self._writer = index.writer(_HEAP_BYTES, num_threads=1)
        except (ValueError, OSError) as error:
            raise LexicalError(str(error)) from error
        self.is_dirty = False

    def add(self, content: int, chunks: Iterable[Chunk]) -> None:
        """Add the pieces of a content."""
        add_document = self._writer.add_document
        try:
            for first, last, words in chunks:
                document = tantivy.Document()
                document.add_integer("content", content)
                document.add_unsigned("lines", first << _LINE_BITS | last)
                document.add_text("words", words)
                add_document(document)
        except (ValueError, OSError) as error:
            raise LexicalError(str(error)) from error
        self.is_dirty = True

    def remove(self, contents: Iterable[int]) -> None:
        """Remove the pieces of contents."""
        for content in contents:
            self._writer.delete_documents_by_term("content", content)
            self.is_dirty = True

    def remove_after(self, content: int) -> None:
        """Remove the pieces of all contents with a higher number."""
        self._writer.delete_documents_by_query(
            tantivy.Query.range_query(
                *(_schema(), "content", tantivy.FieldType.Integer),
                lower_bound=content,
                include_lower=False,
            )
        )
        self.is_dirty = True

    def commit(self) -> None:
        """Write everything to disk and show it to readers. Takes 0.1 s, however little there is.

        Raises:
            LexicalError: the disk is full; the writer has to be opened again.
        """
        try:
            self._writer.commit()
        except (ValueError, OSError) as error:
            raise LexicalError(str(error)) from error
        self.is_dirty = False

    def close(self) -> None:
        """Let merges end; what was not committed is lost."""
        self._writer.wait_merging_threads()


class ChunkReader:
    """The reading end: always at the last commit, also of another process."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FOLDER_NAME
        self._state: tuple[int, int] | None = None
        self._index: tantivy.Index | None = None
        self._searcher: tantivy.Searcher | None = None

    def search(self, words: Iterable[str], count: int) -> list[Hit]:
        """Return the pieces that match best, by BM25 over any of the words, best first.

        Nothing is found while there is no index, or a damaged one.
        """
        try:
            searcher = self._current()
            if searcher is None:
                return []
            schema = _schema()
            query = tantivy.Query.boolean_query(
                [
                    (
                        tantivy.Occur.Should,
                        tantivy.Query.term_query(schema, "words", word, index_option="freq"),
                    )
                    for word in dict.fromkeys(words)
                ]
            )
            hits = searcher.search(query, count, count=False).hits
            addresses = [address for _, address in hits]
            contents = searcher.fast_field_values("content", addresses)
            lines = searcher.fast_field_values("lines", addresses)
        except (ValueError, OSError):
            self._state = self._index = self._searcher = None
            return []
        return [
            Hit(int(content or 0), int(both or 0) >> _LINE_BITS, int(both or 0) & 0xFFFFFFFF, score)
            for (score, _), content, both in zip(hits, contents, lines, strict=True)
        ]

    def _current(self) -> tantivy.Searcher | None:
        try:
            info = (self._path / "meta.json").stat()
        except FileNotFoundError:
            self._state = self._index = self._searcher = None
            return None
        state = (info.st_ino, info.st_mtime_ns)
        if state != self._state:
            # Opened anew, not reloaded: the folder itself may have been replaced.
            self._index = tantivy.Index.open(str(self._path))
            self._index.config_reader("manual")
            self._searcher = self._index.searcher()
            self._state = state
        return self._searcher


def _exists(path: Path) -> bool:
    """Return whether there is an index that opens and has our fields."""
    try:
        return tantivy.Index.exists(str(path)) and bool(tantivy.Index.open(str(path)).searcher())
    except (ValueError, OSError):
        return False


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    # Signed: of an unsigned field, deleting by a number removes nothing, and says nothing.
    builder.add_integer_field("content", indexed=True, fast=True)
    builder.add_unsigned_field("lines", fast=True)
    builder.add_text_field("words", tokenizer_name="whitespace", index_option="freq")
    return builder.build()
