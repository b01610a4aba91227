"""Where new tests go in a Python test file: functions, or methods of its last class of tests."""

import re
from collections.abc import Sequence

from qwen_lsp.text import Document, Replacement, Span, split_lines

_METHOD = re.compile(r"^\s*(?:async\s+)?def\s+\w+\s*\(\s*self\b", re.MULTILINE)
_GUARD = re.compile(r"^if\s+__name__\s*==", re.MULTILINE)


def python_tests_added(document: Document, tests: str) -> Replacement:
    r"""Return the insertion of tests into a test file.

    Args:
        document: the test file.
        tests: not indented, with "\n" as line ends.
    """
    lines = split_lines(document.text)
    classes = [number for number, line in enumerate(lines) if re.match(r"class\s", line)]
    if _METHOD.search(tests) and classes:
        last = _last_line(lines, classes[-1])
        inside = "\n".join(f"    {one}" if one.strip() else "" for one in tests.split("\n"))
        return _below(document, last, f"\n{inside}")
    if _METHOD.search(tests):
        inside = "\n".join(f"    {one}" if one.strip() else "" for one in tests.split("\n"))
        tests = f"class TestMore:\n{inside}"
    guard = _GUARD.search(document.text)
    end = len(lines) if guard is None else document.line_at(guard.start())
    filled = [number for number, line in enumerate(lines[:end]) if line.strip()]
    if not filled:
        return Replacement(Span(0, 0), f"{tests}\n".replace("\n", document.line_end))
    return _below(document, filled[-1], f"\n\n{tests}")


def _last_line(lines: Sequence[str], head: int) -> int:
    """Return the last line that is not blank of the block under a head, 0-based."""
    last = head
    for number in range(head + 1, len(lines)):
        if lines[number].strip() and not lines[number][:1].isspace():
            break
        last = number if lines[number].strip() else last
    return last


def _below(document: Document, line: int, text: str) -> Replacement:
    """Return the insertion of lines below a line; what follows keeps its distance."""
    at = document.line_span(line).end
    is_end = not document.text[at:].strip()
    span = Span(at, len(document.text)) if is_end else Span(at, at)
    inserted = f"\n{text}\n" if is_end else f"\n{text}"
    return Replacement(span, inserted.replace("\n", document.line_end))
