"""What an answer means by the names and places in it: definitions and lines of the workspace.

Pure look-ups over the index, so nothing that is ignored, secret or gone is ever found. A wrong link
is worse than none: a name counts only where it is clear which definition it is.
"""

import re
from collections.abc import Iterable, Sequence
from urllib.parse import unquote

from qwen_lsp.context.enclosing import definitions_around
from qwen_lsp.context.place import ReadLines
from qwen_lsp.context.target import Subject, Target
from qwen_lsp.index.facts import OWNERS, Symbol
from qwen_lsp.index.lookup import Lookup
from qwen_lsp.index.stored import Definition

_CALLABLE = frozenset({"function", "method", "constructor", "macro"})
_NAME = re.compile(
    r"(?:(?:self|this|cls)\.)?(?P<name>[^\W\d][\w$]*(?:(?:\.|::|->|#)[^\W\d][\w$]*)*)"
    r"(?P<call>\(.*\))?"
)
_DOT = re.compile(r"\.|::|->|#")
_LINE = re.compile(r"(?P<path>.*?)(?:(?:#L|:L?)(?P<line>\d{1,7})(?:[-:].*)?)?")
# Of what a name has candidates, how many are looked at.
_MOST = 60
# A name that so many go by is not clear.
_FEW = 2
# At the end of an answer, of each kind.
_MOST_SHOWN = 4


def named(lookup: Lookup, subject: Subject, text: str) -> Target | None:
    """Return the definition that a piece of code in an answer names, if it is clear which.

    Args:
        lookup: the workspace.
        subject: what the answer is about.
        text: such as `Stock`, `self.reserve`, `Stock.reserve()` or `pkg::Stock`.
    """
    match = _NAME.fullmatch(text.strip())
    if match is None:
        return None
    *owners, name = _DOT.split(match["name"])
    found = lookup.view.definitions(name, _MOST)
    if owners:
        found = [one for one in found if _belongs(one, owners[-1])]
    is_called = match["call"] is not None
    candidates = [one for one in found if _is_likely(one, subject, owners, is_called=is_called)]
    best = _one(candidates, subject)
    return None if best is None else target_of(best)


def cited(lookup: Lookup, subject: Subject, text: str, read: ReadLines) -> Target | None:
    """Return the place that `src/shop.py:12`, `shop.py#L12` or a file's URI means, if it exists.

    Args:
        lookup: the workspace.
        subject: what the answer is about.
        text: as the model wrote it.
        read: gives the lines of files.
    """
    text = unquote(text.strip().strip("<>")).removeprefix("file://")
    match = _LINE.fullmatch(text)
    if match is None or not match["path"] or "://" in text:
        return None
    path = match["path"].removeprefix(f"{subject.root}/").removeprefix("./")
    known = _file(lookup, subject, path)
    if not known:
        return None
    line = int(match["line"] or 1)
    return Target(known, line) if 1 <= line <= len(read(known)) else None


def defined_in(lookup: Lookup, subject: Subject) -> list[Target]:
    """Return the definitions among the snippets, in order: where what the code uses is defined."""
    found: dict[Target, None] = {}
    for one in subject.snippets:
        if one.source in {"usage", "similar", "recent"} or one.path == subject.path:
            continue
        symbols = lookup.symbols(one.path)
        symbol = next((each for each in symbols if each.first_line == one.first_line), None)
        if symbol is not None:
            found[target_of(Definition(one.path, symbol))] = None
    return list(found)[-_MOST_SHOWN:]


def called_from(lookup: Lookup, subject: Subject, read: ReadLines) -> list[Target]:
    """Return where the code is called from, as far as the snippets show it, in order."""
    found: dict[Target, None] = {}
    for one in subject.snippets:
        if one.source != "usage":
            continue
        line = (one.first_line + one.last_line) // 2
        around = definitions_around(lookup.symbols(one.path), read(one.path), line)
        if around:
            found[Target(one.path, around[0].name_line + 1, around[0].name)] = None
        else:
            found[Target(one.path, line + 1)] = None
    return list(found)[-_MOST_SHOWN:]


