"""Where the placement bench puts the cursor, and what it takes for a fault."""

import pytest

from tests.bench.infilling import first_line
from tests.bench.placements import KINDS, cursors_of, errors_in, repeats_next_line
from tests.bench.sandbox import passes


@pytest.mark.parametrize(
    ("kind", "marked"),
    [
        ("middle of a line", "ab\n\n    c│d│e│f\n"),
        ("end of a line", "ab│\n\n    cdef│\n"),
        ("blank line", "ab\n│\n    cdef\n│"),
    ],
)
def test_places_are_of_their_kind(kind, marked):
    assert kind in KINDS
    text = marked.replace("│", "")
    cursors = cursors_of(text, kind)
    if kind == "middle of a line":
        assert cursors == [1, *range(9, 12)]
        return
    for cursor in reversed(cursors):
        text = text[:cursor] + "│" + text[cursor:]
    assert text == marked


@pytest.mark.parametrize(
    ("completion", "behind", "repeats"),
    [
        pytest.param("x = 1\n    go(2)", "\n\n  go(2)\n", True, id="the line below"),
        pytest.param("go(2)", "go(2)\nx", True, id="the rest of the line"),
        pytest.param("go(2)", ")\ngo(2)\n", True, id="the line below a closed bracket"),
        pytest.param("go(2)", "\nx = 1\ngo(2)\n", False, id="a later line"),
        pytest.param("});", "\n});\n", False, id="too short to say anything"),
        pytest.param("go(2)", "", False, id="nothing follows"),
    ],
)
def test_a_completion_repeats_what_follows_it(completion, behind, repeats):
    assert repeats_next_line(completion, behind) == repeats


@pytest.mark.parametrize(
    ("language", "text", "errors"),
    [
        pytest.param("python", "f(1)\n", 0, id="none"),
        pytest.param("python", "f((1)\n", 1, id="an error"),
        pytest.param("java", "class A { int x = 1 }", 1, id="something is missing"),
        pytest.param("python", "x = )\n\ndef f():\n    pass\n\ny = ]\n", 2, id="two apart"),
        pytest.param("python", "", 0, id="no text"),
    ],
)
def test_the_parsers_errors_are_counted(language, text, errors):
    assert errors_in(language, text) == errors


@pytest.mark.parametrize(
    ("program", "is_passing"),
    [
        pytest.param("assert sum([1, 2]) == 3", True, id="right"),
        pytest.param("assert sum([1, 2]) == 4", False, id="wrong"),
        pytest.param("def f(:", False, id="no program"),
        pytest.param("bytearray(3 << 30)", False, id="too much memory"),
        pytest.param("open('x', 'w').write('a' * (8 << 20))", False, id="too large a file"),
        pytest.param("import os\nassert 'HOME' not in os.environ", True, id="no environment"),
    ],
)
def test_a_program_passes_when_it_ends_well_within_its_limits(program, is_passing):
    assert passes(program) == is_passing


@pytest.mark.parametrize(
    ("answer", "line"), [("a\nb", "a"), ("\n  b\nc", "  b"), ("  \nb", "b"), ("", ""), ("\n", "")]
)
def test_of_a_bare_answer_the_first_line_that_is_not_blank_counts(answer, line):
    assert first_line(answer) == line
