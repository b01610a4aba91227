"""Which part of the document around a place the model sees."""

import re
from collections.abc import Iterable, Iterator
from itertools import chain

from qwen_lsp.text import Document, Span

# Lines the window's start moves by: a start that slid with each line would shift the whole prompt,
# and nothing of it could be reused.
START_STEP = 16


def window(document: Document, span: Span, before: int, after: int) -> tuple[Span, Span]:
    """Return the spans of whole lines above `span`'s first line and of all that follows `span`.

    They hold at most about `before` and `after` code points; the one after begins with the rest of
    the span's last line.
    """
    first = document.line_at(span.start)
    top = first
    while top > 0 and document.line_starts[first] - document.line_starts[top - 1] <= before:
        top -= 1
    if top > 0:
        # Rounded towards the cursor, never over the budget, but never to nothing.
        top = min(-(-top // START_STEP) * START_STEP, max(first - 1, top))
    last = document.line_at(span.end)
    bottom = last
    while (
        bottom + 1 < len(document.line_starts)
        and document.line_span(bottom + 1).end - span.end <= after
    ):
        bottom += 1
    above = Span(document.line_starts[top], document.line_starts[first])
    return above, Span(span.end, document.line_span(bottom).end)


# How statements begin that say where names come from, in the languages that we know.
_IMPORT = re.compile(
    r"\s*(?:import|from|use|using|package|require|require_once|include|include_once|#\s*include"
    r"|extern\s+crate|mod|source)(?=[\s\"'(<{*])(?!\s*=)"
    r"|\s*(?:const|let|var|local)\s.*=\s*require\b|\s*export\s.*\sfrom\s"
)
_WORD = re.compile(r"[^\W\d]\w*")
# They stand in import statements and say nothing of what is imported.
_IMPORT_WORDS = frozenset(
    {"from", "import", "use", "using", "require", "const", "let", "var", "as"}
)
# A file's imports stand in its first lines, and what is longer is a list of another kind.
IMPORT_LINES, IMPORT_LENGTH = 150, 1200


def imports_above(document: Document, line: int) -> str:
    """Return the import statements above a line, each line with its end; "" if there are none.

    Read by their first words, so also in a file that does not parse now. At most 1200 code points.
    """
    return _as_far_as_they_fit(one for _, one in import_statements(document, line))


def imports_used(document: Document, line: int, code: str) -> str:
    """Return those of the import statements above a line whose names some code uses."""
    used = frozenset(_WORD.findall(code))
    statements = import_statements(document, line)
    return _as_far_as_they_fit(
        one
        for _, one in statements
        if used & (frozenset(_WORD.findall(" ".join(one))) - _IMPORT_WORDS)
    )


def import_statements(document: Document, line: int) -> Iterator[tuple[int, list[str]]]:
    """Yield the first line's number and the lines of each import statement above a line."""
    depth = start = 0
    statement: list[str] = []
    for number in range(min(line, IMPORT_LINES, len(document.line_starts))):
        text = document.line_text(number)
        if not depth:
            if not _IMPORT.match(text):
                continue
            if statement:
                yield start, statement
            start, statement = number, []
        # A statement in brackets goes on until they are closed.
        opened = text.count("(") + text.count("{") - text.count(")") - text.count("}")
        depth = max(depth + opened, 0)
        statement.append(text)
    if statement:
        yield start, statement


def _as_far_as_they_fit(statements: Iterable[list[str]]) -> str:
    found: list[str] = []
    length = 0
    for text in chain.from_iterable(statements):
        length += len(text) + 1
        if length > IMPORT_LENGTH:
            break
        found.append(text)
    return "".join(f"{text}\n" for text in found)
