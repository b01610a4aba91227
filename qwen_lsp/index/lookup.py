"""Questions about a workspace that need its imports: which of the definitions of a name is meant.

Pure look-ups over a view and a resolver. What is learned of a file's imports is kept, so a `Lookup`
lives as long as its resolver: until the set of files changes.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from qwen_lsp.index.declared import bare_type, last_part
from qwen_lsp.index.facts import OWNERS, Import, Symbol
from qwen_lsp.index.rank import forward_push
from qwen_lsp.index.receiver import name_of_link
from qwen_lsp.index.resolve.resolver import Resolver
from qwen_lsp.index.stored import Definition, Usage
from qwen_lsp.index.view import IndexView, shared_folders

# A name that more is defined by is common to the workspace; the best of them are among these.
_MOST_CANDIDATES = 200
# What so many files define is not meant by its name alone.
_TOO_COMMON = 64
# Files whose symbols are remembered: those that one question reads, and the next one again.
_REMEMBERED = 400
# How far a name is followed through files that only pass it on.
_MOST_HOPS = 4
# Edges followed of one file; one that includes everything says little by it.
_MOST_EDGES = 64
_TEST = re.compile(
    r"(^|/)(tests?|specs?|__tests__|testing|examples?|samples?|docs?|vendor)/|"
    r"(^|/)(test_[^/]*|[^/]*(_test|_spec|\.test|\.spec)\.\w+|conftest\.py)$"
)

# What a definition is worth by the way the asking file can see it, most first. They only have to be
# in order; nearness, below one, decides between equals.
_OWN_FILE, _IMPORTED, _MEMBER_OF_KNOWN, _IN_IMPORTED_FILE, _SAME_PACKAGE, _TWO_STEPS = range(
    6, 0, -1
)


class Lookup:
    """Look-ups for one workspace folder. Belongs to one thread at a time."""

    def __init__(self, view: IndexView, resolver: Resolver) -> None:
        self.view = view
        self._resolver = resolver
        self._imports: dict[str, tuple[tuple[Import, tuple[str, ...]], ...]] = {}
        self._surroundings: dict[str, _Surroundings] = {}
        self._symbols: dict[str, _Symbols] = {}
        self._names: dict[str, Sequence[str]] = {}

    def seen_through(self, view: IndexView) -> "Lookup":
        """Return these look-ups over a newer view; what only files that were opened say is new."""
        newer = Lookup(view, self._resolver)
        before = self.view.open
        changed = {
            path for path in {*view.open, *before} if view.open.get(path) is not before.get(path)
        }
        # Copied first, at once: another thread may be asking.
        known = dict(self._imports)
        newer._imports = {path: one for path, one in known.items() if path not in changed}
        symbols = dict(self._symbols)
        newer._symbols = {path: one for path, one in symbols.items() if path not in changed}
        names = dict(self._names)
        newer._names = {path: one for path, one in names.items() if path not in changed}
        return newer

    def imports(self, path: str) -> tuple[tuple[Import, tuple[str, ...]], ...]:
        """Return a file's imports, each with the files of the workspace that it means."""
        found = self._imports.get(path)
        if found is None:
            language = self.view.language(path)
            found = self._imports[path] = tuple(
                (one, self._resolver.resolve(path, language, one))
                for one in self.view.imports(path)
            )
        return found

    def symbols(self, path: str) -> tuple[Symbol, ...]:
        """Return the symbols of a file, in the order of their first lines."""
        return self._symbols_of(path).all

    def named(self, path: str, names: Iterable[str]) -> list[Symbol]:
        """Return what a file defines by these names at its top level, in the order of lines."""
        known = self._symbols_of(path)
        places = [place for name in names for place in known.places.get(name, ())]
        return [known.all[place] for place in sorted(places)]

    def names(self, path: str) -> Sequence[str]:
        """Return the names that a file defines at its top level, modules left out."""
        found = self._names.get(path)
        if found is None:
            different = dict.fromkeys(
                one.name for one in self.symbols(path) if not one.owner and one.kind != "module"
            )
            found = self._names[path] = tuple(different)
        return found

    def owned(self, path: str, owner: str) -> Sequence[Symbol]:
        """Return what a file defines that belongs to an owner of this qualified name."""
        return self._symbols_of(path).members.get(owner, ())

    def _symbols_of(self, path: str) -> "_Symbols":
        found = self._symbols.get(path)
        if found is None:
            if len(self._symbols) >= _REMEMBERED:
                self._symbols.clear()
            found = self._symbols[path] = _sorted_out(self.view.symbols(path))
        return found

    def definitions(self, path: str, name: str, count: int = 5) -> list[Definition]:
        """Return what a name most likely means in a file, best first."""
        names, sources = self._taken_from(path, name)
        candidates = [
            one for each in names for one in self.view.definitions(each, _MOST_CANDIDATES)
        ]
        return [one for one, _ in self._ranked(path, candidates, names, sources)[:count]]

    def meanings(
        self, path: str, names: Sequence[str], count: int = 5
    ) -> dict[str, list[tuple[Definition, bool]]]:
        """Return what names most likely mean in a file, best first, and if the file sees it.

        What a file takes from a known file, or defines itself, is not looked for elsewhere.
        """
        found: dict[str, list[tuple[Definition, bool]]] = {}
        taken: dict[str, tuple[dict[str, None], dict[str, None]]] = {}
        for name in names:
            others, files = self._taken_from(path, name)
            near = [
                Definition(file, symbol)
                for file in (path, *files)
                for symbol in self.named(file, others)
            ]
            if near:
                found[name] = [(one, True) for one in near[:count]]
            else:
                taken[name] = others, files
        wanted = dict.fromkeys(each for others, _ in taken.values() for each in others)
        defined = self.view.definitions_of_each(list(wanted), _TOO_COMMON)
        for name, (others, files) in taken.items():
            candidates = [one for each in others for one in defined[each]]
            found[name] = self._ranked(path, candidates, others, files)[:count]
        return found

    def _taken_from(self, path: str, name: str) -> tuple[dict[str, None], dict[str, None]]:
        """Return the names that a name of a file may be short for, and the files it is from."""
        names = dict.fromkeys([name])
        sources = dict[str, None]()
        for one, files in self.imports(path):
            if name in (one.alias, one.name) or (not one.name and last_part(one.module) == name):
                if one.name not in ("", "*", "default"):
                    names[one.name] = None
                sources |= dict.fromkeys(files)
        return names, sources

    def _ranked(
        self,
        path: str,
        candidates: Sequence[Definition],
        names: Mapping[str, None],
        sources: Mapping[str, None],
    ) -> list[tuple[Definition, bool]]:
        if not candidates:
            return []
        visibility = _Visibility(
            path,
            is_test(path),
            frozenset(self._with_passed_on(sources, names)),
            self._surroundings_of(path),
        )
        best = sorted(candidates, key=visibility.of, reverse=True)
        return [(one, visibility.sees(one)) for one in best]

    def files_in(self, folder: str) -> Sequence[str]:
        """Return the files right in a folder, in order; "" is the workspace itself."""
        return self._resolver.files_in(folder)

    def members(self, path: str, class_name: str) -> list[Definition]:
        """Return the members of the class that a name means in a file, inherited ones last."""
        for owner in self.definitions(path, last_part(bare_type(class_name) or class_name)):
            if owner.symbol.kind in OWNERS:
                return self.view.members(owner)
        return []

    def follow(self, path: str, class_name: str, way: Sequence[str]) -> tuple[str, str]:
        """Follow members from a class; return the class at the end and a file that knows it.

        `way` is as in `receiver.Receiver.rest`; ("", "") if a member's type is not known.
        """
        for member in way:
            name = name_of_link(member)
            found = next(
                (one for one in self.members(path, class_name) if one.symbol.name == name), None
            )
            written = bare_type(found.symbol.type) if found and "[" not in member else ""
            if found is None or not written:
                return "", ""
            path, class_name = found.path, written
        return path, class_name

    def callers(self, definition: Definition, count: int = 20) -> list[Usage]:
        """Return where a definition's name is called, the nearest files first.

        Calls are found by name, so another definition's may be among them; files that can see
        this one come before others.
        """
        usages = list(islice(self.view.usages(definition.symbol.name), _MOST_CANDIDATES))
        calls = [one for one in usages if one.kind == "call"] or usages

        def rank(usage: Usage) -> tuple[bool, float]:
            sees = usage.path == definition.path or any(
                definition.path in files for _, files in self.imports(usage.path)
            )
            return sees, _nearness(usage.path, definition.path)

        return sorted(calls, key=rank, reverse=True)[:count]

    def enclosing(self, path: str, line: int) -> list[Symbol]:
        """Return the symbols around a 0-based line, the innermost first."""
        around = [one for one in self.view.symbols(path) if one.first_line <= line <= one.last_line]
        return sorted(around, key=lambda one: (-one.first_line, one.last_line))

    def near_files(self, path: str, count: int = 50) -> list[tuple[str, float]]:
        """Return the files that matter most to one, by its imports and theirs, best first."""
        edges = _Edges(self)
        ranks = forward_push(edges, {edges.number(path): 1.0}, epsilon=1e-3)
        ranked = sorted(ranks.items(), key=lambda one: -one[1])
        return [
            (edges.paths[number], rank) for number, rank in ranked if edges.paths[number] != path
        ][:count]

    def _surroundings_of(self, path: str) -> "_Surroundings":
        found = self._surroundings.get(path)
        if found is None:
            found = self._surroundings[path] = self._read_surroundings(path)
        return found

    def _read_surroundings(self, path: str) -> "_Surroundings":
        imports, symbols = self.imports(path), self.view.symbols(path)
        imported = [file for _, files in imports for file in files]
        known = {one.alias or one.name or last_part(one.module) for one, _ in imports}
        known |= {one.name for one in symbols if one.kind in OWNERS}
        known |= {last_part(bare_type(base)) for one in symbols for base in one.bases}
        second = {
            file
            for first in dict.fromkeys(imported)
            for _, files in self.imports(first)[:_MOST_EDGES]
            for file in files
        }
        return _Surroundings(
            frozenset(known),
            frozenset(imported),
            frozenset(self._resolver.same_package(path)),
            frozenset(second),
        )

    def _with_passed_on(
        self, sources: Mapping[str, None], names: Mapping[str, None]
    ) -> Iterator[str]:
        """Yield the files a name is imported from, and those that they have it from."""
        waiting, seen = [(file, 0) for file in sources], set[str]()
        for file, hops in waiting:
            if file in seen:
                continue
            seen.add(file)
            yield file
            if hops < _MOST_HOPS:
                waiting += [
                    (other, hops + 1)
                    for one, files in self.imports(file)
                    if one.name == "*" or one.name in names or one.alias in names
                    for other in files
                ]


