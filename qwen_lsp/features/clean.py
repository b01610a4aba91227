"""From the model's text to what may be shown: small filters, applied in order.

Each filter only ever takes text away, and applying it twice changes nothing more.
"""

import re

from qwen_lsp.context.qwen import CONTROL_TEXTS
from qwen_lsp.context.snapshot import Snapshot
from qwen_lsp.text import split_lines

_FENCE = re.compile(r"^(?P<indent>[ \t]*)(?P<marks>`{3,}|~{3,})[^\n`]*$", re.MULTILINE)
_THINKING = re.compile(r"<think>.*?(</think>|\Z)", re.DOTALL)
# Next lines of the document that a completion may run into; more would be slow and find no more.
LINES_AHEAD = 6


def clean_completion(text: str, snapshot: Snapshot) -> str:
    """Return what of a completion is worth showing at the cursor, "" for nothing."""
    text, longer = cut_control_texts(text), ""
    below = lines_below(snapshot)
    while text != longer:
        longer = text
        text = cut_repeated_rest_of_line(text, snapshot.after_cursor)
        text = cut_repeated_lines_below(text, below).rstrip()
    return text


def cut_control_texts(text: str) -> str:
    """End the text at the first control token that the model spelled out."""
    cuts = [at for at in (text.find(control) for control in CONTROL_TEXTS) if at >= 0]
    return text[: min(cuts)] if cuts else text


def cut_repeated_rest_of_line(text: str, rest: str) -> str:
    """Take away what the rest of the cursor's line already has.

    With text after the cursor the completion is one line; where its end repeats the beginning of
    that text (a closing bracket that the editor added, an argument list), the repeat goes.
    """
    rest = rest.strip()
    if not rest:
        return text
    line = split_lines(text)[0].rstrip()
    for length in range(min(len(rest), len(line)), 0, -1):
        kept, repeat = line[: len(line) - length], rest[:length]
        if line.endswith(repeat) and not (
            _splits_word(kept, repeat)
            or _splits_word(repeat, rest[length:])
            or _closes_its_own(kept, repeat)
        ):
            return kept
    return line


def _splits_word(left: str, right: str) -> bool:
    return bool(re.search(r"\w\Z", left) and re.match(r"\w", right))


def _closes_its_own(kept: str, repeat: str) -> bool:
    """Whether a bracket in `repeat` closes one that `kept` opens."""
    depth = 0
    for character in kept:
        if character in "([{":
            depth += 1
        elif character in ")]}":
            depth = max(depth - 1, 0)
    return depth > 0 and any(character in ")]}" for character in repeat)


def cut_repeated_lines_below(text: str, below: list[str]) -> str:
    """End the text where it begins to repeat the lines that follow the cursor."""
    if not below:
        return text
    lines = split_lines(text)
    for index in range(1, len(lines)):
        repeated = [line.strip() for line in lines[index:] if line.strip()]
        ahead = [line.strip() for line in below]
        # One short line such as "}" may well be needed; a longer one, or two, may not.
        enough = len(repeated) > 1 or (repeated and len(repeated[0]) > 3)
        if enough and repeated[: len(ahead)] == ahead[: len(repeated)]:
            return "\n".join(lines[:index])
    first = [line.strip() for line in lines if line.strip()]
    ahead = [line.strip() for line in below]
    if first and len(first[0]) > 3 and first[: len(ahead)] == ahead[: len(first)]:
        return ""
    return text


def lines_below(snapshot: Snapshot) -> list[str]:
    """Return the next lines of the document that are not blank, below the cursor's line."""
    document, found = snapshot.document, list[str]()
    for line in range(snapshot.line + 1, len(document.line_starts)):
        if document.line_text(line).strip():
            found.append(document.line_text(line))
        if len(found) == LINES_AHEAD or line > snapshot.line + 4 * LINES_AHEAD:
            break
    return found


def extract_code(answer: str) -> str:
    """Return the code of an answer that should be one code block: fences and chatter removed."""
    answer = _THINKING.sub("", cut_control_texts(answer))
    opening = _FENCE.search(answer)
    if opening is None:
        return answer.strip("\r\n")
    # The code may hold fences of its own, which are indented more, shorter, or of another kind.
    closing = re.compile(
        rf"^[ \t]{{0,{len(opening['indent'])}}}{opening['marks']}+[ \t\r]*$", re.MULTILINE
    ).search(answer, opening.end())
    # An answer that was cut off has no closing fence.
    end = closing.start() if closing else len(answer)
    return answer[opening.end() : end].strip("\r\n")
