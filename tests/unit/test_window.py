"""The part of a document that the model sees."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qwen_lsp.context.window import START_STEP, imports_above, window
from qwen_lsp.text import Document, Span
from tests.harness import marked_text

thorough = settings(deadline=None, max_examples=300)
budgets = st.integers(0, 300)
documents = st.lists(
    st.text(alphabet="ab é😀", max_size=8).flatmap(
        lambda line: st.sampled_from([f"{line}\n", f"{line}\r\n", f"{line}\r"])
    ),
    max_size=80,
).map(lambda lines: Document("file:///a.py", "python", 1, "".join(lines)))


@st.composite
def places(draw):
    document = draw(documents)
    # No position of LSP's is between "\r" and "\n".
    last = len(document.text)
    offsets = [at for at in range(last + 1) if document.text[max(at - 1, 0) : at + 1] != "\r\n"]
    ends = st.sampled_from(offsets)
    start, end = sorted((draw(ends), draw(ends)))
    return document, Span(start, end)


def check(marked, above, below, *, before, after):
    marks = marked_text.parse(marked)
    document = Document("file:///a.py", "python", 1, marks.text)
    found = window(document, marks.selection, before, after)
    assert [marks.text[span.start : span.end] for span in found] == [above, below]


@pytest.mark.parametrize(
    ("marked", "above", "below", "before", "after"),
    [
        pytest.param("a\nb\nc│d\ne\nf", "a\nb\n", "d\ne\nf", 99, 99, id="all of a small document"),
        pytest.param("a\nb\nc│d\ne\nf", "b\n", "d\ne", 2, 3, id="as many whole lines as fit"),
        pytest.param("a\nb\nc│d\ne\nf", "b\n", "d", 3, 2, id="no part of a line"),
        pytest.param("a\nb\nc│d\ne\nf", "", "d", 0, 0, id="without budget the rest of the line"),
        pytest.param("a\nb «c\nd» e\nf", "a\n", " e\nf", 99, 99, id="around a selection"),
        pytest.param("a\r\nb│\r\nc", "a\r\n", "\r\nc", 3, 3, id="CRLF counts in full"),
        pytest.param("│", "", "", 99, 99, id="an empty document"),
    ],
)
def test_a_window_holds_whole_lines_around_the_cursor(marked, above, below, before, after):
    check(marked, above, below, before=before, after=after)


@thorough
@given(places(), budgets, budgets)
def test_a_window_is_never_over_its_budget(place, before, after):
    document, span = place
    above, below = window(document, span, before, after)
    rest_of_line = document.line_span(document.line_at(span.end)).end - span.end
    assert above.end - above.start <= before
    # The rest of the last line is in it in any case.
    assert below.end - below.start <= max(after, rest_of_line)


@thorough
@given(places(), budgets, budgets)
def test_a_window_touches_the_place_and_holds_whole_lines(place, before, after):
    document, span = place
    above, below = window(document, span, before, after)
    first = document.line_at(span.start)
    assert above.start <= above.end == document.line_starts[first]
    assert above.start in document.line_starts
    assert below.start == span.end <= below.end
    assert below.end in [document.line_span(line).end for line in range(len(document.line_starts))]


@thorough
@given(places(), budgets, budgets)
def test_a_window_below_ends_where_the_next_line_would_be_too_much(place, before, after):
    document, span = place
    _, below = window(document, span, before, after)
    next_line = document.line_at(below.end) + 1
    if next_line < len(document.line_starts):
        assert document.line_span(next_line).end - span.end > after


@thorough
@given(places(), budgets)
def test_the_start_is_at_a_step_or_the_document_or_one_line_above(place, before):
    document, span = place
    above, _ = window(document, span, before, 0)
    top, first = document.line_at(above.start), document.line_at(span.start)
    assert top % START_STEP == 0 or top >= first - 1
    if first and document.line_starts[first] - document.line_starts[first - 1] <= before:
        assert top < first, "the line above fits, so it is there"


@thorough
@given(st.integers(1, 30), st.integers(100, 900))
def test_the_start_stays_while_the_cursor_moves_down_a_step(width, before):
    document = Document("file:///a.py", "python", 1, f"{'x' * (width - 1)}\n" * 200)
    tops = []
    for line in range(200):
        place = document.line_starts[line]
        above, _ = window(document, Span(place, place), before, 0)
        tops.append(document.line_at(above.start))
    assert tops == sorted(tops)
    moves = sum(top != following for top, following in pairwise(tops))
    if before // width > START_STEP:
        assert moves <= 200 // START_STEP


@pytest.mark.parametrize(
    ("text", "imports"),
    [
        pytest.param("import os\nx = 1\n", "import os\n", id="Python"),
        pytest.param(
            "from a import (\n    b,\n    c,\n)\nx = (1)\n",
            "from a import (\n    b,\n    c,\n)\n",
            id="a statement of several lines",
        ),
        pytest.param(
            "import { a } from './a';\nconst b = require('b');\nconst c = 1;\n",
            "import { a } from './a';\nconst b = require('b');\n",
            id="JavaScript",
        ),
        pytest.param(
            "package a.b;\n\nimport a.C;\nclass D {}\n",
            "package a.b;\nimport a.C;\n",
            id="Java",
        ),
        pytest.param(
            'package a\n\nimport (\n\t"fmt"\n)\nvar x = 1\n',
            'package a\nimport (\n\t"fmt"\n)\n',
            id="Go",
        ),
        pytest.param("#include <a.h>\r\nint x;\n", "#include <a.h>\n", id="C, with CRLF"),
        pytest.param("use a::b;\nusing = 1\n", "use a::b;\n", id="a name is no statement"),
        pytest.param("x = 1\n", "", id="none"),
        pytest.param("import a\n" * 300, "import a\n" * 133, id="no more than fits"),
    ],
)
def test_imports_above_a_line_are_found_by_their_words(text, imports):
    document = Document("file:///a", "", 1, text)
    assert imports_above(document, len(document.line_starts)) == imports
