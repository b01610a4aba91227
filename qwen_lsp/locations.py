"""Where files of the user live: models, caches, logs, sockets.

Every folder is created private to the user (mode 0700). The XDG variables are honoured on Linux
through platformdirs, which is also how tests get folders of their own.
"""

import fcntl
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from platformdirs import user_cache_path, user_config_path, user_data_path, user_state_path

from qwen_lsp.errors import EngineError

APP = "qwen-lsp"


def models_dir() -> Path:
    """Return the folder of installed models."""
    return _private(user_data_path(APP, appauthor=False) / "models")


def cache_dir() -> Path:
    """Return the folder for what can be made again: downloads, probe results, saved KV."""
    return _private(user_cache_path(APP, appauthor=False))


def log_dir() -> Path:
    """Return the folder of log files."""
    return _private(user_state_path(APP, appauthor=False))


def statistics_file() -> Path:
    """Return the path of what is counted of completions; the file need not exist."""
    return log_dir() / "statistics.jsonl"


def user_settings_file() -> Path:
    """Return the path of the user's TOML settings; the file need not exist."""
    return user_config_path(APP, appauthor=False) / "config.toml"


def runtime_dir() -> Path:
    """Return the folder of the engine's socket and lock.

    Raises:
        EngineError: the folder exists and belongs to somebody else, or others may enter it.
    """
    base = os.environ.get("XDG_RUNTIME_DIR")
    if base and Path(base).is_dir():
        folder = Path(base) / APP
    else:
        # /tmp is shared: the name carries the user, and ownership is checked below.
        folder = Path(tempfile.gettempdir()) / f"{APP}-{os.getuid()}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    check_private(folder)
    return folder


def check_private(path: Path) -> None:
    """Refuse a path that another user owns or may use.

    Raises:
        EngineError: with what is wrong and how to put it right.
    """
    info = path.lstat()
    if info.st_uid != os.getuid():
        raise EngineError(f"{path} belongs to another user; remove it and start again.")
    if stat.S_ISLNK(info.st_mode):
        raise EngineError(f"{path} is a symbolic link; remove it and start again.")
    if info.st_mode & 0o077:
        raise EngineError(f"{path} is open to other users; run `chmod go-rwx {path}`.")


@contextmanager
def locked(path: Path, on_wait: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Hold a lock file, which goes with the process, even if that is killed.

    `on_wait` is called once if somebody else holds it.
    """
    # The file stays for ever: deleting it would let two processes lock two different files.
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            on_wait()
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _private(folder: Path) -> Path:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
