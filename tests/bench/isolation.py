"""Folders and an engine of a bench's own; the user's models are shared."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

FOLDERS = ("RUNTIME_DIR", "CONFIG_HOME", "STATE_HOME", "CACHE_HOME")


@contextmanager
def own_folders() -> Iterator[Path]:
    """Point the XDG variables, but not XDG_DATA_HOME, at a new folder; stop its engine after."""
    # Directly under the temporary folder: a Unix socket's path holds about 100 characters.
    folder = Path(tempfile.mkdtemp(prefix="q"))
    names = {f"XDG_{name}": folder / name.lower() for name in FOLDERS}
    for path in names.values():
        path.mkdir(mode=0o700)
    try:
        with patch.dict(os.environ, {name: str(path) for name, path in names.items()}):
            try:
                yield folder
            finally:
                # Its answer goes to standard output, which belongs to the bench's own.
                subprocess.run(
                    [sys.executable, "-m", "qwen_lsp", "engine", "stop"],
                    check=False,
                    stdout=subprocess.DEVNULL,
                )
    finally:
        shutil.rmtree(folder, ignore_errors=True)
