"""The text of a file by its byte offsets.

A parser counts bytes, the index lines and code points. Reading the bytes as Latin-1 gives one
character for each, so that every offset is an index; only what is not ASCII is decoded once more.
"""

from bisect import bisect_right
from itertools import accumulate
from typing import Protocol


class Node(Protocol):
    """A piece of the source, in bytes."""

    @property
    def start_byte(self) -> int:
        """Where it begins."""

    @property
    def end_byte(self) -> int:
        """Where it ends (exclusive)."""


class SourceText:
    """A file's text.

    Attributes:
        characters: one for each byte.
        line_starts: offset of each line's first byte; no line follows a last line end.
    """

    def __init__(self, source: bytes) -> None:
        self.characters = source.decode("latin-1")
        # bytes.splitlines knows exactly the three line ends of `text.py`.
        ends = accumulate(map(len, source.splitlines(keepends=True)))
        self.line_starts = [0, *ends][:-1]

    def line_at(self, offset: int) -> int:
        """Return the 0-based line that holds an offset."""
        return max(bisect_right(self.line_starts, offset) - 1, 0)

    def text(self, start: int, end: int) -> str:
        """Return what stands there; bytes that are not UTF-8 are U+FFFD."""
        return decoded(self.characters[start:end])

    def text_of(self, node: Node) -> str:
        """Return a node's text."""
        return decoded(self.characters[node.start_byte : node.end_byte])

    def column_of(self, offset: int) -> int:
        """Return how many code points stand before an offset on its line."""
        return len(self.text(self.line_starts[self.line_at(offset)], offset))

    def text_end(self, start: int, end: int) -> int:
        """Return where the text before `end` ends, blanks and line ends left out."""
        if end > start and not self.characters[end - 1].isspace():
            return end
        return start + len(self.characters[start:end].rstrip())

    def last_line(self, start: int, end: int) -> int:
        """Return the last line with text between two offsets."""
        return self.line_at(max(self.text_end(start, end) - 1, start))

    def stands_alone(self, start: int) -> bool:
        """Return whether only blanks precede an offset on its line."""
        return not self.characters[self.line_starts[self.line_at(start)] : start].strip()


def decoded(characters: str) -> str:
    """Return the text of characters that are one byte each."""
    if characters.isascii():
        return characters
    return characters.encode("latin-1").decode("utf-8", "replace")
