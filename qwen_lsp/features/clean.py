"""From the model's text to what may be shown: small filters, applied in order.

Each filter only ever takes text away, and applying it twice changes nothing more.
"""

import re

from qwen_lsp.context.qwen import CONTROL_TEXTS
from qwen_lsp.context.snapshot import Snapshot
from qwen_lsp.text import split_lines

_FENCE = re.compile(r"^[ \t]*(`{3,}|~{3,})[^\n`]*$", re.MULTILINE)
_THINKING = re.compile(r"<think>.*?(</think>|\Z)", re.DOTALL)
# Next lines of the document that a completion may run into; more would be slow and find no more.
LINES_AHEAD = 6


def clean_completion(text: str, snapshot: Snapshot) -> str:
    """Return what of a completion is worth showing at the cursor, "" for nothing."""
    text = cut_control_texts(text)
    text = cut_repeated_rest_of_line(text, snapshot.after_cursor)
    text = cut_repeated_lines_below(text, lines_below(snapshot))
    text = text.rstrip()
    return text if text.strip() else ""


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
        if line.endswith(rest[:length]):
            # A longer run of the same closers is the model closing what the editor closed.
            return line[: len(line) - length]
    return line


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
    if first and len(first[0]) > 3 and first == [line.strip() for line in below[: len(first)]]:
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
    fences = list(_FENCE.finditer(answer))
    if not fences:
        return answer.strip("\r\n")
    # An answer that was cut off has no closing fence.
    end = fences[1].start() if len(fences) > 1 else len(answer)
    return answer[fences[0].end() : end].strip("\r\n")
