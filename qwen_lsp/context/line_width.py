"""How wide the lines of a document are meant to be."""

from qwen_lsp.text import Document, split_lines

# Code points; formatters' own limits lie between.
_LEAST, _MOST = 80, 120


def width_of(document: Document) -> int:
    """Return the width of a document's longest line, in code points, within common limits."""
    longest = max(map(len, split_lines(document.text)), default=0)
    return min(max(longest, _LEAST), _MOST)
