"""What the index knows of one file: plain values, made by `parse.py`, kept by `store.py`.

Lines are 0-based and inclusive; columns are code points into the line. Names and types stand as
written in the source.

What a file has by the hundred is a NamedTuple: making a frozen dataclass takes four to eight times
as long, which showed in the time to index a workspace.
"""

from dataclasses import dataclass
from typing import NamedTuple

# Kinds of definitions, the same words in every language's queries.
KINDS = (
    "class",
    "interface",
    "struct",
    "enum",
    "trait",
    "module",  # a namespace or package block; a file itself is none
    "function",
    "method",
    "constructor",
    "field",  # of a class: attributes, fields, properties, enum members
    "constant",
    "variable",
    "type",  # an alias
    "macro",
    "section",  # a heading, a table, a top-level key, a selector: what a data file has
)
# Kinds that own members.
OWNERS = frozenset({"class", "interface", "struct", "enum", "trait", "module"})


class Symbol(NamedTuple):
    """A definition.

    Attributes:
        name: the identifier alone.
        kind: one of KINDS.
        owner: names of what it belongs to, outermost first, joined with "."; "" at top level.
            A Go method's receiver type and a Rust impl's type are owners too.
        first_line: of the definition with its decorators, attributes and modifiers, without the
            documentation above it.
        last_line: of the whole definition.
        signature_last_line: where its body begins, or `last_line` when it has none.
        name_line: where the name stands.
        name_column: where the name begins in that line.
        doc_first_line: of its comment or docstring; -1 without one.
        doc_last_line: of its comment or docstring; -1 without one.
        type: declared type of a field, variable or constant, result type of a function or method;
            of one without a declaration the class in `x = Class(...)`; "" if not said.
        bases: what a class-like definition extends, implements or embeds.
    """

    name: str
    kind: str
    owner: str
    first_line: int
    last_line: int
    signature_last_line: int
    name_line: int
    name_column: int
    doc_first_line: int = -1
    doc_last_line: int = -1
    type: str = ""
    bases: tuple[str, ...] = ()

    @property
    def qualified_name(self) -> str:
        """The name with its owner's."""
        return f"{self.owner}.{self.name}" if self.owner else self.name


class Reference(NamedTuple):
    """A use of a name that is not its definition: "call", "type" or "name" (read or passed on)."""

    name: str
    kind: str
    line: int


class Import(NamedTuple):
    """One imported name, or a module as a whole.

    Attributes:
        module: as written, without quotes: "..errors", "./api", "java.util.List", "<stdio.h>".
        name: the name taken out of it; "" for the module itself, "*" for all of them.
        alias: what it is called here; "" when that follows from the name.
        line: where.
    """

    module: str
    name: str
    alias: str
    line: int


@dataclass(frozen=True, slots=True)
class FileFacts:
    """Everything found in one file.

    Attributes:
        language: as in `languages.py`.
        lines: how many the file has.
        symbols: in the order of their first lines, an owner before its members.
        references: one for each name, kind and line.
        imports: in order.
        is_broken: the parser met text that it could not make sense of.
    """

    language: str
    lines: int
    symbols: tuple[Symbol, ...]
    references: tuple[Reference, ...]
    imports: tuple[Import, ...]
    is_broken: bool = False
