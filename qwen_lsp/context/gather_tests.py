"""What tests of a selection are about, and the file where they belong: pure look-ups."""

import keyword
from collections.abc import Sequence
from posixpath import relpath

from qwen_lsp.context.enclosing import definitions_around, lines_with_documentation
from qwen_lsp.context.family import family_of
from qwen_lsp.context.place import ReadLines
from qwen_lsp.context.place_of_tests import files_of_tests, place_of_tests
from qwen_lsp.context.snapshot import Snapshot
from qwen_lsp.context.tests_target import ShownTests, TestsTarget
from qwen_lsp.index.facts import OWNERS, Symbol
from qwen_lsp.index.lookup import Lookup
from qwen_lsp.text import Document, Span, split_lines

_TESTABLE = frozenset({"function", "method", "constructor"}) | OWNERS
# A test that is longer is no good example of how tests look here.
_LONGEST_EXAMPLE = 24
# Other test files that are read for an example.
_MOST_OTHERS = 4


def target_of_tests(lookup: Lookup, path: str, snapshot: Snapshot, read: ReadLines) -> TestsTarget:
    """Return where tests of the snapshot's selection belong.

    Args:
        lookup: the workspace.
        path: of the document in it.
        snapshot: the selection is its span; one inside of a function or class is about that.
        read: gives the lines of files.
    """
    symbols = lookup.view.facts(path).symbols
    span, about = _about(symbols, snapshot)
    paths = lookup.view.paths()
    place = place_of_tests(path, paths)
    lines = read(place.path) if place.exists else None
    shown = _shown(lookup, place.path, lines or ())
    if shown is None:
        others = files_of_tests(path, paths)[:_MOST_OTHERS]
        found = (_shown(lookup, other, read(other)) for other in others)
        shown = next((one for one in found if one is not None), None)
    names = tuple(dict.fromkeys(one.name for one in about))
    # What belongs to something else is reached through that.
    outer = about[0].owner.partition(".")[0] or about[0].name if about else ""
    line = "" if place.path == path else import_line(path, place.path, outer)
    return TestsTarget(place.path, lines, shown, span, names, line)


def import_line(source: str, test: str, name: str) -> str:
    """Return the statement that imports a name of one file in another, "" if none is needed."""
    if not name:
        return ""
    family, module = family_of(source), source.rpartition(".")[0]
    if family == "py":
        parts = module.removeprefix("src/").removesuffix("/__init__").split("/")
        is_importable = all(part.isidentifier() and not keyword.iskeyword(part) for part in parts)
        return f"from {'.'.join(parts)} import {name}" if is_importable else ""
    if family == "ts" and source.rpartition(".")[2] not in ("vue", "svelte"):
        way = relpath(module, test.rpartition("/")[0] or ".")
        return f'import {{ {name} }} from "{way if way.startswith(".") else f"./{way}"}";'
    return ""


def _about(symbols: Sequence[Symbol], snapshot: Snapshot) -> tuple[Span, list[Symbol]]:
    """Return what is to be tested: what the selection defines, else what it is in."""
    document = snapshot.document
    lines = split_lines(document.text)
    span = document.whole_lines(snapshot.span)
    first, last = document.line_at(span.start), document.line_at(span.end)
    defined = [one for one in symbols if first <= one.name_line <= last and one.kind in _TESTABLE]
    if defined:
        inside = {one.qualified_name for one in defined}
        return span, [one for one in defined if one.owner not in inside]
    around = definitions_around(symbols, lines, first)
    if not around:
        return span, []
    top, bottom = lines_with_documentation(around[0])
    return _lines(document, top, bottom), [around[0]]


def _lines(document: Document, first: int, last: int) -> Span:
    return Span(document.line_starts[first], document.line_span(last).end)


def _shown(lookup: Lookup, path: str, lines: Sequence[str]) -> ShownTests | None:
    if not any(line.strip() for line in lines):
        return None
    for one in lookup.symbols(path):
        text = "\n".join(lines[one.first_line : one.last_line + 1])
        is_test = "test" in one.name.lower() or "@Test" in text or "[Test" in text
        is_short = one.last_line - one.first_line < _LONGEST_EXAMPLE
        if one.kind in ("function", "method") and is_test and is_short and text:
            return ShownTests(path, lines, (one.first_line, one.last_line))
    return ShownTests(path, lines, _called_test(lines))


def _called_test(lines: Sequence[str]) -> tuple[int, int] | None:
    """Return the lines of the first test that is a call: `it("…", () => {` up to its closing."""
    for first, line in enumerate(lines):
        if not line.lstrip().startswith(("it(", "test(", "it.each", "test.each")):
            continue
        indent = line[: len(line) - len(line.lstrip())]
        for last in range(first, min(first + _LONGEST_EXAMPLE, len(lines))):
            if lines[last].startswith(f"{indent}}})"):
                return first, last
    return None
