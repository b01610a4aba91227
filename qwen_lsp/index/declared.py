"""What class a name is of, read from the lines above by patterns.

It is for lines that are being typed, which no parser makes sense of yet. A pattern that says
nothing is better than one that guesses: what comes out decides what the model is shown.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

# Types around the one that a user reaches through them, by their last part.
_WRAPPERS = frozenset(
    """
    Annotated Arc Awaitable Box ClassVar Coroutine Final Mapped NonNullable NotRequired Nullable
    Omit Option Optional Partial Pick Promise PromiseLike Rc ReadOnly Readonly Required Task Type
    ValueTask optional shared_ptr type unique_ptr
    """.split()  # noqa: SIM905  A list literal would take a line each.
)
_LAST_ARGUMENT_COUNTS = "Coroutine"
_NOTHING = frozenset({"None", "null", "undefined", "nil", "void", "never"})
_BEFORE_TYPE = re.compile(
    r"(?:[&*?\s]|'[a-z_]\w*\b(?!')|\b(?:mut|const|final|dyn|impl|readonly|ref|struct|class|enum|"
    r"typename|inout|some|any|unsigned)\b)+(?=\S)"
)
_NAME = re.compile(r"\\?[^\W\d]\w*(?:(?:\.|::|\\)\w+)*")
# Reading takes quadratic time on odd text, and nobody writes longer ones by hand.
_LONGEST_TYPE = 200
_LONGEST_LINE = 500
_CLOSING = {"(": ")", "[": "]", "<": ">", "{": "}"}


def bare_type(written: str) -> str:
    """Return the class that a type as written is about, "" if it is about none.

    `Optional[X]`, `X | None`, `X?`, `Promise<X>`, `&mut X` and the like are about X; `list[X]` is
    about `list`, `X[]` about none. A type of several classes is about the first.
    """
    rest = written.strip() if len(written) <= _LONGEST_TYPE else ""
    while True:
        if len(rest) > 1 and rest[0] == rest[-1] and rest[0] in "\"'":
            rest = rest[1:-1]
        before = _BEFORE_TYPE.match(rest)
        rest = rest[before.end() :] if before else rest
        rest = next((one for one in _split(rest, "|") if one not in _NOTHING), "")
        name = _NAME.match(rest)
        if not name:
            return ""
        after = rest[name.end() :].lstrip(" ?!")
        if after.startswith("[]"):
            return ""
        last = last_part(name.group())
        if after[:1] not in ("[", "<") or last not in _WRAPPERS:
            return name.group()
        arguments = _split(after[1:], ",")
        rest = arguments[-1 if last == _LAST_ARGUMENT_COUNTS else 0].strip()


def last_part(name: str) -> str:
    r"""Return what follows the last ".", "::" or "\" of a class as written."""
    return re.split(r"[.:\\]", name)[-1]


def looks_like_a_class(name: str) -> bool:
    """Return whether the last part of a name begins with a capital letter."""
    return last_part(name).lstrip("_")[:1].isupper()


def _split(text: str, separator: str) -> list[str]:
    """Split up to the first bracket that closes nothing, where no bracket is open."""
    parts, start = [], 0
    closing: list[str] = []
    for position, character in enumerate(text):
        if character in _CLOSING:
            closing.append(_CLOSING[character])
        elif closing and character == closing[-1]:
            closing.pop()
        elif not closing and character == separator:
            parts.append(text[start:position].strip())
            start = position + 1
        elif not closing and character in ")]}>":
            return [*parts, text[start:position].strip()]
    return [*parts, text[start:].strip()]


@dataclass(frozen=True, slots=True)
class _Reader:
    """How a language says what class a name is of.

    Attributes:
        declared: patterns that end where the type begins; NAME stands for the name.
        constructed: patterns whose group is the class.
        type_first: the type stands before the name.
        small_types: the name of a declared type may begin with a small letter.
        small_classes: that of a constructed one may.
        rebinds: an assignment may change the class.
    """

    declared: tuple[str, ...] = ()
    constructed: tuple[str, ...] = ()
    type_first: bool = False
    small_types: bool = False
    small_classes: bool = False
    rebinds: bool = False


