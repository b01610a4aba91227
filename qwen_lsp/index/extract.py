"""From what a query found in one file to its facts.

Captures come as nodes that know the bytes they stand on; nothing else of the parser is known here.
What each capture means is written in `queries/README.md`.

This runs once for every match in every file of a workspace, so it does as little as it can for a
match; `symbols.py` does the rest for the few matches that are definitions.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import repeat

from qwen_lsp.index.facts import FileFacts, Import, Reference
from qwen_lsp.index.languages import Language
from qwen_lsp.index.source import Node, SourceText, decoded
from qwen_lsp.index.symbols import SCOPE, Captures, Draft, Parameter, symbols_from
from qwen_lsp.index.written import imports_in_paths, names_in, on_one_line, unquoted

_DEFINITION = "definition."
_REFERENCE = "reference."
# What a match is, by the capture that says so; the first that a pattern has counts.
_ROLES = ("import", "decoration", "parameter", SCOPE, "name")

# The patterns of a query; for each match, which of them it is and what it captured.
Answer = tuple[Sequence["Pattern"], Iterable[tuple[int, Captures]]]
# Start, end, kind.
_Use = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class Pattern:
    """What to do with the matches of one pattern of a query.

    Attributes:
        rank: its number among all patterns of the language.
        role: one of _ROLES, "definition", or "" if it only has references.
        kind: of the definition; "" if it is none.
        whole: the capture that is the whole definition; "" if it is none.
        identifier: the capture whose place identifies the definition; "" if it is none.
        set_name: what `#set! name` says; "" without.
        prefix: what `#set! prefix` says stands before a module; "" without.
        reference: the capture that is a reference; "" without.
        reference_kind: its kind.
    """

    rank: int
    role: str
    kind: str
    whole: str
    identifier: str
    set_name: str
    prefix: str
    reference: str
    reference_kind: str


@dataclass(slots=True)
class _Found:
    """What the matches say besides uses, before it is put together.

    Attributes:
        drafts: of definitions and scopes, by the byte that their name begins at.
        decorations: in any order.
        parameters: those with types that say a field's.
        imports: in any order.
    """

    drafts: dict[int, Draft] = field(default_factory=dict)
    decorations: list[Node] = field(default_factory=list)
    parameters: list[Parameter] = field(default_factory=list)
    imports: list[Import] = field(default_factory=list)


def pattern_of(rank: int, captures: frozenset[str], settings: Mapping[str, str | None]) -> Pattern:
    """Return what to do with a pattern that has these captures; ValueError if they do not fit."""
    references = [name for name in captures if name.startswith(_REFERENCE)]
    definitions = [name for name in captures if name.startswith(_DEFINITION)]
    if len(references) > 1 or len(definitions) > 1:
        raise ValueError(f"pattern {rank} is two things at once: {sorted(captures)}")
    role = next((name for name in _ROLES if name in captures), "")
    whole = definitions[0] if definitions else SCOPE if role == SCOPE else ""
    return Pattern(
        rank,
        "definition" if whole or role == "name" else role,
        whole.removeprefix(_DEFINITION),
        whole,
        "name" if "name" in captures else "owner",
        settings.get("name") or "",
        settings.get("prefix") or "",
        references[0] if references else "",
        references[0].removeprefix(_REFERENCE) if references else "",
    )


def facts_from(
    language: Language,
    source: SourceText,
    answers: Iterable[Answer],
    *,
    is_broken: bool,
) -> FileFacts:
    """Return the facts of a file from the matches of its language's query.

    Args:
        language: that it is written in.
        source: what was parsed.
        answers: of its queries.
        is_broken: whether the parser met text that it could not make sense of.
    """
    found = _Found()
    uses: list[_Use] = []
    for patterns, matches in answers:
        ready = [(one.reference, one.reference_kind, one.role, one) for one in patterns]
        for index, captures in matches:
            reference, kind, role, pattern = ready[index]
            if reference in captures:
                for node in captures[reference]:
                    uses.append((node.start_byte, node.end_byte, kind))  # noqa: PERF401 — mostly one
            if role:
                _take(found, source, pattern, captures)
    drafts = found.drafts
    found.imports.sort(key=lambda one: one.line)
    return FileFacts(
        language.name,
        source.lines,
        symbols_from(language, source, drafts.values(), found.decorations, found.parameters),
        _references(source, [use for use in uses if use[0] not in drafts]),
        tuple(found.imports),
        is_broken,
    )


def _take(found: _Found, source: SourceText, pattern: Pattern, captures: Captures) -> None:
    role = pattern.role
    if role == "definition":
        name = captures[pattern.identifier][0]
        start = name.start_byte
        whole = captures[pattern.whole][0] if pattern.whole else name
        bases = list(captures.get("base", ()))
        draft = Draft(
            pattern.rank, pattern.kind, pattern.set_name, name, start, whole, captures, bases
        )
        known = found.drafts.get(start)
        found.drafts[start] = known.join(draft) if known else draft
    elif role == "import":
        found.imports += _imports(source, pattern, captures)
    elif role == "decoration":
        found.decorations += captures[role]
    else:
        found.parameters.append(_parameter(source, captures))


def _parameter(source: SourceText, captures: Captures) -> Parameter:
    name, declared = captures["parameter"][0], captures["parameter.type"][0]
    return Parameter(name.start_byte, source.text_of(name), on_one_line(source.text_of(declared)))


def _imports(source: SourceText, pattern: Pattern, captures: Captures) -> list[Import]:
    line = source.line_at((captures.get("name") or captures["import"])[0].start_byte)
    if "path" in captures:
        return imports_in_paths(source.text_over(captures["path"]), line)
    module = pattern.prefix
    if "module" in captures:
        module += source.text_over(captures["module"])
    if "names" in captures:
        start, end = captures["names"][0].start_byte, captures["names"][0].end_byte
        return [
            Import(module, decoded(name), decoded(alias), source.line_at(start + at))
            for name, alias, at in names_in(source.characters[start:end])
        ]
    name = pattern.set_name
    if "name" in captures:
        name = unquoted(source.text_of(captures["name"][0]))
    alias = source.text_of(captures["alias"][0]) if "alias" in captures else ""
    return [Import(module, name, alias, line)]


def _references(source: SourceText, found: list[_Use]) -> tuple[Reference, ...]:
    characters, starts = source.characters, source.line_starts
    unique = dict.fromkeys(
        [
            (characters[start:end], kind, bisect_right(starts, start) - 1)
            for start, end, kind in found
        ]
    )
    if characters.isascii():
        # As `_make` does it, without a call of Python code for each.
        return tuple(map(tuple.__new__, repeat(Reference), unique))
    return tuple([Reference(decoded(name), kind, line) for name, kind, line in unique])
