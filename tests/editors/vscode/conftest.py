"""The VS Code of these tests: one server, one window for most tests, the real model behind it."""

import shutil
from collections.abc import Mapping
from types import MappingProxyType

import pytest
from playwright.sync_api import sync_playwright

from tests.editors.surroundings import (
    ROOT,
    installed,
    needed,
    own_folders,
    run_with_second_try,
    scripted_engine,
)
from tests.editors.vscode.workbench import (
    HEIGHT,
    HERE,
    WIDTH,
    CodeServer,
    Window,
    browser_path,
    patient,
)

INSTALL = "bash tests/editors/setup_vscode.sh .editors/vscode"
# Known to the index from the beginning on.
TILL = "from sums import add\n\n\ndef total(price, tax):\n    return add(price, tax)\n"
PACKAGE = "bash tests/editors/setup_extension.sh"


@pytest.fixture(scope="session")
def folder():
    """A folder for all of it, with the processes' own folders in it but for the models."""
    with own_folders(PYTHONPATH=str(ROOT)) as path:
        yield path


@pytest.fixture(scope="session")
def vscode(folder):
    program = installed("vscode/bin/code-server", "QWEN_VSCODE", INSTALL)
    extension = needed(ROOT / "editors" / "vscode" / "qwen-lsp.vsix", PACKAGE)
    server = CodeServer(program, folder / "v", extension)
    with server:
        yield server


@pytest.fixture(scope="session")
def browser():
    """The browser; it has an event loop of its own, under which no other test could have one."""
    if (path := browser_path()) is None:
        pytest.fail("There is no Chromium; run `bash tests/page/setup_browser.sh`.", pytrace=False)
    options = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=options)
        yield patient(browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}))
        browser.close()


@pytest.fixture
def open_window(vscode, browser, folder):
    """Open windows of a test's own, each on a new folder."""
    opened = []

    def start(name: str, files: Mapping[str, str] = MappingProxyType({})) -> Window:
        path = folder / name
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir()
        for file, text in files.items():
            (path / file).parent.mkdir(exist_ok=True)
            (path / file).write_text(text)
        opened.append(Window(vscode, browser, path))
        return opened[-1]

    yield start
    for window in opened:
        window.close()
    vscode.set({})


@pytest.fixture(scope="session")
def shared_window(vscode, browser, folder):
    path = folder / "shop"
    path.mkdir()
    (path / "till.py").write_text(TILL)
    window = Window(vscode, browser, path)
    yield window
    window.close()


@pytest.fixture
def window(shared_window, request):
    """The window that most tests share, without editors and messages."""
    shared_window.ask(
        """
        await vscode.commands.executeCommand("qwen-lsp.discardAll");
        await vscode.workspace.saveAll(); // else closing would ask whether to
        await vscode.commands.executeCommand("workbench.action.closeAllEditors");
        await vscode.commands.executeCommand("notifications.clearAll");
        """
    )
    yield shared_window
    shared_window.picture(f"end of {request.node.name}")  # to look at where it failed


@pytest.fixture
def scripted(shared_window, tmp_path):
    """An engine that says what a test needs, as the user's model while the test runs."""
    with scripted_engine(tmp_path) as engine:
        shared_window.set("qwen-lsp.model", str(engine.model))
        yield engine
        shared_window.set("qwen-lsp.model", None)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    return run_with_second_try(item, nextitem) if HERE in item.path.parents else None