@dataclass(frozen=True, slots=True)
class _Symbols:
    """A file's symbols, and where among them stands what is asked for most.

    Attributes:
        all: in the order of their first lines.
        places: of those without an owner, by name.
        members: those with an owner, by its qualified name.
    """

    all: tuple[Symbol, ...]
    places: Mapping[str, Sequence[int]]
    members: Mapping[str, Sequence[Symbol]]


def _sorted_out(symbols: tuple[Symbol, ...]) -> _Symbols:
    places: dict[str, list[int]] = {}
    members: dict[str, list[Symbol]] = {}
    for place, one in enumerate(symbols):
        if one.owner:
            members.setdefault(one.owner, []).append(one)
        else:
            places.setdefault(one.name, []).append(place)
    return _Symbols(symbols, places, members)


@dataclass(frozen=True, slots=True)
class _Surroundings:
    """What a file can see: names of classes, and files by the way they are seen."""

    classes: frozenset[str]
    imported: frozenset[str]
    same_package: frozenset[str]
    second: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Visibility:
    """How a file can see definitions of one name; `sources` are files that it has the name from."""

    path: str
    is_test: bool
    sources: frozenset[str]
    around: _Surroundings

    def of(self, one: Definition) -> tuple[float, bool, bool, float]:
        """Return what is the larger, the more likely a definition is meant."""
        is_owned = bool(one.symbol.owner)
        return (
            self._way(one),
            self.is_test or not is_test(one.path),
            not is_owned,
            _nearness(one.path, self.path),
        )

    def sees(self, one: Definition) -> bool:
        """Whether the file has a way to see a definition."""
        return self._way(one) > 0

    def _way(self, one: Definition) -> int:
        owner, way = one.symbol.owner, 0
        if one.path == self.path:
            way = _OWN_FILE
        elif one.path in self.sources:
            way = _IMPORTED
        elif owner and owner.rpartition(".")[2] in self.around.classes:
            way = _MEMBER_OF_KNOWN
        elif one.path in self.around.imported:
            way = _IN_IMPORTED_FILE
        elif one.path in self.around.same_package:
            way = _SAME_PACKAGE
        elif one.path in self.around.second:
            way = _TWO_STEPS
        return way


