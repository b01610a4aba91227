"""The server's life as a user of Neovim sees it: statusline, a crash, no server, two windows."""

import os
import subprocess
import sys

import psutil

from tests.harness.scripted_engine import STEP

ADD = "def add(a, b):\n    return a + b\n"


def test_the_statusline_goes_from_loading_to_ready(start, source):
    subprocess.run([sys.executable, "-m", "qwen_lsp", "engine", "stop"], check=True, timeout=120)
    editor = start()
    seen = []

    def is_ready():
        if (shown := editor.statusline()) not in seen:
            seen.append(shown)
        return shown == "Qwen: ready"

    assert editor.statusline() == ""
    editor.nvim.command("set laststatus=2 statusline=%{v:lua.require'qwen'.status()}")
    editor.open(source, ADD)
    editor.wait_until(is_ready, "the model is loaded")
    assert any(one.startswith("Qwen: loading") for one in seen), seen
    editor.until_sees("Qwen: ready")


def test_status_shows_the_engine_and_its_model_on_one_line(editor, source):
    editor.open(source, ADD)
    editor.until_loaded()
    engine = editor.status()["engine"]
    editor.command("Qwen status")
    editor.until_sees(
        f"Qwen: ready, {engine['model']}, context {engine['context']}, on {engine['where']}; index"
    )


def test_a_killed_server_is_told_once_and_started_again(start, engine, settings, source):
    editor = start(settings)
    editor.open(source, ADD)
    editor.kill_server()
    editor.until_sees("Qwen: the server stopped (signal 9); `:Qwen restart` starts it again.")
    assert editor.statusline() == ""
    messages = editor.nvim.command_output("messages").splitlines()
    assert len([one for one in messages if "stopped" in one or "quit" in one]) == 1, messages
    editor.command("Qwen restart")
    editor.until_attached()
    engine.scripts.append(["```python\ndef add(a, b):\n    return b + a\n```"])
    editor.command("%Qwen edit turn it round")
    editor.until_sees("1 change  keep")


def test_what_is_under_way_ends_with_the_server(start, engine, settings, source):
    editor = start(settings)
    editor.open(source, ADD)
    engine.scripts.append(["```python\n", STEP])
    editor.command("%Qwen edit turn it round")
    editor.until_sees("Qwen works on it")
    editor.kill_server()
    editor.until_sees("the server stopped")
    assert not editor.sees("Qwen works on it")


def test_a_running_server_is_restarted_too(start, settings, source):
    editor = start(settings)
    editor.open(source, ADD)
    before = editor.lua("return vim.lsp.get_clients({ name = 'qwen' })[1].id")
    editor.command("Qwen restart")
    editor.wait_until(
        lambda: (
            editor.lua("return (vim.lsp.get_clients({ name = 'qwen' })[1] or {}).id")
            not in (None, before)
        ),
        "another client",
    )
    editor.until_attached()
    assert "stopped" not in editor.nvim.command_output("messages")


def test_a_missing_server_is_told_in_one_sentence(start, source):
    editor = start(server=["no-such-program", "serve"])
    source.write_text(ADD)
    editor.nvim.command(f"edit {source}")
    sentence = (
        "there is no program `no-such-program`: install it or set `cmd`, then `:Qwen restart`."
    )
    editor.until_sees(f"Qwen: {sentence}")
    editor.command("checkhealth qwen")
    editor.until_sees("ERROR there is no program no-such-program")
    editor.until_sees("Install the server, or set cmd")


def test_what_the_server_says_is_shown_without_asking_for_a_key(start, source):
    editor = start(
        {"model": "no-such-model-with-a-name-that-makes-the-sentence-longer-than-a-line"}
    )
    editor.open(source, ADD)
    editor.until_sees(":messages")
    assert "no-such-model" in editor.nvim.command_output("messages")


def test_two_windows_share_one_engine(start, source):
    one, other = start(), start()
    for editor, name in ((one, "one.py"), (other, "other.py")):
        editor.open(source.with_name(name), ADD)
        editor.until_loaded()
    folder = os.environ["XDG_RUNTIME_DIR"]
    engines = [
        process
        for process in psutil.process_iter(["cmdline", "environ"])
        if "engine" in (process.info["cmdline"] or ())
        and "run" in process.info["cmdline"]
        and (process.info["environ"] or {}).get("XDG_RUNTIME_DIR") == folder
    ]
    assert len(engines) == 1


def test_checkhealth_says_that_all_is_well(editor, source):
    editor.open(source, ADD)
    editor.until_loaded()
    editor.command("checkhealth qwen")
    editor.until_sees("ghost text is built in")
    editor.until_sees("it runs for")
    editor.until_sees("ready; index")


def test_a_model_is_chosen_from_the_list(start, source):
    editor = start({"index": {"enabled": False}})
    editor.open(source, ADD)
    editor.command("Qwen model")
    editor.until_sees("Type number and <Enter>")
    editor.keys("1<CR>")
    editor.until_sees("the model is")


def test_commands_are_completed(editor):
    editor.keys(":Qwen ex<Tab>")
    editor.until_sees(":Qwen explain")
    editor.keys("<C-u>Qwen explain wor<Tab>")
    editor.until_sees(":Qwen explain workspace")
    editor.keys("<C-u>Qwen explian<CR>")
    editor.until_sees("there is no `:Qwen explian`; use again, also, context,")
