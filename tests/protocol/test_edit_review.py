"""What an editor gets to review an edit: changes as they come, a warning, a follow-up."""

import asyncio

import pytest
from pygls.exceptions import JsonRpcException

from qwen_lsp.text import Span, apply
from tests.harness.scripted_engine import HOLD

FENCED = "```python\n{}\n```".format
FUNCTIONS = "«def f():\n    return 1\n\ndef g():\n    return 2\n\ndef h():\n    return 3»\n"


async def test_changes_are_shown_as_they_are_complete(scripted_editor, scripted):
    scripted.scripts.append(
        [
            *("```python\ndef f():\n", "    return 10\n\ndef g():\n"),
            *(HOLD, "    return 2\n\ndef h():\n    return 30\n", "```\n"),
        ]
    )
    uri, marks = scripted_editor.open("x.py", FUNCTIONS)
    asking = asyncio.create_task(
        scripted_editor.edit(uri, marks.selection, "do it", partialResultToken="p")
    )
    await scripted_editor.until(lambda: scripted_editor.told("p"), "the first change")
    assert [one.text for one in scripted_editor.hunks(uri, "p")] == ["    return 10"]
    scripted.released.set()
    made = await asking
    after = scripted_editor.after(uri, made.edit)
    assert apply(marks.text, scripted_editor.hunks(uri, "p")) == after
    assert after == marks.text.replace("1\n", "10\n").replace("3\n", "30\n")
    assert [len(value["hunks"]) for value in scripted_editor.told("p")] == [1, 1]


async def test_what_was_shown_is_replaced_when_the_answer_turns_out_otherwise(
    scripted_editor, scripted
):
    half = "```python\ndef f():\n    return 10\n\ndef g():\n    return 2\n"
    scripted.scripts.append([half, "\ndef h():\n    return 3\n# ... rest as before\n```"])
    uri, marks = scripted_editor.open("x.py", FUNCTIONS)
    made = await scripted_editor.edit(uri, marks.selection, "do it", partialResultToken="p")
    assert made.edit is None
    first, last = scripted_editor.told("p")
    assert len(first["hunks"]) == 1
    assert last == {"hunks": [], "replaces": True}


async def test_work_done_is_told_to_who_asks(scripted_editor, scripted):
    scripted.scripts.append([FENCED("x = 2")])
    uri, marks = scripted_editor.open("x.py", "«x = 1»\n")
    await scripted_editor.edit(uri, marks.selection, "do it", workDoneToken="w")
    told = [one if isinstance(one, dict) else vars(one) for one in scripted_editor.told("w")]
    assert [one["kind"] for one in told] == ["begin", "report", "end"]


async def test_the_answer_says_what_a_follow_up_needs(scripted_editor, scripted):
    scripted.scripts.append([FENCED("def g():\n    return 2")])
    uri, marks = scripted_editor.open("x.py", "class A:\n«    def g():\n        return 1»\n")
    made = await scripted_editor.edit(uri, marks.selection, "Return two.")
    assert (made.code, made.instruction) == ("    def g():\n        return 2", "Return two.")
    assert (made.message, made.warning) == ("", "")
    assert "+        return 2" in made.diff


async def test_a_code_action_asks_for_confirmation_where_the_client_can(open_editor, scripted):
    options = {"model": str(scripted.model), "index": {"enabled": False}}
    editor = await open_editor(options=options, annotates=True)
    scripted.scripts += [[FENCED("def f():\n    return 2")], [FENCED("def f():\n    return 3")]]
    uri, marks = editor.open("x.py", "# qwen: return two\n«def f():\n    return 1»\n")
    actions = await editor.code_actions(uri, marks.selection)
    resolved = await editor.resolve(actions["Qwen: return two"])
    [[name, annotation]] = resolved.edit.change_annotations.items()
    assert (annotation.label, annotation.needs_confirmation) == ("Qwen: return two", True)
    assert annotation.description == "return two"
    [change] = resolved.edit.document_changes
    assert {one.annotation_id for one in change.edits} == {name}
    assert editor.after(uri, resolved.edit) == "def f():\n    return 2\n"
    made = await editor.edit(uri, marks.selection, "do it")
    assert made.edit.changeAnnotations is None if hasattr(made.edit, "changeAnnotations") else True
    assert not hasattr(made.edit.documentChanges[0].edits[0], "annotationId")


