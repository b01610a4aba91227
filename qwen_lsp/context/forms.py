"""How a definition is shown: forms from the whole of it down to its head, as lines of its file."""

from collections.abc import Mapping, Sequence

from qwen_lsp.context.likeness import likeness
from qwen_lsp.index.facts import OWNERS, Symbol

Ranges = tuple[tuple[int, int], ...]

# A definition of so many lines is shown whole: its body says more than its length costs.
WHOLE_LINES = 8
# Documentation is shown as far as its first lines.
DOC_LINES = 2
# A signature is rarely longer; what is, is a table or a class of another kind.
SIGNATURE_LINES = 12
MOST_MEMBERS = 60


def forms_of(symbol: Symbol, members: Sequence[Symbol], words: Mapping[str, float]) -> list[Ranges]:
    """Return the ranges of lines that show a definition, the longest form first.

    Args:
        symbol: what is shown.
        members: of it in the same file, in order; for a class.
        words: that the names in play are made of, with their weights: members that are most like
            them are in the shorter forms too.
    """
    head = (symbol.first_line, signature_end(symbol))
    doc = _doc_of(symbol)
    is_short = symbol.last_line - symbol.first_line < WHOLE_LINES
    whole = [joined([(symbol.first_line, symbol.last_line)])] if is_short else []
    if symbol.kind not in OWNERS:
        return distinct([*whole, joined([head, *doc]), joined([head])])
    ranked = sorted(members, key=lambda one: -_worth(one, words))
    forms = [*whole]
    for most in (MOST_MEMBERS, MOST_MEMBERS // 2, MOST_MEMBERS // 4, MOST_MEMBERS // 8):
        some = [(one.first_line, signature_end(one)) for one in ranked[:most]]
        forms.append(joined([head, *doc[:1], *some]))
    return distinct([*forms, joined([head])])


def _worth(member: Symbol, words: Mapping[str, float]) -> float:
    is_constructor = member.kind == "constructor" or member.name == "__init__"
    hidden = 0.3 if member.name.startswith("_") and not is_constructor else 0.0
    return likeness(member.name, words) + 0.5 * is_constructor - hidden


def joined(ranges: Sequence[tuple[int, int]]) -> Ranges:
    """Return ranges in order, those that touch or overlap as one."""
    found: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return tuple(found)


def distinct(forms: Sequence[Ranges]) -> list[Ranges]:
    """Return the forms without those that are no shorter than the one before."""
    kept: list[Ranges] = []
    for form in forms:
        if not kept or _length(form) < _length(kept[-1]):
            kept.append(form)
    return kept


def _length(ranges: Ranges) -> int:
    return sum(last - first + 1 for first, last in ranges)


def signature_end(symbol: Symbol) -> int:
    """Return the last line of a definition's head."""
    end = max(symbol.signature_last_line, symbol.name_line)
    return min(end, symbol.first_line + SIGNATURE_LINES - 1, symbol.last_line)


def _doc_of(symbol: Symbol) -> list[tuple[int, int]]:
    if symbol.doc_first_line < 0:
        return []
    first = symbol.doc_first_line
    return [(first, min(symbol.doc_last_line, first + DOC_LINES - 1))]
