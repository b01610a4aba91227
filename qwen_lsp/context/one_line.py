"""Heads of functions on one line, however the source breaks them.

A model writes calls as it sees heads written: after a head with a line for each parameter it breaks
the line behind the opening bracket, where a call has one argument or none. It also takes less room.
"""

import re
from collections.abc import Mapping, Sequence

# A longer line is broken by everybody.
LONGEST = 200
_COMMENT = re.compile(r"(?:^|\s)(?:#|//)|/\*")


def on_one_line(lines: Sequence[str]) -> str | None:
    """Return the lines of a head as one; None where they cannot be."""
    if any(map(_COMMENT.search, lines)):
        return None
    text = lines[0].rstrip()
    for line in map(str.strip, lines[1:]):
        is_tight = text.endswith(("(", "[", "<")) or line.startswith((")", "]", ",", "."))
        text += line if is_tight else f" {line}"
    text = re.sub(r",\s*([)\]])", r"\1", text)
    return text if len(text) <= LONGEST else None


def with_heads_on_one_line(
    lines: Sequence[str], ranges: Sequence[tuple[int, int]], heads: Mapping[int, int]
) -> list[str]:
    """Return the lines of ranges, each head that takes several lines on one.

    Args:
        lines: of the file.
        ranges: first and last lines, 0-based.
        heads: last lines of heads by their first lines.
    """
    shown = []
    for first, last in ranges:
        number = first
        while number <= last:
            end = heads.get(number, number)
            joined = on_one_line(lines[number : end + 1]) if number < end <= last else None
            shown.append(lines[number] if joined is None else joined)
            number = number + 1 if joined is None else end + 1
    return shown
