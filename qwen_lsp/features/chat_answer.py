"""From a chat model's answer to the text that is missing at the cursor.

Chat models wrap, explain and repeat. What they wrap it in goes, and what they repeat of the lines
before the cursor; the rest is treated as any completion is.
"""

import re
from contextlib import aclosing

from qwen_lsp import wire
from qwen_lsp.context.chat_fill import HOLE
from qwen_lsp.context.snapshot import Snapshot
from qwen_lsp.features.offers import Events
from qwen_lsp.text import indentation, split_lines

_THINKING = re.compile(r"\s*<think>.*?(?:</think>\s*|\Z)", re.DOTALL)
_FENCE = re.compile(r"^[ \t]*(?P<marks>`{3,}|~{3,})[^\n`]*$", re.MULTILINE)
# How answers begin that are talk and not code.
_TALK = re.compile(
    r"\s*(?:sure|certainly|of course|okay|here(?: is|'s| are)|the (?:missing|code|text|answer)|"
    r"to (?:complete|fill)|this is|i )\b",
    re.IGNORECASE,
)
LINES_ABOVE = 20  # of these none comes again
SHORTEST_LINE = 4  # code points; a shorter one, such as "}", may well come again


async def missing_pieces(answer: Events, snapshot: Snapshot) -> Events:
    """Yield pieces of the missing text as they become known, then the answer's end."""
    raw, known = "", ""
    async with aclosing(answer) as events:
        async for event in events:
            is_done = isinstance(event, wire.End)
            raw += "" if isinstance(event, wire.End) else event.text
            text = missing_text(raw, snapshot, is_done=is_done)
            if text.startswith(known) and len(text) > len(known):
                yield wire.Piece(text[len(known) :])
                known = text
            if isinstance(event, wire.End):
                yield event


def missing_text(answer: str, snapshot: Snapshot, *, is_done: bool) -> str:
    """Return what is known of the missing text from the answer so far.

    While the answer goes on, more of it only ever appends to what is returned.
    """
    answer = _THINKING.sub("", answer, count=1)
    opening = _FENCE.search(answer)
    if opening is not None:
        if opening.end() == len(answer) and not is_done:
            return ""  # the rest of the fence's line may still come
        code = answer[opening.end() + 1 :]
        closing = re.compile(rf"^[ \t]*{opening['marks']}", re.MULTILINE).search(code)
        code = code[: closing.start()] if closing else _without_half_fence(code, is_done=is_done)
    else:
        code = answer.lstrip("\n")
        if _TALK.match(code) or _may_be_talk(code, is_done=is_done):
            return ""
    return _without_repeats(code.split(HOLE)[-1], snapshot, is_done=is_done)


def _may_be_talk(code: str, *, is_done: bool) -> bool:
    """Whether it takes more of the answer to know if it is code: its first line goes on."""
    return not is_done and "\n" not in code


def _without_half_fence(code: str, *, is_done: bool) -> str:
    """Leave out a last line that may turn out to be the closing fence."""
    start = code.rfind("\n") + 1
    is_fence = not is_done and code[start:].lstrip()[:1] in ("`", "~", "")
    return code[:start] if is_fence else code


def _without_repeats(code: str, snapshot: Snapshot, *, is_done: bool) -> str:
    """Take away the lines above that come again, and the beginning of the cursor's line."""
    lines = split_lines(code)
    above = _lines_above(snapshot)
    before = snapshot.before_cursor
    while len(lines) > 1 and (lines[0].strip() in above or (not lines[0].strip() and before)):
        del lines[0]
    if len(lines) == 1 and not is_done:
        return ""  # the line may yet turn out to be one of those above
    first, later = lines[0], lines[1:]
    start = before.strip()
    is_repeated = bool(start) and first.strip().startswith(start)
    deeper = ""
    if is_repeated or not start:
        lacking = len(indentation(before)) - len(indentation(first))
        deeper = indentation(before)[:lacking] if lacking > 0 else ""
    if is_repeated:
        first = first.lstrip()[len(start) :]
        # Blanks at the cursor stand there already.
        first = first.lstrip() if before != before.rstrip() else first
    elif start and before != before.rstrip():
        first = first.lstrip()
    shifted = [deeper + line if line.strip() else line for line in later]
    return "\n".join([first, *shifted])


def _lines_above(snapshot: Snapshot) -> set[str]:
    document = snapshot.document
    numbers = range(max(snapshot.line - LINES_ABOVE, 0), snapshot.line)
    lines = (document.line_text(number).strip() for number in numbers)
    return {line for line in lines if len(line) >= SHORTEST_LINE}
