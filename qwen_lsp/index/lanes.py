"""Which worker reads which files of a build.

A worker makes a language's grammar ready when its first file comes, which takes as long as parsing
up to a megabyte. So a language of which there is little is left to one worker.
"""

from collections import Counter
from collections.abc import Iterable
from pathlib import PurePath

# About as much as one worker parses while another makes a grammar ready.
_LITTLE_BYTES = 1_000_000


def suffix_of(path: str) -> str:
    """Return the end of a file's name, which nearly always says the language: ".py"."""
    return PurePath(path).suffix


def lanes_of(files: Iterable[tuple[str, int]], count: int) -> dict[str, int]:
    """Return which worker alone reads the files of a suffix; any may read those of the others.

    Args:
        files: path and size in bytes of each file that is to be read.
        count: of workers; they are numbered from 0.
    """
    sizes = Counter[str]()
    for path, size in files:
        sizes[suffix_of(path)] += size
    loads = [0] * count
    lanes = {}
    for suffix, size in sizes.most_common():
        if size < _LITTLE_BYTES:
            lanes[suffix] = lane = loads.index(min(loads))
            loads[lane] += size
    return lanes
