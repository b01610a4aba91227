"""Edits and explanations, over a real server process."""

import asyncio
import difflib
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException

from qwen_lsp.text import Span
from tests.harness.scripted_engine import HANG

PRICE = "import os\n\n\n«def price(cents):\n    return cents / 100\n»\n\nprint(price(5))\n"


def changed_lines(before: str, after: str) -> list[str]:
    return [
        line for line in difflib.ndiff(before.splitlines(), after.splitlines()) if line[0] in "+-"
    ]


async def test_the_real_model_documents_a_function_and_touches_nothing_else(editor):
    uri, marks = editor.open("price.py", PRICE)
    actions = await editor.code_actions(uri, marks.selection)
    resolved = await editor.resolve(actions["Qwen: Add documentation"])
    changes = changed_lines(marks.text, editor.after(uri, resolved.edit))
    assert any('"""' in line for line in changes)
    assert all(line.startswith("+     ") or line == "+ " for line in changes), changes


async def test_the_real_model_follows_an_instruction(editor):
    uri, marks = editor.open("price.py", PRICE)
    answer = await editor.edit(uri, marks.selection, "Rename the parameter cents to pennies.")
    assert "+    return pennies / 100" in answer.diff
    after = editor.after(uri, answer.edit)
    assert after.startswith("import os\n\n\ndef price(pennies):\n")
    assert after.endswith("\n\n\nprint(price(5))\n")


async def test_the_real_model_explains_and_streams_it(editor):
    uri, marks = editor.open("price.py", PRICE)
    markdown = await editor.explain(uri, marks.selection)
    assert "price" in markdown
    streamed = "".join(value["text"] for token, value in editor.progress if token == "explanation")
    assert streamed == markdown


@pytest.mark.parametrize(
    ("marked", "answer", "expected"),
    [
        pytest.param(
            "«def f(a):\n    return a»\n",
            "Sure!\n```python\ndef f(a):\n    return a + 1\n```\nDone.",
            "def f(a):\n    return a + 1\n",
            id="fences and chatter are left out",
        ),
        pytest.param(
            "class A:\n    «def f(a):\n        return a\n»\nx = 1\n",
            "```\ndef f(a):\n    return 2\n```",
            "class A:\n    def f(a):\n        return 2\n\nx = 1\n",
            id="the indentation comes back",
        ),
        pytest.param(
            "a = 1\r\n«b = 2\r\nc = 3»\r\nd = 4\r\n",
            "```\nb = 2\nb2 = 2\nc = 3\n```",
            "a = 1\r\nb = 2\r\nb2 = 2\r\nc = 3\r\nd = 4\r\n",
            id="line ends stay as the document has them",
        ),
        pytest.param("«a = 1»", "```\na = 2", "a = 2", id="a fence that was never closed"),
    ],
)
async def test_what_an_answer_changes(scripted_editor, scripted, marked, answer, expected):
    scripted.scripts.append([answer])
    uri, marks = scripted_editor.open("x.py", marked)
    made = await scripted_editor.edit(uri, marks.selection, "do it")
    assert scripted_editor.after(uri, made.edit) == expected


async def test_an_unchanged_answer_is_said_to_be_one(scripted_editor, scripted):
    scripted.scripts.append(["```\na = 1\n```"])
    uri, marks = scripted_editor.open("x.py", "«a = 1»\n")
    made = await scripted_editor.edit(uri, marks.selection, "do it")
    assert made.edit is None
    assert made.message == "Nothing was changed: the model changed nothing."


async def test_a_qwen_comment_is_the_instruction_and_goes_away(scripted_editor, scripted):
    scripted.scripts.append(["```\ndef f():\n    return 2\n```"])
    uri, marks = scripted_editor.open(
        "x.py", "a = 1\n# qwen: return 2│\ndef f():\n    return 1\n\nb = 2\n"
    )
    actions = await scripted_editor.code_actions(uri, Span(marks.cursor, marks.cursor))
    resolved = await scripted_editor.resolve(actions["Qwen: return 2"])
    after = scripted_editor.after(uri, resolved.edit)
    assert after == "a = 1\ndef f():\n    return 2\n\nb = 2\n"
    said = scripted.requests[-1]["messages"][-1]["content"]
    assert "Instruction: return 2" in said
    assert "# qwen" not in said


