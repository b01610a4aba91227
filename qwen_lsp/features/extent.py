"""How much of what the model writes is one completion: decisions over the text so far.

By the syntax at the cursor where the parser knows it, else by brackets and indentation. Texts begin
at the cursor of the snapshot they are judged for.
"""

import re

from qwen_lsp.context.snapshot import Snapshot
from qwen_lsp.features.brackets import code_of, scan, surroundings
from qwen_lsp.features.jumps import BRANCHES, CASES, dead_from, keeps_from_running
from qwen_lsp.text import depth, lines_with_ends

_BRACKETS = ("{", "(", "[")
_ARROWS = ("=>", "->")
# Languages (LSP ids) whose blocks follow a colon, and those whose blocks words open and close.
_COLON_BLOCKS = frozenset({"python", "yaml", "nim", "gdscript"})
_WORD_BLOCKS = frozenset({"ruby", "lua", "elixir", "crystal", "julia", "shellscript"})
_LABEL = re.compile(r"\s*(?:case\b.*|default\s*|(?:public|private|protected)\s*):\Z")
_WORD_OPENS = re.compile(
    r"\s*(?:(?:private|protected|public|local)\s+)*(?:def|class|module|function|if|unless|while"
    r"|until|for|case|begin|struct|macro|defmodule|defp)\b"
    r"|.*\b(?:do|then|else|repeat|function\s*\([^()]*\))\s*(?:\|[^|]*\|)?\Z"
)
_WORD_ENDED = re.compile(r".*\b(?:end|fi|done)\s*\Z|\s*def\s+[\w.?!]+\s*(?:\([^()]*\))?\s*=")
_BRANCH = re.compile(rf"\s*(?:{BRANCHES})\b")
_CASE = re.compile(rf"\s*(?:{CASES})\b")
_CLOSES = re.compile(r"\s*(?:[)\]}]|(?:end|fi|done|esac|until)\b)")
_ONLY_CLOSES = re.compile(r"\s*(?:[)\]}]+[)\]};,]*|end|fi|done|esac)\s*\Z")
# A word that may go on, and what needs a word behind it.
_HALF_A_WORD = re.compile(r"[^\w)\]}\"'`;,]*\w*\Z")


def wants_block(snapshot: Snapshot) -> bool:
    """Whether more than a line helps: on an empty line, or where a block has just been opened."""
    if not may_go_on(snapshot):
        return False
    before = snapshot.before_cursor
    if not before.strip():
        return True
    if snapshot.syntax is not None and snapshot.syntax.is_block_start:
        return True
    # Behind these a single expression is as likely.
    code = code_of(before, snapshot.document.language)
    return _opens(before, snapshot) and not code.endswith(("(", *_ARROWS))


def may_go_on(snapshot: Snapshot) -> bool:
    """Whether a completion here may have more than one line, if its first line opens a block."""
    if snapshot.after_cursor.strip():
        return False
    syntax = snapshot.syntax
    if syntax is not None:
        return not syntax.in_comment and not syntax.in_string
    return scan(snapshot.before_cursor, snapshot.document.language).unfinished is None


def whole(text: str, snapshot: Snapshot) -> str | None:
    """Return the completion once nothing more belongs to it, None while it goes on."""
    if wants_block(snapshot):
        return _whole_block(text, snapshot)
    return _whole_line(text, snapshot)


def leaves_code_dead(text: str, snapshot: Snapshot) -> bool:
    """Whether a completion of an empty line begins with a jump, and code as deep follows it."""
    if snapshot.before_cursor.strip() or not may_go_on(snapshot):
        return False
    return keeps_from_running(first_line(snapshot.before_cursor + text), snapshot)


def complete_lines(text: str) -> str:
    """Return the lines that are complete, the last line end left out; "" if all are blank."""
    lines = lines_with_ends(text)
    if lines and not _has_end(lines[-1]):
        lines.pop()
    known = _first(lines, len(lines))
    return known if known.strip() else ""


def unfinished(text: str, snapshot: Snapshot) -> str:
    """Return what to show of a text that was cut off in the middle of a line.

    The lines before, if there are any. A single line up to its last word is still worth showing
    when it closes the brackets and strings that it opens.
    """
    if earlier := complete_lines(text):
        return earlier
    line = _HALF_A_WORD.sub("", text)
    around = surroundings(snapshot)
    inserted = tuple(one for _, one in around.brackets_of(line))
    is_closed = scan(around.literal + line, around.language).unfinished is None or around.literal
    return line if is_closed and around.balance(inserted).total <= around.balance().total else ""


def first_line(text: str) -> str:
    """Return the text to the end of the first line that is not blank, as far as it is known."""
    end = text.find("\n", len(text) - len(text.lstrip()))
    return text if end < 0 else text[:end]


