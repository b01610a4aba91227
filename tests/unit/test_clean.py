"""What is left of the model's text: completions at a cursor, and the code of an answer."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qwen_lsp.context.snapshot import Snapshot
from qwen_lsp.features.clean import clean_completion, extract_code
from qwen_lsp.settings import Settings
from qwen_lsp.text import Document
from tests.harness import marked_text

EIGHT_LINES = "\n".join(f"line_{number} = {number}" for number in range(8))


def snapshot_of(marked: str) -> Snapshot:
    marks = marked_text.parse(marked)
    document = Document("file:///a.py", "python", 1, marks.text)
    return Snapshot(document, marks.selection, Settings(model="none"))


def check(marked, answer, shows):
    assert clean_completion(answer, snapshot_of(marked)) == shows


@pytest.mark.parametrize(
    ("marked", "answer", "shows"),
    [
        pytest.param("x = │", "a + b", "a + b", id="good text stays"),
        pytest.param("def f():\n│", "    pass\n", "    pass", id="indentation stays, ends go"),
        pytest.param("x = │", "  \n\n", "", id="blank text shows nothing"),
        pytest.param("x = │", "1<|fim_pad|>2", "1", id="a control text ends it"),
        pytest.param("x = │", "1<|im_end|><|file_sep|>", "1", id="the first control text counts"),
        pytest.param("x = │", "<|endoftext|>y", "", id="a control text at once shows nothing"),
        pytest.param("x = │", "1 <| 2", "1 <| 2", id="half a control text stays"),
    ],
)
def test_a_completion_loses_what_is_no_code(marked, answer, shows):
    check(marked, answer, shows)


@pytest.mark.parametrize(
    ("marked", "answer", "shows"),
    [
        pytest.param("f(│)", "1)", "1", id="a bracket the editor closed goes"),
        pytest.param("f(│)", "1", "1", id="nothing repeated, nothing lost"),
        pytest.param("f(│)", "g(1))", "g(1)", id="of two brackets the one that is there goes"),
        pytest.param("f(│)", "g(1)", "g(1)", id="a bracket that closes its own stays"),
        pytest.param("x[f(│)]", "g(h[0])", "g(h[0])", id="so does one before another"),
        pytest.param("f(g(│))", "1))", "1", id="both brackets the editor closed go"),
        pytest.param("x = [│]", "1, 2]", "1, 2", id="a list's bracket goes"),
        pytest.param("f(│, c)", "a, b, c)", "a, b", id="an argument list's rest goes"),
        pytest.param("x = │ + 1", "a + 1", "a", id="an operator and its operand go"),
        pytest.param('x = "│"', 'a"', "a", id="a quote goes"),
        pytest.param("f(│)", "1)\nprint(2)", "1", id="with text after the cursor it is one line"),
        pytest.param("f(│)", "1,\n  2", "1,", id="it is one line even if it repeats nothing"),
        pytest.param("f(│)\nprint(2)", "1)\nprint(2)", "1", id="the line below does not come back"),
        pytest.param("return │ if ok else 0", "i", "i", id="half a word is no repeat"),
        pytest.param("x = │ or y", "floor", "floor", id="a word's end is no repeat"),
        pytest.param("f(│  ", "1)", "1)", id="blanks after the cursor are no text"),
    ],
)
def test_a_completion_does_not_repeat_the_rest_of_the_line(marked, answer, shows):
    check(marked, answer, shows)


@pytest.mark.parametrize(
    ("marked", "answer", "shows"),
    [
        pytest.param("│\nreturn total\n", "return total", "", id="nothing but the next line"),
        pytest.param("│\nreturn total", "b = 2\nreturn total", "b = 2", id="the next line at last"),
        pytest.param(
            "│\n\n  return total\nx = 1", "b = 2\nreturn total\n\nx = 1", "b = 2", id="blank lines"
        ),
        pytest.param(
            "│\nreturn total\nx = 1", "b = 2\nreturn total\ny", "b = 2\nreturn total\ny", id="other"
        ),
        pytest.param("{\n│\n}", "  a;\n}", "  a;\n}", id="one short closer may be needed"),
        pytest.param("{{\n│\n}\n}", "  a;\n}\n}", "  a;", id="two closers are a repeat"),
        pytest.param(f"│\n{EIGHT_LINES}", EIGHT_LINES, "", id="eight lines repeated as a whole"),
        pytest.param(
            f"│\n{EIGHT_LINES}",
            f"a = 1\n{EIGHT_LINES}",
            "a = 1",
            id="eight lines repeated after one",
        ),
        pytest.param("x = │", "a\nreturn total", "a\nreturn total", id="nothing is below"),
    ],
)
def test_a_completion_does_not_run_into_the_lines_below(marked, answer, shows):
    check(marked, answer, shows)


pieces = st.sampled_from(
    [
        "a",
        "f(",
        ")",
        "]",
        "x[",
        ", ",
        '"',
        " ",
        "\n",
        "    ",
        "}",
        "return total",
        "<|im_end|>",
        "é",
    ]
)
answers = st.lists(pieces, max_size=8).map("".join)
documents = st.builds(
    lambda before, rest, below: f"{before}│{rest}\n{below}",
    st.sampled_from(["", "    ", "f(", "x = "]),
    st.sampled_from(["", ")", "))", ")]", ", a)", "  ", " + a", '"']),
    st.lists(st.sampled_from(["}", ")", "return total", "a", ""]), max_size=4).map("\n".join),
)
thorough = settings(deadline=None, max_examples=400)


@thorough
@given(documents, answers)
def test_cleaning_only_takes_away_from_the_end(marked, answer):
    assert answer.startswith(clean_completion(answer, snapshot_of(marked)))


@thorough
@given(documents, answers)
def test_cleaning_twice_changes_nothing_more(marked, answer):
    snapshot = snapshot_of(marked)
    once = clean_completion(answer, snapshot)
    assert clean_completion(once, snapshot) == once


CODE = "def f():\n    return 1"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        pytest.param(f"```\n{CODE}\n```", CODE, id="a fence of backticks"),
        pytest.param(f"~~~\n{CODE}\n~~~\n", CODE, id="a fence of tildes"),
        pytest.param(f"```python\n{CODE}\n```", CODE, id="a language tag"),
        pytest.param(f"```c++ title=a\r\n{CODE}\r\n```", CODE, id="a tag of two words, with CRLF"),
        pytest.param(
            f"Here you are:\n\n```py\n{CODE}\n```\nIt is short.", CODE, id="chatter around"
        ),
        pytest.param(f"  ```py\n{CODE}\n  ```", CODE, id="an indented fence"),
        pytest.param(f"````\n{CODE}\n````", CODE, id="a long fence"),
        pytest.param(f"```py\n{CODE}", CODE, id="an unclosed fence"),
        pytest.param(f"```py\n{CODE}<|im_end|>\n```", CODE, id="a control text in the code"),
        pytest.param(f"```\n{CODE}\n```\nOr:\n```\nx\n```", CODE, id="the first of two blocks"),
        pytest.param(f"<think>\nWell, ```x```\n</think>\n\n```\n{CODE}\n```", CODE, id="a thought"),
        pytest.param("<think>\nWell, and then", "", id="a thought without an end"),
        pytest.param(f"<think>\n\n</think>\n\n{CODE}\n", CODE, id="an empty thought, no fence"),
        pytest.param(CODE, CODE, id="no fence"),
        pytest.param(f"\n    {CODE}\n", f"    {CODE}", id="no fence, and its indentation stays"),
        pytest.param("x = `a`", "x = `a`", id="a backtick is no fence"),
        pytest.param("", "", id="nothing"),
        pytest.param("```\n```", "", id="an empty block"),
        pytest.param(
            "```py\na = '''\n~~~\n'''\n```", "a = '''\n~~~\n'''", id="tildes inside backticks stay"
        ),
        pytest.param(
            "````md\n```sh\nls\n```\n````", "```sh\nls\n```", id="a short fence in a long one stays"
        ),
        pytest.param(
            "```py\ndef f():\n    '''\n    ```sh\n    ls\n    ```\n    '''\n```",
            "def f():\n    '''\n    ```sh\n    ls\n    ```\n    '''",
            id="an indented fence in the code stays",
        ),
    ],
)
def test_the_code_of_an_answer(answer, code):
    assert extract_code(answer).replace("\r\n", "\n") == code
