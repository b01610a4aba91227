"""From what a query found in one file to its facts.

Captures come as nodes that know the bytes they stand on; nothing else of the parser is known here.
What each capture means is written in `queries/README.md`.

This runs once for every match in every file of a workspace, so it does as little as it can for a
match; `symbols.py` does the rest for the few matches that are definitions.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from qwen_lsp.index.facts import FileFacts, Import, Reference
from qwen_lsp.index.source import SourceText, decoded
from qwen_lsp.index.symbols import SCOPE, Captures, Lead, Parameter, Part, symbols_from
from qwen_lsp.index.written import imports_in_path, on_one_line, unquoted

_DEFINITION = "definition."
_REFERENCE = "reference."

Taker = Callable[[Captures], None]


@dataclass(frozen=True, slots=True)
class Pattern:
    """One pattern of a query.

    Attributes:
        captures: names of everything that it may capture.
        name: what `#set! name` says; "" without.
    """

    captures: frozenset[str]
    name: str


def facts_from(  # noqa: PLR0913 — all that a file's facts are made from
    language: str,
    source: SourceText,
    patterns: Sequence[Pattern],
    matches: Iterable[tuple[int, Captures]],
    *,
    constructor: str,
    is_broken: bool,
) -> FileFacts:
    """Return the facts of a file from the matches of its language's query.

    Args:
        language: as in `languages.py`.
        source: what was parsed.
        patterns: of the query, in the order of the file.
        matches: the number of a pattern and what it captured.
        constructor: name of a method that is a constructor; "" if its name does not say so.
        is_broken: whether the parser met text that it could not make sense of.
    """
    found = _Found(source)
    takers = [found.taker_of(pattern, rank) for rank, pattern in enumerate(patterns)]
    for rank, captures in matches:
        takers[rank](captures)
    return FileFacts(
        language,
        len(source.line_starts),
        symbols_from(source, found.parts, found.leads, found.parameters, constructor),
        _references_from(source, found.references),
        tuple(sorted(found.imports, key=lambda one: one.line)),
        is_broken,
    )


def _references_from(
    source: SourceText, found: list[tuple[int, int, str]]
) -> tuple[Reference, ...]:
    characters, starts = source.characters, source.line_starts
    unique = dict.fromkeys(
        (characters[start:end], kind, bisect_right(starts, start) - 1) for start, end, kind in found
    )
    if characters.isascii():
        return tuple([Reference(*one) for one in unique])
    return tuple([Reference(decoded(name), kind, line) for name, kind, line in unique])


class _Found:
    """What the matches say, before anything is put together."""

    def __init__(self, source: SourceText) -> None:
        self.source = source
        self.parts: list[Part] = []
        self.leads: list[Lead] = []
        self.parameters: list[Parameter] = []
        self.imports: list[Import] = []
        # Start, end and kind.
        self.references: list[tuple[int, int, str]] = []

    def taker_of(self, pattern: Pattern, rank: int) -> Taker:
        """Return what takes the matches of a pattern."""
        take_references = self._reference_taker(pattern)
        taker = self._other_taker(pattern, rank)
        if taker is None:
            return take_references
        if not any(name.startswith(_REFERENCE) for name in pattern.captures):
            return taker

        def take_both(captures: Captures) -> None:
            taker(captures)
            take_references(captures)

        return take_both

    def _other_taker(self, pattern: Pattern, rank: int) -> Taker | None:
        names = pattern.captures
        if "import" in names:
            return self._import_taker(pattern.name)
        if "comment" in names:
            return self._lead_taker("comment")
        if "decoration" in names:
            return self._lead_taker("decoration")
        if "parameter" in names:
            return self._take_parameter
        if "name" in names or SCOPE in names:
            return self._part_taker(pattern, rank)
        return None

    def _reference_taker(self, pattern: Pattern) -> Taker:
        add = self.references.append
        keys = [
            (name, name.removeprefix(_REFERENCE))
            for name in pattern.captures
            if name.startswith(_REFERENCE)
        ]

        def take(captures: Captures) -> None:
            for key, kind in keys:
                for node in captures.get(key, ()):
                    add((node.start_byte, node.end_byte, kind))

        return take

    def _lead_taker(self, key: str) -> Taker:
        add, is_decoration = self.leads.append, key == "decoration"

        def take(captures: Captures) -> None:
            for node in captures[key]:
                add((node.start_byte, node.end_byte, is_decoration))

        return take

    def _part_taker(self, pattern: Pattern, rank: int) -> Taker:
        add = self.parts.append
        definitions = [name for name in pattern.captures if name.startswith(_DEFINITION)]
        key = definitions[0] if definitions else SCOPE if SCOPE in pattern.captures else ""
        kind = key.removeprefix(_DEFINITION)

        def take(captures: Captures) -> None:
            names = captures.get("name") or captures.get("owner")
            if names:
                whole = captures[key][0] if key else None
                add(Part(names[0], rank, kind, whole, pattern.name, captures))

        return take

    def _take_parameter(self, captures: Captures) -> None:
        name, declared = captures["parameter"][0], captures["parameter.type"][0]
        text_of = self.source.text_of
        self.parameters.append(
            Parameter(name.start_byte, text_of(name), on_one_line(text_of(declared))),
        )

    def _import_taker(self, set_name: str) -> Taker:
        text_of, line_at = self.source.text_of, self.source.line_at

        def take(captures: Captures) -> None:
            statement = captures["import"][0]
            if "path" in captures:
                path = captures["path"][0]
                line = line_at(path.start_byte)
                self.imports += imports_in_path(text_of(path), line)
                return
            texts = {key: text_of(nodes[0]) for key, nodes in captures.items()}
            place = captures["name"][0] if "name" in captures else statement
            self.imports.append(
                Import(
                    texts.get("module", ""),
                    set_name or unquoted(texts.get("name", "")),
                    texts.get("alias", ""),
                    line_at(place.start_byte),
                ),
            )

        return take
