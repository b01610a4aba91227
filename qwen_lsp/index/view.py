"""What features may ask about the workspace: the stored index with the open documents on top.

A view is a value: another text in an editor is another view. Of a document that is open the stored
facts are not shown, only those of its text. Nothing here fails or waits for more than a read.
"""

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice, takewhile

from qwen_lsp.index.declared import bare_type, last_part
from qwen_lsp.index.facts import OWNERS, FileFacts, Import, Symbol
from qwen_lsp.index.packing import Uses, grouped_uses
from qwen_lsp.index.stored import Definition, Piece, StoredIndex, Usage

# "Generic[T]", "pkg.Base<T>", "ns::Base", "*Embedded", "virtual public Base": the name it is about.
_BASE_NAME = re.compile(r"([^\W\d][\w$]*)\s*(?:[\[<({].*)?$", re.DOTALL)
# Bases that are in no workspace and give a class no members that anyone writes.
_WITHOUT_MEMBERS = frozenset({"object", "Object", "ABC", "Protocol", "Generic", "Serializable"})
# Languages whose types may have members in other files, and in which languages those are: a header
# of C++ may be taken for one of C.
_SCATTERING = {
    "go": ("go",),
    "rust": ("rust",),
    "swift": ("swift",),
    "c": ("c", "cpp"),
    "cpp": ("c", "cpp"),
}


