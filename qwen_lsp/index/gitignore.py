r"""One ignore file, with git's meaning of its lines to the letter.

The patterns are told apart as git tells them apart: plain names, "*" with an ending, globs on a
name and globs on a path. The first two, which are nearly all there are, need no expression.
A line decides about exactly the file or folder it matches. That everything in an ignored folder is
ignored too is the business of whoever descends. One deviation: "?" and "[...]" stand for a
character, in git for a byte.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

_SPECIAL = frozenset("*?[\\")
_CLASSES = {
    "alnum": r"a-zA-Z0-9",
    "alpha": r"a-zA-Z",
    "blank": r" \t",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": r"0-9",
    "graph": r"!-~",
    "lower": r"a-z",
    "print": r" -~",
    "punct": r"!-/:-@\[-`{-~",
    "space": r" \t-\r",
    "upper": r"A-Z",
    "xdigit": r"0-9a-fA-F",
}
_NAMED_CLASS = re.compile(r"\[:([^]]*):\]")
# Parts of a pattern that are not regular expressions yet.
_STAR, _FOLDERS, _REST = "*", "**/", "**"


class IgnoreFile:
    """What an ignore file says, by the kind of what is asked for."""

    def __init__(self, text: str) -> None:
        self._files, self._folders = _Patterns(), _Patterns()
        for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), start=1):
            pattern = _without_trailing_blanks(line.removesuffix("\r"))
            if not pattern or pattern.startswith("#"):
                continue
            negated = pattern.startswith("!")
            pattern = pattern.removeprefix("!")
            decision = -number if negated else number
            self._folders.add(pattern.removesuffix("/"), decision)
            if not pattern.endswith("/"):
                self._files.add(pattern, decision)
        self._files.compile()
        self._folders.compile()

    def decision(self, path: str, start: int, name_start: int, *, is_folder: bool) -> int:
        """Return the number of the line that decides, 1-based; 0 when none does.

        Args:
            path: of the entry, without a slash at its end.
            start: where in `path` the part below the ignore file's folder begins.
            name_start: where its last component begins.
            is_folder: a symbolic link to a folder is none.

        Returns:
            The number is negative when the line takes back what an earlier one ignores.
        """
        patterns = self._folders if is_folder else self._files
        return patterns.last_match(path, start, name_start)


class _Patterns:
    """Those lines of a file that can decide about files, or about folders."""

    def __init__(self) -> None:
        self._names: dict[str, int] = {}
        self._endings: dict[str, int] = {}
        self._name_globs: list[tuple[str, int]] = []
        self._path_globs: list[tuple[str, int]] = []

    def add(self, pattern: str, decision: int) -> None:
        if "/" in pattern:
            self._path_globs.append((_expression(pattern), decision))
        elif not _SPECIAL & set(pattern):
            self._names[pattern] = decision
        elif pattern.startswith("*") and not _SPECIAL & set(pattern[1:]):
            self._endings[pattern[1:]] = decision
        else:
            self._name_globs.append((_expression(pattern), decision))

    def compile(self) -> None:
        self._any_ending = tuple(self._endings)
        self._name_regex, self._name_decisions = _alternatives(self._name_globs)
        self._path_regex, self._path_decisions = _alternatives(self._path_globs)

    def last_match(self, path: str, start: int, name_start: int) -> int:
        name = path[name_start:]
        found = self._names.get(name, 0)
        if name.endswith(self._any_ending):
            for ending, decision in self._endings.items():
                if name.endswith(ending):
                    found = max(found, decision, key=abs)
        if self._name_decisions and (match := self._name_regex.fullmatch(name)):
            found = max(found, self._name_decisions[match.lastindex or 0], key=abs)
        if self._path_decisions and (match := self._path_regex.fullmatch(path, start)):
            found = max(found, self._path_decisions[match.lastindex or 0], key=abs)
        return found


def _alternatives(globs: list[tuple[str, int]]) -> tuple[re.Pattern[str], list[int]]:
    """Return one expression for all globs, the last one first, and the decision of each group."""
    latest_first = globs[::-1]
    regex = re.compile("|".join(f"({expression})" for expression, _ in latest_first), re.DOTALL)
    return regex, [0, *(decision for _, decision in latest_first)] if globs else []


def _without_trailing_blanks(line: str) -> str:
    r"""Take blanks from the end, but not an escaped one: "a\ " ends in a blank."""
    kept = line.rstrip(" ")
    backslashes = len(kept) - len(kept.rstrip("\\"))
    is_escaped = backslashes % 2 == 1 and len(kept) < len(line)
    return kept + " " if is_escaped else kept


def _expression(pattern: str) -> str:
    """Translate a pattern, without its "!" and its last "/", to a regular expression."""
    pattern = pattern.removeprefix("/")
    try:
        parts = list(_parts(pattern))
    except ValueError:
        return r"(?!)"  # Git keeps a malformed pattern, and it matches nothing.
    return _joined(parts)


def _parts(pattern: str) -> Iterator[str]:
    """Split into regular expressions and the three kinds of stars.

    Raises:
        ValueError: a bracket is not closed, or nothing follows a backslash.
    """
    plain = next((at for at, char in enumerate(pattern) if char in _SPECIAL), len(pattern))
    at = 0
    while at < len(pattern):
        char = pattern[at]
        if char == "*":
            end = at + len(pattern[at:]) - len(pattern[at:].lstrip("*"))
            # Git matches the plain beginning by itself and looks at the rest as a new pattern, so
            # that a double star there begins a component although none begins there.
            is_double = end - at > 1 and (at == plain or pattern[at - 1] == "/")
            if is_double and pattern[end : end + 1] == "/":
                yield _FOLDERS
                end += 1
            elif is_double and end == len(pattern):
                yield _REST
            else:
                yield _STAR
            at = end
        elif char == "[":
            at, expression = _bracket(pattern, at + 1)
            yield expression
        elif char == "?":
            yield "[^/]"
            at += 1
        else:
            at += char == "\\"
            if at == len(pattern):
                raise ValueError(pattern)
            yield re.escape(pattern[at])
            at += 1


def _bracket(pattern: str, at: int) -> tuple[int, str]:
    """Translate what follows a "[" at `at` - 1; return where it ends, and the expression."""
    is_negated = pattern[at : at + 1] in {"!", "^"}
    first = at = at + is_negated
    members = []
    while pattern[at : at + 1] != "]" or at == first:
        if pattern.startswith("[:", at) and (named := _NAMED_CLASS.match(pattern, at)):
            if named[1] not in _CLASSES:
                raise ValueError(pattern)
            members.append(_CLASSES[named[1]])
            at = named.end()
            continue
        at, low = _member(pattern, at)
        members.append(re.escape(low))
        if pattern[at : at + 1] == "-" and pattern[at + 1 : at + 2] not in {"", "]"}:
            at, high = _member(pattern, at + 1)
            if low <= high:
                members.append(f"{re.escape(low)}-{re.escape(high)}")
    inside = "".join(members)
    return at + 1, f"[^/{inside}]" if is_negated else f"(?!/)[{inside}]"


def _member(pattern: str, at: int) -> tuple[int, str]:
    at += pattern[at : at + 1] == "\\"
    if at >= len(pattern):
        raise ValueError(pattern)
    return at + 1, pattern[at]


def _joined(parts: list[str]) -> str:
    """Join parts so that no text can make the match take long.

    Of several stars in one component all but the last may take the shortest match and keep it,
    and so may all but the last double star: a stranger's ignore file must not hang the index.
    """
    doubles = [at for at, part in enumerate(parts) if part in {_FOLDERS, _REST}]
    first = doubles[0] if doubles else len(parts)
    joined = _components(parts[:first])
    for at, end in pairwise([*doubles, len(parts)]):
        below = _components(parts[at + 1 : end])
        if parts[at] == _REST:
            joined += ".*"
        elif end < len(parts):
            joined += f"(?>(?:.*?/)??{below})"
        else:
            joined += f"(?:.*/)?{below}"
    return joined


def _components(parts: list[str]) -> str:
    stars = [at for at, part in enumerate(parts) if part == _STAR]
    first = stars[0] if stars else len(parts)
    joined = "".join(parts[:first])
    for at, end in pairwise([*stars, len(parts)]):
        plain = "".join(parts[at + 1 : end])
        is_last = end == len(parts) or "/" in parts[at + 1 : end]
        joined += f"[^/]*{plain}" if is_last else f"(?>[^/]*?{plain})"
    return joined
