"""From pieces of bytes to the text of an answer."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qwen_lsp.engine.answer import AnswerText


def check(pieces, gives, *, stop=(), stopped=False):
    """Feed pieces; `gives` is the text after each one, and at last what was held back."""
    answer = AnswerText(stop)
    found = []
    for piece in pieces:
        found.append(answer.feed(piece))
        if answer.stopped:
            break
    assert [*found, answer.finish()] == gives
    assert answer.stopped is stopped


@pytest.mark.parametrize(
    ("pieces", "gives"),
    [
        pytest.param([b"a", b"b"], ["a", "b", ""], id="whole characters come at once"),
        pytest.param([], [""], id="nothing gives nothing"),
        pytest.param([b"\xc3", b"\xa9x"], ["", "éx", ""], id="a character in two pieces"),
        pytest.param(
            [b"a\xf0", b"\x9f", b"\x98", b"\x80"], ["a", "", "", "😀", ""], id="an emoji in four"
        ),
        pytest.param([b"a\xf0\x9f"], ["a", "\ufffd"], id="half a character at the end"),
        pytest.param([b"a\xffb"], ["a\ufffdb", ""], id="a byte that begins no character"),
        pytest.param([b"\xc3", b"x"], ["", "\ufffdx", ""], id="a character that does not go on"),
    ],
)
def test_bytes_become_whole_characters(pieces, gives):
    check(pieces, gives)


@pytest.mark.parametrize(
    ("pieces", "gives", "stop", "stopped"),
    [
        pytest.param([b"a<end>b"], ["a", ""], ["<end>"], True, id="in one piece"),
        pytest.param([b"a<e", b"nd>b"], ["a", "", ""], ["<end>"], True, id="across two pieces"),
        pytest.param(
            [b"a", b"<", b"end", b">"], ["a", "", "", "", ""], ["<end>"], True, id="across three"
        ),
        pytest.param([b"<end>"], ["", ""], ["<end>"], True, id="at once"),
        pytest.param([b"a<e", b"lse>"], ["a", "<else>", ""], ["<end>"], False, id="not after all"),
        pytest.param([b"a<en"], ["a", "<en"], ["<end>"], False, id="held back till the end"),
        pytest.param([b"a<<e", b"nd>"], ["a<", "", ""], ["<end>"], True, id="begun twice"),
        pytest.param(
            [b"a\n", b"\n\n"], ["a", "", ""], ["\n\n"], True, id="a stop of equal characters"
        ),
        pytest.param(
            [b"aa", b"b"], ["", "", ""], ["aab"], True, id="the longest beginning is kept"
        ),
        pytest.param([b"a;b|c"], ["a", ""], ["|", ";"], True, id="the first in the text counts"),
        pytest.param(
            [b"a\n", b"b"], ["a", "\nb", ""], ["\n\n", "\n#"], False, id="two with one beginning"
        ),
        pytest.param([b"a\xc3", b"\xa9b"], ["a", "", ""], ["é"], True, id="in a split character"),
        pytest.param([b"a\xf0"], ["a", ""], ["\ufffd"], True, id="made by the end of the answer"),
        pytest.param(
            [b"a<", b"\xf0"],
            ["a", "", "<\ufffd"],
            ["<end>"],
            False,
            id="held back with half an emoji",
        ),
    ],
)
def test_an_answer_ends_before_a_stop_text(pieces, gives, stop, stopped):
    check(pieces, gives, stop=stop, stopped=stopped)


# None of a list lies inside another one: which of them comes first would depend on the pieces.
stop_texts = st.sampled_from(
    [
        [],
        ["<end>"],
        ["\n\n"],
        ["aa"],
        ["aab"],
        ["ab", "ba"],
        ["é<", "<a"],
        ["😀", "<end>", "aba"],
        ["a", "ab"],
    ]
)
texts = st.lists(
    st.sampled_from(["a", "b", "\n", "<", "<end>", "<en", "é", "😀", " "]), max_size=12
).map("".join)


@settings(deadline=None, max_examples=400)
@given(st.data(), texts, stop_texts)
def test_the_answer_is_the_text_cut_at_the_first_stop_text_however_it_is_split(data, text, stop):
    content = text.encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(content)), max_size=8)))
    answer, found = AnswerText(stop), ""
    for start, end in zip([0, *cuts], [*cuts, len(content)], strict=True):
        found += answer.feed(content[start:end])
        sure = content[:end].decode(errors="ignore")
        assert len(sure) - len(found) < max((len(one) for one in stop), default=1) or answer.stopped
        if answer.stopped:
            break
    found += answer.finish()
    places = [text.find(one) for one in stop if one in text]
    assert found == text[: min(places, default=len(text))]
    assert answer.stopped is bool(places)
