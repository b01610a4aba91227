"""The VS Code of these tests: one server, one window for most tests, the real model behind it."""

import asyncio
import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest
from playwright.sync_api import sync_playwright

from tests.editors.second_try import pytest_runtest_protocol  # noqa: F401
from tests.editors.vscode.workbench import (
    HEIGHT,
    ROOT,
    SERVER,
    WIDTH,
    CodeServer,
    Window,
    browser_path,
    patient,
)
from tests.harness.scripted_engine import ScriptedEngine

INSTALL = "bash tests/editors/setup_vscode.sh .editors/vscode"
# Known to the index from the beginning on.
TILL = "from sums import add\n\n\ndef total(price, tax):\n    return add(price, tax)\n"
PACKAGE = "bash tests/editors/setup_extension.sh"


def _needed(path: Path, command: str) -> Path:
    if not path.exists():
        pytest.fail(f"There is no {path}; run `{command}`.", pytrace=False)
    return path


@pytest.fixture(scope="session")
def folder():
    """A folder for all of it, with the processes' own folders in it but for the models."""
    with pytest.MonkeyPatch.context() as patch:
        # Directly below the temporary folder: a Unix socket's path has room for 100 characters.
        path = Path(tempfile.mkdtemp(prefix="q"))
        for name in ("RUNTIME_DIR", "CONFIG_HOME", "STATE_HOME", "CACHE_HOME"):
            (path / name.lower()).mkdir(mode=0o700)
            patch.setenv(f"XDG_{name}", str(path / name.lower()))
        patch.setenv("PYTHONPATH", str(ROOT))
        yield path
        subprocess.run([*SERVER, "engine", "stop"], check=True, timeout=60)
        shutil.rmtree(path)


@pytest.fixture(scope="session")
def vscode(folder):
    home = Path(os.environ.get("QWEN_VSCODE") or ROOT / ".editors" / "vscode")
    program = _needed(home / "bin" / "code-server", INSTALL)
    extension = _needed(ROOT / "editors" / "vscode" / "qwen-lsp.vsix", PACKAGE)
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


class Scripted:
    """The scripted engine, on a thread and an event loop of its own."""

    def __init__(self, engine: ScriptedEngine, loop: asyncio.AbstractEventLoop) -> None:
        self.engine, self._loop = engine, loop

    def answer(self, *script) -> None:
        self.engine.scripts.append(list(script))

    def step(self) -> None:
        """Let the answer go on to its next stop."""
        self._loop.call_soon_threadsafe(self.engine.steps.release)


async def _ended(engine: ScriptedEngine) -> None:
    """Stop an engine and end the connections that are still open."""
    await engine.stop()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await asyncio.sleep(0)  # the turn in which their sockets are closed


@pytest.fixture
def scripted(shared_window, tmp_path):
    """An engine that says what a test needs, as the user's model while the test runs."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    engine = ScriptedEngine(tmp_path)
    asyncio.run_coroutine_threadsafe(engine.start(), loop).result()
    shared_window.set("qwen-lsp.model", str(engine.model))
    yield Scripted(engine, loop)
    shared_window.set("qwen-lsp.model", None)
    asyncio.run_coroutine_threadsafe(_ended(engine), loop).result()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()