@dataclass(frozen=True, slots=True)
class IndexView:
    """The workspace as it is known now. Paths are relative to the workspace folder.

    Attributes:
        stored: the index on disk; it may move on between two questions, never within one.
        open: facts of documents that are open in the editor.
    """

    stored: StoredIndex
    open: Mapping[str, FileFacts] = field(default_factory=dict)

    def with_overlay(self, path: str, facts: FileFacts) -> "IndexView":
        """Return a view in which a file has these facts."""
        return replace(self, open={**self.open, path: facts})

    def without_overlay(self, path: str) -> "IndexView":
        """Return a view in which a file has its stored facts again."""
        return replace(self, open={key: one for key, one in self.open.items() if key != path})

    def definitions(self, name: str, count: int = 50) -> list[Definition]:
        """Return what defines a name, open documents first; at most `count`."""
        return self._definitions([name], lambda one: one == name, count)

    def definitions_of_each(self, names: Sequence[str], most: int) -> dict[str, list[Definition]]:
        """Return what defines each of the names, open documents first.

        Of a name that over `most` files define nothing stored is found.
        """
        found: dict[str, list[Definition]] = {name: [] for name in names}
        for path, facts in self.open.items():
            for symbol in facts.symbols:
                if symbol.name in found:
                    found[symbol.name].append(Definition(path, symbol))
        for one in self.stored.definitions_of_each(names, most):
            if one.path not in self.open:
                found[one.symbol.name].append(one)
        # In the order of paths: the order on disk is that in which files happened to be read.
        return {name: sorted(some, key=_place) for name, some in found.items()}

    def definitions_with_prefix(self, prefix: str, count: int = 50) -> list[Definition]:
        """Return what defines names that begin so; at most `count`."""
        names = self.stored.names_with_prefix(prefix, count)
        return self._definitions(names, lambda one: one.startswith(prefix), count)

    def definitions_containing(self, part: str, count: int = 50) -> list[Definition]:
        """Return what defines names with this part in any case, short ones first.

        Reads all names, which takes 15 ms for a million lines: not for the event loop.
        """
        lowered = part.lower()
        names = self.stored.names_containing(part, count)
        found = self._definitions(names, lambda one: lowered in one.lower(), count)
        return sorted(found, key=lambda one: (len(one.symbol.name), one.symbol.name))

    def symbols(self, path: str) -> tuple[Symbol, ...]:
        """Return the symbols of a file, in the order of their first lines."""
        facts = self.open.get(path)
        return self.stored.symbols(path) if facts is None else facts.symbols

    def imports(self, path: str) -> tuple[Import, ...]:
        """Return the imports of a file, in order."""
        facts = self.open.get(path)
        return self.stored.imports(path) if facts is None else facts.imports

    def facts(self, path: str) -> FileFacts:
        """Return what is known of a file but for the names it uses."""
        facts = self.open.get(path)
        if facts is not None:
            return facts
        symbols, language = self.stored.symbols(path), self.stored.language(path)
        lines = max((one.last_line + 1 for one in symbols), default=0)
        return FileFacts(language, lines, symbols, (), self.stored.imports(path))

    def uses_in(self, path: str) -> list[Uses]:
        """Return the names that a file uses."""
        facts = self.open.get(path)
        return self.stored.uses_in(path) if facts is None else grouped_uses(facts)

    def language(self, path: str) -> str:
        """Return the language of a file; "" if it is not known."""
        facts = self.open.get(path)
        return self.stored.language(path) if facts is None else facts.language

    def paths(self) -> list[str]:
        """Return all files that are known, in order."""
        return sorted({*self.stored.paths(), *self.open})

    def usages(self, name: str) -> Iterator[Usage]:
        """Yield where a name is used, open documents first; reads on as far as it is asked."""
        for path, facts in self.open.items():
            for one in grouped_uses(facts):
                if one.name == name:
                    yield Usage(path, one.kind, one.lines)
        for usage in self.stored.usages(name):
            if usage.path not in self.open:
                yield usage

    def members(self, owner: Definition) -> list[Definition]:
        """Return what belongs to a class: its own members, then inherited ones it does not have.

        Bases are found by their names: in the same file, else in the nearest folder.
        """
        return self.all_members(owner)[0]

    def all_members(self, owner: Definition) -> tuple[list[Definition], bool]:
        """Return the same as `members`, and whether these are all: every base was found."""
        found: list[Definition] = []
        hidden: set[str] = set()
        seen: set[tuple[str, str]] = set()
        waiting, is_all = deque([owner]), True
        while waiting:
            one = waiting.popleft()
            if (key := (one.path, one.symbol.qualified_name)) in seen:
                continue
            seen.add(key)
            own = [member for member in self._own_members(one) if member.symbol.name not in hidden]
            found += own
            hidden.update(member.symbol.name for member in own)
            for name in one.symbol.bases:
                if base := self._base(one, name):
                    waiting.append(base)
                elif last_part(bare_type(name) or name) not in _WITHOUT_MEMBERS:
                    is_all = False
        return found, is_all

    def search(self, words: Iterable[str], count: int) -> list[Piece]:
        """Return pieces of code that match any of the words, best first; none of open documents."""
        pieces = self.stored.search(words, count + len(self.open))
        return [piece for piece in pieces if piece.path not in self.open][:count]

    def _definitions(
        self, names: Sequence[str], matches: Callable[[str], bool], count: int
    ) -> list[Definition]:
        opened = (
            Definition(path, symbol)
            for path, facts in self.open.items()
            for symbol in facts.symbols
            if matches(symbol.name)
        )
        stored = (one for one in self.stored.definitions(names) if one.path not in self.open)
        return list(islice(chain(opened, stored), count))

    def _own_members(self, owner: Definition) -> list[Definition]:
        """Return what belongs to an owner itself.

        In some languages members may stand in other files than their type. Such a file does not
        define a type of that name; one that does means its own.
        """
        name = owner.symbol.qualified_name
        symbols = self.symbols(owner.path)
        own = [Definition(owner.path, symbol) for symbol in symbols if symbol.owner == name]
        languages = _SCATTERING.get(self.language(owner.path))
        if languages is None:
            return own
        opened = [
            Definition(path, symbol)
            for path, facts in self.open.items()
            if path != owner.path and facts.language in languages and not _defines(facts, name)
            for symbol in facts.symbols
            if symbol.owner == name
        ]
        stored = self.stored.members_elsewhere(name, languages)
        return [*own, *opened, *(member for member in stored if member.path not in self.open)]

    def _base(self, of: Definition, written: str) -> Definition | None:
        """Return what a base, as it is written, most likely is."""
        match = _BASE_NAME.search(written)
        if match is None:
            return None
        candidates = [
            one
            for one in self.definitions(match.group(1))
            if one.symbol.kind in OWNERS and one != of
        ]
        return max(candidates, key=lambda one: _nearness(one.path, of.path), default=None)


def _defines(facts: FileFacts, name: str) -> bool:
    return any(one.kind in OWNERS and one.qualified_name == name for one in facts.symbols)


def _place(one: Definition) -> tuple[str, int]:
    return one.path, one.symbol.first_line


def _nearness(path: str, other: str) -> tuple[bool, int]:
    """Return what is the larger, the nearer two files are."""
    return path == other, shared_folders(path, other)


def shared_folders(path: str, other: str) -> int:
    """Return how many folders two paths have in common, from the top."""
    pairs = zip(path.split("/")[:-1], other.split("/")[:-1], strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
