"""Finds the user's shared engine, or starts it: one process for all editor windows.

The socket's name carries the model, with its adapter if it has one, and their version: that of the
files and of this build. An engine for another version of the same model is told to leave; a window
of the old build that still needs one starts its own again. A lock makes sure that of several
windows one starts it.
"""

import hashlib
import json
import os
import socket
import sys
import time
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from qwen_lsp import __version__, locations, wire
from qwen_lsp.errors import EngineError

START_LIMIT_S = 60.0  # until the socket is open; the model loads behind it
# How long OpenMP's threads spin before they sleep. Measured on 2 cores, tokens/s quiet and with one
# other busy process per core: by default 23.5 and 7.6, at 1,000 20.0 and 8.2, at 10,000 21.3 and
# 10.4, at 100,000 22.4 and 10.4, never spinning 13.3 and 8.4.
SPIN_COUNT = "50000"
ANSWER_LIMIT_S = 10.0  # an engine on a very busy machine still answers within this
LEAVE_LIMIT_S = 30.0  # as long as an engine may take to write its cache to disk
OK, STATUS_LINE = 200, 1024  # HTTP's, and bytes that hold the first line of an answer
LOG_LIMIT = 5 * 1024 * 1024  # bytes, after which the log starts anew


Room = Literal["made", "needed", "none"]


def socket_path(model: Path, adapter: Path | None = None) -> Path:
    """Return the socket of the engine that serves this model file with this adapter."""
    files = [model] if adapter is None else [model, adapter]
    facts: list[str | int] = [__version__, version("llama-cpp-python")]
    for stat in (one.stat() for one in files):
        facts += [stat.st_size, stat.st_mtime_ns]
    names = _short_hash([str(one) for one in files])
    return locations.runtime_dir() / f"{names}-{_short_hash(facts)}.sock"


def _short_hash(facts: object) -> str:
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:8]


def log_file() -> Path:
    """Return where engines write their log."""
    return locations.log_dir() / "engine.log"


def running() -> list[Path]:
    """Return the sockets that an engine answers on; dead ones are removed."""
    sockets = []
    for path in sorted(locations.runtime_dir().glob("*.sock")):
        if _answers(path):
            sockets.append(path)
        else:
            path.unlink(missing_ok=True)
    return sockets


def ensure_running(
    model: Path, idle_minutes: float, *, keeps_cache: bool, adapter: Path | None = None
) -> Path:
    """Return the socket of an engine for `model` with `adapter`, starting it if needed. Blocks.

    Raises:
        EngineError: it cannot be started, or the socket is not ours.
    """
    path = socket_path(model, adapter)
    with locations.locked(path.with_suffix(".lock")):
        if path.exists():
            locations.check_private(path)
            if _answers(path):
                return path
            path.unlink(missing_ok=True)
        for outdated in path.parent.glob(f"{path.name.partition('-')[0]}-*.sock"):
            _ask(outdated, f"POST {wire.SHUTDOWN}")
        pid = _start(model, path, idle_minutes, keeps_cache=keeps_cache, adapter=adapter)
        deadline = time.monotonic() + START_LIMIT_S
        while time.monotonic() < deadline:
            if path.exists() and _answers(path):
                return path
            if _has_exited(pid):
                break
            time.sleep(0.02)
    raise EngineError(f"The engine did not start; its log is {log_file()}.")


def make_room(for_model: Path, adapter: Path | None = None) -> Room:
    """Have the engines of other models leave that nobody needs now. Blocks until they are gone.

    Returns:
        Whether any has left, all are needed now, or there are none.
    """
    mine, has_left = socket_path(for_model, adapter), False
    others = [path for path in running() if path != mine]
    for path in others:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(LEAVE_LIMIT_S)
            if _status(connection, path, f"POST {wire.LEAVE}") != OK:
                continue
            has_left = True
            with suppress(OSError):
                # It ends with the process, which first writes its cache to disk.
                while connection.recv(4096):
                    pass
    return "made" if has_left else "needed" if others else "none"


def _start(
    model: Path, path: Path, idle_minutes: float, *, keeps_cache: bool, adapter: Path | None
) -> int:
    """Start an engine that outlives this process; returns its process id."""
    log = log_file()
    fresh = not log.exists() or log.stat().st_size > LOG_LIMIT
    command = [
        # -P: a json.py in the folder the editor runs in, a stranger's perhaps, is not imported.
        *(sys.executable, "-P", "-m", "qwen_lsp", "engine", "run"),
        *("--model", str(model), "--socket", str(path), "--idle-minutes", str(idle_minutes)),
        "--keep-cache" if keeps_cache else "--no-keep-cache",
        *(() if adapter is None else ("--adapter", str(adapter))),
    ]
    flags = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if fresh else os.O_APPEND)
    environment = {"GOMP_SPINCOUNT": SPIN_COUNT, **os.environ}
    return os.posix_spawn(
        sys.executable,
        command,
        environment,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(log), flags, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        # A session of its own: closing the editor's terminal must not end it.
        setsid=True,
    )


def _has_exited(pid: int) -> bool:
    try:
        return os.waitpid(pid, os.WNOHANG) != (0, 0)
    except ChildProcessError:
        return True


def _answers(path: Path) -> bool:
    # Connecting is not enough: for a moment after a kill the kernel still takes connections.
    return _ask(path, f"GET {wire.HEALTH}")


def _ask(path: Path, request: str) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(ANSWER_LIMIT_S)
        return _status(probe, path, request) != 0


def _status(connection: socket.socket, path: Path, request: str) -> int:
    """Send a request and return the status of its answer; 0 if there is none."""
    try:
        connection.connect(str(path))
        connection.sendall(f"{request} HTTP/1.1\r\nHost: engine\r\n\r\n".encode())
        head = connection.recv(STATUS_LINE).split()
    except OSError:
        return 0
    return int(head[1]) if len(head) > 1 and head[1].isdigit() else 0
