"""What of the workspace may go into the prompt about a selection: an edit's or an explanation's.

Definitions of what the selected code uses, the bases of its class, and who calls what it defines.
The same selection in the same workspace gives the same text, so a prompt can be warmed with it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from qwen_lsp.context.chat_parts import windows
from qwen_lsp.context.enclosing import definitions_around, heads_above
from qwen_lsp.context.forms import Ranges
from qwen_lsp.context.gather import forms_found
from qwen_lsp.context.in_play import names_selected
from qwen_lsp.context.likeness import weights_of_words
from qwen_lsp.context.neighbours import names_of, neighbours_of
from qwen_lsp.context.place import Candidate, Place, ReadLines
from qwen_lsp.context.related import Related
from qwen_lsp.context.snapshot import Snapshot
from qwen_lsp.context.snippet import Snippet
from qwen_lsp.index.facts import Symbol
from qwen_lsp.index.lookup import Lookup
from qwen_lsp.index.stored import Definition, Usage
from qwen_lsp.text import split_lines

# Of what a selection defines, whose callers are looked for, and how many are shown of each.
_MOST_CALLED, _MOST_CALLERS = 3, 4
# Lines of a caller on either side of the call.
_AROUND_CALL = 2
# Of a name that more define, only callers that can see this definition are believed.
_FEW = 2
_CALLABLE = frozenset({"function", "method", "constructor", "class", "struct"})


@dataclass(frozen=True, slots=True)
class Gathered:
    """What was found for a selection.

    Attributes:
        forms: of each thing found, the best thing and its longest form first.
        heads: lines of the document with the heads of what the selection is in.
    """

    forms: list[tuple[Snippet, ...]]
    heads: Ranges


def gather_selection(  # noqa: PLR0913 - the collaborators of one verb, each named
    lookup: Lookup,
    path: str,
    snapshot: Snapshot,
    read: ReadLines,
    budget: int,
    *,
    wants_callers: bool,
) -> Gathered:
    """Return what was found for the snapshot's selection, which is widened to whole lines.

    Args:
        lookup: the workspace.
        path: of the document in it.
        snapshot: the selection is its span.
        read: gives the lines of files.
        budget: tokens to fill; about as much more is found as may be left out.
        wants_callers: whether to look for who calls what the selection defines.
    """
    read = cache(read)  # of each file once
    place, last = _place_of(lookup, path, snapshot)
    around = definitions_around(place.facts.symbols, place.lines, place.line)
    outermost = min((one.first_line for one in around), default=place.line)
    nearby = names_of(lookup, neighbours_of(lookup, path))
    related = Related(lookup, place, nearby, place.lines[outermost : last + 1])
    lists = [related.variables(), related.definitions(), related.bases()]
    if wants_callers:
        lists.append(_callers(lookup, place, last, read))
    words = weights_of_words(place.names)
    forms = forms_found(lookup, lists, words, read, budget) if budget else []
    return Gathered(forms, heads_above(around, place.line, place.shown[0]))


def _place_of(lookup: Lookup, path: str, snapshot: Snapshot) -> tuple[Place, int]:
    """Return the place of a selection, at its first line that is not blank, and its last line."""
    document = snapshot.document
    lines = split_lines(document.text)
    span = document.whole_lines(snapshot.span)
    first, last = document.line_at(span.start), document.line_at(span.end)
    line = next((one for one in range(first, last + 1) if lines[one].strip()), first)
    above, below = windows(snapshot)
    return Place(
        path,
        lines,
        line,
        lines[line],
        "",
        (document.line_at(above.start), document.line_at(below.end)),
        lookup.view.facts(path),
        tuple(names_selected(lines[first : last + 1])),
    ), last


def _callers(lookup: Lookup, place: Place, last: int, read: ReadLines) -> list[Candidate]:
    """Return calls of what the selection defines, those of files that can see it first."""
    found = []
    for symbol in _called(place.facts.symbols, place.line, last):
        places = _calls(lookup, place, symbol, read)
        for path, line in list(places)[:_MOST_CALLERS]:
            lines = read(path)
            top, bottom = max(line - _AROUND_CALL, 0), min(line + _AROUND_CALL, len(lines) - 1)
            if path == place.path:
                # Up to what is shown anyway, and from there on.
                top = max(top, place.shown[1] + 1) if line > place.shown[1] else top
                bottom = min(bottom, place.shown[0] - 1) if line < place.shown[0] else bottom
            reason = f"calls `{symbol.name}`"
            found.append(Candidate(path, "usage", reason, (top, bottom)))
    return found


def _called(symbols: Sequence[Symbol], first: int, last: int) -> list[Symbol]:
    """Return what the selected lines define and others may call, by the name it is called by."""
    defined = [one for one in symbols if first <= one.name_line <= last and one.kind in _CALLABLE]
    found: dict[str, Symbol] = {}
    for one in defined:
        # A constructor goes by its class's name.
        is_constructor = one.kind == "constructor" or one.name == "__init__"
        owner = next((each for each in symbols if each.qualified_name == one.owner), None)
        called = owner if is_constructor and owner is not None else one
        found.setdefault(called.name, called)
    return list(found.values())[:_MOST_CALLED]


def _calls(
    lookup: Lookup, place: Place, symbol: Symbol, read: ReadLines
) -> Iterator[tuple[str, int]]:
    """Yield file and line of calls that the prompt does not show anyway: one of each file first."""
    definition = Definition(place.path, symbol)
    usages = lookup.callers(definition)
    if len(lookup.definitions(place.path, symbol.name, _FEW + 1)) > _FEW:
        usages = [one for one in usages if _sees(lookup, one, place.path)]
    calls = [
        (rank, usage.path, line)
        for usage in usages
        if usage.kind == "call"
        for rank, line in enumerate(usage.lines)
    ]
    for _, path, line in sorted(calls, key=lambda one: one[0]):
        lines = read(path)
        # What is known of the file may be older than the file.
        if line < len(lines) and symbol.name in lines[line] and not place.shows(path, line, line):
            yield path, line


def _sees(lookup: Lookup, usage: Usage, path: str) -> bool:
    return usage.path == path or any(path in files for _, files in lookup.imports(usage.path))
