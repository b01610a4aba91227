"""Code as rows with line numbers: snippets, and the document around the cursor."""

from collections.abc import Iterable, Iterator
from itertools import chain

from qwen_lsp.context.snippet import Snippet
from qwen_lsp.features.context_page.markup import Markup, element, joined
from qwen_lsp.features.context_report import Report, lines_of
from qwen_lsp.text import split_lines

# Lines above and below the place that are open; the others unfold.
LINES_AROUND = 12
MOST_LINES_OPEN = 60

_CURSOR = element("span", attributes={"class": "cursor", "role": "img", "aria-label": "cursor"})


def listing(rows: Iterable[Markup], label: str) -> Markup:
    """Return rows as one block that scrolls by itself, also by keyboard."""
    attributes = {"class": "listing", "tabindex": "0", "role": "region", "aria-label": label}
    return element("div", *rows, attributes=attributes)


def snippet_listing(snippet: Snippet) -> Markup:
    """Return a snippet's code; where lines were left out there is a mark."""
    numbers: list[int | None] = []
    for first, last in snippet.ranges:
        numbers += [None] if numbers else []
        numbers += range(first, last + 1)
    lines = iter(split_lines(snippet.text))
    rows = [
        element("div", "⋯", attributes={"class": "gap"})
        if number is None
        else _row(number, next(lines, ""))
        for number in numbers
    ]
    rest = [_row(None, line) for line in lines]
    return listing([*rows, *rest], f"Code of {snippet.path}")


def window_listing(report: Report) -> Markup:
    """Return what the prompt shows of the document, with the cursor or the selection in it."""
    first, last = report.lines
    top, bottom = _open_lines(report)
    top, bottom = max(top, first), min(bottom, last)
    anchors = _anchors(report, top, bottom)
    rows = {line: list(_document_rows(report, line, anchors)) for line in range(first, last + 1)}
    above = _folded(rows, range(first, top), anchors.get(top - 1, ()))
    below = _folded(rows, range(bottom + 1, last + 1), anchors.get(bottom + 1, ()))
    shown = chain.from_iterable(rows[line] for line in range(top, bottom + 1))
    place = "selection" if report.task != "complete" else "cursor"
    return joined(above, listing(shown, f"The document around the {place}"), below)


def _open_lines(report: Report) -> tuple[int, int]:
    document = report.snapshot.document
    if report.task == "complete":
        return report.place[0] - LINES_AROUND, report.place[0] + LINES_AROUND
    start, end = lines_of(document, report.snapshot.span)
    return start - LINES_AROUND, min(end + LINES_AROUND, start + MOST_LINES_OPEN)


def _anchors(report: Report, top: int, bottom: int) -> dict[int, list[int]]:
    """Return the parts that links go to, by line: their first one that is open, or a fold's."""
    found: dict[int, list[int]] = {}
    for number, one in enumerate(report.parts):
        if one.part.span is not None:
            start, end = lines_of(report.snapshot.document, one.part.span)
            line = min(max(start, top), end)
            # Outside of what is open the anchor is on the fold.
            line = top - 1 if line < top else min(line, bottom + 1)
            found.setdefault(line, []).append(number)
    return found


def _folded(rows: dict[int, list[Markup]], lines: range, anchors: Iterable[int]) -> Markup:
    if not lines:
        return joined(*map(_anchor, anchors))
    title = f"Lines {lines[0] + 1} to {lines[-1] + 1}"
    return element(
        "details",
        element("summary", *map(_anchor, anchors), title),
        listing(chain.from_iterable(rows[line] for line in lines), title),
    )


def _anchor(number: int) -> Markup:
    return element("span", attributes={"id": f"part-{number}"})


def _document_rows(report: Report, line: int, anchors: dict[int, list[int]]) -> Iterator[Markup]:
    text = report.snapshot.document.line_text(line)
    kind = _kind(report, line)
    marks = [_anchor(number) for number in anchors.get(line, ())]
    if report.task != "complete" or line != report.place[0]:
        yield _row(line, text, kind, marks)
        return
    before, after = text[: report.place[1]], text[report.place[1] :]
    first, *others = _suggestion(report)
    ghost = [_ghost(first)] if first else []
    if not others:
        yield _row(line, joined(before, _CURSOR, *ghost, after), f"{kind} here", marks)
        return
    yield _row(line, joined(before, _CURSOR, *ghost), f"{kind} here", marks)
    for index, other in enumerate(others):
        tail = after if index == len(others) - 1 else ""
        yield _row(None, joined(_ghost(other), tail), f"{kind} here")


def _suggestion(report: Report) -> list[str]:
    """Return the lines of what was offered at just this place, [""] for nothing."""
    made = report.made
    here = report.snapshot
    if made is None or made.snapshot.document.text != here.document.text:
        return [""]
    return split_lines(made.text) if made.snapshot.cursor == here.cursor else [""]


def _kind(report: Report, line: int) -> str:
    """Return the name of the part that shows a line; of two the one that is typed or selected."""
    found = []
    for one in report.parts:
        if one.part.span is not None:
            start, end = lines_of(report.snapshot.document, one.part.span)
            if start <= line <= end:
                found.append(one.part.name)
    inner = [name for name in found if name in ("typed", "code")]
    return (inner or found or ["before"])[0]


def _row(
    line: int | None, text: Markup | str, kind: str = "", marks: Iterable[Markup] = ()
) -> Markup:
    number = {"class": "number"} | ({} if line is None else {"data-line": str(line + 1)})
    return element(
        "div",
        element("span", *marks, attributes=number),
        element("code", text, attributes={"class": "text"}),
        attributes={"class": f"row {kind}".rstrip()},
    )


def _ghost(text: str) -> Markup:
    return element("span", text, attributes={"class": "ghost"})
