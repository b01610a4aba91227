"""The anchor holds while the user types, and moves when something else happens."""

import pytest

from qwen_lsp.context.anchor import MOST_LINES, set_anchor
from qwen_lsp.text import Document, Replacement, Span
from tests.harness import marked_text

START = "import os\n\ndef f():\n    x = 1│\n\ndef g():\n    pass\n"


def check(start: str, now: str, *, holds: bool) -> None:
    """Set an anchor at the cursor of `start`; does it hold at the cursor of `now`?"""
    first, second = marked_text.parse(start), marked_text.parse(now)
    anchor = set_anchor(Document("u", "", 1, first.text), first.cursor, 1000, 1000)
    assert anchor.holds(Document("u", "", 2, second.text), second.cursor) is holds


@pytest.mark.parametrize(
    ("now", "holds"),
    [
        pytest.param(START, True, id="nothing happened"),
        pytest.param(START.replace("1│", "1 + 2│"), True, id="characters"),
        pytest.param(START.replace("x = 1│", "│"), True, id="a line taken back"),
        pytest.param(START.replace("1│", "1\n    y = 2\n    │"), True, id="Enter and more lines"),
        pytest.param(START.replace("1│", "print(│)"), True, id="a bracket the editor closed"),
        pytest.param(START.replace("1│", "'│'"), True, id="a quote the editor closed"),
        pytest.param(START.replace("1│", "│ + 1"), False, id="code behind the cursor"),
        pytest.param(START.replace("import os", "import sys"), False, id="an edit above"),
        pytest.param(START.replace("pass", "return"), False, id="an edit below"),
        pytest.param(
            START.replace("│", "").replace("os\n", "os│\n"), False, id="a jump above the anchor"
        ),
        pytest.param(
            START.replace("│", "").replace("pass", "pass│"), False, id="a jump below the anchor"
        ),
        pytest.param(
            START.replace("1│", "1\n" + "    y = 2\n" * MOST_LINES + "│"),
            False,
            id="too many lines",
        ),
    ],
)
def test_the_anchor_holds_after(now, holds):
    check(START, now, holds=holds)


def test_an_anchor_is_found_again_below_an_added_import():
    lines = "".join(f"x{number} = {number}\n" for number in range(80))
    document = Document("u", "", 1, f"import os\n{lines}")
    cursor = len(document.text)
    anchor = set_anchor(document, cursor, 120, 100)
    longer = document.replace(Replacement(Span(10, 10), "import sys\n"), 2)
    assert not anchor.holds(longer, cursor + 11)
    assert anchor.found_in(longer).holds(longer, cursor + 11)


def test_an_anchor_says_where_names_come_from():
    lines = "".join(f"x{number} = {number}\n" for number in range(80))
    document = Document("u", "", 1, f"import os\n{lines}")
    assert set_anchor(document, len(document.text), 120, 100).imports == "import os\n"


def test_an_anchor_has_the_text_around_it():
    marks = marked_text.parse(START)
    anchor = set_anchor(Document("u", "", 1, marks.text), marks.cursor, 1000, 1000)
    line = "    x = 1"
    assert anchor.above + line + anchor.rest + anchor.below == marks.text


def test_an_anchor_counts_the_lines_typed_since():
    document = Document("u", "", 1, "a\nb\n")
    anchor = set_anchor(document, 2, 100, 100)
    longer = document.replace(Replacement(Span(2, 2), "c\nd\n"), 2)
    assert anchor.lines_since(longer, 6) == 2


@pytest.mark.parametrize(
    ("before", "after", "above", "below"),
    [
        pytest.param(1000, 1000, "import os\n\ndef f():\n", "\n\ndef g():\n    pass\n", id="all"),
        pytest.param(12, 12, "\ndef f():\n", "\n\ndef g():", id="whole lines only"),
        pytest.param(0, 0, "", "", id="nothing"),
    ],
)
def test_a_narrowed_anchor_splits_at_the_same_place(before, after, above, below):
    marks = marked_text.parse(START)
    wide = set_anchor(Document("u", "", 1, marks.text), marks.cursor, 1000, 1000)
    narrow = wide.narrowed(before, after)
    assert (narrow.at, narrow.rest) == (wide.at, wide.rest)
    assert (narrow.above, narrow.below) == (above, below)
