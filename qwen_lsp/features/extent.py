"""How much of what the model writes is one completion: decisions over the text so far.

Texts begin at the cursor of the snapshot they are judged for.
"""

from qwen_lsp.context.snapshot import Snapshot
from qwen_lsp.text import indentation, split_lines

_OPENERS = (":", "{", "(", "[", "=>", "->")


def wants_block(snapshot: Snapshot) -> bool:
    """Whether more than a line helps: on an empty line, or where a block has just been opened."""
    if snapshot.after_cursor.strip():
        return False
    before = snapshot.before_cursor.rstrip()
    return not before or before.endswith(_OPENERS)


def from_cursor(answer: str, snapshot: Snapshot) -> str:
    """Return the answer from the cursor on: on a line of blanks it begins with its indentation."""
    return answer if snapshot.before_cursor.strip() else answer.lstrip(" \t")


def whole(text: str, snapshot: Snapshot) -> str | None:
    """Return the completion once nothing more belongs to it, None while it goes on."""
    return _whole_block(text, snapshot) if wants_block(snapshot) else _whole_line(text, snapshot)


def complete_lines(text: str) -> str:
    """Return the lines that are complete, the last line end left out; "" if all are blank."""
    lines = text[: max(text.rfind("\n"), 0)]
    return lines if lines.strip() else ""


def first_line(text: str) -> str:
    """Return the text to the end of the first line that is not blank, as far as it is known."""
    end = text.find("\n", len(text) - len(text.lstrip()))
    return text if end < 0 else text[:end]


def _whole_line(text: str, snapshot: Snapshot) -> str | None:
    """One line; at the end of a statement that is complete, the line after it."""
    lines = split_lines(text)
    if len(lines) == 1:
        return None
    if lines[0].strip() or snapshot.after_cursor.strip():
        return lines[0]
    # The model ends the line here. At most one blank line: after two, something else begins.
    for index, line in enumerate(lines[1:], start=1):
        is_complete = index + 1 < len(lines)
        if line.strip() and is_complete:
            return "\n".join(lines[: index + 1])
        if is_complete and index == 2:
            return ""
    return None


def _whole_block(text: str, snapshot: Snapshot) -> str | None:
    lines = split_lines(text)
    opens_block = bool(snapshot.before_cursor.strip())
    if len(lines) > 1 and not lines[0] and not opens_block:
        return ""  # an empty line that the model wants to stay empty
    level = len(indentation(snapshot.before_cursor))
    # The last line may still be growing, so it decides nothing.
    for index, line in enumerate(lines[1:-1], start=1):
        if not line.strip():
            # Code ends at a second blank line in a row, whatever its indentation.
            if not lines[index - 1].strip():
                return "\n".join(lines[:index])
            continue
        depth = len(indentation(line))
        if opens_block and depth <= level:
            is_closer = line.strip()[0] in ")]}"
            return "\n".join(lines[: index + is_closer])
        if depth < level:
            return "\n".join(lines[:index])
    most = snapshot.settings.completion_max_lines
    return "\n".join(lines[:most]) if len(lines) > most else None
