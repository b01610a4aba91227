"""From the matches that are definitions to a file's symbols.

What belongs to what follows from ranges; documentation above from the lines in between.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from qwen_lsp.index.facts import OWNERS, Symbol
from qwen_lsp.index.languages import Language
from qwen_lsp.index.source import Node, SourceText
from qwen_lsp.index.written import bare_owner, is_class_name, on_one_line, unquoted

# The kind of what owns like a class but is no symbol.
SCOPE = "scope"
_CLASS_LIKE = OWNERS - {"module"} | {SCOPE}
_FUNCTIONS = frozenset({"function", "method", "constructor"})

Captures = Mapping[str, Sequence[Node]]


class Part(NamedTuple):
    """What one match says about the definition of one name.

    Attributes:
        rank: number of the pattern in its query.
        kind: of the definition; "" if the match only adds to another's.
        set_name: the name, if no node says it; else "".
        name: where the name stands.
        whole: the whole definition; of a match that only adds it is the name.
        captures: everything.
    """

    rank: int
    kind: str
    set_name: str
    name: Node
    whole: Node
    captures: Captures


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter with its declared type, and the byte it begins at."""

    start: int
    name: str
    type: str


@dataclass(slots=True)
class _Draft:
    """A definition or a scope; `kind`, `owner` and `path` are settled by what is around it."""

    start: int
    end: int
    name_start: int
    kind: str
    name: str
    captures: Captures
    owner: str = ""
    path: str = ""


def symbols_from(
    language: Language,
    source: SourceText,
    parts: Mapping[int, list[Part]],
    decorations: list[Node],
    parameters: list[Parameter],
) -> tuple[Symbol, ...]:
    """Return the symbols of a file, in the order of their first lines, owners first.

    Args:
        language: that it is written in.
        source: of the file.
        parts: what the matches say about definitions and scopes, by the byte their name begins at.
        decorations: all that stand outside the definitions they belong to.
        parameters: those that say the types of fields.
    """
    above = _Above(language, source, decorations)
    symbols: dict[object, Symbol] = {}
    scope_bases: dict[str, list[str]] = {}
    for draft, around in _placed(_drafts(source, parts), language.constructor):
        if draft.kind == SCOPE:
            scope_bases.setdefault(draft.path, []).extend(_bases(source, draft.captures))
            continue
        written = _type(source, draft.captures, parameters, around)
        if draft.kind != "field":
            symbols[draft.name_start] = _symbol(source, draft, above, written)
            continue
        known = symbols.get(draft.path)
        if known is None:
            symbols[draft.path] = _symbol(source, draft, above, written)
        elif written and not known.type:
            symbols[draft.path] = known._replace(type=written)
    if scope_bases:
        return tuple(_with_bases(symbols.values(), scope_bases))
    return tuple(symbols.values())


def _drafts(source: SourceText, parts: Mapping[int, list[Part]]) -> list[_Draft]:
    """Join the matches of each name; owners come before what is in them."""
    drafts = []
    for start, same in parts.items():
        first = same[0] if len(same) == 1 else _joined(same)
        if not first.kind:
            continue
        _, kind, set_name, name, whole, captures = first
        written = set_name or unquoted(source.text(start, name.end_byte))
        if kind == SCOPE:
            written = bare_owner(written)
        draft = _Draft(whole.start_byte, whole.end_byte, start, kind, written, captures)
        if "owner" in captures:
            draft.owner = bare_owner(source.text_of(captures["owner"][0]))
        drafts.append(draft)
    drafts.sort(key=lambda one: (one.start, -one.end, one.name_start))
    return drafts


def _joined(same: list[Part]) -> Part:
    # Of one pattern's matches of one name the fuller one counts: a query engine may give both what
    # it found with an optional capture and what it found without.
    same.sort(key=lambda part: (part.rank, -len(part.captures)))
    first = next((part for part in same if part.kind), same[0])
    joined: dict[str, Sequence[Node]] = {}
    bases: dict[int, Node] = {}
    for part in same:
        for key, nodes in part.captures.items():
            joined.setdefault(key, nodes)
        bases |= {node.start_byte: node for node in part.captures.get("base", ())}
    if bases:
        joined["base"] = [node for _, node in sorted(bases.items())]
    return first._replace(captures=joined)


