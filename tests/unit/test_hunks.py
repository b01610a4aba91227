"""Changes that are shown while an answer still comes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qwen_lsp.features.hunks import HunkStream
from qwen_lsp.text import Document, Span, apply, split_lines
from tests.harness import marked_text

CODE = "import a\n\ndef f():\n    return 1\n\ndef g():\n    return 2\n\ndef h():\n    return 3"


def stream(text, span, new):
    """Feed lines one by one; return what was shown by then, the edit, and the last message."""
    hunks = HunkStream(Document("u", "python", 1, text), span)
    shown = [hunks.feed(new[:count]) for count in range(len(new) + 1)]
    return shown, *hunks.finish(new)


@pytest.mark.parametrize(
    ("new", "after_line", "hunk"),
    [
        pytest.param(CODE.replace("return 1", "return 10"), 6, "    return 10", id="a line"),
        pytest.param(
            CODE.replace("def g", "def f2():\n    pass\n\ndef g"),
            10,
            "def f2():\n    pass\n\n",
            id="lines in between",
        ),
        pytest.param(CODE.replace("def f():\n    return 1\n\n", ""), 4, "", id="lines that go"),
        pytest.param(f"import b\n{CODE}", 3, "import b\n", id="a line in front"),
    ],
)
def test_a_change_is_shown_once_two_lines_follow_it(new, after_line, hunk):
    shown, edit, last = stream(CODE, Span(0, len(CODE)), split_lines(new))
    [(line, hunks)] = [(line, hunks) for line, hunks in enumerate(shown) if hunks]
    assert (line, hunks[0].text) == (after_line, hunk)
    assert (edit, last.replacements, last.replaces) == (hunks, (), False)


def test_lines_that_stand_in_two_places_do_not_tell_which_is_meant():
    old = "a()\nx = 1\ny = 2\nb()\nx = 1\ny = 2\nc()"
    new = split_lines(old.replace("a()\n", "a(1)\n"))
    shown, _, _ = stream(old, Span(0, len(old)), new)
    assert [line for line, hunks in enumerate(shown) if hunks] == [4]  # y = 2, b()


def test_a_change_at_the_end_is_shown_with_the_end():
    new = CODE.replace("return 3", "return 30")
    shown, edit, last = stream(CODE, Span(0, len(CODE)), split_lines(new))
    assert not any(shown)
    assert last.replacements == edit


def test_lines_that_turn_out_to_be_others_are_corrected_by_the_end():
    hunks = HunkStream(Document("u", "python", 1, CODE), Span(0, len(CODE)))
    new = split_lines(CODE.replace("return 1", "return 10"))
    assert hunks.feed(new[:8])
    indented = [f" {line}" if line else line for line in new]
    edit, last = hunks.finish(indented)
    assert last.replaces
    assert last.replacements == edit
    assert apply(CODE, edit) == "\n".join(indented)


def test_a_wrong_guess_is_replaced_by_the_smaller_difference():
    old = "a = 1\nb = 2\nc = 3\nd = 4\nend()\nreturn x"
    new = "a = 1\nend()\nreturn x\nb = 2\nc = 3\nd = 4\nend()\nreturn x"
    shown, edit, last = stream(old, Span(0, len(old)), split_lines(new))
    assert any(shown)
    assert last.replaces
    assert [one.text for one in edit] == ["end()\nreturn x\n"]
    assert apply(old, edit) == new


@pytest.mark.parametrize(
    ("marked", "new", "texts"),
    [
        pytest.param(
            "x\n«def f():\n\treturn  1  \n\tpass»",
            ["def f():", "    return  1", "    print()"],
            ["    print()"],
            id="lines whose blanks alone differ are left alone",
        ),
        pytest.param(
            "«def f():\n\treturn 1»",
            ["def f():", "    return 1"],
            ["    return 1"],
            id="unless nothing else differs",
        ),
        pytest.param(
            "«a\r\nb\nc\r\nd»\r\n", ["a", "b", "x", "c", "d"], ["x\r\n"], id="mixed line ends"
        ),
    ],
)
def test_lines_that_do_not_change_are_left_byte_for_byte(marked, new, texts):
    marks = marked_text.parse(marked)
    _, edit, _ = stream(marks.text, marks.selection, new)
    assert [one.text for one in edit] == texts


words = st.sampled_from(["", "a = 1", "b = 2", "    c()", "}", "d", "é😀", "x  ", "\ty"])


@settings(deadline=None, max_examples=300)
@given(st.lists(words, min_size=1, max_size=14), st.data())
def test_what_is_shown_at_every_moment_stays_true_or_is_corrected(old, data):
    """Half of the new texts are the old one with some lines gone, changed or come."""
    new = data.draw(st.lists(words, min_size=1, max_size=14))
    if data.draw(st.booleans()):
        at = data.draw(st.integers(0, len(old)))
        new = [*old[:at], *data.draw(st.lists(words, max_size=3)), *old[at + 1 :]] or [""]
    ends = data.draw(st.sampled_from(["\n", "\r\n"]))
    text = ends.join(["above", *old, "below"])
    region = Span(len("above" + ends), len(text) - len(ends + "below"))
    shown, edit, last = stream(text, region, new)
    so_far = tuple(one for hunks in shown for one in hunks)
    assert (last.replacements if last.replaces else (*so_far, *last.replacements)) == edit
    assert last.replaces or edit[: len(so_far)] == so_far
    assert all(region.start <= one.span.start <= one.span.end <= region.end for one in edit)
    after = split_lines(apply(text, edit))
    assert [after[0], after[-1]] == ["above", "below"]
    assert [line.expandtabs(4).rstrip() for line in after[1:-1]] == [
        line.expandtabs(4).rstrip() for line in new
    ]
