"""A real Neovim with a screen, the real server, and the real model or a scripted engine."""

import json
import os
from pathlib import Path

import pytest

from tests.editors.neovim.editor import Editor
from tests.editors.surroundings import (
    ROOT,
    SERVER,
    installed,
    own_folders,
    run_with_second_try,
    scripted_engine,
)

HERE = Path(__file__).parent


def neovim_0_12():
    install = "bash tests/editors/setup_nvim.sh .editors/nvim"
    return installed("nvim/bin/nvim", "QWEN_NVIM", install)


@pytest.fixture(scope="session")
def environment():
    """Give the session's processes folders of their own; the engine in them ends with it."""
    plugin = str(ROOT / "editors" / "neovim")
    with own_folders(NVIM_APPNAME="qwen-lsp-tests", QWEN_TEST_PLUGIN=plugin):
        for name in ("VIM", "VIMRUNTIME", "NVIM"):
            os.environ.pop(name, None)
        yield


class Editors:
    """Starts Neovim with the plugin set up, as often as a test wants it."""

    def __init__(self, monkeypatch):
        self._patch = monkeypatch
        self._editors = []

    def __call__(self, settings=None, server=SERVER, nvim=None):
        options = {"cmd": server, "settings": settings or {}}
        self._patch.setenv("QWEN_TEST_OPTIONS", json.dumps(options))
        program = str(nvim or neovim_0_12())
        editor = Editor(program, "--embed", "-u", str(HERE / "init.lua"), "-i", "NONE")
        self._editors.append(editor)
        return editor

    def close_all(self):
        while self._editors:
            self._editors.pop().close()


@pytest.fixture
def start(environment, monkeypatch):  # noqa: ARG001  # the folders are set before Neovim starts
    """What starts editors; they are closed at the end."""
    editors = Editors(monkeypatch)
    yield editors
    editors.close_all()


@pytest.fixture
def editor(start):
    """A Neovim with the real model behind it."""
    return start()


@pytest.fixture
def engine(start, tmp_path_factory):
    """An engine that says what a test needs."""
    with scripted_engine(tmp_path_factory.mktemp("engine")) as engine:
        yield engine
        start.close_all()  # a server that misses its engine would start another one


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
    return run_with_second_try(item, nextitem) if HERE in item.path.parents else None
