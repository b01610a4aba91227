"""A workspace on a few pages: what it says of itself, its folders, and its main definitions.

Files are ranked over the graph of who uses what: PageRank with a uniform restart, so that what
much depends on comes first. A definition ranks by what flows to its file through its name. As much
is shown as fits, the best first.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from qwen_lsp.context.forms import signature_end
from qwen_lsp.context.place import ReadLines
from qwen_lsp.index.facts import OWNERS, Symbol
from qwen_lsp.index.lookup import Lookup, is_test
from qwen_lsp.index.rank import forward_push
from qwen_lsp.index.stored import Link
from qwen_lsp.text import plain
from qwen_lsp.tokens import estimated_tokens

_SHOWN = OWNERS | {"function", "method", "constructor"}
# A name that so many files define says nothing about any of them.
_TOO_COMMON = 4
# What a use in tests counts, and what tests count themselves: they use everything.
_OF_TESTS = 0.1
# An import says less than a name that is used.
_OF_IMPORTS = 0.5
# What is left out of the ranks, in shares of what a file begins with.
_EXACTNESS = 0.1
# Of a file, how many definitions are looked at; of one, how much of its head and its documentation.
_MOST_OF_A_FILE, _LONGEST_HEAD, _LONGEST_SAID = 16, 120, 80
_MOST_FILES = 2_000
# After so many definitions of a file the next one counts half, and only the root of what it is
# worth counts, so that many files are shown.
_FIRST = 3
# Of the top-level definitions that nobody uses: commands, handlers, entry points.
_UNUSED = 0.1
_README = re.compile(r"(?i)readme(\.(md|rst|txt|adoc))?")
_README_LINES, _README_CHARACTERS = 120, 1_200
_NOT_PROSE = re.compile(r"\s*(?:\[?!\[|>|---|===|\|)")
_MARKDOWN_LINK = re.compile(r"\[([^\[\]]*)\]\([^()]*\)")
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<!--.*?-->")
_MANIFESTS = (
    "pyproject.toml",
    "package.json",
    "Cargo.toml",
    "go.mod",
    "composer.json",
    "setup.cfg",
)
_ENTRY = re.compile(
    r"""^\s*["']?(?P<key>name|description|module)["']?\s*[:=]?\s*["']?(?P<value>[^"'\n]+?)["']?,?\s*$"""
)
_MANIFEST_LINES = 200
_MOST_FOLDERS, _FOLDER_DEPTH = 16, 3


@dataclass(frozen=True, slots=True)
class Ranks:
    """How much files and definitions matter.

    Attributes:
        files: by path, 0 to 1.
        names: by path and name of what is defined there and used elsewhere.
    """

    files: Mapping[str, float]
    names: Mapping[tuple[str, str], float]


def ranks_of(
    contents: Mapping[str, int],
    links: Iterable[Link],
    imports: Mapping[str, Iterable[str]],
) -> Ranks:
    """Rank the files of a workspace and what they define.

    Args:
        contents: numbers of the files' contents, by path.
        links: names, with the contents that define and use them.
        imports: the files that each file imports.
    """
    paths = {number: path for path, number in sorted(contents.items(), reverse=True)}
    tests = {number for number, path in paths.items() if is_test(path)}
    imported = {
        contents[path]: {contents[one] for one in files if one in contents}
        for path, files in imports.items()
        if path in contents
    }
    edges: dict[int, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    flows: list[tuple[str, int, int, float]] = []
    for link in links:
        defined = [one for one in link.defined_in if one in paths]
        used = [one for one in link.used_in if one in paths]
        if not 0 < len(defined) <= _TOO_COMMON:
            continue
        for user in used:
            targets = [one for one in _seen(user, defined, imported) if one != user]
            for target in targets:
                weight = _weight(link.name) / len(targets) * (_OF_TESTS if user in tests else 1.0)
                edges[user][target] += weight
                flows.append((link.name, user, target, weight))
    for user, others in imported.items():
        for target in others - {user}:
            edges[user][target] += _OF_IMPORTS * (_OF_TESTS if user in tests else 1.0)
    graph = {user: tuple(targets.items()) for user, targets in edges.items()}
    sources = {one: _OF_TESTS if one in tests else 1.0 for one in paths}
    found = forward_push(graph, sources, epsilon=_EXACTNESS / len(paths)) if paths else {}
    totals = {user: sum(weight for _, weight in targets) for user, targets in graph.items()}
    names: dict[tuple[str, str], float] = defaultdict(float)
    for name, user, target, weight in flows:
        names[paths[target], name] += found.get(user, 0.0) * weight / totals[user]
    files = {
        path: found.get(number, 0.0) * (_OF_TESTS if number in tests else 1.0)
        for number, path in paths.items()
    }
    return Ranks(files, dict(names))


def repo_map(lookup: Lookup, ranks: Ranks, read: ReadLines, budget: int) -> str:
    """Return the main definitions of a workspace by file, the file that matters most first.

    Args:
        lookup: the workspace.
        ranks: of its files and definitions.
        read: gives the lines of files.
        budget: most tokens.
    """
    best = sorted(ranks.files, key=lambda path: (-ranks.files[path], path))[:_MOST_FILES]
    heads: dict[str, list[tuple[Symbol, str]]] = {}
    values: list[tuple[float, str, int]] = []
    left = budget * 3  # what is read of files that may not fit any more is in vain
    for path in best:
        if left < 0:
            break
        symbols = _ranked(lookup, path, ranks)[:_MOST_OF_A_FILE]
        lines = read(path) if symbols else ()
        kept = [(value, one, head) for value, one in symbols if (head := _head(one, lines))]
        heads[path] = [(one, head) for _, one, head in kept]
        values += [
            (sqrt(value) / (1 + place / _FIRST), path, place)
            for place, (value, _, _) in enumerate(kept)
        ]
        left -= sum(estimated_tokens(head) for _, _, head in kept)
    chosen: dict[str, set[int]] = {}
    shown: set[str] = set()
    tokens = 0
    for _, path, place in sorted(values, key=lambda one: (-one[0], one[1], one[2])):
        name = heads[path][place][0].qualified_name
        if name in shown:
            continue  # an older version of the same, or generated from it
        shown.add(name)
        more = estimated_tokens(heads[path][place][1]) + 1
        more += 0 if path in chosen else estimated_tokens(path) + 2
        if tokens + more > budget:
            break
        tokens += more
        chosen.setdefault(path, set()).add(place)
    return "\n".join(
        _of_file(path, [heads[path][one] for one in chosen[path]])
        for path in best
        if path in chosen
    )


def description(lookup: Lookup, read: ReadLines) -> str:
    """Return what a workspace says of itself: its manifest, and its README's first lines."""
    texts = []
    paths = lookup.files_in("")
    for path in _MANIFESTS:
        if path in paths and (said := _manifest(read(path)[:_MANIFEST_LINES])):
            texts.append(f"`{path}` says: {said}.")
            break
    readme = next((path for path in sorted(paths) if _README.fullmatch(path)), None)
    if readme is not None and (said := _prose(read(readme)[:_README_LINES])):
        texts.append(f"`{readme}` begins:\n{said}")
    return "\n\n".join(texts)


def folders(paths: Iterable[str]) -> str:
    """Return the folders that hold most files, with how many of which suffix."""
    counts: Counter[str] = Counter()
    suffixes: dict[str, Counter[str]] = defaultdict(Counter)
    for path in paths:
        parts = path.split("/")[:-1][:_FOLDER_DEPTH]
        folder = "/".join(parts) + "/" if parts else "./"
        counts[folder] += 1
        suffixes[folder][path.rpartition("/")[2].rpartition(".")[2]] += 1
    lines = [
        f"{folder}: {count} files, mostly .{suffixes[folder].most_common(1)[0][0]}"
        for folder, count in counts.most_common(_MOST_FOLDERS)
    ]
    return "\n".join(sorted(lines))


def _seen(
    user: int, defined: Sequence[int], imported: Mapping[int, Collection[int]]
) -> Sequence[int]:
    """Return those of the contents that define a name which a user imports, else all of them."""
    first = imported.get(user, ())
    second = {other for one in first for other in imported.get(one, ())}
    return [one for one in defined if one in first or one in second] or defined


def _weight(name: str) -> float:
    """Return what a use of a name counts: a made-up word says more than `get` (as Aider found)."""
    is_long = len(name) >= 8 and ("_" in name.strip("_") or not name.islower())
    return (3.0 if is_long else 1.0) * (0.1 if name.startswith("_") else 1.0)


def _ranked(lookup: Lookup, path: str, ranks: Ranks) -> list[tuple[float, Symbol]]:
    """Return what a file defines, with its value, the best first."""
    own = ranks.files[path] * _UNUSED
    found = []
    for one in lookup.symbols(path):
        if one.kind not in _SHOWN or one.name.startswith("_") or not one.name.strip():
            continue
        is_top = not one.owner
        value = ranks.names.get((path, one.name), 0.0) + (own / 4 if is_top else 0.0)
        if value:
            found.append((value * (1.0 if is_top else 0.5), one))
    return sorted(found, key=lambda pair: (-pair[0], pair[1].first_line))


def _head(one: Symbol, lines: Sequence[str]) -> str:
    """Return a definition's head on one line; "" if the file is not what it was."""
    if one.name_line >= len(lines) or one.name not in lines[one.name_line]:
        return ""
    text = " ".join(line.strip() for line in lines[one.name_line : signature_end(one) + 1])
    text = re.sub(r"\s+", " ", text).removesuffix("{").strip().removesuffix(":")
    said = (
        _said(lines[one.doc_first_line : one.doc_last_line + 1]) if one.doc_first_line >= 0 else ""
    )
    return _cut(text, _LONGEST_HEAD) + (f" — {_cut(said, _LONGEST_SAID)}" if said else "")


def _said(lines: Iterable[str]) -> str:
    """Return the first line of words in documentation."""
    for line in lines:
        if any(character.isalnum() for character in line):
            return line.strip(" \t#/*!<>-;\"'`")
    return ""


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[:longest].rstrip() + "…"


def _of_file(path: str, heads: Iterable[tuple[Symbol, str]]) -> str:
    lines = [path]
    owner = ""
    for one, head in sorted(heads, key=lambda pair: pair[0].first_line):
        if one.owner and one.owner != owner:
            owner = one.owner
            if not any(owner in line for line in lines):
                lines.append(f"  {owner}")
        lines.append(f"    {head}" if one.owner else f"  {head}")
        owner = one.qualified_name if one.kind in OWNERS else owner
    return "\n".join(lines)


def _manifest(lines: Iterable[str]) -> str:
    found: dict[str, str] = {}
    for line in lines:
        match = _ENTRY.match(line)
        if match is not None:
            found.setdefault(match["key"], match["value"].strip())
    return ", ".join(f"{key} `{value}`" for key, value in found.items())


def _prose(lines: Iterable[str]) -> str:
    kept: list[str] = []
    for line in lines:
        text = _TAG.sub("", _MARKDOWN_LINK.sub(r"\1", plain(line))).rstrip()
        if text and not _NOT_PROSE.match(line):
            kept.append(text)
    return "\n".join(kept)[:_README_CHARACTERS].rstrip()
