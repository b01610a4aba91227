"""A model for completions and another one for edits and explanations."""

import asyncio
import sys

import pytest

from qwen_lsp import locations, wire
from qwen_lsp.text import Span
from tests.harness.scripted_engine import ScriptedEngine

SOURCE = "def add(a, b):\n    return a + b\n"
OPTIONS = {"index": {"enabled": False}}
EDITED = ["```\ndef add(a, b):\n    return b + a\n```"]


@pytest.fixture
async def large(tmp_path):
    engine = ScriptedEngine(tmp_path, "large")
    await engine.start()
    yield engine
    await engine.stop()


@pytest.fixture
async def editor(open_editor, scripted, large):
    models = {"model": str(scripted.model), "edit": {"model": str(large.model)}}
    return await open_editor(qwen={"status": True}, options={**OPTIONS, **models})


def is_loaded(editor):
    notes = editor.status_notes
    return any("Loading" in one["message"] for one in notes) and not notes[-1]["busy"]


async def test_the_larger_one_edits_and_explains_and_the_other_one_completes(
    editor, scripted, large
):
    uri, marked = editor.open("add.py", f"{SOURCE}\n\nprint(│)\n")
    scripted.scripts.append(["add(1, 2)"])
    assert [one.insert_text for one in await editor.complete(uri, marked.cursor)] == ["add(1, 2)"]
    large.scripts += [EDITED, ["It adds two numbers."]]
    answer = await editor.edit(uri, Span(0, len(SOURCE)), "swap them")
    assert "b + a" in editor.after(uri, answer.edit)
    assert "adds two numbers" in await editor.explain(uri, Span(0, len(SOURCE)))
    assert [one["priority"] for one in scripted.requests] == ["completion"]
    assert [one["priority"] for one in large.requests] == ["edit", "explain"]


async def test_the_larger_one_is_loaded_when_it_is_needed_and_status_shows_both(editor, large):
    uri, _ = editor.open("add.py", SOURCE)
    await editor.until(lambda: is_loaded(editor), "the first model")
    before = await editor.status()
    assert (before.engine.model, before.edits.state) == ("scripted", "off")
    large.scripts.append(EDITED)
    await editor.edit(uri, Span(0, len(SOURCE)), "swap them")
    after = await editor.status()
    assert (after.engine.model, after.engine.state) == ("scripted", "ready")
    assert (after.edits.model, after.edits.state) == ("large", "ready")


async def test_with_one_model_status_shows_one(scripted_editor):
    assert (await scripted_editor.status()).edits is None


async def test_a_model_for_edits_that_is_missing_fails_edits_and_no_completions(
    open_editor, scripted, tmp_path
):
    models = {"model": str(scripted.model), "edit": {"model": str(tmp_path / "none.gguf")}}
    editor = await open_editor(qwen={"status": True}, options={**OPTIONS, **models})
    uri, marked = editor.open("add.py", "print(│)\n")
    with pytest.raises(Exception, match=r"none\.gguf"):
        await editor.edit(uri, Span(0, 5), "shout")
    scripted.scripts.append(["1"])
    assert [one.insert_text for one in await editor.complete(uri, marked.cursor)] == ["1"]
    assert not any(one["kind"] == "Error" for one in editor.status_notes)


@pytest.mark.parametrize("needed_for", [0, 2])
async def test_a_model_without_room_has_the_other_one_leave_once_nobody_needs_it(
    editor, scripted, large, needed_for
):
    uri, _ = editor.open("add.py", SOURCE)
    await editor.until(lambda: is_loaded(editor), "the first model")
    large.healths = [
        wire.Health("loading"),
        wire.Health("failed", message="It does not fit.", extra={"lacks_memory": True}),
    ]
    scripted.needed_for = needed_for
    large.scripts.append(EDITED)
    answer = await editor.edit(uri, Span(0, len(SOURCE)), "swap them")
    assert "b + a" in editor.after(uri, answer.edit)


async def test_without_room_the_edit_is_refused_where_the_other_one_is_needed(editor, large):
    uri, _ = editor.open("add.py", SOURCE)
    lack = {"lacks_memory": True}
    large.failure = wire.Health("failed", message="It does not fit.", extra=lack)
    with pytest.raises(Exception, match=r"It does not fit\."):
        await editor.edit(uri, Span(0, len(SOURCE)), "swap them")


@pytest.fixture
def user_settings():
    """A function that writes the user's own settings."""
    path = locations.user_settings_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    yield path.write_text
    path.unlink()


async def test_the_command_line_edits_with_the_larger_one(
    scripted, large, workspace, user_settings
):
    (workspace / "add.py").write_text(SOURCE)
    user_settings(f"model = {str(scripted.model)!r}\nedit.model = {str(large.model)!r}\n")
    large.scripts.append(EDITED)
    command = ("-m", "qwen_lsp", "edit", f"{workspace}/add.py:1-2", "swap them")
    done = await asyncio.create_subprocess_exec(
        sys.executable, *command, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await done.communicate()
    assert b"+    return b + a" in output
    assert (len(scripted.requests), len(large.requests)) == (0, 1)
