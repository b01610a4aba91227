"""Statements that leave their block: no other one of the block runs behind them."""

import re
from collections.abc import Sequence

from qwen_lsp.context.snapshot import Snapshot
from qwen_lsp.features.brackets import code_of, scan
from qwen_lsp.text import depth

# Languages (LSP ids) in which these words say so; in others they are keys, functions, or messages.
_LANGUAGES = frozenset(
    {
        *("python", "ruby", "php", "javascript", "javascriptreact", "typescript"),
        *("typescriptreact", "java", "kotlin", "csharp", "swift", "dart", "go", "rust", "c", "cpp"),
    }
)
# What goes on with a statement, and what begins another case, in any of the languages.
BRANCHES = "else|elif|elsif|elseif|except|finally|catch|rescue|ensure"
CASES = "case|default|when"
_JUMP = re.compile(r"\s*(?:return|raise|throw|break|continue)\b(?![-:?=.])")
_CONDITION = re.compile(r"\b(?:if|unless)\b")
# What may stand behind a jump: parts of its statement, comments, labels, what runs otherwise, and
# what only fills a place.
_NO_STATEMENT = re.compile(
    rf"\s*(?:[^\w\s]|\Z|\w+:\s*\Z|(?:{BRANCHES}|{CASES}|end|until|pass|fn|(?:async\s+)?function)\b)"
)
_COMMENT = re.compile(r"\s*(?:#|//|/\*|\*|--)")
_GOES_ON = re.compile(r"[-,\\+*/=&|?:.<({\[]\s*\Z")


def dead_from(lines: Sequence[str], snapshot: Snapshot) -> int | None:
    """Return the first line that would never run, or that would keep code below from running.

    Only lines as deep as the first one are looked at, and that one may do the latter; None if all
    of them run.
    """
    language, level = snapshot.document.language, depth(lines[0])
    jump = 0 if _is_jump(lines[0], language) else None
    for index, line in enumerate(lines[1:], start=1):
        if not line.strip() or depth(line) != level:
            continue
        if jump is not None:
            if _is_dead(line, lines[jump:index], language):
                return index
        elif _is_jump(line, language):
            if _is_followed(level, snapshot):
                return index
            jump = index
    return None


def keeps_from_running(line: str, snapshot: Snapshot) -> bool:
    """Whether a line in the place of the cursor's keeps code below it from running."""
    is_jump = _is_jump(line, snapshot.document.language)
    return is_jump and _is_followed(depth(line), snapshot)


def _is_jump(line: str, language: str) -> bool:
    """Whether a line begins a statement that leaves its block in any case."""
    if language not in _LANGUAGES or not _JUMP.match(line):
        return False
    return language != "ruby" or not _CONDITION.search(code_of(line, language))


def _is_dead(line: str, jump: Sequence[str], language: str) -> bool:
    """Whether a line never runs, behind the lines of a jump that it is as deep as."""
    text = "".join(jump)
    seen = scan(text, language)
    opened = sum(1 if bracket in "([{" else -1 for _, bracket in seen.brackets)
    is_over = seen.unfinished is None and opened <= 0 and "<<" not in text
    is_over = is_over and not _GOES_ON.search(code_of(jump[-1].rstrip(), language))
    return is_over and not _NO_STATEMENT.match(line)


def _is_followed(level: int, snapshot: Snapshot) -> bool:
    """Whether code of a block that is `level` columns deep stands below the cursor's line."""
    code = next((line for line in snapshot.lines_below() if not _COMMENT.match(line)), "")
    return depth(code) == level and not _NO_STATEMENT.match(code)
