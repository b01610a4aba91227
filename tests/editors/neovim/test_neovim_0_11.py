"""Neovim 0.11, which has no ghost text: edits and explanations work, and it is said why."""

import pytest

from tests.editors.surroundings import installed

CODE = "def f():\n    return 1\n"


@pytest.fixture
def editor(start, settings):
    install = "bash tests/editors/setup_nvim_0_11.sh .editors/nvim-0.11"
    nvim = installed("nvim-0.11/bin/nvim", "QWEN_NVIM_0_11", install)
    editor = start(settings, nvim=nvim)
    assert editor.nvim.funcs.has("nvim-0.12") == 0
    return editor


def test_it_is_said_once_that_ghost_text_needs_a_newer_neovim(editor, source):
    editor.open(source, CODE)
    sentence = "Qwen: ghost text needs Neovim 0.12; edits and explanations work."
    editor.until_sees(sentence)
    editor.open(source.with_name("other.py"), CODE)
    messages = editor.nvim.command_output("messages").splitlines()
    assert messages.count(sentence) == 1


def test_an_edit_is_reviewed_kept_and_undone(editor, engine, source):
    engine.scripts.append(["```python\ndef f():\n    return 2\n```"])
    editor.open(source, CODE)
    editor.command("%Qwen edit return two")
    editor.until_sees("1 change  keep")
    assert editor.screen()[1:3] == ["    return 1", "    return 2"]
    editor.keys("gA")
    editor.until_text_is("def f():", "    return 2")
    editor.keys("u")
    editor.until_text_is("def f():", "    return 1")


def test_an_explanation_is_shown(editor, engine, source):
    engine.scripts.append(["It gives one."])
    editor.open(source, CODE)
    editor.command("1,2Qwen explain")
    editor.until_sees("It gives one.")


def test_a_killed_server_is_told_and_started_again(editor, source):
    editor.open(source, CODE)
    editor.kill_server()
    editor.until_sees("Qwen: the server stopped (signal 9); `:Qwen restart` starts it again.")
    editor.command("Qwen restart")
    editor.until_attached()
