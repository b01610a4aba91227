"""An editor in a terminal of its own (tmux): keys in, screen out."""

import subprocess
import time

PATIENCE_S = 120  # it only ends what hangs
COLUMNS, LINES = 120, 36


class Terminal:
    """Runs one program. Use `with`."""

    def __init__(self, socket, command):
        self._tmux = ["tmux", "-f", "/dev/null", "-S", str(socket)]
        size = ["-x", str(COLUMNS), "-y", str(LINES)]
        self._run("new-session", "-d", *size, *command)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._run("kill-server", check=False)

    def keys(self, *keys):
        """Press keys by tmux' names for them, such as Enter and M-x."""
        self._run("send-keys", *keys)

    def type(self, text):
        self._run("send-keys", "-l", text)

    def screen(self):
        return self._run("capture-pane", "-p", check=False).stdout

    def until_sees(self, text):
        self.until(lambda: text in self.screen(), f"{text!r} on the screen")

    def until(self, condition, what):
        end = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < end, f"not there: {what}\n{self.screen()}"
            time.sleep(0.05)

    def _run(self, *arguments, check=True):
        command = [*self._tmux, *arguments]
        return subprocess.run(command, check=check, capture_output=True, text=True)
