"""What the parser knows of a place in a document: made by the index, read by the features."""

from dataclasses import dataclass
from typing import Literal

# Asks the parser's process for the lines of a text's syntax errors.
ERRORS = "errors"

# Seconds that a completion waits for the syntax at its cursor: who types, and who asked or has an
# answer that is to be judged. A key costs the parser 1 to 5 ms.
AT_ONCE_S, PATIENT_S = 0.03, 0.25

# What a cursor is in. A template is a string with code in it.
Place = Literal["code", "string", "template", "docstring", "comment", "doc comment"]
# What encloses a cursor between it and the block it is in.
Enclosure = Literal["", "arguments", "parameters", "collection"]


@dataclass(frozen=True, slots=True)
class Block:
    """A block of statements or members, or the whole file.

    Attributes:
        first_line: where it begins, 0-based; with its opening brace, if it has one.
        last_line: where it ends, 0-based and inclusive.
        indentation: columns before what stands in it, a tab as one; 0 if it is empty.
    """

    first_line: int
    last_line: int
    indentation: int


@dataclass(frozen=True, slots=True)
class Definition:
    """What defines something.

    Attributes:
        name: that it defines, as it is written.
        kind: such as "function", "method", "class", "interface", "struct", "enum" or "module".
    """

    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Syntax:
    """The syntax at one offset of a document.

    Attributes:
        place: what the cursor is in.
        is_block_start: nothing but blanks and comments stand between it and its block's opening.
        is_block_empty: that block holds nothing else, either.
        enclosure: what it is inside of, within its block.
        block: the innermost block around it.
        definition: the innermost definition around it; None at the top of a file.
        has_errors: whether the parser finds any in the whole document.
    """

    place: Place = "code"
    is_block_start: bool = False
    is_block_empty: bool = False
    enclosure: Enclosure = ""
    block: Block | None = None
    definition: Definition | None = None
    has_errors: bool = False

    @property
    def in_string(self) -> bool:
        """Whether it is in any string."""
        return self.place in ("string", "template", "docstring")

    @property
    def in_comment(self) -> bool:
        """Whether it is in any comment."""
        return self.place in ("comment", "doc comment")
