"""What an answer of `qwen/edit` does to a document, applied as strictly as an editor may.

An editor refuses an edit of another version. Of ranges that lie outside the document or over one
another each makes what it likes, so here they count as faults.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from lsprotocol import types as lsp

from qwen_lsp.server import convert
from qwen_lsp.text import Document, Replacement, Span, apply


class UncleanEdit(Exception):
    """An edit that an editor could not apply, or would not apply everywhere the same way."""


@dataclass(frozen=True, slots=True)
class ReadEdit:
    """An edit as it came.

    Attributes:
        version: of the document that it is for; None if it does not say.
        replacements: in that document, in the order in which they came.
        foreign: edits of other documents, and files to create, rename or delete.
    """

    version: int | None
    replacements: tuple[Replacement, ...]
    foreign: int


def version_of(edit: dict[str, Any], uri: str) -> int | None:
    """Return the version of a document that an edit is for; None if it does not say."""
    parts = edit.get("documentChanges") or ()
    versions = [one["textDocument"]["version"] for one in parts if _is_of(one, uri)]
    return versions[0] if versions else None


def read_edit(document: Document, edit: dict[str, Any], encoding: str) -> ReadEdit:
    """Read a `WorkspaceEdit` that is plain JSON.

    Raises:
        UncleanEdit: with what is wrong with it.
    """
    parts = edit.get("documentChanges") or ()
    ours = [one for one in parts if _is_of(one, document.uri)]
    texts = [one for part in ours for one in part["edits"]]
    replacements = tuple(
        Replacement(_span(document, one["range"], encoding), one["newText"]) for one in texts
    )
    _check_apart(replacements)
    foreign = len(parts) - len(ours) + len(edit.get("changes") or ())
    return ReadEdit(version_of(edit, document.uri), replacements, foreign)


def one_by_one(
    document: Document, replacements: Iterable[Replacement]
) -> tuple[Document, list[Replacement], list[Replacement]]:
    """Apply replacements from the last to the first, as editors do.

    Returns:
        The document afterwards, the replacements in the order in which they were applied, and
        those that undo them, in the order in which they have to be.
    """
    doing, undoing = [], []
    # Of insertions at one place the one that came last is made first, so that it stands behind.
    ordered = sorted(enumerate(replacements), key=lambda one: (one[1].span.start, one[0]))
    for _number, one in reversed(ordered):
        old = document.text[one.span.start : one.span.end]
        doing.append(one)
        undoing.append(Replacement(Span(one.span.start, one.span.start + len(one.text)), old))
        document = document.replace(one, document.version)
    return document, doing, undoing[::-1]


def edited(document: Document, edit: dict[str, Any], encoding: str) -> tuple[str, int]:
    """Return the document's text after an edit of it, and how many other places it is about.

    Raises:
        UncleanEdit: with what is wrong with it.
    """
    read = read_edit(document, edit, encoding)
    if read.version != document.version:
        raise UncleanEdit(f"it is for version {read.version}, not {document.version}")
    return apply(document.text, read.replacements), read.foreign


def stray_lines(before: str, after: str, region: Span) -> int:
    """Return how many lines outside a region of whole lines are not what and where they were."""
    head, tail = before[: region.start], before[region.end :]
    above, below = head.split("\n")[:-1], tail.split("\n")[1:]
    lines = after.split("\n")
    kept_above = _common(above, lines)
    rest = lines[kept_above:]
    kept_below = _common(below[::-1], rest[::-1])
    return len(above) - kept_above + len(below) - kept_below


def _common(some: list[str], others: list[str]) -> int:
    count = 0
    for one, other in zip(some, others, strict=False):
        if one != other:
            break
        count += 1
    return count


def _is_of(part: dict[str, Any], uri: str) -> bool:
    return bool((part.get("textDocument") or {}).get("uri") == uri)


def _span(document: Document, range_: dict[str, Any], encoding: str) -> Span:
    ends = [lsp.Position(range_[one]["line"], range_[one]["character"]) for one in ("start", "end")]
    span = convert.span_of(document, lsp.Range(*ends), encoding)
    if [convert.position_at(document, at, encoding) for at in (span.start, span.end)] != ends:
        raise UncleanEdit(f"there is no range {range_} in the document")
    return span


def _check_apart(replacements: tuple[Replacement, ...]) -> None:
    ordered = sorted(replacements, key=lambda one: (one.span.start, one.span.end))
    # Insertions may well stand at one place, and where another part begins.
    if any(other.span.start < one.span.end for one, other in pairwise(ordered)):
        raise UncleanEdit("two of its parts are about the same place")
