"""What of the workspace may go into a prompt: all that is found for a place, the best first."""

from collections.abc import Mapping, Sequence
from functools import cache
from types import MappingProxyType

from qwen_lsp.context.choose import fused, snippets_of
from qwen_lsp.context.forms import Ranges, forms_of, heads_of
from qwen_lsp.context.in_play import ABOVE, BELOW, names_in_play
from qwen_lsp.context.known_lines import known_lines
from qwen_lsp.context.likeness import weights_of_words
from qwen_lsp.context.neighbours import names_of, neighbours_of
from qwen_lsp.context.place import Candidate, Place, ReadLines
from qwen_lsp.context.related import Related
from qwen_lsp.context.similar_code import similar, usages
from qwen_lsp.context.snapshot import Snapshot
from qwen_lsp.context.snippet import Snippet
from qwen_lsp.index.facts import OWNERS, Symbol
from qwen_lsp.index.lookup import Lookup
from qwen_lsp.index.receiver import receiver_of
from qwen_lsp.text import split_lines
from qwen_lsp.tokens import estimated_tokens
from qwen_lsp.wire import Likely

# Of similar code, how many windows are read for what they use.
_EXAMPLES = 4
# Of places edited lately, how many are shown, and with how many lines on either side.
_MOST_EDITED, _AROUND_EDIT = 6, 4
# Of what is found, as much is read and counted in tokens as may possibly fit.
_SURPLUS = 1.5
_NO_PATHS: Mapping[str, str] = MappingProxyType({})


def place_of(
    lookup: Lookup, path: str, snapshot: Snapshot, paths: Mapping[str, str] = _NO_PATHS
) -> Place:
    """Return the place of a snapshot's cursor, in a file of the workspace.

    Args:
        lookup: the workspace.
        path: of the document in it.
        snapshot: the cursor.
        paths: in the workspace, of documents by their URIs.
    """
    document, anchor, line = snapshot.document, snapshot.anchor, snapshot.line
    lines = split_lines(document.text)
    shown = (line, line)
    if anchor is not None:
        shown = (document.line_at(anchor.start), line + len(split_lines(anchor.below)) - 1)
    facts = lookup.view.facts(path)
    # To import a name is not to use it.
    imports = {one.line for one in facts.imports}
    code = ["" if number in imports else text for number, text in enumerate(lines)]
    names = names_in_play(
        [*code[max(line - ABOVE, 0) : line], snapshot.before_cursor],
        [snapshot.after_cursor, *code[line + 1 : line + 1 + BELOW]],
    )
    return Place(
        path,
        lines,
        line,
        snapshot.before_cursor,
        snapshot.after_cursor,
        shown,
        facts,
        tuple(names),
        tuple(
            (paths[one.uri], one.first, one.last)
            for one in snapshot.recent.visits
            if one.uri in paths
        ),
    )


def recent(place: Place, read: ReadLines) -> list[Candidate]:
    """Return what was edited lately, as it is now, the newest first."""
    found = []
    for path, first, last in place.edited[:_MOST_EDITED]:
        lines = read(path)
        top, bottom = max(first - _AROUND_EDIT, 0), min(last + _AROUND_EDIT, len(lines) - 1)
        if top <= bottom and not place.shows(path, top, bottom):
            found.append(Candidate(path, "recent", "edited lately", (top, bottom)))
    return found


def gather(lookup: Lookup, place: Place, read: ReadLines, budget: int) -> list[tuple[Snippet, ...]]:
    """Return what was found for a place, the best first, each thing in its forms.

    Args:
        lookup: the workspace.
        place: the cursor.
        read: gives the lines of files.
        budget: tokens to fill; about as much more is found as may be left out.
    """
    read = cache(read)  # of each file once
    alike = similar(lookup, place, read)
    near = neighbours_of(lookup, place.path, (one.path for one in alike))
    related = Related(lookup, place, names_of(lookup, near))
    lists = (
        related.members(),
        related.variables(),
        related.definitions(),
        related.imports(),
        related.bases(),
        alike,
        usages(lookup, place, read),
        recent(place, read),
        related.known_nearby(_text_of(one, read) for one in alike[:_EXAMPLES]),
    )
    return forms_found(lookup, lists, weights_of_words(place.names), read, budget)


def likely_at(lookup: Lookup, place: Place, read: ReadLines) -> tuple[Likely, ...]:
    """Return what may follow the cursor: members behind a dot, and lines of similar code."""
    members: tuple[Likely, ...] = ()
    if receiver_of(place.before):
        near = neighbours_of(lookup, place.path, ())
        related = Related(lookup, place, names_of(lookup, near))
        members = related.known_members().likely(place.before)
    return (*members, *known_lines(lookup, place, read))


def forms_found(
    lookup: Lookup,
    lists: Sequence[Sequence[Candidate]],
    words: Mapping[str, float],
    read: ReadLines,
    budget: int,
) -> list[tuple[Snippet, ...]]:
    """Return what ranked lists hold, the best first, each thing in its forms.

    Args:
        lookup: the workspace.
        lists: of candidates.
        words: that the names in play are made of, with their weights.
        read: gives the lines of files.
        budget: tokens to fill; about as much more is read as may be left out.
    """

    def forms(one: Candidate) -> tuple[Sequence[Ranges], Mapping[int, int]]:
        if not isinstance(one.what, Symbol):
            return [(one.what,)], {}
        name = one.what.qualified_name
        members = lookup.owned(one.path, name) if one.what.kind in OWNERS else ()
        return forms_of(one.what, members, words), heads_of([one.what, *members])

    found, tokens = list[tuple[Snippet, ...]](), 0
    for each in snippets_of(fused(lists), forms, read):
        found.append(each)
        tokens += estimated_tokens(each[-1].text)
        if tokens > budget * _SURPLUS:
            break
    return found


def _text_of(one: Candidate, read: ReadLines) -> str:
    what = one.what
    return "" if isinstance(what, Symbol) else "\n".join(read(one.path)[what[0] : what[1] + 1])
