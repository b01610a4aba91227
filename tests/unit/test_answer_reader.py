"""What of an answer is shown, and what of it may become a link; the same however it comes."""

import random

import pytest

from qwen_lsp.features.answer_reader import AnswerReader, Cited, Code, Item, Link


def read(*pieces: str):
    """Return the items of an answer that comes in pieces; texts that touch are one."""
    reader = AnswerReader()
    items = [one for piece in pieces for one in reader.feed(piece)] + reader.end()
    joined: list[Item] = []
    for one in items:
        if isinstance(one, str) and joined and isinstance(joined[-1], str):
            joined[-1] += one
        else:
            joined.append(one)
    return joined


CASES = [
    pytest.param("It adds `a` up.\n", ["It adds ", Code("a"), " up.\n"], id="a name"),
    pytest.param("``a`b`` c", [Code("a`b", "``"), " c"], id="code with a backtick in it"),
    pytest.param("a ` b\n`c`", ["a ` b\n", Code("c")], id="a backtick alone on its line"),
    pytest.param(r"\`a\` `b`", [r"\`a\` ", Code("b")], id="escaped backticks"),
    pytest.param(
        "See src/a.py:12-20, ok",
        ["See ", Cited("src/a.py:12-20", "src/a.py", 12), ", ok"],
        id="a place in the text",
    ),
    pytest.param("At 12:30 and a:5", ["At 12:30 and a:5"], id="what looks like a place"),
    pytest.param("[x](a.py#L3).", [Link("x", "a.py#L3"), "."], id="a link"),
    pytest.param("[`a`](x.py:3)", [Link("`a`", "x.py:3")], id="a link with code"),
    pytest.param("a[0] and [b", ["a[0] and [b"], id="brackets"),
    pytest.param("[a\n](b)", ["[a\n](b)"], id="a bracket that is not closed on its line"),
    pytest.param(
        "![i](http://e/?q)", [Link("i", "http://e/?q")], id="an image is not fetched, only linked"
    ),
    pytest.param("![a][r]", ["[a][r]"], id="nor is one with its address elsewhere"),
    pytest.param("[r]: http://e", [r"\[r]: http://e"], id="an address without what it shows"),
    pytest.param("<img src=x> List<T> a < b", [r"\<img src=x> List\<T> a < b"], id="HTML is text"),
    pytest.param(
        "```py\n`a` [x](y) <b> <think>\n```\n`c`",
        ["```py\n`a` [x](y) <b> <think>\n```\n", Code("c")],
        id="a block of code is left alone",
    ),
    pytest.param(
        "- ```\n  `a`\n  ```\n  `b`", ["- ```\n  `a`\n  ```\n  ", Code("b")], id="in a list"
    ),
    pytest.param("~~~\n```\n~~~\n`b`", ["~~~\n```\n~~~\n", Code("b")], id="fences of two kinds"),
    pytest.param("````\n```\n````", ["````\n```\n````"], id="a fence in a longer one"),
    pytest.param("```a``` b", [Code("a", "```"), " b"], id="three backticks inside a line"),
    pytest.param("```\nopen", ["```\nopen\n```"], id="a block that was not closed is"),
    pytest.param("```\r\na\r\n```\r\n`b`", ["```\r\na\r\n```\r\n", Code("b")], id="CRLF"),
    pytest.param("\n\n  It", ["It"], id="blanks in front"),
    pytest.param("", [], id="nothing"),
    pytest.param("<think>hm `x</think>\n\nIt.", ["It."], id="a thought"),
    pytest.param("\n<think>\n</think>\n<think>b</think>It", ["It"], id="two thoughts"),
    pytest.param("a <think>b\n\n[</think> c", ["a  c"], id="a thought in between"),
    pytest.param("<think>never", [], id="a thought that does not end"),
    pytest.param("hm</think>It", ["hmIt"], id="the end of a thought alone"),
    pytest.param("`<think>` is", [Code("<think>"), " is"], id="what is said of thoughts"),
    pytest.param("a <thin", [r"a \<thin"], id="nearly a thought"),
    pytest.param("It.<|im_end|>\n`more`", ["It."], id="a control token that is spelled out"),
    pytest.param("`<|im_end|>` ends", [Code("<|im_end|>"), " ends"], id="what is said of one"),
    pytest.param("`foo<|im_end|>`", [Code("foo<|im_end|>")], id="one in code"),
    pytest.param("`foo<|im_end|>", ["`foo"], id="one behind a backtick alone"),
]


@pytest.mark.parametrize(("answer", "items"), CASES)
def test_an_answer_is_read_the_same_however_it_is_split(answer, items):
    assert read(answer) == items
    assert read(*answer) == items
    for first in range(len(answer) + 1):
        for second in range(first, len(answer) + 1):
            assert read(answer[:first], answer[first:second], answer[second:]) == items


def test_any_text_is_read_the_same_however_it_is_split():
    chosen = random.Random(7)  # noqa: S311 - reproducible, not secret
    words = "` `` ``` ~~~ [ ]( ) ] ! \\ \n \r\n < > - 1. : a b.py :12 <think> </think> <|im_end|>"
    marks = [*words.split(" "), " ", "\n"]
    for _ in range(1000):
        pieces = chosen.choices(marks, k=chosen.randint(1, 12))
        text = "".join(pieces)
        assert read(*pieces) == read(text) == read(*text), text


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        pytest.param("It adds ", "It adds ", id="text"),
        pytest.param("It adds up", "It adds ", id="up to the word, which may be a path"),
        pytest.param("It `adds", "It ", id="up to code"),
        pytest.param("It `adds\n[up\n", "It `adds\n[up\n", id="never more than a line"),
        pytest.param("[" * 400, "[" * 99, id="nor more than a link is long"),
    ],
)
def test_only_what_may_become_something_else_is_held_back(answer, shown):
    assert "".join(map(str, AnswerReader().feed(answer))) == shown


def test_it_says_that_the_model_is_thinking():
    reader = AnswerReader()
    said = []
    for piece in ("<thi", "nk>a", "b</thin", "k>It"):
        reader.feed(piece)
        said.append((reader.is_thinking, reader.has_shown))
    assert said == [(False, False), (True, False), (True, False), (False, False)]
    reader.end()
    assert reader.has_shown