class _Edges(Mapping[int, Sequence[tuple[int, float]]]):
    """The graph of a workspace's imports, read as far as it is asked about."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup
        self._numbers: dict[str, int] = {}
        self.paths: list[str] = []

    def number(self, path: str) -> int:
        if path not in self._numbers:
            self._numbers[path] = len(self.paths)
            self.paths.append(path)
        return self._numbers[path]

    def __getitem__(self, node: int) -> Sequence[tuple[int, float]]:
        targets: dict[str, float] = {}
        for _, files in self._lookup.imports(self.paths[node])[:_MOST_EDGES]:
            for file in files[:4]:
                targets[file] = targets.get(file, 0.0) + 1.0
        return [(self.number(path), weight) for path, weight in targets.items()]

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.paths)))

    def __len__(self) -> int:
        return len(self.paths)


# What is asked about one file compares the same few hundred paths with it again and again.
@lru_cache(maxsize=10_000)
def is_test(path: str) -> bool:
    """Whether a path looks like tests, examples or somebody else's code."""
    return bool(_TEST.search(path))


@lru_cache(maxsize=10_000)
def _nearness(path: str, other: str) -> float:
    """Return the share of folders that two paths have in common, 0 to 1."""
    depth = max(path.count("/"), other.count("/"))
    return (shared_folders(path, other) + 1) / (depth + 1)
