"""The lines of a workspace's files as they are now: open documents first, then the disk."""

import os
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path

from qwen_lsp.index.contents import MOST_BYTES, decode, holds_a_key
from qwen_lsp.text import split_lines

# One question reads some dozens of files, and the next one mostly the same.
_REMEMBERED = 96


class Texts:
    """Reads files of one workspace folder. Belongs to one thread."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lines: dict[str, tuple[tuple[int, int], Sequence[str]]] = {}

    def lines(self, path: str, opened: Mapping[str, str]) -> Sequence[str]:
        """Return the lines of a file without their ends; none if it is gone or not for a prompt.

        Args:
            path: of an indexed file, relative to the workspace folder.
            opened: the texts of open documents, by path.
        """
        if (text := opened.get(path)) is not None:
            return split_lines(text)
        try:
            # What has become a link, a pipe or a secret since it was indexed is left alone.
            descriptor = os.open(
                f"{self._root}/{path}", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            )
            with os.fdopen(descriptor, "rb") as file:
                info = os.fstat(descriptor)
                if not stat.S_ISREG(info.st_mode):
                    return ()
                known = self._lines.pop(path, None)
                version = (info.st_mtime_ns, info.st_size)
                if known is None or known[0] != version:
                    data = file.read(MOST_BYTES + 1)
                    is_fit = len(data) <= MOST_BYTES and not holds_a_key(path, data)
                    known = (version, split_lines(decode(data)) if is_fit else ())
        except OSError:
            return ()
        if len(self._lines) >= _REMEMBERED:
            del self._lines[next(iter(self._lines))]
        self._lines[path] = known  # the last one used is the last one to go
        return known[1]
