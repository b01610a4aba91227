"""Lines, replacements and line changes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qwen_lsp.text import (
    Document,
    Replacement,
    Span,
    apply,
    common_indentation,
    line_changes,
    lines_with_ends,
    split_lines,
)
from tests.harness import marked_text

LINE_ENDS = ["\n", "\r\n", "\r"]
# Mostly line ends, so that edits often fall between "\r" and "\n"; no ends but these are LSP's.
texts = st.text(alphabet="ab \t\n\r\n\r\f\v\x85\u2028é😀", max_size=30)
lines = st.lists(st.sampled_from(["", "a", "b", "  a", "\f"]), min_size=1, max_size=8)
exhaustive = settings(deadline=None, max_examples=300)


def document_of(text: str) -> Document:
    return Document("file:///a.py", "python", 1, text)


def check(marked, new_text, *changes):
    """Rewrite the selected lines; each change is the text that goes and the text that comes."""
    marks = marked_text.parse(marked)
    document = document_of(marks.text)
    found = line_changes(document, marks.selection, new_text)
    assert [(marks.text[one.span.start : one.span.end], one.text) for one in found] == list(changes)
    before, after = marks.text[: marks.selection.start], marks.text[marks.selection.end :]
    assert apply(marks.text, found) == before + new_text + after


@pytest.mark.parametrize(
    ("marked", "new_text", "changes"),
    [
        pytest.param("«a\nb»\n", "a\nb", [], id="the same lines change nothing"),
        pytest.param("«a\nb\nc»\n", "a\nx\nc", [("b", "x")], id="one line is replaced"),
        pytest.param("«a\nc»\n", "a\nb\nc", [("", "b\n")], id="a line goes in between"),
        pytest.param("«a»\nz\n", "a\nb", [("", "\nb")], id="a line goes in at the region's end"),
        pytest.param("«a»", "a\nb", [("", "\nb")], id="a line goes in at the document's end"),
        pytest.param("z\n«a»", "b\na", [("", "b\n")], id="a line goes in at the region's start"),
        pytest.param("«a\nb\nc»\n", "a\nc", [("b\n", "")], id="a line in between goes"),
        pytest.param("«a\nb»\nz", "a", [("\nb", "")], id="the region's last line goes"),
        pytest.param("«a\nb»", "b", [("a\n", "")], id="the document's first line goes"),
        pytest.param("«a\nb»\n", "", [("a\nb", "")], id="all text goes and an empty line stays"),
        pytest.param("«»", "a\nb", [("", "a\nb")], id="an empty document gets lines"),
        pytest.param(
            "«a\r\nb\r\nc»\r\n", "a\r\nx\r\ny\r\nc", [("b", "x\r\ny")], id="CRLF stays CRLF"
        ),
        pytest.param(
            "«a\nb\nc\nd\ne»",
            "x\nb\nc\nd\ny",
            [("a", "x"), ("e", "y")],
            id="lines between two changes are left alone",
        ),
    ],
)
def test_line_changes_touch_only_lines_that_differ(marked, new_text, changes):
    check(marked, new_text, *changes)


@exhaustive
@given(st.data(), lines, lines, st.sampled_from(LINE_ENDS), st.sampled_from(LINE_ENDS))
def test_line_changes_applied_give_exactly_the_new_text(data, old, new, end, answers_end):
    document = document_of(end.join(old))
    first = data.draw(st.integers(0, len(old) - 1))
    last = data.draw(st.integers(first, len(old) - 1))
    span = Span(document.line_starts[first], document.line_span(last).end)
    changes = line_changes(document, span, answers_end.join(new))
    target = document.text[: span.start] + document.line_end.join(new) + document.text[span.end :]
    assert apply(document.text, changes) == target


@exhaustive
@given(st.lists(st.sampled_from(["a\n", "b\r\n", "\n", "\r\n", "c\n"]), min_size=1), lines)
def test_line_changes_give_the_new_lines_where_line_ends_are_mixed(old, new):
    document = document_of("".join(old))
    changes = line_changes(document, Span(0, len(document.text)), "\n".join(new))
    assert split_lines(apply(document.text, changes)) == new


@exhaustive
@given(st.data(), texts)
def test_line_starts_after_edits_are_those_of_the_whole_text(data, text):
    document = document_of(text)
    for version in range(2, 6):
        assert document.line_starts  # known before the edit, so that the edit shifts them
        start = data.draw(st.integers(0, len(document.text)))
        end = data.draw(st.integers(start, len(document.text)))
        new = data.draw(texts)
        expected = document.text[:start] + new + document.text[end:]
        document = document.replace(Replacement(Span(start, end), new), version)
        assert (document.text, document.version) == (expected, version)
        assert document.line_starts == document_of(expected).line_starts


@pytest.mark.parametrize(
    ("marked", "new", "starts"),
    [
        pytest.param("a\r│\nb", "", [0, 3], id="nothing between CR and LF leaves one end"),
        pytest.param("a\r│\nb", "x", [0, 2, 4], id="text between CR and LF makes two ends"),
        pytest.param("a\r«x»\nb", "", [0, 3], id="CR and LF that meet become one end"),
        pytest.param("a«\r»\nb", "", [0, 2], id="CR gone from CRLF leaves LF"),
        pytest.param("a\r«\n»b", "", [0, 2], id="LF gone from CRLF leaves CR"),
        pytest.param("a│\nb\nc\nd", "\r", [0, 3, 5, 7], id="CR put before LF joins it"),
        pytest.param("a\r│b\nc\nd", "\n", [0, 3, 5, 7], id="LF put after CR joins it"),
        pytest.param("«a\nb\nc\n»d", "", [0], id="all line ends go"),
        pytest.param("a\nb\nc\nd│", "\n", [0, 2, 4, 6, 8], id="a line end comes at the very end"),
    ],
)
def test_line_starts_follow_an_edit(marked, new, starts):
    marks = marked_text.parse(marked)
    document = document_of(marks.text)
    assert document.line_starts[0] == 0
    assert document.replace(Replacement(marks.selection, new), 2).line_starts == starts


@exhaustive
@given(texts)
def test_lines_with_their_ends_join_back_to_the_text(text):
    parts = lines_with_ends(text)
    assert "".join(parts) == text
    assert all(parts)
    assert [split_lines(part)[0] for part in parts] == split_lines(text)[: len(parts)]


@exhaustive
@given(texts)
def test_the_lines_of_a_document_are_its_text_split(text):
    document = document_of(text)
    numbers = range(len(document.line_starts))
    assert [document.line_text(line) for line in numbers] == split_lines(text)
    assert [document.line_at(document.line_starts[line]) for line in numbers] == list(numbers)


@pytest.mark.parametrize(
    "text", ["a\fb", "a\vb", "a\x1cb", "a\x85b", "a\u2028b"], ids=lambda text: f"{text[1]!r}"
)
def test_a_form_feed_and_its_like_end_no_line(text):
    assert document_of(text).line_starts == [0]
    assert split_lines(text) == lines_with_ends(text) == [text]


@pytest.mark.parametrize(
    ("text", "end"),
    [("a", "\n"), ("", "\n"), ("a\nb\r\n", "\n"), ("a\r\nb\n", "\r\n"), ("a\rb\n", "\r")],
    ids=["one line has LF", "no text has LF", "LF first", "CRLF first", "CR first"],
)
def test_the_line_end_is_that_of_the_first_line(text, end):
    assert document_of(text).line_end == end


@pytest.mark.parametrize(
    ("selected", "whole"),
    [
        pytest.param("a\nb│c\nd", "a\n«bc»\nd", id="a cursor widens to its line"),
        pytest.param("a\n│bc\nd", "a\n«bc»\nd", id="a cursor at a line's start stays on that line"),
        pytest.param("a\nb«c\nd»e\nf", "a\n«bc\nde»\nf", id="a part of two lines widens to both"),
        pytest.param("«a\nb\n»c", "«a\nb»\nc", id="the line at whose start it ends is not touched"),
        pytest.param("«a\r\n»b", "«a»\r\nb", id="CRLF is left out as a whole"),
        pytest.param("a\n│", "a\n«»", id="the empty line at the end is a line"),
        pytest.param("│", "«»", id="an empty document has one line"),
    ],
)
def test_whole_lines_widen_a_span(selected, whole):
    marks = marked_text.parse(selected)
    expected = marked_text.parse(whole).selection
    assert document_of(marks.text).whole_lines(marks.selection) == expected


@pytest.mark.parametrize(
    ("block", "common"),
    [
        pytest.param([], "", id="no lines have none"),
        pytest.param(["  a", "    b"], "  ", id="the shallowest line decides"),
        pytest.param(["    a", "", "  ", "    b"], "    ", id="blank lines do not count"),
        pytest.param(["", "  "], "", id="only blank lines have none"),
        pytest.param(["\ta", "    b"], "", id="a tab is not four blanks"),
        pytest.param(["  \ta", "  b", "  \tc"], "  ", id="what is shared before a tab counts"),
        pytest.param(["\fa", "\fb"], "", id="a form feed is not indentation"),
    ],
)
def test_common_indentation_is_what_all_lines_begin_with(block, common):
    assert common_indentation(block) == common


def test_insertions_at_one_offset_come_out_in_their_order():
    here = Span(1, 1)
    assert apply("ad", (Replacement(here, "b"), Replacement(here, "c"))) == "abcd"
