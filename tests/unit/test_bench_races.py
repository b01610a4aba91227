"""What the races let happen to documents, and what they take for a right edit afterwards."""

import random

import pytest

from qwen_lsp.text import Document, Replacement, Span
from tests.bench.race import shows
from tests.bench.race_files import files_of, random_region, rewritten, script_of
from tests.bench.race_region import (
    ABOVE,
    BELOW,
    INSIDE,
    KINDS,
    Region,
    lost_characters,
    random_change,
)
from tests.harness import marked_text
from tests.harness.scripted_engine import HOLD

TEXT = "import os\n\n«def f(a):\n    return a\n\n    # b»\n\nf(1)\nf(2)\n"
CODE = "    one\n        two\n\n    three 🙂\n    four"
SEEDS = range(200)


def drawn(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - the same in each run


def region(marked: str = TEXT, version: int = 1) -> Region:
    marks = marked_text.parse(marked)
    document = Document("file:///a.py", "python", version, marks.text)
    span = marks.selection
    return Region(document, span, marks.text[span.start : span.end])


@pytest.mark.parametrize(
    ("marked", "new", "places"),
    [
        pytest.param("«»a\n[b]\nc", "x\n", ["b"], id="a line above"),
        pytest.param("«a\n»[b]\nc", "", ["b"], id="the line above goes"),
        pytest.param("a\n«»[b]\nc", "x\n", ["b"], id="a line right above"),
        pytest.param("a\n«»[b]\nc", "x", [], id="typed in front of its first line"),
        pytest.param("a«\n»[b]\nc", "", [], id="joined with the line above"),
        pytest.param("a\n[b]«»\nc", "\nx", ["b"], id="a line right below"),
        pytest.param("a\n[b]«»\nc", "x", [], id="typed behind its last line"),
        pytest.param("a\n[b]«\n»c", "", [], id="joined with the line below"),
        pytest.param("a\n[b«»b]\nc", "x", [], id="typed inside"),
        pytest.param("a\n[b«b»]\nc", "b", ["bb"], id="typed the same"),
        pytest.param("«a\n[b»b]\nc", "x\nb", ["bb"], id="everything up to its middle, the same"),
        pytest.param("«a\n[b]\nc»", "c\nb\na", ["b"], id="everything, and the line has moved"),
        pytest.param("a\n[b\n«»c]\nd", "c\nb\n", ["b\nc", "b\nc"], id="doubled: either is right"),
        pytest.param("«a\n[b]\nc»", "ab\nbc", [], id="everything, and the line is gone"),
    ],
)
def test_where_an_edit_may_go_after_a_change(marked, new, places):
    plain = marked.replace("[", "").replace("]", "")
    change = marked_text.parse(plain)
    around = marked.replace("«", "").replace("»", "").replace("[", "«").replace("]", "»")
    before = region(around)
    after = before.after(Replacement(change.selection, new))
    assert after.document.version == 2
    text = after.document.text
    assert [text[one.start : one.end] for one in after.places] == places


@pytest.mark.parametrize(
    ("after", "lost"),
    [
        pytest.param("a\nX\n  Y\nc", 0, id="as wanted"),
        pytest.param("a\n  X\nY  \nc", 0, id="blanks in what was written do not count"),
        pytest.param("a\nX\nc", 1, id="something written is missing"),
        pytest.param("a\nX\nY\nYc", 1, id="something stands outside"),
        pytest.param("aX\nY\nc", 1, id="a line end outside is gone"),
        pytest.param("a\nX\nY\n", 1, id="the text below is gone"),
    ],
)
def test_lost_characters_are_counted(after, lost):
    assert lost_characters(region("a\n«b»\nc"), "X\nY", after) == lost


def test_of_two_places_the_one_that_was_taken_counts():
    doubled = region("a\n«b»\nc").after(Replacement(Span(2, 2), "b\n"))
    both = Region(doubled.document, Span(2, 5), "b")
    assert [lost_characters(both, "X", text) for text in ("a\nX\nb\nc", "a\nb\nX\nc")] == [0, 0]
    assert lost_characters(both, "X", "a\nX\nX\nc") > 0


@pytest.mark.parametrize("kind", KINDS)
def test_changes_are_of_their_kind_and_split_no_line_end(kind):
    before = region(TEXT.replace("\n", "\r\n"))
    text, span = before.document.text, before.span
    for seed in SEEDS:
        change = random_change(before, kind, drawn(seed))
        start, end = change.span.start, change.span.end
        assert 0 <= start <= end <= len(text)
        for at in (start, end):
            assert text[max(at - 1, 0) : at + 1] != "\r\n"
        after = before.after(change).document.text
        assert "\n" not in after.replace("\r\n", "")
        if kind == INSIDE:
            assert span.start < start <= end < span.end
        elif kind in {ABOVE, BELOW}:
            assert before.after(change).places


@pytest.mark.parametrize(
    ("kind", "kept"),
    [
        ("first edge", {True, False}),
        ("last edge", {True, False}),
        ("across an edge", {False}),
        ("everything", {True}),
    ],
)
def test_which_changes_leave_the_region_as_it_was(kind, kept):
    changes = [random_change(region(), kind, drawn(seed)) for seed in SEEDS]
    assert {bool(region().after(change).places) for change in changes} == kept


@pytest.mark.parametrize("seed", range(20))
def test_the_model_writes_the_code_with_its_first_line_changed(seed):
    chance = drawn(seed)
    wanted = rewritten(CODE, chance)
    assert wanted.startswith("    one changed")
    script = script_of(wanted, chance)
    assert script[0] is HOLD
    answer = "".join(piece for piece in script if piece is not HOLD)
    assert answer.startswith("```\none changed")
    assert answer.endswith("\n```")
    assert "".join(answer.split()) == "```" + "".join(wanted.split()) + "```"


def test_regions_begin_and_end_with_code():
    document = Document("", "python", 1, "\n\na\n\n```\nb\n\n")
    spans = [random_region(document, drawn(seed)) for seed in range(20)]
    assert {document.text[one.start : one.end] for one in spans if one} == {"a", "b"}
    assert random_region(Document("", "python", 1, "\n\n"), drawn(1)) is None


def test_files_that_nobody_edits_are_left_out():
    text = b"x = 1\n" * 40
    files = {"a.py": text, "b.html": text, "c.bin": text, "d.py": b"\xff" + text, "e.py": b"x\n"}
    [file] = files_of(files.items(), 1, drawn(1))
    assert (file.name, file.text) == ("0_a.py", "x = 1\r\n" * 40)


@pytest.mark.parametrize(
    ("said", "is_shown"),
    [
        ("```\n    a\n      b\n```", True),
        ("```\na\n  b\n```", True),
        ("```\na\nb\n```", False),
    ],
)
def test_the_engine_is_told_the_selected_code(said, is_shown):
    request = {"messages": [{"content": "Rewrite."}, {"content": said}]}
    assert shows(request, "    a\r\n      b") == is_shown