async def test_an_edit_that_breaks_its_file_is_shown_with_a_warning(open_editor, scripted):
    options = {"model": str(scripted.model), "index": {"enabled": False}}
    editor = await open_editor(options=options, annotates=True)
    broken, sentence = FENCED("def f():\n    return (1"), "the file has a syntax error in line 2"
    scripted.scripts += [[broken], [broken], [broken]]
    uri, marks = editor.open("x.py", "«def f():\n    return 1»\n")
    made = await editor.edit(uri, marks.selection, "do it")
    assert sentence in made.warning
    assert editor.messages == []
    actions = await editor.code_actions(uri, marks.selection)
    resolved = await editor.resolve(actions["Qwen: Add documentation"])
    [annotation] = resolved.edit.change_annotations.values()
    assert sentence in annotation.description
    await editor.until(lambda: editor.messages, "the warning")
    [message] = editor.messages
    assert sentence in message
    other, marks = editor.open("y.py", "x = )\n«def f():\n    return 1»\n")
    assert (await editor.edit(other, marks.selection, "do it")).warning == ""


async def test_again_asks_for_another_solution(scripted_editor, scripted):
    scripted.scripts.append([FENCED("x = 3")])
    uri, marks = scripted_editor.open("x.py", "    «x = 1»\n")
    before = [{"instruction": "Double it.", "code": "    x = 2"}]
    made = await scripted_editor.edit(uri, marks.selection, "Nochmal!", previous=before)
    assert (made.code, made.instruction) == ("    x = 3", "Double it.")
    request = scripted.requests[0]
    assert request["temperature"] > 0
    roles = [one["role"] for one in request["messages"]]
    assert roles == ["system", "user", "assistant", "user"]
    first, earlier, now = (one["content"] for one in request["messages"][1:])
    assert "x = 1" in first
    assert first.endswith("Instruction: Double it.")
    assert earlier == "```python\nx = 2\n```"
    assert "another way" in now


async def test_a_follow_up_goes_on_from_the_edit_before(scripted_editor, scripted):
    scripted.scripts.append([FENCED("x = 2\ny = x")])
    uri, marks = scripted_editor.open("x.py", "«x = 1»\n")
    before = [{"instruction": "Double it.", "code": "x = 2"}]
    made = await scripted_editor.edit(uri, marks.selection, "also add y", previous=before)
    assert scripted_editor.after(uri, made.edit) == "x = 2\ny = x\n"
    assert "-x = 1" in made.diff
    request = scripted.requests[0]
    assert request["temperature"] == 0
    assert request["messages"][-1]["content"].startswith("Instruction: also add y")


async def test_the_same_solution_again_is_said_to_be_one(scripted_editor, scripted):
    scripted.scripts.append([FENCED("x = 2")])
    uri, marks = scripted_editor.open("x.py", "«x = 1»\n")
    before = [{"instruction": "Double it.", "code": "x = 2"}]
    made = await scripted_editor.edit(uri, marks.selection, "", previous=before)
    assert made.message == "Nothing was changed: the model gave the same solution again."


async def test_a_follow_up_of_a_large_edit_changes_what_that_made(scripted_editor, scripted):
    lines = [f"    value = compute(value, {number}, other, third)" for number in range(200)]
    code = "\n".join(["def f():", *lines])
    once = code.replace("value, 7,", "value, seven,")
    search = "    value = compute(value, 9, other, third)"
    scripted.scripts.append([f"<<<<<<< SEARCH\n{search}\n=======\n    nine()\n>>>>>>> REPLACE"])
    uri, marks = scripted_editor.open("x.py", f"«{code}»\n")
    before = [{"instruction": "Name it.", "code": once}]
    made = await scripted_editor.edit(uri, marks.selection, "also 9", previous=before)
    expected = once.replace("value = compute(value, 9, other, third)", "nine()")
    assert scripted_editor.after(uri, made.edit) == f"{expected}\n"
    assert "seven" in scripted.requests[0]["messages"][1]["content"]


@pytest.mark.parametrize(
    "previous", [["x"], [{"instruction": "a"}], [{"instruction": 1, "code": ""}]]
)
async def test_a_follow_up_that_cannot_be_read_is_refused(scripted_editor, previous):
    uri, _ = scripted_editor.open("x.py", "x = 1\n")
    with pytest.raises(JsonRpcException, match="previous"):
        await scripted_editor.edit(uri, Span(0, 5), "do it", previous=previous)


async def test_without_an_instruction_there_is_no_edit(scripted_editor):
    uri, _ = scripted_editor.open("x.py", "x = 1\n")
    with pytest.raises(JsonRpcException, match="say what to change"):
        await scripted_editor.edit(uri, Span(0, 5), " ")
