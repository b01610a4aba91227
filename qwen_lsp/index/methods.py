"""How files of a workspace are found and read: the functions the index processes call by name."""

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import chain
from pathlib import Path, PurePath

from qwen_lsp.index.chunks import chunks
from qwen_lsp.index.contents import content_verdict, decode
from qwen_lsp.index.facts import FileFacts
from qwen_lsp.index.languages import language_of
from qwen_lsp.index.packing import Chunk
from qwen_lsp.index.paths import Rules, disk_reason, reason_of
from qwen_lsp.index.reading import NO_LANGUAGE, Methods
from qwen_lsp.index.walk import Found, walk
from qwen_lsp.index.words import Splitter
from qwen_lsp.text import split_lines

# Counts changes of what is made from the same text and facts: verdicts, pieces, words.
_CHUNKING = 2


def methods() -> Methods:
    """Return how files are read here, with the versions of everything that reads them."""
    from qwen_lsp.index.parse import parser_version

    return Methods(
        "qwen_lsp.index.methods:find",
        "qwen_lsp.index.languages:language_of",
        "qwen_lsp.index.methods:parse",
        f"{parser_version()}-{_CHUNKING}",
    )


def find(
    root: Path, places: Sequence[str], left_out: Counter[str]
) -> Iterator[list[tuple[str, int, int]]]:
    """Yield path, size and modification time of the indexed files in some places.

    Args:
        root: the workspace folder.
        places: files and folders; "" is everything.
        left_out: counts what is not indexed, by reason.
    """
    rules = Rules(root)
    for files in chain.from_iterable(_at(rules, place, left_out) for place in places):
        known = [
            (file.path, file.size, file.modified_ns) for file in files if _may_be_known(file.path)
        ]
        if len(known) < len(files):
            left_out[NO_LANGUAGE] += len(files) - len(known)
        yield known


def parse(path: str, language: str, source: bytes) -> tuple[FileFacts, list[Chunk]] | str:
    """Return the facts of a file and its pieces with their words, or why it is not indexed."""
    from qwen_lsp.index.parse import facts_of

    verdict = content_verdict(path, source)
    if verdict:
        return verdict
    text = decode(source)
    # The parser reads UTF-8, and so does everything after it: offsets must not differ.
    facts = facts_of(language, source if source.isascii() else text.encode())
    # The pattern for all three line ends takes six times as long.
    lines = split_lines(text) if "\r" in text else text.split("\n")
    words_of = _splitter().words_of
    return facts, [
        (first, last, words_of("\n".join(lines[first : last + 1])))
        for first, last in chunks(len(lines), facts.symbols)
    ]


def _at(rules: Rules, place: str, left_out: Counter[str]) -> Iterator[list[Found]]:
    path = rules.root / place
    if path.is_dir() and not path.is_symlink():
        yield from walk(rules, left_out, place)
        return
    if not rules.is_indexed(place):
        return
    try:
        status = path.lstat()
    except OSError as error:
        left_out[reason_of(error)] += 1
        return
    if reason := disk_reason(status):
        left_out[reason] += 1
        return
    yield [Found(place, status.st_size, status.st_mtime_ns)]


def _may_be_known(path: str) -> bool:
    """Return whether a file's name does not rule out that a parser knows it."""
    name = path[path.rfind("/") + 1 :]
    return _is_known_suffix(name[name.rfind(".") :]) if "." in name[1:] else True


@cache
def _is_known_suffix(suffix: str) -> bool:
    return language_of(PurePath(f"x{suffix}")) is not None


@cache
def _splitter() -> Splitter:
    """Return this process's splitter; it remembers words from file to file."""
    return Splitter()
