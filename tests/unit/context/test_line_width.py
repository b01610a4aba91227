"""How wide a document's lines are meant to be."""

import pytest

from qwen_lsp.context.line_width import width_of
from qwen_lsp.text import Document


@pytest.mark.parametrize(
    ("text", "width"),
    [
        pytest.param("", 80, id="nothing to go by"),
        pytest.param("a = 1\n", 80, id="short lines"),
        pytest.param("a\n" + "x" * 95 + "\nb\n", 95, id="the longest line"),
        pytest.param("x" * 95, 95, id="the longest line without an end"),
        pytest.param("x" * 95 + "\r\n", 95, id="two characters of a line end"),
        pytest.param("x" * 900 + "\n", 120, id="data in a line"),
    ],
)
def test_the_width_of_lines(text, width):
    assert width_of(Document("file:///a.py", "python", 1, text)) == width
