"""What a user of VS Code sees, with the real model."""

import os
import re
import subprocess

import psutil

from tests.editors.vscode.workbench import SERVER, wait_until

ADD = "def add(a, b):\n    return a + b\n"
SUBTRACT = f"{ADD}\n\ndef subtract(a, b):\n    "


def until_ready(window):
    wait_until(lambda: window.status() == "ready", "the model is loaded")


def type_until_ghost_text(window):
    """Type `retur` after SUBTRACT; return what is shown once there is ghost text."""
    window.open("sums.py", SUBTRACT)
    until_ready(window)
    window.type("retur")
    return wait_until(window.ghost_text, "ghost text")


def test_the_status_bar_goes_from_loading_to_ready(window):
    subprocess.run([*SERVER, "engine", "stop"], check=True)
    window.command("qwen-lsp.restart")
    window.page.evaluate(
        """() => {
            window.said = [];
            const item = () => document.querySelector('[id="qwen-lsp.qwen-lsp.qwen-lsp"] a');
            const note = () => {
                const label = item()?.getAttribute("aria-label");
                if (label && window.said.at(-1) !== label) window.said.push(label);
            };
            const all = { subtree: true, childList: true, attributes: true };
            new MutationObserver(note).observe(document.body, all);
        }"""
    )
    window.open("sums.py", ADD)
    until_ready(window)
    said = window.page.evaluate("window.said")
    loading = [one for one in said if "loading the model" in one]
    assert loading
    assert said.index(loading[0]) < said.index("Qwen: ready")


def test_ghost_text_is_shown_and_tab_accepts_exactly_it(window):
    shown = type_until_ghost_text(window)
    window.picture("completion")
    before = window.text()
    window.press("Tab")
    wait_until(lambda: window.text() != before, "the ghost text is accepted")
    assert window.text().replace("\r", "").startswith(before + shown.split("\n")[0])


def test_ghost_text_is_accepted_by_word_and_the_rest_stays(window):
    shown = type_until_ghost_text(window)
    before = window.text()
    window.press("Control+ArrowRight")
    wait_until(lambda: window.text() != before, "a word is accepted")
    accepted = window.text().removeprefix(before)
    assert shown.startswith(accepted)
    assert len(accepted) < len(shown)
    wait_until(lambda: window.ghost_text() == shown.removeprefix(accepted), "the rest of it")


def test_an_explanation_streams_into_the_panel_until_it_is_stopped(window):
    window.open("sums.py", ADD)
    until_ready(window)
    window.select(1, 2)
    window.begin("qwen-lsp.explain")
    view = window.web_view()
    view.locator("#text p", has_text=re.compile(r"\w+ \w+ \w+")).first.wait_for()
    window.picture("explanation")
    view.locator("#stop").click()
    view.locator("#problem", has_text="Stopped.").wait_for()
    assert view.locator("#stop").is_hidden()


def test_a_link_in_an_explanation_opens_its_place_and_nothing_else_is_shown_as_one(
    window, scripted
):
    window.open("sums.py", ADD)
    scripted.scripts.append(
        ["It is used in `till.py:5`.\n\n<img src=x> [x](command:a) ![y](http://y/z)\n"]
    )
    window.select(1, 2)
    window.begin("qwen-lsp.explain")
    view = window.web_view()
    link = view.locator("a[href$='/till.py#L5']").first
    link.wait_for()
    hrefs = view.locator("a").evaluate_all("(links) => links.map((one) => one.href)")
    assert all(one.startswith("file:///") for one in hrefs)
    assert view.locator("#text img, #text script").count() == 0
    link.click()
    wait_until(lambda: "def total" in window.text(), "the place is open")
    assert window.ask("return vscode.window.activeTextEditor.selection.active.line") == 4


def servers():
    """Return the language servers of these tests, and nobody else's."""
    own = os.environ["XDG_RUNTIME_DIR"]
    found = []
    for process in psutil.process_iter(["cmdline", "environ"]):
        given, environment = process.info["cmdline"], process.info["environ"]
        if given and "serve" in given and (environment or {}).get("XDG_RUNTIME_DIR") == own:
            found.append(process)
    return found


def test_a_server_that_is_killed_is_restarted_from_the_message_and_works_again(window):
    window.open("sums.py", ADD)
    until_ready(window)
    for process in servers():
        process.kill()
    message = window.notification("The server stopped unexpectedly")
    assert window.status() == "the server stopped; click to restart it"
    window.picture("stopped")
    message.get_by_role("button", name="Restart").click()
    shown = type_until_ghost_text(window)
    assert shown