_CLASS = r"((?:\\|\b)[^\W\d][\w.:\\]*)"
_FREE = r"(?<![\w.$@:])"  # The name is no member and no part of another.
_ASSIGNED = _FREE + r"(?:NAME)\s*:?=\s*(?:await\s+)?"
_CONSTRUCTED_IN_SCRIPTS = (
    _FREE + r"NAME\s*(?::[^=]+)?=\s*(?:await\s+)?new\s+" + _CLASS,
    _FREE + r"NAME\s*=[^=].*\sas\s+" + _CLASS + r"\s*;?\s*$",
    _FREE + r"NAME\s+instanceof\s+" + _CLASS,
    r"@param\s+\{([^}]+)\}\s+\[?NAME\b",
)
_TYPESCRIPT = _Reader((_FREE + r"NAME\s*[?!]?\s*:",), _CONSTRUCTED_IN_SCRIPTS)
_CPP = _Reader(
    constructed=(
        _ASSIGNED + r"new\s+" + _CLASS,
        _ASSIGNED + _CLASS + r"(?:<.*>)?\{",
        _ASSIGNED + r"(?:std::)?make_(?:unique|shared)<" + _CLASS,
        _ASSIGNED + r"(?:static|dynamic|reinterpret)_cast<" + _CLASS,
    ),
    type_first=True,
    small_types=True,
    small_classes=True,
)
_READERS = {
    "python": _Reader(
        (r"^(?!.*\blambda\b)(?:.*[(,*])?\s*NAME\s*:(?!=)",),
        (
            _ASSIGNED + r"(?:\w+\s+or\s+)?" + _CLASS + r"\(",
            _ASSIGNED + r"(?:typing\.)?cast\(\s*[\"']?" + _CLASS,
            r"\b(?:with|case)\s+(?:await\s+)?" + _CLASS + r"\(.*\)\s+as\s+NAME\b",
            r"\bexcept\*?\s+" + _CLASS + r"\s+as\s+NAME\b",
            r"\bisinstance\(\s*NAME\s*,\s*" + _CLASS + r"\s*\)",
        ),
        small_types=True,
        rebinds=True,
    ),
    "javascript": _Reader(constructed=_CONSTRUCTED_IN_SCRIPTS, rebinds=True),
    "typescript": _TYPESCRIPT,
    "tsx": _TYPESCRIPT,
    "java": _Reader(
        constructed=(_ASSIGNED + r"new\s+" + _CLASS, _ASSIGNED + r"\(" + _CLASS + r"\)\s*\w"),
        type_first=True,
    ),
    "c_sharp": _Reader(
        constructed=(
            _ASSIGNED + r"new\s+" + _CLASS,
            _ASSIGNED + r"\(" + _CLASS + r"\)\s*\w",
            _ASSIGNED + r".*\sas\s+" + _CLASS,
        ),
        type_first=True,
    ),
    "kotlin": _Reader(
        (_FREE + r"NAME\s*:(?!:)",),
        (
            _ASSIGNED + _CLASS + r"(?:<.*>)?\(",
            _ASSIGNED + r".*\sas\??\s+" + _CLASS,
            _FREE + r"NAME\s+is\s+" + _CLASS,
        ),
    ),
    "swift": _Reader(
        (_FREE + r"NAME\s*:",),
        (
            _ASSIGNED + r"(?:try[?!]?\s+)?" + _CLASS + r"(?:<.*>)?\(",
            _ASSIGNED + r".*\sas[?!]?\s+" + _CLASS,
        ),
    ),
    "scala": _Reader(
        (_FREE + r"NAME\s*:(?!:)",), (_ASSIGNED + r"(?:new\s+)?" + _CLASS + r"(?:\[.*\])?\s*[({]",)
    ),
    "rust": _Reader(
        (_FREE + r"NAME\s*:(?!:)",),
        (
            # By custom these make the type that they belong to.
            _ASSIGNED + _CLASS + r"::(?:new|default|from\w*|with_\w+)\(",
            _ASSIGNED + _CLASS + r"\s*\{",
        ),
    ),
    "go": _Reader(
        (r"(?:\(|,|\bvar)\s*NAME(?:\s*,\s*\w+)*\s+(?=[\w*\[.])",),
        (
            _ASSIGNED + r"&?" + _CLASS + r"\{",
            _ASSIGNED + r"new\(" + _CLASS + r"\)",
            _FREE + r"NAME(?:\s*,\s*\w+)?\s*:?=.*\.\(\*?" + _CLASS + r"\)",
        ),
        small_types=True,
        small_classes=True,
    ),
    "c": _CPP,
    "cpp": _CPP,
    "php": _Reader(
        constructed=(r"\$NAME\s*=\s*new\s+" + _CLASS, r"\$NAME\s+instanceof\s+" + _CLASS),
        type_first=True,
        rebinds=True,
    ),
    "ruby": _Reader(
        constructed=(r"(?<![\w.])@?NAME\s*(?:\|\|)?=\s*" + _CLASS + r"\.new\b",), rebinds=True
    ),
    "lua": _Reader(constructed=(_ASSIGNED + _CLASS + r"[.:]new\(",), rebinds=True),
}
_REBOUND = (
    r"^\s*(?:(?:const|let|var|local)\s+)?[$@]?NAME\s*=(?!=)"
    r"|\b(?:for|foreach)\b.*(?<!\w)NAME\b.*\b(?:in|of)\b"
)
# A type before the name must be followed by the name alone and follow nothing but these.
_NAME_DECLARED = r"(?<![\w.:>-])\$?NAME\b(?=\s*(?:[=;,):{\[(]|in\b|$))"
_BEFORE_DECLARATION = re.compile(
    r"(?:^|[(,;{)\]<]|\b(?:final|const|static|private|public|protected|internal|readonly|ref|out|"
    r"in|params|this|volatile|unsigned|struct|class|enum|is|instanceof|case|using|typename|"
    r"mutable|inline|extern|register)\b)\s*$"
)
_NO_TYPES = frozenset(
    """
    return new throw else case in await yield goto delete typeof import package instanceof using
    namespace var let val auto final const static mut def fn function class struct interface enum
    extends implements is as out ref params this public private protected internal readonly
    operator sizeof and or not do echo print
    """.split()  # noqa: SIM905  A list literal would take a line each.
)


