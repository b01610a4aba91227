"""Files that an editor is asked to show: explanations, and pages about a prompt."""

import os
import tempfile
from pathlib import Path

from qwen_lsp import locations

KEPT = 10  # of each kind: an editor may still show one


def write(kind: str, suffix: str, text: str) -> Path:
    """Write a text that only the user may read; returns where.

    Args:
        kind: name of its folder in the cache, of which the last files are kept.
        suffix: of the file, with its dot.
        text: what it holds.
    """
    folder = locations.cache_dir() / kind
    folder.mkdir(mode=0o700, exist_ok=True)
    for old in sorted(folder.glob(f"*{suffix}"), key=os.path.getmtime)[: -(KEPT - 1)]:
        old.unlink(missing_ok=True)
    handle, name = tempfile.mkstemp(suffix, "qwen-lsp-", folder)  # mode 0600
    with os.fdopen(handle, "w", encoding="utf-8") as output:
        output.write(text)
    return Path(name)
