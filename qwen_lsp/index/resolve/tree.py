"""The paths of a workspace, arranged for look-ups.

Paths are relative to the workspace, with "/" between their parts; the workspace itself is "".
"""

from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from posixpath import normpath

# An import that means a whole package or namespace means its nearest files only: a namespace of
# thousands of files would otherwise join each of them with all others.
MOST = 64


@dataclass(frozen=True, slots=True)
class Tree:
    """All paths of a workspace.

    Attributes:
        paths: of files.
        files_by_name: by last part; each list is sorted.
        files_by_directory: the files right in it; each list is sorted.
        directories_by_name: by last part, of every directory with a file somewhere below it; each
            list is sorted.
    """

    paths: frozenset[str]
    files_by_name: Mapping[str, Sequence[str]]
    files_by_directory: Mapping[str, Sequence[str]]
    directories_by_name: Mapping[str, Sequence[str]]

    def ending_with(self, end: str, near: str) -> list[str]:
        """Return the files whose last parts are `end`, such as "api/user.h", nearest first."""
        same_name = self.files_by_name.get(end.rpartition("/")[2], ())
        tail = "/" + end
        found = [path for path in same_name if path == end or path.endswith(tail)]
        return nearest(found, near)

    def first(self, candidates: Sequence[str | None]) -> tuple[str, ...]:
        """Return the first of the paths that is a file, as the answer to an import."""
        return next(((path,) for path in candidates if path in self.paths), ())


def tree_of(paths: Collection[str]) -> Tree:
    """Arrange the paths of a workspace."""
    files_by_name: dict[str, list[str]] = {}
    files_by_directory: dict[str, list[str]] = {}
    for path in sorted(paths):
        directory, _, name = path.rpartition("/")
        files_by_name.setdefault(name, []).append(path)
        files_by_directory.setdefault(directory, []).append(path)
    directories_by_name: dict[str, list[str]] = {}
    for directory in sorted(_with_parents(files_by_directory)):
        directories_by_name.setdefault(directory.rpartition("/")[2], []).append(directory)
    return Tree(frozenset(paths), files_by_name, files_by_directory, directories_by_name)


def _with_parents(directories: Collection[str]) -> set[str]:
    found = set(directories)
    for directory in directories:
        for parent in parents(directory):
            # Whoever added it added its parents, or is still to do so.
            if parent in found:
                break
            found.add(parent)
    return found


def parents(path: str) -> Iterator[str]:
    """Yield the directories that hold a path, innermost first, "" last."""
    while path:
        path = path.rpartition("/")[0]
        yield path


def directory_of(path: str) -> str:
    """Return the directory that holds a path."""
    return path.rpartition("/")[0]


def stem_of(path: str) -> str:
    """Return the last part without what follows its first dot."""
    return path.rpartition("/")[2].partition(".")[0]


def joined(directory: str, relative: str) -> str | None:
    """Return a path given relative to a directory, None if it leaves the workspace."""
    path = normpath(f"{directory}/{relative}" if directory else relative)
    if path == ".":
        return ""
    return None if path.startswith(("../", "/")) or path == ".." else path


def nearest(candidates: Sequence[str], near: str) -> list[str]:
    """Return at most MOST of sorted paths: those that share most directories with `near` first.

    Of those that share as many, the ones less deep come first.
    """
    if len(candidates) > MOST:
        # In sorted order the paths that share the longest beginning with `near` stand around the
        # place where it would stand itself.
        middle = bisect_left(candidates, near)
        start = min(max(middle - MOST // 2, 0), len(candidates) - MOST)
        candidates = candidates[start : start + MOST]
    if len(candidates) < 2:
        return list(candidates)
    return sorted(
        candidates, key=lambda path: (-_shared(path, near), path.count("/"), path.casefold(), path)
    )


def _shared(path: str, other: str) -> int:
    """Return how many leading directories two paths share."""
    count = 0
    for one, another in zip(path.split("/")[:-1], other.split("/")[:-1], strict=False):
        if one != another:
            break
        count += 1
    return count
