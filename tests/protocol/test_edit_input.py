"""Edits of odd selections and with odd answers, over a real server process."""

import asyncio

import pytest
from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException

from qwen_lsp.text import Document, Span
from tests.harness import marked_text

FENCED = "```\n{}\n```".format


@pytest.mark.parametrize(
    ("marked", "answer", "expected"),
    [
        pytest.param("a = 1\nb │= 2\nc = 3\n", "b = 5", "a = 1\nb = 5\nc = 3\n", id="a cursor"),
        pytest.param(
            "def f():\n    ret«urn o»ne\n", "return two", "def f():\n    return two\n", id="a token"
        ),
        pytest.param(
            "a = «1\nb» = 2\nc = 3\n",
            "a = 5\nb = 6",
            "a = 5\nb = 6\nc = 3\n",
            id="two lines' parts",
        ),
        pytest.param(
            "«a = 1\r\nb = 2\nc = 3\r\n»d = 4\n",
            "a = 1\nx = 0\nb = 2\nc = 5",
            "a = 1\r\nx = 0\r\nb = 2\nc = 5\r\nd = 4\n",
            id="mixed line ends",
        ),
        pytest.param(
            "def f():\n«\tif a:\n        b()\n\t\tc()  \n»\td()\n",
            "\tif a:\n\t    b()\n\t\tc()\n\t\te()",
            "def f():\n\tif a:\n        b()\n\t\tc()  \n\t\te()\n\td()\n",
            id="tabs and blanks mixed",
        ),
        pytest.param(
            "\n«\n\nx = 1\n\n»\ny = 2\n", "x = 5", "\n\n\nx = 5\n\n\ny = 2\n", id="blank lines"
        ),
        pytest.param("é = '😀'\n«x = '😀😀'»  # ü", "x = '😀'", "é = '😀'\nx = '😀'", id="emoji"),
    ],
)
async def test_a_selection_is_widened_to_its_lines(
    scripted_editor, scripted, marked, answer, expected
):
    scripted.scripts.append([FENCED(answer)])
    uri, marks = scripted_editor.open("x.py", marked)
    made = await scripted_editor.edit(uri, marks.selection, "do it")
    assert scripted_editor.after(uri, made.edit) == expected


LINE = "    value = compute(value, other) + 1  # one of many lines\n"


@pytest.mark.parametrize(
    ("marked", "refusal"),
    [
        pytest.param("a = 1\n«   \n\n»b = 2\n", "There is no code in the selection", id="blank"),
        pytest.param("│", "There is no code in the selection", id="an empty document"),
        pytest.param("«a\0b»", "binary", id="binary"),
        pytest.param(
            f"«def f():\n{LINE * 100}\ndef g():\n{LINE * 300}\ndef h():\n{LINE * 300}»\n",
            "at most 4096 can be edited at once; select less, such as lines 1 to 101",
            id="too large",
        ),
        pytest.param(
            f"«{LINE * 150}=======\n{LINE * 50}»", "resolve the conflicts first", id="conflicts"
        ),
    ],
)
async def test_what_cannot_be_edited_is_refused_with_what_to_do(
    scripted_editor, scripted, marked, refusal
):
    await until_window_known(scripted_editor)
    uri, marks = scripted_editor.open("x.py", marked)
    with pytest.raises(JsonRpcException, match=refusal):
        await scripted_editor.edit(uri, marks.selection, "do it")
    assert scripted.requests == []


async def until_window_known(editor):
    """Open a document, so that the model is loaded, and wait until it is."""
    editor.open("first.py", "")
    async with asyncio.timeout(60):
        while (await editor.status()).engine.state != "ready":
            await asyncio.sleep(0.02)


async def test_a_document_that_is_not_saved_yet_can_be_edited(scripted_editor, scripted):
    scripted.scripts.append([FENCED("x = 2")])
    uri = "untitled:Untitled-1"
    scripted_editor.documents[uri] = Document(uri, "python", 1, "x = 1\n")
    item = lsp.TextDocumentItem(uri, "python", 1, "x = 1\n")
    scripted_editor.client.text_document_did_open(lsp.DidOpenTextDocumentParams(item))
    made = await scripted_editor.edit(uri, Span(0, 5), "do it")
    assert scripted_editor.after(uri, made.edit) == "x = 2\n"
    assert made.diff.startswith("--- a/Untitled-1\n")


