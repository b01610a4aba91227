"""Where the tests of a source file are, or belong, by the conventions of its language.

Pure: it is told which files there are. Paths are relative to the workspace folder.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import pairwise, takewhile

from qwen_lsp.context.family import family_of
from qwen_lsp.index.lookup import is_test

_SCRIPTS = ("ts", "tsx", "js", "jsx", "mjs", "cjs", "mts", "cts")
# How test files are called, the most usual first; {} is the source's name without its suffix.
_NAMES: dict[str, tuple[str, ...]] = {
    "py": ("test_{}", "{}_test", "{}_tests"),
    "ts": ("{}.test", "{}.spec"),
    "go": ("{}_test",),
    "rs": ("{}", "{}_test", "test_{}"),
    "rb": ("{}_spec", "{}_test", "test_{}"),
    "c": ("test_{}", "{}_test", "{}Test"),
    "lua": ("{}_spec", "test_{}"),
    "sh": ("test_{}", "{}_test"),
}
_NAMES_BY_CLASS = ("{}Test", "{}Tests", "{}Spec", "Test{}")
_BY_CLASS = frozenset({"java", "kt", "scala", "cs", "php", "swift"})
# Where they go in a project that has none yet: beside the source, or in a folder at the top.
_FIRST_FOLDER = {"py": "tests", "rs": "tests", "rb": "spec", "php": "tests", "c": "tests"}
_OTHER = ("test_{}", "{}_test")


@dataclass(frozen=True, slots=True)
class PlaceOfTests:
    """A test file.

    Attributes:
        path: of it.
        exists: whether it is there; else it is to be created.
    """

    path: str
    exists: bool


def place_of_tests(source: str, paths: Collection[str]) -> PlaceOfTests:
    """Return the test file of a source file: the matching one that is nearest, or a new one.

    Args:
        source: path of the file; one that holds tests itself is its own.
        paths: of all files of the workspace.
    """
    if _is_called_like_a_test(source):
        return PlaceOfTests(source, exists=True)
    known = frozenset(paths)
    family = family_of(source)
    relatives = [one for one in known if family_of(one) == family and one != source]
    wanted = frozenset(_names_of_tests(source))
    matching = [one for one in relatives if _stem(one) in wanted and _may_hold_tests(one)]
    if matching:
        best = min(matching, key=lambda one: (-_nearness(one, source), one))
        return PlaceOfTests(best, exists=True)
    examples = files_of_tests(source, known)
    if not examples:
        return PlaceOfTests(_by_convention(source), exists=False)
    path = _like(examples[0], source, known)
    return PlaceOfTests(path, exists=path in known)


def files_of_tests(source: str, paths: Collection[str]) -> list[str]:
    """Return the test files of a source file's kind, whatever they test, the nearest first."""
    family = family_of(source)
    found = [
        one
        for one in paths
        if family_of(one) == family and one != source and _is_called_like_a_test(one)
    ]
    return sorted(found, key=lambda one: (-_nearness(one, source), one))


def _names_of_tests(source: str) -> tuple[str, ...]:
    """Return what test files of a source may be called, without their suffix."""
    stem = _stem(source)
    return tuple(pattern.format(stem) for pattern in _patterns(source))


def _patterns(path: str) -> tuple[str, ...]:
    family = family_of(path)
    return _NAMES_BY_CLASS if family in _BY_CLASS else _NAMES.get(family, _OTHER)


def _is_called_like_a_test(path: str) -> bool:
    """Whether a file's name is that of tests, wherever it is."""
    return bool(_source_names(path)) and (family_of(path) != "rs" or is_test(path))


def _may_hold_tests(path: str) -> bool:
    # A file in Rust's tests folder has the name of what it tests.
    return family_of(path) != "rs" or is_test(path)


def _source_names(test: str) -> list[tuple[str, str]]:
    """Return what a test file may be about, each with the pattern that its name follows."""
    stem = _stem(test)
    found = []
    for pattern in _patterns(test):
        match = re.fullmatch(re.escape(pattern).replace(r"\{\}", "(.+)"), stem)
        if match is not None:
            found.append((match[1], pattern))
    return found


def _like(example: str, source: str, known: Collection[str]) -> str:
    """Return the path of a new test file, where and called as another one is."""
    name, pattern = _source_names(example)[0]
    suffix = _suffix(source)
    called = pattern.format(_stem(source)) + suffix
    folder, own = _folder(example), _folder(source)
    if folder.endswith("__tests__"):
        return _join(_join(own, "__tests__"), called)
    is_beside = any(_folder(one) == folder and _stem(one) == name for one in known)
    if folder == own or is_beside:
        return _join(own, called)
    if (mirrored := _mirrored(own)) is not None:
        return _join(mirrored, called)
    return _join(folder, called)


def _by_convention(source: str) -> str:
    """Return the path of the first test file of a project."""
    suffix, own = _suffix(source), _folder(source)
    called = _names_of_tests(source)[0] + suffix
    if (mirrored := _mirrored(own)) is not None:
        return _join(mirrored, called)
    return _join(_FIRST_FOLDER.get(family_of(source), own), called)


def _mirrored(folder: str) -> str | None:
    """Return the folder of tests that Maven and Gradle pair with one of sources, None if none."""
    parts = folder.split("/")
    for at, (part, below) in enumerate(pairwise(parts)):
        if (part, below) == ("src", "main"):
            return "/".join([*parts[: at + 1], "test", *parts[at + 2 :]])
    return None


def _stem(path: str) -> str:
    return path.rpartition("/")[2].rpartition(".")[0]


def _suffix(path: str) -> str:
    return "." + path.rpartition(".")[2]


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _nearness(path: str, other: str) -> int:
    """Return how many folders two paths have in common, from the top and from the file up."""
    mine, others = path.split("/")[:-1], other.split("/")[:-1]
    top = _common(mine, others)
    rest = _common(reversed(mine[top:]), reversed(others[top:]))
    return 2 * (top + rest) - len(mine)


def _common(mine: "Iterator[str] | list[str]", others: "Iterator[str] | list[str]") -> int:
    pairs = zip(mine, others, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
