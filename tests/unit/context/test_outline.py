"""A file by its heads."""

import pytest

from qwen_lsp.context.outline import outline
from qwen_lsp.index.parse import facts_of
from qwen_lsp.text import split_lines
from qwen_lsp.tokens import estimated_tokens

CODE = (
    "import os\n"
    "class Shop:\n"
    '    """Sells."""\n'
    "    size = 3\n"
    "    def open(self) -> None:\n"
    '        """Open it."""\n'
    "        os.open()\n"
    "def run(\n"
    "    count: int,\n"
    ") -> None:\n"
    "    Shop().open()\n"
)


def outlined(budget, code=CODE, first=0, last=10):
    return outline(
        facts_of("python", code.encode()).symbols, split_lines(code), first, last, budget
    )


@pytest.mark.parametrize(
    ("budget", "text"),
    [
        pytest.param(
            100,
            'class Shop:\n    """Sells."""\n    def open(self) -> None:\n'
            '        """Open it."""\ndef run(\n    count: int,\n) -> None:',
            id="with documentation",
        ),
        pytest.param(
            25,
            "class Shop:\n    def open(self) -> None:\ndef run(\n    count: int,\n) -> None:",
            id="without it",
        ),
        pytest.param(
            15, "class Shop:\ndef run(\n    count: int,\n) -> None:", id="without members"
        ),
        pytest.param(8, "class Shop:\n… and 1 more", id="as far as it fits"),
        pytest.param(1, "", id="not at all"),
    ],
)
def test_as_much_is_shown_as_fits(budget, text):
    assert outlined(budget) == text
    assert estimated_tokens(text) <= budget + 4


def test_only_the_lines_that_are_asked_for_are_shown():
    assert outlined(100, first=7) == "def run(\n    count: int,\n) -> None:"


def test_a_file_without_definitions_has_none():
    assert outlined(100, "x = 1\n", 0, 0) == ""