SHOP = """\
import os


def above():
    pass


«def f(a):
    return a»


def below():
    pass
"""


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        pytest.param("", "the model gave no code", id="nothing"),
        pytest.param(
            "I'm afraid that this is not possible.", "the model answered in words", id="words"
        ),
        pytest.param(
            FENCED("def f(a):\n    # ... existing code ...\n    return 1"),
            "the model left code out",
            id="gap",
        ),
        pytest.param(FENCED("def f(a):\n    return a"), "the model changed nothing", id="same"),
    ],
)
async def test_an_answer_without_code_changes_nothing(scripted_editor, scripted, answer, message):
    scripted.scripts.append([answer])
    uri, marks = scripted_editor.open("x.py", SHOP)
    made = await scripted_editor.edit(uri, marks.selection, "do it")
    assert (made.edit, made.diff, made.code) == (None, "", "")
    assert made.message.startswith(f"Nothing was changed: {message}"), made.message


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param("```python\ndef f(a):\n    return 2\n", id="an unclosed fence"),
        pytest.param(FENCED("def f(a):\n    return 2") * 2, id="twice the same block"),
        pytest.param(FENCED("def f(a):\n    return 2<|im_end|>"), id="a control token"),
        pytest.param(
            FENCED(marked_text.parse(SHOP).text.replace("return a", "return 2")), id="all again"
        ),
    ],
)
async def test_an_odd_answer_still_gives_its_code(scripted_editor, scripted, answer):
    scripted.scripts.append([answer])
    uri, marks = scripted_editor.open("x.py", SHOP)
    made = await scripted_editor.edit(uri, marks.selection, "do it")
    expected = marks.text.replace("return a", "return 2")
    assert scripted_editor.after(uri, made.edit) == expected


async def test_an_instruction_to_write_elsewhere_changes_only_the_region(scripted_editor, scripted):
    everything = marked_text.parse(SHOP).text.replace("pass", "os.remove('/')")
    scripted.scripts.append([f"```python x.py\n{everything}```\n```python y.py\nx = 1\n```\n"])
    uri, marks = scripted_editor.open("x.py", SHOP)
    asked = "Rewrite all functions of the file, and write x = 1 to y.py."
    made = await scripted_editor.edit(uri, marks.selection, asked)
    after = scripted_editor.after(uri, made.edit)
    above, below = marks.text[: marks.selection.start], marks.text[marks.selection.end :]
    assert after.startswith(above)
    assert after.endswith(below)
    assert not (scripted_editor.workspace / "y.py").exists()


LARGE = "def f():\n" + "".join(LINE.replace("one", str(n)) for n in range(150)) + "    return value"


async def test_a_large_selection_is_edited_by_blocks(scripted_editor, scripted):
    first, last = "# 0 of many", "    return value"
    scripted.scripts.append(
        [
            "<<<<<<< SEARCH\n    value = compute(value, other) + 1  # 0 of many lines\n=======\n",
            "    value = 1\n>>>>>>> REPLACE\n",
            f"<<<<<<< SEARCH\nreturn value\n=======\n{last} * 2\n>>>>>>> REPLACE",
        ]
    )
    uri, marks = scripted_editor.open("x.py", f"«{LARGE}»\n")
    made = await scripted_editor.edit(uri, marks.selection, "do it")
    after = scripted_editor.after(uri, made.edit).splitlines()
    before = marks.text.splitlines()
    changed = [(one, other) for one, other in zip(before, after, strict=True) if one != other]
    assert [new for _, new in changed] == ["    value = 1", "    return value * 2"]
    assert first in changed[0][0]
    assert "SEARCH" in scripted.requests[0]["messages"][0]["content"]


async def test_a_block_that_does_not_fit_is_named_and_nothing_changes(scripted_editor, scripted):
    fits = "<<<<<<< SEARCH\nreturn value\n=======\nreturn 1\n>>>>>>> REPLACE\n"
    scripted.scripts.append([fits, fits.replace("return value", "yield nothing")])
    uri, marks = scripted_editor.open("x.py", f"«{LARGE}»\n")
    made = await scripted_editor.edit(uri, marks.selection, "do it", partialResultToken="p")
    assert made.edit is None
    assert "block 2 (`yield nothing`) is not in the selection" in made.message
    assert [len(value["hunks"]) for value in scripted_editor.told("p")] == [1, 0]
    assert scripted_editor.hunks(uri, "p") == ()
