"""A real Neovim with a screen attached, the real server, and the real model or a scripted engine.

The engine of these tests is their own: it lives in a runtime folder made for the session and is
stopped with it.
"""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol

from tests.editors.neovim.editor import Editor
from tests.harness.scripted_engine import ScriptedEngine

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
SERVER = [sys.executable, "-m", "qwen_lsp", "serve"]
INSTALLS = {
    "nvim": "bash tests/editors/setup_nvim.sh .editors/nvim",
    "nvim-0.11": "bash tests/editors/setup_nvim_0_11.sh .editors/nvim-0.11",
}


def installed(name, variable):
    path = Path(os.environ.get(variable) or ROOT / ".editors" / name / "bin" / "nvim")
    if not path.exists():
        pytest.fail(f"There is no Neovim at {path}; install: `{INSTALLS[name]}`.", pytrace=False)
    return path


@pytest.fixture(scope="session")
def environment():
    """Give the session's processes folders of their own, but for the data: the model is there."""
    with pytest.MonkeyPatch.context() as patch:
        # Directly below the temporary folder: a Unix socket's path has room for 100 characters.
        folder = Path(tempfile.mkdtemp(prefix="q"))
        for name in ("RUNTIME_DIR", "CONFIG_HOME", "STATE_HOME", "CACHE_HOME"):
            (folder / name[0].lower()).mkdir(mode=0o700, exist_ok=True)
            patch.setenv(f"XDG_{name}", str(folder / name[0].lower()))
        for name in ("VIM", "VIMRUNTIME", "NVIM"):
            patch.delenv(name, raising=False)
        patch.setenv("NVIM_APPNAME", "qwen-lsp-tests")
        patch.setenv("QWEN_TEST_PLUGIN", str(ROOT / "editors" / "neovim"))
        yield
        subprocess.run([*SERVER[:-1], "engine", "stop"], check=True, timeout=60)
        shutil.rmtree(folder)


@pytest.fixture
def start(environment, monkeypatch):  # noqa: ARG001  # the folders are set before Neovim starts
    """A function that starts a Neovim with the plugin set up; all are closed at the end."""
    editors = []

    def go(settings=None, server=SERVER, nvim=None, **options):
        options = {"cmd": server, "settings": settings or {}, **options}
        monkeypatch.setenv("QWEN_TEST_OPTIONS", json.dumps(options))
        nvim = nvim or installed("nvim", "QWEN_NVIM")
        editors.append(Editor(str(nvim), "--embed", "-u", str(HERE / "init.lua"), "-i", "NONE"))
        return editors[-1]

    yield go
    for editor in editors:
        editor.close()


@pytest.fixture
def editor(start):
    """A Neovim with the real model behind it."""
    return start()


@pytest.fixture
def engine(environment, tmp_path_factory):  # noqa: ARG001
    """An engine that says what a test needs, on a loop of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def wait(coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result(60)

    async def create():
        found = ScriptedEngine(tmp_path_factory.mktemp("engine"))
        await found.start()
        return found

    async def cancel_all():
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    found = wait(create())
    found.release = lambda: loop.call_soon_threadsafe(found.steps.release)
    yield found
    wait(found.stop())
    wait(cancel_all())
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.fixture
def settings(engine):
    """Settings of a server whose engine is the scripted one; nothing else runs beside it."""
    return {"model": str(engine.model), "index": {"enabled": False}}


@pytest.fixture
def without_ghost_text(settings):
    """The same where text is typed and nothing is to be completed."""
    return {**settings, "completion": {"enabled": False}}


@pytest.fixture
def source(tmp_path):
    # The mark of a root, so that the server's workspace is this folder alone.
    (tmp_path / "pyproject.toml").touch()
    return tmp_path / "sums.py"


def pytest_configure(config):
    # pynvim never closes the event loop it makes for a child process.
    config.addinivalue_line("filterwarnings", "ignore:unclosed:ResourceWarning")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    """Give a failed test a second try, and say so: a slow machine is not a broken product."""
    if HERE not in item.path.parents:
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    reports = runtestprotocol(item, nextitem=nextitem, log=False)
    failed = next((report for report in reports if report.failed), None)
    if failed:
        terminal = item.config.pluginmanager.get_plugin("terminalreporter")
        terminal.write_line(f"\n{failed.longreprtext}\nretried once: {item.name}")
        item._initrequest()
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True
