"""The life of a completion over a real server: gates, reuse, and models without the middle."""

import asyncio

import pytest
from lsprotocol import types as lsp

from qwen_lsp.text import Span
from tests.harness.scripted_engine import HANG, HOLD

LINES = "import os\n\n\ndef f(a):\n    b = a\n    x = f│\n"


def place_of(line: int, character: int) -> lsp.Range:
    position = lsp.Position(line, character)
    return lsp.Range(position, position)


async def test_inside_a_word_only_who_asks_by_hand_is_answered(scripted_editor, scripted):
    scripted.scripts.append(["d_"])
    uri, marks = scripted_editor.open("x.py", "x = na│me")
    assert await scripted_editor.complete(uri, marks.cursor, is_automatic=True) == []
    assert scripted.requests == []
    [item] = await scripted_editor.complete(uri, marks.cursor)
    assert item.insert_text == "d_"


async def test_nothing_is_offered_after_a_paste_until_a_key_is_typed(scripted_editor, scripted):
    scripted.scripts.append(["oo"])
    uri, marks = scripted_editor.open("x.py", "│\n")
    pasted = "a = 1\nb = 2\nc = "
    scripted_editor.change(uri, Span(marks.cursor, marks.cursor), pasted)
    assert await scripted_editor.complete(uri, len(pasted), is_automatic=True) == []
    assert scripted.requests == []
    scripted_editor.change(uri, Span(len(pasted), len(pasted)), "f")
    [item] = await scripted_editor.complete(uri, len(pasted) + 1, is_automatic=True)
    assert item.insert_text == "oo"


async def test_an_accept_of_lines_is_no_paste_and_its_undo_is_left_alone(scripted_editor, scripted):
    scripted.scripts.append(["\n    a()\n    b()\nx = 1\n"])
    scripted.warm_scripts.append(["\n    c()\nx = 1\n"])
    uri, marks = scripted_editor.open("x.py", "def f():│\n")
    [item] = await scripted_editor.complete(uri, marks.cursor, is_automatic=True)
    await scripted.until(lambda: len(scripted.warm_requests) == 1, "the request ahead")
    scripted_editor.change(uri, Span(marks.cursor, marks.cursor), item.insert_text)
    end = marks.cursor + len(item.insert_text)
    assert await scripted_editor.complete(uri, end, is_automatic=True)
    scripted_editor.change(uri, Span(marks.cursor, end), "")
    assert await scripted_editor.complete(uri, marks.cursor, is_automatic=True) == []


async def test_the_menus_selected_entry_is_what_a_completion_begins_with(scripted_editor, scripted):
    scripted.scripts.append(["(1)\n"])
    uri, marks = scripted_editor.open("x.js", "console.l│\n", "javascript")
    span = lsp.Range(lsp.Position(0, 7), lsp.Position(0, 9))
    selected = lsp.SelectedCompletionInfo(span, ".log")
    [item] = await scripted_editor.complete(uri, marks.cursor, is_automatic=True, selected=selected)
    assert (item.insert_text, item.range) == (".log(1)", span)
    assert scripted.requests[0]["prompt"][-1] == "console.log"
    # Taking the entry leaves what the completion had besides.
    scripted_editor.change(uri, Span(7, 9), ".log")
    [rest] = await scripted_editor.complete(uri, 11, is_automatic=True)
    assert rest.insert_text == "(1)"
    assert len(scripted.requests) == 1


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        pytest.param("os\n", "os\nimport re\n", ("oo(1)", place_of(6, 9)), id="a line added above"),
        pytest.param("x = f", "x = fo", ("o(1)", place_of(5, 10)), id="a key that agrees"),
        pytest.param("x = f", "x = fu", None, id="a key that does not"),
        pytest.param("b = a", "b = c", None, id="the line above changed"),
    ],
)
async def test_an_answer_follows_its_place_while_the_document_changes(
    scripted_editor, scripted, old, new, shown
):
    scripted.scripts.append([HOLD, "oo(1)\n"])
    uri, marks = scripted_editor.open("x.py", LINES)
    asking = asyncio.create_task(scripted_editor.complete(uri, marks.cursor, is_automatic=True))
    await scripted.until(lambda: len(scripted.requests) == 1, "the request")
    at = scripted_editor.documents[uri].text.index(old)
    scripted_editor.change(uri, Span(at, at + len(old)), new)
    await scripted_editor.status()  # the change has arrived
    scripted.released.set()
    items = await asking
    assert [(item.insert_text, item.range) for item in items] == ([] if shown is None else [shown])


async def test_an_offer_is_still_there_after_a_line_was_added_above(scripted_editor, scripted):
    scripted.scripts.append(["oo(1)\n"])
    uri, marks = scripted_editor.open("x.py", LINES)
    await scripted_editor.complete(uri, marks.cursor)
    scripted_editor.change(uri, Span(0, 0), "import re\n")
    cursor = marks.cursor + len("import re\n")
    scripted_editor.change(uri, Span(cursor, cursor), "o")
    [item] = await scripted_editor.complete(uri, cursor + 1, is_automatic=True)
    assert item.insert_text == "o(1)"
    assert len(scripted.requests) == 1


async def test_whole_lines_of_what_was_broken_off_are_kept(scripted_editor, scripted):
    scripted.scripts += [["\n    a()\n    b(", HANG], ["1\n"]]
    uri, marks = scripted_editor.open("x.py", "def f():│\n")
    [item] = await scripted_editor.complete(uri, marks.cursor)
    assert item.insert_text == "\n    a()"
    scripted_editor.change(uri, Span(marks.cursor, marks.cursor), " x = ")
    await scripted_editor.complete(uri, marks.cursor + 5)
    await scripted.until(lambda: scripted.hang_ups == 1, "the first answer's end")
    scripted_editor.change(uri, Span(marks.cursor, marks.cursor + 5), "")
    [again] = await scripted_editor.complete(uri, marks.cursor)
    assert again.insert_text == "\n    a()"
    assert len(scripted.requests) == 2


async def test_a_model_without_the_middle_is_asked_by_chat(scripted_editor, scripted):
    scripted.fills_in_the_middle = False
    scripted.scripts.append(["Sure:\n```py", "thon\n    return a +", " b\n```\nIt adds.", HANG])
    uri, marks = scripted_editor.open("x.py", "def add(a, b):\n    return │\n\nx = add(1, 2)\n")
    [item] = await scripted_editor.complete(uri, marks.cursor)
    assert item.insert_text == "a + b"
    [request] = scripted.requests
    assert "return <MISSING>\n\nx = add(1, 2)" in request["messages"][-1]["content"]
    # What comes after the line is not waited for, and nothing is written ahead.
    await scripted.until(lambda: scripted.hang_ups == 1, "the end of the answer")
    assert (await scripted_editor.status()).engine.fim is False
    scripted.scripts.append(["```\n + 1\n```"])
    scripted_editor.change(uri, Span(marks.cursor, marks.cursor), item.insert_text)
    end = marks.cursor + len(item.insert_text)
    assert await scripted_editor.complete(uri, end, is_automatic=True)
    assert (len(scripted.requests), scripted.warm_requests) == (2, [])