def _whole_line(text: str, snapshot: Snapshot) -> str | None:
    """One line, and the block that it opens; at the end of a statement, the line after it."""
    lines, before = lines_with_ends(text), snapshot.before_cursor
    if not lines or not _has_end(lines[0]):
        return None
    if snapshot.after_cursor.strip():
        return _first(lines, 1)
    if lines[0].strip() or _opens(before, snapshot):
        return _with_block(lines, 0, before + lines[0], snapshot)
    # The model ends the line here. At most one blank line: after two, something else begins.
    for index in (1, 2):
        if index == len(lines) or not _has_end(lines[index]):
            return None
        if lines[index].strip():
            return _with_block(lines, index, lines[index], snapshot)
    return ""


def _with_block(lines: list[str], index: int, line: str, snapshot: Snapshot) -> str | None:
    """Return the lines up to one of them, and the block that it opens, if it opens one."""
    if not may_go_on(snapshot) or not _opens(line, snapshot):
        return _first(lines, index + 1)
    if _depth_below(snapshot) > depth(line):
        return _first(lines, index + 1)  # what the line opens stands there
    return _limited(lines, _end_of_block(lines, index + 1, line, snapshot), snapshot)


def _whole_block(text: str, snapshot: Snapshot) -> str | None:
    lines, before = lines_with_ends(text), snapshot.before_cursor
    if not lines:
        return None
    if before.strip():
        return _limited(lines, _end_of_block(lines, 1, before, snapshot), snapshot)
    if not lines[0].strip():
        # An empty line that the model wants to stay empty.
        return "" if _has_end(lines[0]) else None
    return _limited(lines, _end_of_statements(lines, snapshot), snapshot)


def _end_of_block(lines: list[str], start: int, opener: str, snapshot: Snapshot) -> int | None:
    """Return how many lines belong to the block that `opener` opens, None while it goes on.

    It ends before a line that is not deeper than the opener. What closes its brackets belongs to
    it, and so does what goes on with its statement.

    Args:
        lines: of the text; those before `start` belong to the block.
        start: the first line inside.
        opener: the line that opens it.
        snapshot: where the text is to be.
    """
    level = depth(opener)
    for index, line in enumerate(lines[start:], start=start):
        # The last line may still be growing, so it decides nothing.
        if not _has_end(line):
            return None
        if not line.strip():
            if index > start and not lines[index - 1].strip():
                return index
            continue
        if (columns := depth(line)) > level:
            continue
        if columns == level and _CLOSES.match(line):
            if not _opens(line, snapshot):
                return index + 1
        elif columns < level or not _goes_on(line, opener):
            return index
    return None


def _end_of_statements(lines: list[str], snapshot: Snapshot) -> int | None:
    """Return how many lines belong together from an empty line on, None while they go on.

    They end where the enclosing block does, at a blank line behind a block of their own, and before
    what would never run: behind a jump, or code that stands below behind one.
    """
    first = snapshot.before_cursor + lines[0]
    level, has_block = depth(first), _opens_statements(first, snapshot)
    if has_block and _depth_below(snapshot) > level and _has_end(lines[0]):
        return 1  # its block stands there
    dead = dead_from([first, *filter(_has_end, lines[1:])], snapshot)
    for index, line in enumerate(lines[1:], start=1):
        if not _has_end(line):
            return None
        is_after_blank = not lines[index - 1].strip()
        if not line.strip():
            if is_after_blank:
                return index
            continue
        columns = depth(line)
        if columns < level:
            return index + 1 if _ONLY_CLOSES.match(line) else index
        if columns == level:
            if index == dead or (is_after_blank and has_block):
                return index
            has_block = has_block or _opens_statements(line, snapshot)
    return None


def _opens_statements(line: str, snapshot: Snapshot) -> bool:
    is_split = code_of(line.rstrip(), snapshot.document.language).endswith(("(", "["))
    return not is_split and _opens(line, snapshot)


def _depth_below(snapshot: Snapshot) -> int:
    """Return how deep the next line below the cursor's is that is not blank; 0 if none is near."""
    return depth(next(snapshot.lines_below(), ""))


def _limited(lines: list[str], end: int | None, snapshot: Snapshot) -> str | None:
    """Return the lines up to an end, or as many as may be shown."""
    most = snapshot.settings.completion_max_lines
    if end is None:
        return _first(lines, most) if len(lines) > most else None
    return _first(lines, min(end, most))


def _opens(line: str, snapshot: Snapshot) -> bool:
    """Whether a line opens a block, or brackets that go on."""
    language = snapshot.document.language
    code = code_of(line.rstrip(), language)
    if code.endswith(_BRACKETS):
        return True
    if code.endswith(":"):
        return language in _COLON_BLOCKS or _LABEL.match(code) is not None
    if language in _WORD_BLOCKS:
        return bool(_WORD_OPENS.match(code)) and not _WORD_ENDED.match(code)
    return code.endswith(_ARROWS)


def _goes_on(line: str, opener: str) -> bool:
    """Whether a line goes on with the statement that `opener` began."""
    return bool(_BRANCH.match(line)) or bool(_CASE.match(line) and not _CASE.match(opener))


def _first(lines: list[str], count: int) -> str:
    """Return the first lines, the last one's end left out."""
    return re.sub(r"(?:\r\n|\n|\r)\Z", "", "".join(lines[:count]))


def _has_end(line: str) -> bool:
    return line.endswith(("\n", "\r"))
