"""What of the workspace may go into a prompt: all that is found for a place, the best first."""

from qwen_lsp.context.choose import fused, snippets_of, text_of
from qwen_lsp.context.in_play import ABOVE, BELOW, names_in_play
from qwen_lsp.context.neighbours import names_of, neighbours_of
from qwen_lsp.context.place import Place, ReadLines
from qwen_lsp.context.related import Related
from qwen_lsp.context.similar_code import similar, usages
from qwen_lsp.context.snapshot import Snapshot
from qwen_lsp.context.snippet import Snippet
from qwen_lsp.index.lookup import Lookup
from qwen_lsp.text import split_lines

# Of similar code, how many windows are read for what they use.
_EXAMPLES = 4


def place_of(lookup: Lookup, path: str, snapshot: Snapshot) -> Place:
    """Return the place of a snapshot's cursor, in a file of the workspace."""
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
    )


def gather(lookup: Lookup, place: Place, read: ReadLines) -> list[tuple[Snippet, ...]]:
    """Return all that was found for a place, the best first, each in its forms."""
    alike = similar(lookup, place, read)
    near = neighbours_of(lookup, place.path, (one.path for one in alike))
    related = Related(lookup, place, names_of(lookup, near))
    texts = [text_of(read(one.path), one.forms[0]) for one in alike[:_EXAMPLES]]
    lists = (
        related.members(),
        related.variables(),
        related.definitions(),
        related.imports(),
        related.bases(),
        alike,
        usages(lookup, place, read),
        related.known_nearby(texts),
    )
    return snippets_of(fused(lists), read)