def _placed(drafts: list[_Draft], constructor: str) -> Iterator[tuple[_Draft, _Draft | None]]:
    """Yield each definition that is one where it stands, and the one directly around it."""
    stack: list[_Draft] = []
    for draft in drafts:
        # Two names of one declaration have one range; neither is in the other.
        while stack and (
            stack[-1].end <= draft.start
            or (stack[-1].start == draft.start and stack[-1].end == draft.end)
        ):
            stack.pop()
        around = owner = stack[-1] if stack else None
        if around and around.kind in _FUNCTIONS:
            if draft.kind in {"variable", "constant"}:
                continue
            if draft.kind == "field":
                owner = next((one for one in reversed(stack) if one.kind in _CLASS_LIKE), None)
                if owner is None:
                    continue
        _settle(draft, owner, constructor)
        yield draft, around
        stack.append(draft)


def _settle(draft: _Draft, owner: _Draft | None, constructor: str) -> None:
    if draft.owner or (owner and owner.kind in _CLASS_LIKE):
        if draft.kind == "function":
            draft.kind = "method"
        elif draft.kind == "variable":
            draft.kind = "field"
        if draft.kind == "method" and draft.name == constructor:
            draft.kind = "constructor"
    if owner:
        draft.owner = f"{owner.path}.{draft.owner}" if draft.owner else owner.path
    draft.path = f"{draft.owner}.{draft.name}" if draft.owner else draft.name


def _symbol(source: SourceText, draft: _Draft, above: "_Above", written_type: str) -> Symbol:
    captures, starts = draft.captures, source.line_starts
    start, name_start = draft.start, draft.name_start
    line = bisect_right(starts, start) - 1
    first_line, doc_first_line, doc_last_line = above.of(start, line)
    if "documentation" in captures:
        inside = captures["documentation"][0]
        doc_first_line = source.line_at(inside.start_byte)
        doc_last_line = source.last_line(inside.start_byte, inside.end_byte)
    last_line = signature_last_line = source.last_line(start, draft.end)
    if "body" in captures:
        signature_last_line = source.last_line(start, captures["body"][0].start_byte)
    name_line = bisect_right(starts, name_start, line) - 1
    return Symbol(
        draft.name,
        draft.kind,
        draft.owner,
        first_line,
        last_line,
        signature_last_line,
        name_line,
        len(source.text(starts[name_line], name_start)),
        doc_first_line,
        doc_last_line,
        written_type,
        tuple(_bases(source, captures)) if "base" in captures else (),
    )


def _type(
    source: SourceText,
    captures: Captures,
    parameters: list[Parameter],
    around: _Draft | None,
) -> str:
    if "type" in captures:
        return on_one_line(source.text_of(captures["type"][0]))
    if "constructed" in captures:
        callee = on_one_line(source.text_of(captures["constructed"][0]))
        return callee if is_class_name(callee) else ""
    if "assigned" in captures and parameters and around:
        name = source.text_of(captures["assigned"][0])
        for one in parameters:
            if one.name == name and around.start <= one.start < around.end:
                return one.type
    return ""


def _bases(source: SourceText, captures: Captures) -> list[str]:
    return [on_one_line(source.text_of(node)) for node in captures.get("base", ())]


def _with_bases(symbols: Iterable[Symbol], bases: Mapping[str, list[str]]) -> Iterator[Symbol]:
    for symbol in symbols:
        more = bases.get(symbol.qualified_name) if symbol.kind in OWNERS else None
        yield symbol._replace(bases=(*symbol.bases, *more)) if more else symbol


class _Above:
    """What stands directly above definitions: comments and decorations."""

    def __init__(self, language: Language, source: SourceText, decorations: list[Node]) -> None:
        self._comments = (language.line_comments, language.block_comment)
        self._source = source
        self._decorations = sorted((node.start_byte, node.end_byte) for node in decorations)

    def of(self, start: int, line: int) -> tuple[int, int, int]:
        """Return a first line, decorations included, and the first and last line of the doc."""
        source, first_line, doc_first_line, doc_last_line = self._source, line, -1, -1
        while True:
            if self._decorations:
                decoration = self._decoration_above(start, line)
                if decoration is not None:
                    start = decoration
                    first_line = line = source.line_at(start)
                    continue
            comment = source.comment_above(line, *self._comments)
            if comment == line:
                return first_line, doc_first_line, doc_last_line
            doc_first_line, doc_last_line = comment, max(doc_last_line, line - 1)
            start, line = source.line_starts[comment], comment

    def _decoration_above(self, start: int, line: int) -> int | None:
        index = bisect_left(self._decorations, (start, 0)) - 1
        if index < 0:
            return None
        above, end = self._decorations[index]
        is_directly = line - self._source.last_line(above, end) <= 1
        return above if is_directly and not self._source.characters[end:start].strip() else None