def target_of(one: Definition) -> Target:
    """Return where a definition's name stands."""
    return Target(one.path, one.symbol.name_line + 1, one.symbol.name)


def _belongs(one: Definition, owner: str) -> bool:
    """Whether something is a member of what goes by a name, or of a file that is called so."""
    stem = one.path.rpartition("/")[2].partition(".")[0]
    return one.symbol.owner.rpartition(".")[2] == owner or (not one.symbol.owner and stem == owner)


def _is_likely(
    one: Definition, subject: Subject, owners: Sequence[str], *, is_called: bool
) -> bool:
    """Whether a name without more can mean this: a variable often goes by a name of elsewhere."""
    symbol = one.symbol
    if symbol.kind in OWNERS or symbol.kind in {"type", "constant"} or owners:
        return symbol.kind != "section"
    if symbol.kind in _CALLABLE:
        is_used = re.search(rf"\b{re.escape(symbol.name)}\s*\(", subject.code) is not None
        return is_called or is_used or one.path == subject.path or not subject.code
    member = re.search(rf"(?:\.|->|::){re.escape(symbol.name)}\b", subject.code)
    return one.path == subject.path and (not symbol.owner or member is not None)


def _one(candidates: Sequence[Definition], subject: Subject) -> Definition | None:
    """Return the definition that is meant, None where it is not clear."""
    near = {one.path for one in subject.snippets}
    in_code = [one for one in candidates if one.path == subject.path and _heads(one, subject.code)]
    own = [one for one in candidates if one.path == subject.path]
    shown = [one for one in candidates if one.path in near]
    for some in (in_code, own, shown, candidates):
        if len(some) == 1:
            return some[0]
        if some:
            # A class and its constructor, or overloads, are one thing to a reader.
            owners = [one for one in some if one.symbol.kind in OWNERS]
            return owners[0] if len(owners) == 1 else None
    return None


def _heads(one: Definition, code: str) -> bool:
    pattern = rf"\b(?:def|function|func|fn|class|struct|interface)\s+{re.escape(one.symbol.name)}\b"
    return re.search(pattern, code) is not None


def _file(lookup: Lookup, subject: Subject, path: str) -> str:
    """Return the file of the index that a path means, "" without one or with several."""
    if lookup.view.language(path):
        return path
    beside = f"{subject.path.rpartition('/')[0]}/{path}"
    if lookup.view.language(beside):
        return beside
    ends = [one for one in lookup.view.paths() if one.endswith(f"/{path}")]
    return ends[0] if len(ends) == 1 else ""


def symbol_at(
    lookup: Lookup, path: str, lines: Sequence[str], line: int, column: int
) -> Definition | None:
    """Return what is explained at a cursor: the definition of the name there, else around it.

    Args:
        lookup: the workspace.
        path: of the document in it.
        lines: of the document.
        line: of the cursor, 0-based.
        column: of the cursor, 0-based.
    """
    name = _name_at(lines[line], column)
    is_member = re.search(rf"(?:\.|->|::)\s*{re.escape(name)}\b", lines[line]) is not None
    meant = lookup.meanings(path, [name], _FEW)[name] if name else []
    likely = [(one, is_seen) for one, is_seen in meant if is_member or not one.symbol.owner]
    for one, is_seen in likely[:1]:
        is_clear = len(likely) == 1 and one.symbol.kind in OWNERS | _CALLABLE
        if is_seen or is_clear:
            return one
    around = definitions_around(lookup.symbols(path), lines, line)
    return Definition(path, around[0]) if around else None


def symbol_named(symbols: Iterable[Symbol], name: str) -> Symbol | None:
    """Return the symbol of a file that goes by a name or a qualified name, the outermost first."""
    found = [one for one in symbols if name in (one.name, one.qualified_name)]
    return min(found, key=lambda one: one.owner.count(".") + bool(one.owner), default=None)


def _name_at(line: str, column: int) -> str:
    for match in re.finditer(r"[^\W\d]\w*", line):
        if match.start() <= column <= match.end():
            return match.group()
    return ""
