"""Whether a place in a line is in a string or a comment, from the line alone.

It stands in where no syntax tree is at hand, so it knows nothing of the lines above: inside a
string or a comment of several lines it takes what it sees for code.
"""

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["code", "string", "template", "docstring", "comment", "doc comment"]

_HASH = ("#",)
_SLASHES = ("//",)
_DASHES = ("--",)
_COMMENTS = {
    **dict.fromkeys(("python", "ruby", "shellscript", "yaml", "toml", "r", "perl", "make"), _HASH),
    **dict.fromkeys(("elixir", "dockerfile", "makefile", "julia"), _HASH),
    **dict.fromkeys(("javascript", "javascriptreact", "typescript", "typescriptreact"), _SLASHES),
    **dict.fromkeys(("java", "go", "rust", "c", "cpp", "csharp", "kotlin", "swift"), _SLASHES),
    **dict.fromkeys(("scala", "dart", "zig"), _SLASHES),
    "php": ("//", "#"),
    **dict.fromkeys(("lua", "sql", "haskell"), _DASHES),
}
# Where a single quote is no string: lifetimes, and characters that need no completion.
_ONE_QUOTE = {"rust", "c", "cpp", "java", "csharp", "go", "kotlin", "swift", "scala", "haskell"}
# Before a quote, in the languages that mark strings which hold code: f"", $"", s"".
_TEMPLATE_MARK = re.compile(r"(?:\b[rR]?[fFtT][rR]?|\$@?|\bs)\Z")
_DOCUMENTATION = ("///", "//!", "/**", "##")
_STAR = re.compile(r"\s*(?:/\*|\*(?![\w*(]))")


@dataclass(frozen=True, slots=True)
class Place:
    """What the cursor stands in.

    Attributes:
        kind: "template" is a string that holds code.
        text: of the string or the comment up to the cursor, its mark left out.
        before: the line up to the mark.
    """

    kind: Kind = "code"
    text: str = ""
    before: str = ""


def place_in_line(line: str, language: str) -> Place:
    """Return what the end of `line`, a line up to the cursor, stands in."""
    marks = _COMMENTS.get(language)
    if marks is None:
        return Place()  # prose, or a language whose quotes and comments nobody told us
    if "//" in marks and (star := _STAR.match(line)):
        return Place("doc comment", line[star.end() :])
    for piece in _pieces(marks, has_one_quote=language in _ONE_QUOTE).finditer(line):
        if piece["mark"]:
            return _comment(line, piece.start(), marks)
        if not piece["end"]:
            return Place(_string_kind(piece, line), piece["text"], line[: piece.start()])
    return Place()


def _pieces(marks: tuple[str, ...], *, has_one_quote: bool) -> re.Pattern[str]:
    """Return what matches a comment's mark, or a string: its `end` is None if it is not closed."""
    comment = "|".join(re.escape(mark) for mark in marks)
    quote = '["`]' if has_one_quote else "[\"'`]"
    inside = r"(?P<text>(?:\\.|(?!(?P=quote)).)*)(?P<end>(?P=quote))?"
    return re.compile(rf"(?P<mark>{comment})|(?P<quote>(?P<one>{quote})(?:(?P=one){{2}})?){inside}")


def _string_kind(piece: re.Match[str], line: str) -> Kind:
    if len(piece["quote"]) > 1:
        return "docstring"
    before = line[: piece.start()]
    is_template = piece["quote"] == "`" or _TEMPLATE_MARK.search(before)
    return "template" if is_template else "string"


def _comment(line: str, at: int, marks: tuple[str, ...]) -> Place:
    is_documentation = line.startswith(_DOCUMENTATION, at) and not line.startswith("###", at)
    mark = next(one for one in (*_DOCUMENTATION, *marks) if line.startswith(one, at))
    kind: Kind = "doc comment" if is_documentation else "comment"
    return Place(kind, line[at + len(mark) :], line[:at])
