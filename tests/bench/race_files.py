"""Which files and regions the races take, and what the scripted model writes: drawn at random."""

import random
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from qwen_lsp.context.qwen import CONTROL_TEXTS
from qwen_lsp.text import Document, Span, common_indentation, language_of, split_lines
from tests.harness.scripted_engine import HOLD

LINES = range(30, 1500)  # of a file
LONGEST = 25  # lines of a region: more may be edited in another way than by writing all again
TRIES = 200
# In a region they would end what the model writes.
_ENDS = ("```", "~~~", *CONTROL_TEXTS)


@dataclass(frozen=True, slots=True)
class RaceFile:
    """A file's name and its text."""

    name: str
    text: str


def files_of(
    every: Iterable[tuple[str, bytes]], count: int, chance: random.Random
) -> list[RaceFile]:
    """Return some files that people edit, every fifth with another kind of line end.

    Args:
        every: paths and contents.
        count: how many to return.
        chance: decides which.
    """
    known = {path: content for path, content in every if _is_edited(PurePath(path), content)}
    some = chance.sample(sorted(known), count)
    found = []
    for number, path in enumerate(some):
        text = known[path].decode()
        text = text.replace("\n", "\r\n") if number % 5 == 0 else text
        found.append(RaceFile(f"{number}_{PurePath(path).name}", text))
    return found


def _is_edited(path: PurePath, content: bytes) -> bool:
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return False
    is_plain = "\0" not in text and "\r" not in text
    # Pages that a tool wrote are most of one repository's files.
    return is_plain and text.count("\n") in LINES and language_of(path) not in {"", "html"}


def random_region(document: Document, chance: random.Random) -> Span | None:
    """Return some whole lines that can be rewritten; None if there seem to be none.

    They neither begin nor end with a blank line, since an answer's blank lines around its code are
    taken away.
    """
    for _try in range(TRIES):
        first = chance.randrange(len(document.line_starts))
        last = min(first + chance.randrange(LONGEST), len(document.line_starts) - 1)
        span = Span(document.line_starts[first], document.line_span(last).end)
        text = document.text[span.start : span.end]
        ends = (document.line_text(first), document.line_text(last))
        if all(one.strip() for one in ends) and not any(one in text for one in _ENDS):
            return span
    return None


def rewritten(code: str, chance: random.Random) -> str:
    """Return code with some lines changed, added and left out; the first one always changes."""
    lines = split_lines(code)
    indent = common_indentation(lines)
    changed = [f"{lines[0].rstrip()} changed"]
    for line in lines[1:]:
        what = chance.random()
        if what < 0.15:
            changed.append(f"{line.rstrip()} changed" if line.strip() else line)
        elif what < 0.25:
            changed += [line, f"{indent}another line 🙂 {chance.randrange(100)}"]
        elif what < 0.9:
            changed.append(line)
    return "\n".join(changed)


def script_of(code: str, chance: random.Random) -> list[Any]:
    """Return a script of the scripted engine that writes code in pieces, and waits between them."""
    indent = common_indentation(split_lines(code))
    answer = "```\n" + "\n".join(one.removeprefix(indent) for one in code.split("\n")) + "\n```"
    script: list[Any] = [HOLD]
    while answer:
        length = chance.randint(1, max(len(code) // 3, 2))
        script += [answer[:length], *([HOLD] if chance.random() < 0.7 else [])]
        answer = answer[length:]
    return script
