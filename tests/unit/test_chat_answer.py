"""What is missing at the cursor, out of a chat model's answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qwen_lsp.context.chat_fill import HOLE, fill_request
from qwen_lsp.context.snapshot import Snapshot
from qwen_lsp.features.chat_answer import missing_text
from qwen_lsp.settings import Settings
from qwen_lsp.text import Document
from tests.harness import marked_text

LINE = "def add(a, b):\n    return │\n\nprint(add(1, 2))\n"
BLOCK = "class A:\n    def add(self, b):\n        │\n"


def snapshot_of(marked: str) -> Snapshot:
    marks = marked_text.parse(marked)
    document = Document("file:///a.py", "python", 1, marks.text)
    return Snapshot(document, marks.selection, Settings(model="none"))


CASES = [
    pytest.param(LINE, "```python\na + b\n```", "a + b\n", id="a code block"),
    pytest.param(LINE, "a + b", "a + b", id="code alone"),
    pytest.param(LINE, "```\na + b", "a + b", id="a block without its end"),
    pytest.param(LINE, "Sure!\n```python\na + b\n```\nIt adds.", "a + b\n", id="talk around"),
    pytest.param(LINE, "Here is the missing code, as asked.", "", id="talk alone"),
    pytest.param(LINE, "<think>\nHm.\n</think>\n\n```\na + b\n```", "a + b\n", id="thoughts"),
    pytest.param(LINE, "<think>\nHm, ```", "", id="thoughts without an end"),
    pytest.param(LINE, "```\n    return a + b\n```", "a + b\n", id="the line from its start"),
    pytest.param(LINE, "```\nreturn a + b\n```", "a + b\n", id="without its indentation"),
    pytest.param(
        LINE, "```\ndef add(a, b):\n    return a + b\n```", "a + b\n", id="lines above again"
    ),
    pytest.param(LINE, f"```\n    return {HOLE}a + b\n```", "a + b\n", id="the mark again"),
    pytest.param("x = fo│", "```\nx = foo(1)\n```", "o(1)\n", id="inside a word"),
    pytest.param("x = fo│", "```\no(1)\n```", "o(1)\n", id="inside a word, only the rest"),
    pytest.param(
        BLOCK,
        "```\nself.b = b\nreturn b\n```",
        "self.b = b\n        return b\n",
        id="a block without its indentation",
    ),
    pytest.param(
        BLOCK,
        "```\n        self.b = b\n        return b\n```",
        "        self.b = b\n        return b\n",
        id="a block with its indentation",
    ),
    pytest.param(
        BLOCK,
        "```\n    def add(self, b):\n        return b\n```",
        "        return b\n",
        id="a block with its head",
    ),
    pytest.param("s = │", "```js\n`a`\n```", "`a`\n", id="backquotes that are code"),
]


@pytest.mark.parametrize(("marked", "answer", "missing"), CASES)
def test_what_is_missing(marked, answer, missing):
    assert missing_text(answer, snapshot_of(marked), is_done=True) == missing


@pytest.mark.parametrize(("marked", "answer", "missing"), CASES)
def test_pieces_of_an_answer_only_ever_append(marked, answer, missing):
    del missing
    check_pieces(marked, answer)


@given(st.text("ab`~ \n<>think/return+(:", max_size=60), st.sampled_from([LINE, BLOCK, "x = fo│"]))
def test_what_was_said_of_an_unfinished_answer_stays_true(answer, marked):
    check_pieces(marked, answer)


def check_pieces(marked, answer):
    snapshot, known = snapshot_of(marked), ""
    for end in range(len(answer) + 1):
        text = missing_text(answer[:end], snapshot, is_done=False)
        assert text.startswith(known), (known, text)
        known = text
    assert missing_text(answer, snapshot, is_done=True).startswith(known)


def test_the_prompt_has_one_hole_and_the_code_around_it():
    request = fill_request(snapshot_of(f"x = '{HOLE}'\r\ny = │\nz = 1"), 64, is_block=False)
    content = request.messages[-1].content
    assert content.split("```")[1] == f"python\nx = '<missing>'\ny = {HOLE}\nz = 1\n"
    assert request.priority == "completion"
