"""From the matches that are definitions to a file's symbols.

What belongs to what follows from ranges; documentation above from the lines in between.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from qwen_lsp.index.facts import OWNERS, Symbol
from qwen_lsp.index.source import Node, SourceText
from qwen_lsp.index.written import bare_owner, is_class_name, on_one_line, unquoted

# The kind of what owns like a class but is no symbol.
SCOPE = "scope"
_CLASS_LIKE = OWNERS - {"module"} | {SCOPE}
_FUNCTIONS = frozenset({"function", "method", "constructor"})

Captures = Mapping[str, Sequence[Node]]


@dataclass(frozen=True, slots=True)
class Part:
    """What one match says about the definition of one name.

    Attributes:
        name: where the name stands.
        rank: number of the pattern in its query.
        kind: of the definition; "" if the match only adds to another's.
        whole: the whole definition; None without a kind.
        set_name: the name, if no node says it; else "".
        captures: everything.
    """

    name: Node
    rank: int
    kind: str
    whole: Node | None
    set_name: str
    captures: Captures


# A comment, or a decoration: what may stand above a definition. Its start and end in bytes, and
# whether it is a decoration. A bare tuple: some files are half comments.
Lead = tuple[int, int, bool]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter with its declared type, and the byte it begins at."""

    start: int
    name: str
    type: str


@dataclass(slots=True)
class _Draft:
    """A definition or a scope; `kind` and `path` are settled once it is known what is around."""

    kind: str
    start: int
    end: int
    name: str
    name_start: int
    captures: Captures
    path: str = ""
    owner: str = ""


def symbols_from(
    source: SourceText,
    parts: list[Part],
    leads: list[Lead],
    parameters: list[Parameter],
    constructor: str,
) -> tuple[Symbol, ...]:
    """Return the symbols of a file, in the order of their first lines, owners first.

    Args:
        source: of the file.
        parts: what the matches say about definitions and scopes.
        leads: all comments and decorations.
        parameters: those that say the types of fields.
        constructor: name of a method that is a constructor; "" if its name does not say so.
    """
    above = _Above(source, leads)
    symbols: dict[object, Symbol] = {}
    scope_bases: dict[str, list[str]] = {}
    for draft, around in _placed(_drafts(source, parts), constructor):
        if draft.kind == SCOPE:
            scope_bases.setdefault(draft.path, []).extend(_bases(source, draft))
            continue
        symbol = _symbol(source, draft, above, _typed_parameters(parameters, around))
        key = (symbol.owner, symbol.name) if symbol.kind == "field" else draft.name_start
        known = symbols.get(key)
        if known is None:
            symbols[key] = symbol
        elif not known.type:
            symbols[key] = replace(known, type=symbol.type)
    return tuple(_with_bases(symbols.values(), scope_bases))


def _drafts(source: SourceText, parts: list[Part]) -> list[_Draft]:
    """Join the matches of each name; owners come before what is in them."""
    by_name: dict[int, list[Part]] = {}
    for part in parts:
        by_name.setdefault(part.name.start_byte, []).append(part)
    drafts = []
    for start, same in by_name.items():
        captures = same[0].captures if len(same) == 1 else _joined(same)
        first = next((part for part in same if part.kind), None)
        if first is None or first.whole is None:
            continue
        written = source.text_of(first.name)
        name = bare_owner(written) if first.kind == SCOPE else unquoted(written)
        draft = _Draft(
            first.kind,
            first.whole.start_byte,
            first.whole.end_byte,
            first.set_name or name,
            start,
            captures,
        )
        if "owner" in captures:
            draft.owner = bare_owner(source.text_of(captures["owner"][0]))
        drafts.append(draft)
    drafts.sort(key=lambda one: (one.start, -one.end, one.name_start))
    return drafts


def _joined(same: list[Part]) -> Captures:
    # Of one pattern's matches of one name the fuller one counts: a query engine may give both what
    # it found with an optional capture and what it found without.
    same.sort(key=lambda part: (part.rank, -len(part.captures)))
    joined: dict[str, Sequence[Node]] = {}
    bases: dict[int, Node] = {}
    for part in same:
        for key, nodes in part.captures.items():
            joined.setdefault(key, nodes)
        bases |= {node.start_byte: node for node in part.captures.get("base", ())}
    if bases:
        joined["base"] = [node for _, node in sorted(bases.items())]
    return joined


