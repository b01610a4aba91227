"""From the matches that are definitions to a file's symbols.

What belongs to what follows from ranges; documentation above from the lines in between.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from qwen_lsp.index.facts import OWNERS, Symbol
from qwen_lsp.index.languages import Language
from qwen_lsp.index.source import Node, SourceText
from qwen_lsp.index.written import bare_owner, is_class_name, on_one_line, unquoted

# The kind of what owns like a class but is no symbol.
SCOPE = "scope"
_CLASS_LIKE = OWNERS - {"module"} | {SCOPE}
# What a definition is if it belongs to a class.
_AS_MEMBER = {"function": "method", "variable": "field"}
# What is no symbol in a function; a field in one belongs to the class around.
_NOT_LOCAL = frozenset({"variable", "constant", "field"})
_FUNCTIONS = frozenset({"function", "method", "constructor"})

Captures = Mapping[str, Sequence[Node]]


@dataclass(slots=True)
class Draft:
    """What the matches say about the definition, or the scope, of one name.

    Attributes:
        rank: number of the pattern that says most.
        kind: of the definition; "" as long as its matches only add to another.
        set_name: the name, if no node says it; else "".
        name: where the name stands.
        name_start: the byte it begins at.
        whole: the whole definition; the name as long as there is no kind.
        captures: everything else.
        bases: all `@base`s.
        owner: names of what it belongs to, joined with "."; known once it is placed.
        path: the owner's and its own name; known once it is placed.
        own_name: the name; known once it is placed.
        start: the byte it begins at; known once all matches are in.
        end: the byte it ends before; known once all matches are in.
    """

    rank: int
    kind: str
    set_name: str
    name: Node
    name_start: int
    whole: Node
    captures: Captures
    bases: list[Node]
    owner: str = ""
    path: str = ""
    own_name: str = ""
    start: int = 0
    end: int = 0

    def join(self, other: "Draft") -> "Draft":
        """Return this and another one of the same name as one; the first pattern's word counts."""
        first, second = sorted((self, other), key=_precedence)
        # A class may have as many bases as it likes, each in a match of its own.
        first.bases += second.bases
        if not second.captures.keys() <= first.captures.keys():
            first.captures = {**second.captures, **first.captures}
        return first


