"""What kind of change made a document what it is, inferred from what an editor sends."""

from itertools import pairwise

import pytest

from qwen_lsp.context.typing import Change, Shown, Typing, after
from qwen_lsp.text import Document, Span

LONG = "\n".join(f"line_{number} = {number}" for number in range(5))


def document_of(text: str) -> Document:
    return Document("file:///a.py", "python", 1, text)


def history(*texts: str, shown: tuple[str, int, str] | None = None, ms: int = 100) -> Typing:
    """Return what is known after a document had these texts, one every `ms` milliseconds."""
    offered = None if shown is None else Shown(document_of(shown[0]), *shown[1:])
    known = Typing()
    for number, (old, new) in enumerate(pairwise(texts)):
        change = Change(document_of(old), document_of(new), ("",), offered, number * ms / 1000)
        known = after(known, change)
    return known


@pytest.mark.parametrize(
    ("texts", "kind"),
    [
        pytest.param(("x",), "nothing", id="a document that was only opened"),
        pytest.param(("x", "x"), "nothing", id="a change that changes nothing"),
        pytest.param(("x =", "x = "), "typed", id="a key"),
        pytest.param(("f", "f()"), "typed", id="a bracket that the editor closes"),
        pytest.param(("if x:", "if x:\n    "), "typed", id="Enter, with indentation"),
        pytest.param(("x.app", "x.append(item)"), "typed", id="an entry of the editor's menu"),
        pytest.param(("a = 1\nb = 2", "c\nb = 2"), "typed", id="a key over a selection"),
        pytest.param(("abc", "ab"), "deleted", id="a backspace"),
        pytest.param(("f()", "f"), "deleted", id="a backspace that takes a pair"),
        pytest.param(("a\n    b", "a\n"), "deleted", id="a short line"),
        pytest.param(("x\n", f"x\n{LONG}"), "pasted", id="several lines at once"),
        pytest.param(("x", f"x{'y' * 61}"), "pasted", id="a very long line at once"),
        pytest.param((f"x\n{LONG}", "x\n"), "cut", id="several lines away at once"),
        pytest.param(("x", "xy", "x"), "deleted", id="a key and a backspace are no undo"),
        pytest.param(("x", "x", "xy", "x", "xy"), "typed", id="nor is the same key again"),
        pytest.param(
            ("x = ", "x = f", "x = fo", "x = foo", "x = "), "undone", id="a word typed and undone"
        ),
        pytest.param(("x", f"x\n{LONG}", "x"), "undone", id="a paste undone"),
        pytest.param(("x", f"x\n{LONG}", "x", f"x\n{LONG}"), "undone", id="a paste done again"),
    ],
)
def test_a_change_is_known_for_what_it_was(texts, kind):
    assert history(*texts).last == kind


@pytest.mark.parametrize(
    ("offer", "texts", "kind"),
    [
        pytest.param("oo(1)", ("x = f\n", "x = foo(1)\n"), "accepted", id="all of it"),
        pytest.param("oo(1)", ("x = f\n", "x = foo\n"), "accepted", id="a word of it"),
        pytest.param("oo(1)", ("x = f\n", "x = fo\n"), "typed", id="a key that agrees"),
        pytest.param("oo(1)", ("x = f\n", "x = fo\n", "x = foo(1)\n"), "accepted", id="its rest"),
        pytest.param("oo(1)", ("x = f\n", "x = fun\n"), "typed", id="something else"),
        pytest.param(
            f"\n{LONG}", ("x = f\n", f"x = f\n{LONG}\n"), "accepted", id="lines, which are no paste"
        ),
        pytest.param(
            "oo(1)", ("x = f\n", "x = foo(1)\n", "x = f\n"), "undone", id="an accept undone"
        ),
    ],
)
def test_an_accept_is_told_from_typing(offer, texts, kind):
    assert history(*texts, shown=(texts[0], 5, offer)).last == kind


def test_the_same_text_in_several_places_is_told_from_several_edits():
    old, new = document_of("a\nb\n"), document_of("ax\nbx\n")
    assert after(Typing(), Change(old, new, ("x", "x"), None, 1.0)).last == "several"
    # An import that the editor adds for the entry of its menu that was chosen.
    new = document_of("import c\na\nb.c\n")
    assert after(Typing(), Change(old, new, ("import c\n", ".c"), None, 1.0)).last != "several"


def test_intervals_are_those_between_keys():
    assert history("", "a", "ab", "abc", ms=100).intervals == pytest.approx((0.1, 0.1))
    assert history("", "a", "abcde", ms=200).intervals == pytest.approx((0.05,))
    assert history("", "a", "ab", ms=3000).intervals == ()


@pytest.mark.parametrize(
    ("old", "new", "start", "end"),
    [
        pytest.param("ab", "axyb", 1, 3, id="an insertion"),
        pytest.param("axyb", "ab", 1, 1, id="a deletion"),
        pytest.param("aa", "aaa", 0, 3, id="one of several equal letters"),
        pytest.param("f\n", "f\n x\n", 1, 5, id="a line, which may begin before the line end"),
        pytest.param("f\n x\n", "f\n", 1, 2, id="a line away, which may have begun there"),
    ],
)
def test_the_place_of_a_change_is_where_it_may_have_been(old, new, start, end):
    assert history(old, new).place == Span(start, end)
