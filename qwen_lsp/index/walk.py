"""Finding the indexed files of a workspace folder, a folder at a time."""

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from qwen_lsp.index.paths import Folder, Rules, disk_reason, reason_of


@dataclass(frozen=True, slots=True)
class Found:
    """A file that the rules let in; its bytes may still keep it out.

    Attributes:
        path: relative to the workspace folder, with forward slashes.
        size: in bytes.
        modified_ns: time of the last change, in nanoseconds.
    """

    path: str
    size: int
    modified_ns: int


def walk(rules: Rules, skipped: Counter[str], under: str = "") -> Iterator[list[Found]]:
    """Yield the indexed files of each folder; a list per folder, so that the caller can stop soon.

    Args:
        rules: made for this walk, as they keep what they have read.
        skipped: counts what is left out, by `paths.REASONS`; a folder counts once.
        under: the folder to walk, "" for the whole workspace.
    """
    waiting = [under]
    while waiting:
        path = waiting.pop()
        folder = rules.folder(path)
        if folder.reason:
            skipped[folder.reason] += 1
            continue
        try:
            with os.scandir(folder.path) as listing:
                entries = list(listing)
        except OSError as error:
            skipped[reason_of(error)] += 1
            continue
        prefix = f"{path}/" if path else ""
        found = []
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                waiting.append(prefix + entry.name)
            elif isinstance(result := _file(folder, prefix, entry), Found):
                found.append(result)
            else:
                skipped[result] += 1
        yield found


def _file(folder: Folder, prefix: str, entry: os.DirEntry[str]) -> Found | str:
    """Return a file, or why it is skipped."""
    reason = folder.entry_reason(entry.name, is_folder=False)
    if reason:
        return reason
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError as error:
        return reason_of(error)
    return disk_reason(status) or Found(prefix + entry.name, status.st_size, status.st_mtime_ns)