def type_of_name(name: str, lines_above: Sequence[str], language: str) -> str:
    """Return the class of a variable or parameter, "" if the lines do not tell.

    Args:
        name: without the signs that some languages begin names with.
        lines_above: of the function around the cursor, with its head; the nearest one decides.
        language: as in `languages.py`.
    """
    reader = _READERS.get(language)
    if reader is None:
        return ""
    for line in reversed(lines_above):
        # Most lines do not hold the name, and the patterns cost more than to see that.
        if name not in line or len(line) > _LONGEST_LINE:
            continue
        found = _class_on_line(reader, name, line)
        if found:
            return found
        if reader.rebinds and _may_match(_REBOUND, line) and _of_name(_REBOUND, name).search(line):
            return ""
    return ""


def _class_on_line(reader: _Reader, name: str, line: str) -> str:
    for pattern in reader.declared:
        for found in _of_name(pattern, name).finditer(line) if _may_match(pattern, line) else ():
            bare = bare_type(_type_at(line, found.end()))
            if bare and (reader.small_types or looks_like_a_class(bare)):
                return bare
    if reader.type_first:
        for found in _of_name(_NAME_DECLARED, name).finditer(line):
            bare = bare_type(_type_before(line[: found.start()]))
            if bare and (reader.small_types or looks_like_a_class(bare)):
                return bare
    for pattern in reader.constructed:
        for found in _of_name(pattern, name).finditer(line) if _may_match(pattern, line) else ():
            bare = bare_type(found[1])
            if bare and (reader.small_classes or looks_like_a_class(bare)):
                return bare
    return ""


@lru_cache(maxsize=1024)
def _of_name(pattern: str, name: str) -> re.Pattern[str]:
    return re.compile(pattern.replace("NAME", re.escape(name)))


@lru_cache(maxsize=128)
def _of_any_name(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern.replace("NAME", r"\w+"))


def _may_match(pattern: str, line: str) -> bool:
    """Whether a pattern matches a line for some name: compiling it for one costs far more."""
    return _of_any_name(pattern).search(line) is not None


def _type_at(line: str, start: int) -> str:
    """Return the type that begins there and ends before "=", "," and the like."""
    written = line[start:]
    for separator in ",=;#{":
        written = _split(written, separator)[0]
    return written


def _type_before(line: str) -> str:
    """Return the type that ends there, "" if something else does."""
    signs = re.search(r"\s*[*&]+\s*$|\s+$", line)
    # "a * b" with blanks on both sides is a product.
    if not signs or re.fullmatch(r"\s+[*&]+\s+", signs.group()):
        return ""
    line = line[: signs.start()]
    start = _start_of_generic(line) if line.endswith((">", ">?")) else len(line)
    name = re.search(r"[\w.:\\|?]+$", line[:start])
    if not name or not _BEFORE_DECLARATION.search(line[: name.start()]):
        return ""
    return "" if name.group() in _NO_TYPES else line[name.start() :]


def _start_of_generic(line: str) -> int:
    depth = 0
    for position in range(len(line) - 1, -1, -1):
        depth += (line[position] == ">") - (line[position] == "<")
        if depth == 0 and line[position] == "<":
            return position
    return 0
