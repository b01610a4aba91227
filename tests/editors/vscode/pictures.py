"""Takes the pictures of VS Code in the documentation, from a real one: `poe pictures`.

The code is the sample of `qwen-lsp demo`, and what is shown of it is written by the real model.
"""

import shutil

from playwright.sync_api import ViewportSize, sync_playwright

from tests.editors.surroundings import ROOT, own_folders
from tests.editors.vscode.workbench import (
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
    program = ROOT / ".editors" / "vscode" / "bin" / "code-server"
    extension = ROOT / "editors" / "vscode" / "qwen-lsp.vsix"
    with own_folders(PYTHONPATH=str(ROOT)) as folder:
        workspace = folder / "bookshop"
        shutil.copytree(SAMPLE, workspace)
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
