"""Brackets of code by a simple scanner, which knows strings and comments: no tree is at hand here.

It takes no code for broken: what it does not understand counts for the text before an insertion as
for the text after it, and only the difference is judged.
"""

import re
from dataclasses import dataclass
from functools import cache

from qwen_lsp.context.snapshot import Snapshot

# Code points on each side of the cursor that are looked at, in about a millisecond.
REACH = 12_000

_OPENER_OF = {")": "(", "]": "[", "}": "{"}
# Languages (LSP ids) whose brackets mean nothing, or do not come in pairs ("case" of a shell).
_UNPAIRED = frozenset(
    {"", "plaintext", "markdown", "restructuredtext", "latex", "html", "xml", "shellscript"}
)
_HASH_COMMENTS = frozenset(
    {
        *("python", "ruby", "yaml", "toml", "r", "perl", "elixir", "julia", "makefile"),
        *("dockerfile", "coffeescript", "powershell", "nim", "gdscript", "php"),
    }
)
_DASH_COMMENTS = frozenset({"lua", "sql", "haskell", "elm", "ada", "vhdl"})
# Languages in which '…' is one character, and a lone ' may be a lifetime or part of a name.
_CHARACTERS = frozenset(
    {
        *("rust", "c", "cpp", "java", "go", "csharp", "kotlin", "scala", "swift", "haskell"),
        *("objective-c", "objective-cpp", "zig", "d", "elm", "ada", "vhdl", "ocaml"),
    }
)
_TEMPLATES = frozenset(
    {"javascript", "javascriptreact", "typescript", "typescriptreact", "go", "vue", "svelte"}
)


@dataclass(frozen=True, slots=True)
class Scan:
    """What a scanner saw in a text.

    Attributes:
        brackets: offset and character of each.
        unfinished: offset of the string or comment that goes on behind the text; None without.
        is_string: whether that is a string.
    """

    brackets: tuple[tuple[int, str], ...]
    unfinished: int | None
    is_string: bool


@dataclass(frozen=True, slots=True)
class Balance:
    """How far brackets do not match.

    Attributes:
        surplus: closers without an opener.
        unclosed: openers without a closer.
    """

    surplus: int
    unclosed: int

    @property
    def total(self) -> int:
        """All brackets without a partner."""
        return self.surplus + self.unclosed


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The brackets around a cursor.

    Attributes:
        language: LSP id.
        before: openers that are open at the cursor, the outermost first.
        literal: the string or comment the cursor is in, up to the cursor; "" if in none.
        is_string: whether that is a string.
        after: brackets behind the cursor, without those that are pairs.
    """

    language: str
    before: tuple[str, ...]
    literal: str
    is_string: bool
    after: tuple[str, ...]

    def brackets_of(self, text: str) -> tuple[tuple[int, str], ...]:
        """Return the brackets of a text at the cursor, with their offsets in it."""
        head = len(self.literal)
        found = scan(self.literal + text, self.language).brackets
        return tuple((at - head, one) for at, one in found if at >= head)

    def balance(self, inserted: tuple[str, ...] = ()) -> Balance:
        """Return the balance of it all with brackets inserted at the cursor."""
        surplus, skipped, stack = 0, 0, list(self.before)
        for one in (*inserted, *self.after):
            opener = _OPENER_OF.get(one)
            if opener is None:
                stack.append(one)
            elif opener in stack:
                while stack.pop() != opener:
                    skipped += 1
            else:
                surplus += 1
        return Balance(surplus, skipped + len(stack))


def scan(code: str, language: str) -> Scan:
    """Return the brackets of a text that are neither in strings nor in comments."""
    if language in _UNPAIRED:
        return Scan((), None, is_string=False)
    brackets = []
    for match in _tokens(language).finditer(code):
        if match.lastgroup == "bracket":
            brackets.append((match.start(), match[0]))
        elif match.lastgroup != "closed" and match.end() == len(code):
            return Scan(tuple(brackets), match.start(), is_string=match.lastgroup == "string")
    return Scan(tuple(brackets), None, is_string=False)


def surroundings(snapshot: Snapshot) -> Surroundings:
    """Return the brackets around the snapshot's cursor, as far as they are looked at."""
    text, cursor = snapshot.document.text, snapshot.cursor
    language = snapshot.document.language
    start = max(cursor - REACH, 0)
    if start:
        start = max(text.rfind("\n", 0, start) + 1, start - REACH)
    before = text[start:cursor]
    above = scan(before, language)
    literal = "" if above.unfinished is None else before[above.unfinished :]
    opened = list[str]()
    for _at, one in above.brackets:
        opener = _OPENER_OF.get(one)
        if opener is None:
            opened.append(one)
        elif opener in opened:
            while opened.pop() != opener:
                pass
    below = scan(literal + text[cursor : cursor + REACH], language)
    # Pairs that follow on each other change nothing, whatever is inserted before them.
    after = list[str]()
    for at, one in below.brackets:
        if at < len(literal):
            continue
        if after and after[-1] == _OPENER_OF.get(one):
            after.pop()
        else:
            after.append(one)
    return Surroundings(language, tuple(opened), literal, above.is_string, tuple(after))


