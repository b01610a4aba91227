"""A real Neovim with a screen attached, and the real server and model behind it.

Keys go in as typing does and what is asserted is what the screen shows. The engine of these tests
is their own: it lives in a runtime folder made for the session and is stopped with it.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pynvim
import pytest
from _pytest.runner import runtestprotocol

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
INSTALL = "bash tests/editors/setup_nvim.sh .editors/nvim"
# Wide enough that no message of the plugin wraps and asks for Enter.
COLUMNS, LINES = 120, 36
# The first completion waits for the model to be loaded.
PATIENCE_S = 60


class Editor:
    """One Neovim process: keys in, screen out."""

    def __init__(self, nvim):
        self.nvim = nvim
        nvim.ui_attach(COLUMNS, LINES, rgb=True)

    @staticmethod
    def wait_until(probe, what, timeout=PATIENCE_S):
        """Return the first true value of `probe()`; `what` names it when it never comes."""
        end = time.monotonic() + timeout
        while not (value := probe()):
            assert time.monotonic() < end, (
                f"not within {timeout} s: {what}; the last value is {value!r}"
            )
            time.sleep(0.05)
        return value

    def keys(self, keys):
        self.nvim.input(keys)

    def command(self, line):
        self.keys(f":{line}<CR>")

    def lua(self, code, *args):
        # Without this a message too long for the screen would hang the test at "Press ENTER".
        assert not self.nvim.api.get_mode()["blocking"], "Neovim waits for a key"
        return self.nvim.exec_lua(code, *args)

    def screen(self):
        """Return the rows of the screen as drawn, without trailing blanks."""
        rows = self.lua(
            """
            local rows = {}
            for row = 1, vim.o.lines do
              local cells = {}
              for column = 1, vim.o.columns do
                cells[column] = vim.fn.screenstring(row, column)
              end
              rows[row] = table.concat(cells)
            end
            return rows
            """
        )
        return [row.rstrip() for row in rows]

    def text_shown(self):
        """Return the rows of the current window that show text, ghost text included."""
        rows = self.screen()[: self.nvim.current.window.height]
        while rows and rows[-1] == "~":
            rows.pop()
        return rows

    def sees(self, text):
        return any(text in row for row in self.screen())

    def text(self):
        return list(self.nvim.current.buffer[:])

    def mode(self):
        return self.nvim.api.get_mode()["mode"]

    def open(self, path, text):
        path.write_text(text)
        self.nvim.command(f"edit {path}")
        self.wait_until(
            lambda: self.lua("return #vim.lsp.get_clients({name = 'qwen', bufnr = 0}) == 1"),
            "the server is attached to the buffer",
        )

    def status(self):
        """Ask the server itself, past the plugin."""
        return self.lua(
            """
            local client = vim.lsp.get_clients({ name = "qwen" })[1]
            local answer = client:request_sync("qwen/status", vim.empty_dict(), 10000)
            return answer and answer.result
            """
        )

    def note_cancelled(self):
        """Keep the methods of the requests that are cancelled from now on for `cancelled()`."""
        self.lua(
            """
            vim.g.cancelled = {}
            vim.api.nvim_create_autocmd("LspRequest", { callback = function(event)
              if event.data.request.type == "cancel" then
                vim.g.cancelled = vim.list_extend(vim.g.cancelled, { event.data.request.method })
              end
            end })
            """
        )

    def cancelled(self):
        return self.lua("return vim.g.cancelled")

    def close(self):
        # It may be gone before it could answer, which is what was asked for.
        with contextlib.suppress(OSError, EOFError):
            self.nvim.command("qall!")
        self.nvim.close()


@pytest.fixture(scope="session")
def nvim_path():
    path = Path(os.environ.get("QWEN_NVIM") or ROOT / ".editors" / "nvim" / "bin" / "nvim")
    if not path.exists():
        pytest.fail(f"There is no Neovim at {path}; install one with `{INSTALL}`.", pytrace=False)
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
        patch.setenv("QWEN_TEST_SERVER", json.dumps([sys.executable, "-m", "qwen_lsp", "serve"]))
        yield
        subprocess.run([sys.executable, "-m", "qwen_lsp", "engine", "stop"], check=True, timeout=60)
        shutil.rmtree(folder)


@pytest.fixture
def editor(nvim_path, environment):  # noqa: ARG001  # the folders are set before Neovim starts
    arguments = ["--embed", "-u", str(HERE / "init.lua"), "-i", "NONE"]
    editor = Editor(pynvim.attach("child", argv=[str(nvim_path), *arguments]))
    yield editor
    editor.close()


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