def _placed(drafts: list[_Draft], constructor: str) -> Iterator[tuple[_Draft, _Draft | None]]:
    """Yield each definition that is one where it stands, and the one directly around it."""
    stack: list[_Draft] = []
    for draft in drafts:
        # Two names of one declaration have one range; neither is in the other.
        while stack and (
            stack[-1].end <= draft.start
            or (stack[-1].start, stack[-1].end) == (draft.start, draft.end)
        ):
            stack.pop()
        around = stack[-1] if stack else None
        owner = around
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
    is_member = bool(draft.owner) or (owner is not None and owner.kind in _CLASS_LIKE)
    if is_member and draft.kind == "function":
        draft.kind = "method"
    elif is_member and draft.kind == "variable":
        draft.kind = "field"
    if draft.kind == "method" and draft.name == constructor:
        draft.kind = "constructor"
    draft.owner = ".".join(one for one in (owner.path if owner else "", draft.owner) if one)
    draft.path = f"{draft.owner}.{draft.name}" if draft.owner else draft.name


def _symbol(
    source: SourceText,
    draft: _Draft,
    above: "_Above",
    typed_parameters: Mapping[str, str],
) -> Symbol:
    captures = draft.captures
    first_line, doc_first_line, doc_last_line = above.of(draft.start)
    if "documentation" in captures:
        inside = captures["documentation"][0]
        doc_first_line = source.line_at(inside.start_byte)
        doc_last_line = source.last_line(inside.start_byte, inside.end_byte)
    last_line = source.last_line(draft.start, draft.end)
    signature_last_line = last_line
    if "body" in captures:
        signature_last_line = source.last_line(draft.start, captures["body"][0].start_byte)
    return Symbol(
        draft.name,
        draft.kind,
        draft.owner,
        first_line,
        last_line,
        signature_last_line,
        source.line_at(draft.name_start),
        source.column_of(draft.name_start),
        doc_first_line,
        doc_last_line,
        _type(source, captures, typed_parameters),
        tuple(_bases(source, draft)),
    )


def _type(source: SourceText, captures: Captures, typed_parameters: Mapping[str, str]) -> str:
    if "type" in captures:
        return on_one_line(source.text_of(captures["type"][0]))
    if "constructed" in captures:
        callee = on_one_line(source.text_of(captures["constructed"][0]))
        return callee if is_class_name(callee) else ""
    if "assigned" in captures:
        return typed_parameters.get(source.text_of(captures["assigned"][0]), "")
    return ""


def _typed_parameters(parameters: list[Parameter], around: _Draft | None) -> Mapping[str, str]:
    if around is None or not parameters:
        return {}
    return {one.name: one.type for one in parameters if around.start <= one.start < around.end}


def _bases(source: SourceText, draft: _Draft) -> list[str]:
    return [on_one_line(source.text_of(node)) for node in draft.captures.get("base", ())]


def _with_bases(symbols: Iterable[Symbol], bases: Mapping[str, list[str]]) -> Iterator[Symbol]:
    for symbol in symbols:
        more = bases.get(symbol.qualified_name) if symbol.kind in OWNERS else None
        yield replace(symbol, bases=(*symbol.bases, *more)) if more else symbol


class _Above:
    """What stands directly above definitions."""

    def __init__(self, source: SourceText, leads: list[Lead]) -> None:
        self.source = source
        self.leads = sorted(leads)
        self.starts = [start for start, _, _ in self.leads]

    def of(self, start: int) -> tuple[int, int, int]:
        """Return a first line, decorations included, and the first and last line of the doc."""
        line = first_line = self.source.line_at(start)
        doc_first_line = doc_last_line = -1
        for index in range(bisect_left(self.starts, start) - 1, -1, -1):
            lead_start, lead_end, is_decoration = self.leads[index]
            last_line = self.source.last_line(lead_start, lead_end)
            if line - last_line > 1 or self.source.characters[lead_end:start].strip():
                break
            if not is_decoration and not self.source.stands_alone(lead_start):
                break
            start, line = lead_start, self.source.line_at(lead_start)
            if is_decoration:
                first_line = line
            else:
                doc_first_line = line
                doc_last_line = max(doc_last_line, last_line)
        return first_line, doc_first_line, doc_last_line
