"""The text of a file by its byte offsets.

A parser counts bytes, the index lines and code points. Reading the bytes as Latin-1 gives one
character for each, so that every offset is an index; only what is not ASCII is decoded once more.
"""

from bisect import bisect_right
from collections.abc import Sequence
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
        lines: how many there are; a last line end begins no other.
        line_starts: offset of each line's first byte; an empty file has the first, too.
    """

    def __init__(self, source: bytes) -> None:
        self.characters = source.decode("latin-1")
        # bytes.splitlines knows exactly the three line ends of `text.py`.
        self._is_ascii = self.characters.isascii()
        lines = source.splitlines(keepends=True)
        self.lines = len(lines)
        self.line_starts = [0, *accumulate(map(len, lines[:-1]))]

    def line_at(self, offset: int) -> int:
        """Return the 0-based line that holds an offset."""
        return bisect_right(self.line_starts, offset) - 1

    def text(self, start: int, end: int) -> str:
        """Return what stands there; bytes that are not UTF-8 are U+FFFD."""
        return decoded(self.characters[start:end])

    def text_of(self, node: Node) -> str:
        """Return a node's text."""
        return decoded(self.characters[node.start_byte : node.end_byte])

    def text_over(self, nodes: Sequence[Node]) -> str:
        """Return the text from the first of some siblings to the last."""
        return self.text(nodes[0].start_byte, nodes[-1].end_byte)

    def place_of(self, offset: int) -> tuple[int, int]:
        """Return the line that holds an offset, and how many code points precede it there."""
        line = bisect_right(self.line_starts, offset) - 1
        start = self.line_starts[line]
        return line, offset - start if self._is_ascii else len(self.text(start, offset))

    def last_line(self, start: int, end: int) -> int:
        """Return the last line with text between two offsets."""
        if end > start and self.characters[end - 1].isspace():
            end = start + len(self.characters[start:end].rstrip())
        return bisect_right(self.line_starts, end - 1 if end > start else start) - 1

    def comment_above(
        self,
        line: int,
        line_comments: tuple[str, ...],
        block_comment: tuple[str, str],
    ) -> int:
        """Return the first line of the comment that ends on the line above; `line` without one.

        Only a comment that stands alone on its lines counts.
        """
        characters, starts = self.characters, self.line_starts
        begin, end = block_comment
        if not line:
            return 0
        text = characters[starts[line - 1] : self._end_of(line - 1)].strip()
        # Above most definitions is nothing, and this is asked for each.
        if not text or not (text.startswith(line_comments) or (end and text.endswith(end))):
            return line
        first = line
        while first:
            text = characters[starts[first - 1] : self._end_of(first - 1)].strip()
            if not text.startswith(line_comments):
                break
            first -= 1
        if first < line or not first:
            return first
        start = characters.rfind(begin, 0, self._end_of(line - 1))
        return self.line_at(start) if start >= 0 and self.stands_alone(start) else line

    def _end_of(self, line: int) -> int:
        following = line + 1
        starts = self.line_starts
        return starts[following] if following < len(starts) else len(self.characters)

    def stands_alone(self, start: int) -> bool:
        """Return whether only blanks precede an offset on its line."""
        return not self.characters[self.line_starts[self.line_at(start)] : start].strip()


def decoded(characters: str) -> str:
    """Return the text of characters that are one byte each."""
    if characters.isascii():
        return characters
    return characters.encode("latin-1").decode("utf-8", "replace")