def code_of(line: str, language: str) -> str:
    """Return a line without the comment at its end and without blanks behind."""
    found = scan(line, language)
    if found.unfinished is None or found.is_string:
        return line.rstrip()
    return line[: found.unfinished].rstrip()


def cut_unbalanced(text: str, snapshot: Snapshot) -> str:
    """End the text where it would leave the document's brackets worse balanced than they are.

    A closer that closes nothing ends it. With a rest of line behind the cursor, so does an opener
    that stays open. Without one, a single line may leave brackets open, for the user goes on
    there; of several lines as many are kept as close what they open, or else the first.
    """
    if not text.strip():
        return text
    around = surroundings(snapshot)
    brackets = around.brackets_of(text)
    if not brackets:
        return text
    now = around.balance()
    has_rest = bool(snapshot.after_cursor.strip())

    def fits(end: int, *, may_open: bool) -> bool:
        inserted = tuple(one for at, one in brackets if at < end)
        then = around.balance(inserted)
        return then.surplus <= now.surplus and (may_open or then.total <= now.total)

    ends = [len(text), *(at for at, _ in reversed(brackets)), 0]
    text = text[: next(end for end in ends if end == 0 or fits(end, may_open=not has_rest))]
    lines = [match.start() for match in re.finditer(r"\r\n|\n|\r", text)]
    ends = [len(text), *(end for end in reversed(lines) if text[:end].strip())]
    if len(ends) == 1:
        return text
    return text[: next((end for end in ends if fits(end, may_open=False)), ends[-1])]


@cache
def _tokens(language: str) -> re.Pattern[str]:
    """Return what finds brackets, and steps over strings and comments, of a language."""
    # Three quotes are no empty string and the beginning of another one.
    closed = [r'"""(?:\\.|[^\\])*?"""', r'"(?!"")(?:\\.|[^"\\\r\n])*"']
    strings = [r'"""(?:\\.|[^\\])*\Z', r'"(?:\\.|[^"\\\r\n])*']
    comments = []
    if language in _CHARACTERS:
        closed.append(r"'(?:\\[^'\r\n]{1,9}|\\'|[^\\'\r\n])'")
    else:
        closed[:0] = [r"'''(?:\\.|[^\\])*?'''"]
        closed.append(r"'(?!'')(?:\\.|[^'\\\r\n])*'")
        strings[:0] = [r"'''(?:\\.|[^\\])*\Z"]
        strings.append(r"'(?:\\.|[^'\\\r\n])*")
    if language in _TEMPLATES:
        closed.append(r"`(?:\\.|[^`\\])*`")
        strings.append(r"`(?:\\.|[^`\\])*\Z")
    if language in _HASH_COMMENTS:
        comments.append(r"#[^\r\n]*")
    if language in _DASH_COMMENTS:
        comments.append(r"--[^\r\n]*")
    if language not in _HASH_COMMENTS | _DASH_COMMENTS or language == "php":
        closed.append(r"/\*.*?\*/")
        comments += [r"/\*.*\Z"] if language == "css" else [r"/\*.*\Z", r"//[^\r\n]*"]
    return re.compile(
        f"(?P<closed>{'|'.join(closed)})|(?P<string>{'|'.join(strings)})"
        f"|(?P<comment>{'|'.join(comments)})|(?P<bracket>[()\\[\\]{{}}])",
        re.DOTALL,
    )
