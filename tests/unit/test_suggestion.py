"""What a change of the document makes of a suggestion and of accepted text: text in, text out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qwen_lsp.features.suggestion import Followed, Suggestion, after_change, smallest
from qwen_lsp.text import Replacement, Span, apply


def inserted(text, at=0):
    return Replacement(Span(at, at), text)


@pytest.mark.parametrize(
    ("offered", "change", "accepted", "rest"),
    [
        pytest.param("foo(1)", "foo(1)", "foo(1)", None, id="all of it at once"),
        pytest.param("foo(1)", "foo(1))", "foo(1)", None, id="all of it and a closer"),
        pytest.param("foo bar", "foo", "foo", " bar", id="a word"),
        pytest.param("foo bar", "foo ", "foo ", "bar", id="a word and the blank after it"),
        pytest.param("a = 1\nb = 2", "a = 1\n", "a = 1\n", "b = 2", id="a line"),
        pytest.param("foo bar", "f", "", "oo bar", id="a typed character"),
        pytest.param("foo bar", "fo", "", "o bar", id="half a word is typing"),
        pytest.param("()x", "()", "", "x", id="brackets that the editor closes by itself"),
        pytest.param("foo bar", "x", "", None, id="something else is typed"),
        pytest.param("a:\n  b\nc", "a:\n    b\nc", "a:\n  b\nc", None, id="indented anew"),
        pytest.param("a:\n  b\nc", "a:\n\tb", "a:\n  b", "\nc", id="a part, indented anew"),
        pytest.param("a\nb\nc", "a\r\nb", "a\nb", "\nc", id="with the document's line ends"),
        pytest.param("a\nb", "a\nb\n)", "a\nb", None, id="and a closing line"),
        pytest.param("a\nb\nc", "a\nx", "", None, id="another second line"),
    ],
)
def test_what_an_insertion_takes_of_a_suggestion(offered, change, accepted, rest):
    step = after_change(Suggestion(0, (offered,)), inserted(change))
    assert step.accepted == len(accepted)
    assert (step.suggestion and step.suggestion.rests()[0]) == rest


@pytest.mark.parametrize(
    ("change", "cursor", "rest"),
    [
        pytest.param(inserted("new line\n", 3), 19, "bar", id="a line above moves it"),
        pytest.param(inserted(")", 10), None, None, id="what is no part of it ends it"),
        pytest.param(inserted("x", 11), 10, "bar", id="what follows does not matter"),
        pytest.param(Replacement(Span(10, 12), ""), 10, "bar", id="nor what is deleted behind it"),
        pytest.param(Replacement(Span(8, 10), ""), 8, "oobar", id="backspace gives it back"),
        pytest.param(Replacement(Span(5, 10), ""), None, None, id="deleting more ends it"),
    ],
)
def test_what_other_changes_make_of_a_suggestion(change, cursor, rest):
    at_ten = Suggestion(10, ("foobar",), taken=3)
    suggestion = after_change(at_ten, change).suggestion
    found = (suggestion.cursor, suggestion.rests()[0]) if suggestion else (None, None)
    assert found == (cursor, rest)


def test_candidates_that_part_from_what_is_typed_are_dropped():
    step = after_change(Suggestion(0, ("foo(1)", "fab", "bar")), inserted("f"))
    assert step.suggestion is not None
    assert step.suggestion.rests() == ("oo(1)", "ab")


def test_an_accepted_second_candidate_is_recognised():
    assert after_change(Suggestion(0, ("foo(1)", "bar(2)")), inserted("bar(2)")).accepted == 6


@pytest.mark.parametrize(
    ("text", "changes", "kept"),
    [
        pytest.param("«abcdef»", [], 6, id="untouched"),
        pytest.param("x«abcdef»", [(0, 1, "")], 6, id="moved"),
        pytest.param("«abcdef»", [(2, 4, "")], 4, id="a hole in it"),
        pytest.param("«abcdef»", [(2, 2, "new")], 6, id="something put into it"),
        pytest.param("«abcdef»", [(2, 2, "new"), (0, 3, "")], 4, id="and both sides touched"),
        pytest.param("«abcdef»", [(0, 6, "")], 0, id="undone"),
        pytest.param("a\n«abc»\nb", [(0, 7, "a2\nabc\nb")], 3, id="the document sent whole"),
    ],
)
def test_how_much_of_accepted_text_is_still_there(text, changes, kept):
    start, end = text.index("«"), text.index("»") - 1
    text = text.replace("«", "").replace("»", "")
    followed = Followed(end - start, (Span(start, end),))
    for change_start, change_end, new in changes:
        change = Replacement(Span(change_start, change_end), new)
        followed = followed.after(smallest(text, change))
        text = apply(text, (change,))
    assert followed.kept == kept


@given(st.text("ab\n"), st.text("ab\n"), st.integers(0, 9), st.integers(0, 9))
def test_the_smallest_change_does_the_same(text, new, start, length):
    start = min(start, len(text))
    change = Replacement(Span(start, min(start + length, len(text))), new)
    assert apply(text, (smallest(text, change),)) == apply(text, (change,))


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 5), st.text("xy", max_size=3))))
def test_what_is_followed_are_characters_that_were_accepted(changes):
    text = "....abcdef...."
    followed = Followed(6, (Span(4, 10),))
    for wanted, length, new in changes:
        start = min(wanted, len(text))
        change = Replacement(Span(start, min(start + length, len(text))), new)
        followed, text = followed.after(change), apply(text, (change,))
    left = "".join(text[piece.start : piece.end] for piece in followed.pieces)
    assert len(left) == followed.kept
    assert left == "".join(sorted(left))
    assert set(left) <= set("abcdef")