def _precedence(draft: Draft) -> tuple[bool, int, int]:
    # Of one pattern's matches of one name the fuller one counts: a query engine may give both what
    # it found with an optional capture and what it found without.
    return not draft.kind, draft.rank, -len(draft.captures)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter with its declared type, and the byte it begins at."""

    start: int
    name: str
    type: str


def symbols_from(
    language: Language,
    source: SourceText,
    drafts: Iterable[Draft],
    decorations: list[Node],
    parameters: list[Parameter],
) -> tuple[Symbol, ...]:
    """Return the symbols of a file, in the order of their first lines, owners first.

    Args:
        language: that it is written in.
        source: of the file.
        drafts: of its definitions and scopes, one for each name.
        decorations: all that stand outside the definitions they belong to.
        parameters: those that say the types of fields.
    """
    builder = _Builder(language, source, decorations, parameters)
    ordered = [
        (draft.whole.start_byte, -draft.whole.end_byte, draft.name_start, draft)
        for draft in drafts
        if draft.kind
    ]
    # No two have one name, so drafts themselves are never compared.
    ordered.sort()
    for start, minus_end, _, draft in ordered:
        draft.start, draft.end = start, -minus_end
        builder.add(draft)
    return builder.symbols()


class _Builder:
    """Makes symbols of drafts that come in the order of their starts, the wider one first."""

    def __init__(
        self,
        language: Language,
        source: SourceText,
        decorations: list[Node],
        parameters: list[Parameter],
    ) -> None:
        self._constructor = language.constructor
        self._source = source
        self._above = _Above(language, source, decorations)
        self._parameters: dict[str, list[Parameter]] = {}
        for parameter in parameters:
            self._parameters.setdefault(parameter.name, []).append(parameter)
        self._symbols: list[Symbol] = []
        # Where the field of a path is in the list.
        self._fields: dict[str, int] = {}
        self._bases_of_scopes: dict[str, list[str]] = {}
        # Those that the next draft may be in.
        self._stack: list[Draft] = []

    def add(self, draft: Draft) -> None:
        """Add what this draft is where it stands."""
        stack, start, end = self._stack, draft.start, draft.end
        # Two names of one declaration have one range; neither is in the other.
        while stack and (
            stack[-1].end <= start or (stack[-1].end == end and stack[-1].start == start)
        ):
            stack.pop()
        around = owner = stack[-1] if stack else None
        if around and around.kind in _FUNCTIONS and draft.kind in _NOT_LOCAL:
            owner = self._class_around() if draft.kind == "field" else None
            if owner is None:
                return
        self._place(draft, owner)
        stack.append(draft)
        if draft.kind == SCOPE:
            self._bases_of_scopes.setdefault(draft.path, []).extend(self._bases(draft))
        elif draft.kind == "field":
            self._add_field(draft, around)
        else:
            self._symbols.append(self._symbol(draft, around, self._type(draft, around)))

    def symbols(self) -> tuple[Symbol, ...]:
        """Return all that there are."""
        if not self._bases_of_scopes:
            return tuple(self._symbols)
        return tuple(map(self._with_bases, self._symbols))

    def _with_bases(self, symbol: Symbol) -> Symbol:
        more = self._bases_of_scopes.get(symbol.qualified_name, [])
        if not more or symbol.kind not in OWNERS:
            return symbol
        return symbol._replace(bases=(*symbol.bases, *more))

    def _class_around(self) -> Draft | None:
        return next((one for one in reversed(self._stack) if one.kind in _CLASS_LIKE), None)

    def _place(self, draft: Draft, owner: Draft | None) -> None:
        captures, source = draft.captures, self._source
        name = draft.set_name or source.text(draft.name_start, draft.name.end_byte)
        name = bare_owner(name) if draft.kind == SCOPE else self._bare_name(name, draft.kind)
        path = bare_owner(source.text_over(captures["owner"])) if "owner" in captures else ""
        if path or (owner and owner.kind in _CLASS_LIKE):
            draft.kind = _AS_MEMBER.get(draft.kind, draft.kind)
        if owner:
            path = f"{owner.path}.{path}" if path else owner.path
        if draft.kind == "method" and name == (self._constructor or path.rpartition(".")[2]):
            draft.kind = "constructor"
        draft.own_name, draft.owner = name, path
        own_path = bare_owner(name) if draft.kind == "module" else name
        draft.path = f"{path}.{own_path}" if path else own_path

    @staticmethod
    def _bare_name(name: str, kind: str) -> str:
        if name.isidentifier():
            return name
        # A heading may be underlined, a selector go over lines; Ruby's `attr_reader :name` has no
        # node without the colon.
        name = unquoted(" ".join(name.split()))
        return name if kind == "section" else name.removeprefix(":")

    def _add_field(self, draft: Draft, around: Draft | None) -> None:
        known = self._fields.setdefault(draft.path, len(self._symbols))
        written_type = self._type(draft, around)
        if known == len(self._symbols):
            self._symbols.append(self._symbol(draft, around, written_type))
        elif written_type and not self._symbols[known].type:
            self._symbols[known] = self._symbols[known]._replace(type=written_type)

    def _symbol(self, draft: Draft, around: Draft | None, written_type: str) -> Symbol:
        captures, source, start = draft.captures, self._source, draft.start
        line = source.line_at(start)
        first_line, doc_first_line, doc_last_line = line, -1, -1
        # What stands above the line of an owner with its members is the owner's.
        if around is None or around.start < source.line_starts[line]:
            first_line, doc_first_line, doc_last_line = self._above.of(start, line)
        if "documentation" in captures:
            inside = captures["documentation"][0]
            doc_first_line = source.line_at(inside.start_byte)
            doc_last_line = source.last_line(inside.start_byte, inside.end_byte)
        last_line = signature_last_line = source.last_line(start, draft.end)
        if "body" in captures:
            signature_last_line = self._above.signature_last_line(
                line, source.last_line(start, captures["body"][0].start_byte)
            )
        name_line, name_column = source.place_of(draft.name_start)
        return Symbol(
            draft.own_name,
            draft.kind,
            draft.owner,
            first_line,
            last_line,
            signature_last_line,
            name_line,
            name_column,
            doc_first_line,
            doc_last_line,
            written_type,
            tuple(self._bases(draft)) if draft.bases else (),
        )

    def _type(self, draft: Draft, around: Draft | None) -> str:
        captures, text_of = draft.captures, self._source.text_of
        if "type" in captures:
            return on_one_line(text_of(captures["type"][0]))
        if "constructed" in captures:
            callee = on_one_line(text_of(captures["constructed"][0]))
            return callee if is_class_name(callee) else ""
        if "assigned" in captures and self._parameters and around:
            name = text_of(captures["assigned"][0])
            for one in self._parameters.get(name, ()):
                if around.start <= one.start < around.end:
                    return one.type
        return ""

    def _bases(self, draft: Draft) -> list[str]:
        places = {node.start_byte: node for node in draft.bases}
        return [on_one_line(self._source.text_of(places[start])) for start in sorted(places)]


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

    def signature_last_line(self, first: int, last: int) -> int:
        """Return the last line of a signature without the comments between it and the body."""
        if last == first:
            return last
        return max(first, self._source.comment_above(last + 1, *self._comments) - 1)

    def _decoration_above(self, start: int, line: int) -> int | None:
        index = bisect_left(self._decorations, (start, 0)) - 1
        if index < 0:
            return None
        above, end = self._decorations[index]
        # What else stands on the definition's line may precede it: `export`.
        between = self._source.characters[end : self._source.line_starts[line]]
        is_directly = line - self._source.last_line(above, end) <= 1 and not between.strip()
        return above if is_directly else None