async def test_fix_tells_the_model_what_was_reported(scripted_editor, scripted):
    scripted.scripts.append(["```\nx = 1\n```"])
    uri, marks = scripted_editor.open("x.py", "«x = undefined_name»\n")
    range_ = lsp.Range(lsp.Position(0, 4), lsp.Position(0, 18))
    diagnostic = lsp.Diagnostic(range_, "undefined name 'undefined_name'")
    actions = await scripted_editor.code_actions(uri, marks.selection, [diagnostic])
    fix = actions["Qwen: Fix"]
    assert fix.kind == lsp.CodeActionKind.QuickFix
    resolved = await scripted_editor.resolve(fix)
    assert scripted_editor.after(uri, resolved.edit) == "x = 1\n"
    assert "undefined name 'undefined_name'" in scripted.requests[-1]["messages"][-1]["content"]


async def test_nothing_is_computed_before_an_action_is_chosen(scripted_editor, scripted):
    uri, marks = scripted_editor.open("x.py", "«x = 1»\n")
    actions = await scripted_editor.code_actions(uri, marks.selection)
    assert {"Qwen: Add documentation", "Qwen: Explain"} <= set(actions)
    assert scripted.requests == []


async def test_a_code_action_of_an_older_version_is_refused(scripted_editor):
    uri, marks = scripted_editor.open("x.py", "«x = 1»\n")
    actions = await scripted_editor.code_actions(uri, marks.selection)
    scripted_editor.change(uri, Span(0, 0), "y = 1\n")
    with pytest.raises(JsonRpcException, match="select the code again"):
        await scripted_editor.resolve(actions["Qwen: Add documentation"])


async def test_plain_clients_get_commands_that_apply_the_edit(open_editor, scripted):
    editor = await open_editor(options={"model": str(scripted.model)}, resolves=False)
    scripted.scripts.append(["```\nx = 2\n```"])
    uri, marks = editor.open("x.py", "«x = 1»\n")
    actions = await editor.code_actions(uri, marks.selection)
    await editor.execute(actions["Qwen: Add documentation"].command)
    [edit] = editor.applied
    assert editor.after(uri, edit) == "x = 2\n"


async def test_plain_clients_see_explanations_in_a_document(scripted_editor, scripted):
    scripted.scripts.append(["It sets ", "`x`."])
    uri, marks = scripted_editor.open("x.py", "«x = 1»\n")
    actions = await scripted_editor.code_actions(uri, marks.selection)
    await scripted_editor.execute(actions["Qwen: Explain"].command)
    [shown] = scripted_editor.shown_documents
    assert Path(unquote(urlsplit(shown).path)).read_text() == "It sets `x`."


async def test_cancelling_a_command_stops_the_engine(scripted_editor, scripted):
    scripted.scripts.append(["It ", HANG])
    uri, marks = scripted_editor.open("x.py", "«x = 1»\n")
    actions = await scripted_editor.code_actions(uri, marks.selection)
    running = asyncio.create_task(scripted_editor.execute(actions["Qwen: Explain"].command))
    await scripted.until(lambda: len(scripted.requests) == 1, "the request")
    [pending] = [
        number
        for number, future in scripted_editor.client.protocol._request_futures.items()
        if not future.done()
    ]
    scripted_editor.client.cancel_request(lsp.CancelParams(pending))
    with pytest.raises(JsonRpcException):
        await running
    await scripted.until(lambda: scripted.hang_ups == 1, "the hang-up")


async def test_a_warm_edit_is_prepared_while_the_instruction_is_typed(editor):
    uri, marks = editor.open("price.py", PRICE)
    await editor.edit(uri, marks.selection, "", warm=True)
    await editor.edit(uri, marks.selection, "Rename the parameter cents to pennies.")
    [evaluated] = re.findall(r"edit .*evaluated=(\d+)", "".join(editor.log))
    # The system's and the user's message are about 160 tokens; the instruction is ten.
    assert int(evaluated) < 40
