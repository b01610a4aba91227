"""One Neovim process with a screen attached: keys in, screen out."""

import contextlib
import os
import signal
import time

import pynvim

# Wide enough that no message of the plugin wraps and asks for Enter.
COLUMNS, LINES = 120, 36
# It only ends what hangs: the machine may be busy, and the model has to be loaded.
PATIENCE_S = 120


class Editor:
    """Keys go in as typing does; what is asserted is what the screen shows."""

    def __init__(self, *command):
        self.nvim = pynvim.attach("child", argv=[*command])
        self.nvim.ui_attach(COLUMNS, LINES, rgb=True)

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
            vim.cmd.redraw()
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

    def colours(self):
        """Return a number for the look of the first cell of each row."""
        return self.lua(
            """
            local found = {}
            for row = 1, vim.o.lines do found[row] = vim.fn.screenattr(row, 1) end
            return found
            """
        )

    def text_shown(self):
        """Return the rows of the current window that show text, ghost text included."""
        rows = self.screen()[: self.nvim.current.window.height]
        while rows and rows[-1] == "~":
            rows.pop()
        return rows

    def sees(self, text):
        return any(text in row for row in self.screen())

    def until_sees(self, text):
        self.wait_until(lambda: self.sees(text), f"{text!r} on the screen")

    def text(self):
        return list(self.nvim.current.buffer[:])

    def until_text_is(self, *lines):
        self.wait_until(lambda: self.text() == list(lines), f"the text is {lines}")

    def mode(self):
        return self.nvim.api.get_mode()["mode"]

    def open(self, path, text):
        path.write_text(text)
        self.nvim.command(f"edit {path}")
        self.until_attached()

    def until_attached(self):
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

    def until_indexed(self, files):
        self.wait_until(
            lambda: (
                (index := self.status()["index"])["state"] == "ready" and index["files"] == files
            ),
            "the index is ready",
        )

    def until_loaded(self):
        self.wait_until(lambda: self.status()["engine"]["state"] == "ready", "the model is loaded")

    def statusline(self):
        return self.lua("return require('qwen').status()")

    def kill_server(self):
        """Kill the server's process, as a crash would."""
        for process in self.lua("return vim.api.nvim_get_proc_children(vim.fn.getpid())"):
            os.kill(process, signal.SIGKILL)

    def note_sent(self, method):
        """Keep the parameters of the notifications of a method for `sent()`."""
        self.lua(
            """
            local method = ...
            vim.g.sent = {}
            vim.api.nvim_create_autocmd("LspNotify", { callback = function(event)
              if event.data.method == method then
                vim.g.sent = vim.list_extend(vim.g.sent, { event.data.params })
              end
            end })
            """,
            method,
        )

    def sent(self):
        return self.lua("return vim.g.sent")

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
            if self.nvim.api.get_mode()["blocking"]:
                self.keys("<C-c>")  # else it would wait for a key for ever
            self.nvim.command("qall!")
        self.nvim.close()
