"""Windows of a test's own: without a server, without trust, and two at once."""

import json
import os

import psutil

from tests.editors.vscode.workbench import wait_until

ADD = "def add(a, b):\n    return a + b\n"


def engines():
    """Return the engines of these tests, and nobody else's."""
    own = os.environ["XDG_RUNTIME_DIR"]
    return [
        process
        for process in psutil.process_iter(["cmdline", "environ"])
        if "engine" in (process.info["cmdline"] or ())
        and (process.info["environ"] or {}).get("XDG_RUNTIME_DIR") == own
    ]


def test_two_windows_share_one_engine(window, open_window):
    other = open_window("second")
    for one in (window, other):
        one.open("sums.py", ADD)
        wait_until(lambda one=one: one.status() == "ready", "ready")
    assert len(engines()) == 1


def test_without_a_server_the_walkthrough_opens_and_the_status_says_so(vscode, open_window):
    vscode.set({"qwen-lsp.server.command": ["/nowhere/qwen-lsp"]})
    window = open_window("fresh")
    window.page.get_by_text("Install the server").first.wait_for()
    assert window.status() == "not installed; click to set it up"
    window.picture("walkthrough")
    window.command("workbench.action.closeAllEditors")
    window.status_item().click()
    window.page.get_by_text("Install the server").first.wait_for()


def test_the_command_that_installs_is_shown_before_it_runs(window):
    window.begin("qwen-lsp.installServer")
    window.page.locator(".quick-input-list .monaco-list-row", has_text="uv tool install").click()
    dialog = window.page.locator(".monaco-dialog-box")
    dialog.wait_for()
    assert "uv tool install --force" in dialog.inner_text()
    window.picture("install")
    dialog.get_by_role("button", name="Cancel").click()
    assert window.ask("return vscode.window.terminals.length") == 0


def test_no_setting_of_a_workspace_without_trust_is_used(vscode, open_window, tmp_path):
    mark, evil = tmp_path / "started", tmp_path / "evil"
    evil.write_text(f"#!/bin/sh\ntouch {mark}\n")
    evil.chmod(0o755)
    settings = {"qwen-lsp.server.command": [str(evil)], "qwen-lsp.completion.enabled": False}
    vscode.set(
        {
            "security.workspace.trust.enabled": True,
            "security.workspace.trust.startupPrompt": "never",
            "security.workspace.trust.banner": "never",
        }
    )
    window = open_window(
        "strange",
        files={
            ".vscode/settings.json": json.dumps(settings),
            ".qwen-lsp.toml": "completion.enabled = false\n",
        },
    )
    assert window.ask("return vscode.workspace.isTrusted") is False
    window.open("sums.py", ADD)
    wait_until(lambda: window.status() == "ready", "ready, and not paused")
    assert not mark.exists()
