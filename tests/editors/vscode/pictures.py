"""Takes the pictures of VS Code in the documentation, from a real one: `poe pictures`.

The code is the sample of `qwen-lsp demo`, and what is shown of it is written by the real model.
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from playwright.sync_api import ViewportSize, sync_playwright

from tests.editors.vscode.workbench import (
    ROOT,
    SERVER,
    CodeServer,
    Window,
    browser_path,
    patient,
    wait_until,
)

PICTURES = ROOT / "editors" / "pictures"
SAMPLE = ROOT / "qwen_lsp" / "demo" / "sample"
SIZE = ViewportSize(width=1000, height=560)
BEGUN = "\n    def count(self) -> int:\n        "
INSTRUCTION = "Return an f-string with two decimals."
PRICE = (31, 32)  # the lines of `format_price`
TOTAL = (22, 28)  # those of `Order.total_cents`


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="q"))
    for name in ("RUNTIME_DIR", "CONFIG_HOME", "STATE_HOME", "CACHE_HOME"):
        (folder / name.lower()).mkdir(mode=0o700)
        os.environ[f"XDG_{name}"] = str(folder / name.lower())
    os.environ["PYTHONPATH"] = str(ROOT)
    workspace = folder / "bookshop"
    shutil.copytree(SAMPLE, workspace)
    program = ROOT / ".editors" / "vscode" / "bin" / "code-server"
    extension = ROOT / "editors" / "vscode" / "qwen-lsp.vsix"
    try:
        with (
            CodeServer(program, folder / "v", extension) as server,
            sync_playwright() as playwright,
        ):
            server.set(
                {"workbench.sideBar.visible": False, "workbench.activityBar.location": "hidden"}
            )
            browser = playwright.chromium.launch(executable_path=browser_path())
            window = Window(server, patient(browser.new_context(viewport=SIZE)), workspace)
            window.command("workbench.action.closeSidebar")
            take(window, (workspace / "orders.py").read_text())
            browser.close()
    finally:
        subprocess.run([*SERVER, "engine", "stop"], check=True)
        shutil.rmtree(folder)


def take(window: Window, text: str) -> None:
    """Take the three pictures."""
    head, _, tail = text.partition("\n\ndef format_price")
    window.open("orders.py", head + BEGUN)
    until_ready(window)
    window.type("return ")
    wait_until(window.ghost_text, "ghost text")
    save(window, "completion")
    window.open("orders.py", f"{head}\n\ndef format_price{tail}")
    window.select(*PRICE)
    window.begin("qwen-lsp.edit")
    box = window.page.locator(".quick-input-widget input")
    box.fill(INSTRUCTION)
    box.press("Enter")
    window.page.locator(".codelens-decoration a", has_text="Accept (").first.wait_for()
    save(window, "edit")
    window.press("Escape")
    window.open("orders.py", text)
    window.select(*TOTAL)
    window.begin("qwen-lsp.explain")
    view = window.web_view()
    view.locator("#text p").first.wait_for()
    view.locator("#stop").wait_for(state="hidden")
    save(window, "explanation")


def until_ready(window: Window) -> None:
    wait_until(lambda: window.status() == "ready", "the model is loaded")


def save(window: Window, name: str) -> None:
    window.command("notifications.clearAll")
    window.page.screenshot(path=PICTURES / f"vscode_{name}.png")


if __name__ == "__main__":
    main()
