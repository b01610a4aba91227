"""What clients of their own kind are told: of the model's state, of workspaces without trust."""

import asyncio

from qwen_lsp.text import Span
from tests.harness.scripted_engine import HOLD

READY = {"kind": "Normal", "busy": False, "message": ""}
OPTIONS = {"index": {"enabled": False}}


async def listening(open_editor, scripted, **options):
    model = {"model": str(scripted.model)}
    return await open_editor(qwen={"status": True}, options={**OPTIONS, **model}, **options)


async def test_a_client_that_wants_it_is_told_of_loading_and_of_thinking(open_editor, scripted):
    editor = await listening(open_editor, scripted)
    uri, _ = editor.open("x.py", "x = 1\n")
    loading = {"kind": "Normal", "busy": True, "message": "Loading scripted", "percent": 0}
    await editor.until(lambda: loading in editor.status_notes, "loading")
    await editor.until(lambda: editor.status_notes[-1] == READY, "ready")
    before = len(editor.status_notes)
    scripted.scripts.append([HOLD, "```\nx = 2\n```"])
    edit = asyncio.ensure_future(editor.edit(uri, Span(0, 5), "two"))
    await editor.until(lambda: len(editor.status_notes) > before, "thinking")
    assert editor.status_notes[-1] == {**READY, "busy": True}
    scripted.released.set()
    await edit
    await editor.until(lambda: editor.status_notes[-1] == READY, "ready again")


async def test_a_paused_server_says_so(open_editor, scripted):
    editor = await listening(
        open_editor, scripted, configuration={"completion": {"enabled": False}}
    )
    await editor.until(lambda: editor.status_notes, "paused")
    assert editor.status_notes == [{**READY, "kind": "Inactive"}]


async def test_a_failure_is_told_with_its_sentence(open_editor, tmp_path):
    editor = await open_editor(
        qwen={"status": True}, options={**OPTIONS, "model": str(tmp_path / "none.gguf")}
    )
    editor.open("x.py", "x = 1\n")
    notes = editor.status_notes
    await editor.until(lambda: notes and notes[-1]["kind"] == "Error", "the failure")
    assert "none.gguf" in editor.status_notes[-1]["message"]


async def test_other_clients_hear_nothing_of_it(scripted_editor, scripted):
    uri, _ = scripted_editor.open("x.py", "x = 1\n")
    scripted.scripts.append(["```\nx = 2\n```"])
    await scripted_editor.edit(uri, Span(0, 5), "two")
    assert scripted_editor.status_notes == []


async def test_a_workspace_that_is_not_trusted_sets_nothing(open_editor, workspace):
    (workspace / ".qwen-lsp.toml").write_text("completion.enabled = false\n")
    trusting = await open_editor(qwen={})
    assert (await trusting.status()).paused is True
    wary = await open_editor(qwen={"trustedWorkspace": False})
    assert (await wary.status()).paused is False
