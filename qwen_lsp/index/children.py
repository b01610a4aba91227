"""Starts Python processes of our own and talks to them over a socket.

Not `multiprocessing`: it runs the server's main module again in each child, and starts a process of
its own to watch them. A child here imports what it is told, finds modules where its parent does,
and never in the folder it happens to run in, which may be a stranger's workspace.
"""

import gc
import importlib
import json
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

_BOOT = (
    "import json, sys; _, fd, path, name, arguments = sys.argv; sys.path[:] = json.loads(path); "
    "from qwen_lsp.index.children import enter; enter(int(fd), name, arguments)"
)
_VALUES_PER_COLLECTION = 200_000


@dataclass(frozen=True, slots=True)
class Child:
    """A process, and our end of its connection; the connection ends when the process does."""

    process: subprocess.Popen[bytes]
    connection: Connection

    @property
    def is_alive(self) -> bool:
        """Whether the process still runs."""
        return self.process.poll() is None

    def kill(self) -> None:
        """End it now, and wait until it is gone."""
        self.process.kill()
        self.process.wait()
        self.connection.close()

    def end(self, limit_s: float) -> None:
        """Wait until it ends by itself, and kill it if it does not."""
        try:
            self.process.wait(limit_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def start(name: str, *arguments: str | float | list[str]) -> Child:
    """Start a process that calls a function, such as "package.module:function".

    Args:
        name: of the function; it gets its end of the connection, and the arguments.
        arguments: values that JSON knows.
    """
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(
            [
                *(sys.executable, "-P", "-c", _BOOT, str(theirs.fileno())),
                json.dumps([place for place in sys.path if Path(place).is_absolute()]),
                name,
                json.dumps(arguments),
            ],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            # Standard output may be an editor's; errors go where the parent's go.
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
    return Child(process, Connection(ours.detach()))


def enter(descriptor: int, name: str, arguments: str) -> None:
    """Run the function a child was started for."""
    # A child makes millions of values that no cycle holds, and looking for cycles among them takes
    # up to a quarter of its time.
    gc.freeze()
    gc.set_threshold(_VALUES_PER_COLLECTION)
    function_named(name)(Connection(descriptor), *json.loads(arguments))


def function_named(name: str) -> Callable[..., Any]:
    """Return the function that "package.module:function" names."""
    module, _, function = name.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), function)
    return found
