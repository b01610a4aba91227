"""A real browser for the page about a prompt."""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import sync_playwright

from qwen_lsp.features.context_page.page import render
from tests.harness.context_sample import report

BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
INSTALL = "bash tests/page/setup_browser.sh"
PICTURES = Path(__file__).parents[2] / "build" / "page"


class Tab:
    """A page that is open: what the browser loaded and complained of, and the page itself."""

    def __init__(self, page, path: Path) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.loaded: list[str] = []
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: self.complaints.append(dialog.message))
        page.on("request", lambda request: self.loaded.append(request.url))
        page.goto(path.as_uri())

    def picture(self, name: str) -> None:
        PICTURES.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=PICTURES / f"{name}.png", full_page=True)


@pytest.fixture(scope="module")
def browser():
    """The browser; it has an event loop of its own, under which no other test could have one."""
    names = [os.environ.get("QWEN_BROWSER", ""), *BROWSERS]
    path = next((found for name in names if name and (found := shutil.which(name))), None)
    if path is None:
        pytest.fail(f"There is no Chromium; install one with `{INSTALL}`.", pytrace=False)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser, tmp_path):
    """Open the page of a report; options are those of the report, and of the browser's window."""

    def start(*, width=1280, scheme="light", **options):
        path = tmp_path / "page.html"
        path.write_text(render(report(**options), ""), encoding="utf-8")
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        tab = Tab(context.new_page(), path)
        opened.append((context, tab, path))
        return tab

    opened: list[tuple[Any, Tab, Path]] = []
    yield start
    for context, tab, path in opened:
        assert tab.complaints == []
        assert {url.partition("#")[0] for url in tab.loaded} == {path.as_uri()}
        context.close()
