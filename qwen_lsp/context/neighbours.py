"""Names that files near the document know: what it may use without saying so yet.

A name that is being typed is often not imported yet, and a file that is new imports nothing; the
files beside it show where such names come from.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice, takewhile

from qwen_lsp.context.family import family_of
from qwen_lsp.index.declared import last_part
from qwen_lsp.index.facts import Import
from qwen_lsp.index.lookup import Lookup
from qwen_lsp.index.stored import Definition

MOST_FILES = 16


@dataclass(frozen=True, slots=True)
class Known:
    """Where a name comes from: files, and how many of the neighbours take it from there."""

    files: tuple[str, ...]
    original: str
    count: int


def neighbours_of(lookup: Lookup, path: str, also: Iterable[str] = ()) -> list[str]:
    """Return files of the same language that the document has most in common with.

    Args:
        lookup: the workspace.
        path: of the document.
        also: files that are known to be alike.
    """
    folder, _, own = path.rpartition("/")
    beside = sorted(
        (one for one in lookup.files_in(folder) if one != path),
        key=lambda one: -_common(one.rpartition("/")[2], own),
    )
    files = dict.fromkeys([*beside[: MOST_FILES // 2], *also, *beside])
    same = (one for one in files if one != path and family_of(one) == family_of(path))
    return list(islice(same, MOST_FILES))


def names_of(lookup: Lookup, files: Sequence[str]) -> dict[str, Known]:
    """Return the names that files import from the workspace, or define on their top level."""
    found: dict[str, Known] = {}
    for path in files:
        for one, targets in lookup.imports(path):
            name = name_of_import(one)
            if targets and name not in ("", "*"):
                known = found.get(name)
                count = known.count + 1 if known else 1
                found[name] = Known(known.files if known else targets, one.name, count)
        for name in lookup.names(path):
            if name not in found:
                found[name] = Known((path,), name, 0)
    return found


def definition_of(
    lookup: Lookup, known: Known, defined: Sequence[Definition] = ()
) -> Definition | None:
    """Return the definition that a known name means, None if it is a module or not found.

    Args:
        lookup: the workspace.
        known: the name.
        defined: definitions of it that have been looked up; there may be others.
    """
    if not known.original:
        return None
    for path in known.files[:2]:
        for one in defined:
            if one.path == path and not one.symbol.owner:
                return one
        for symbol in lookup.named(path, [known.original]):
            return Definition(path, symbol)
    # It may only be passed on there.
    return next(iter(lookup.definitions(known.files[0], known.original, 1)), None)


def name_of_import(one: Import) -> str:
    """Return what an import is called in its file."""
    return one.alias or one.name or last_part(one.module)


def _common(name: str, other: str) -> int:
    """Return with how many same characters two file names begin."""
    pairs = zip(name, other, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
