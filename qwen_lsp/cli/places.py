"""Places that a user names on the command line, as snapshots: FILE:LINE:COL and FILE:FIRST-LAST."""

import re
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from qwen_lsp.cli.user import user_settings
from qwen_lsp.context.anchor import set_anchor
from qwen_lsp.context.qwen import AFTER, BEFORE
from qwen_lsp.context.snapshot import Snapshot
from qwen_lsp.errors import BadInput
from qwen_lsp.text import Document, Span, language_of

_PLACE = re.compile(r"^(?P<file>.+?)(?::(?P<first>\d+)(?:(?P<kind>[-:])(?P<second>\d+))?)?$")
_FOLDER_MARKS = (".git", "pyproject.toml", "package.json", "go.mod", "Cargo.toml", "pom.xml")


@dataclass(frozen=True, slots=True)
class Place:
    """A file, and what of it was named: nothing, "12", "12:5" or "12-20".

    Attributes:
        path: of the file.
        first: line, 1-based.
        kind: ":" or "-", None where there is no second number.
        second: column or last line, 1-based.
    """

    path: Path
    first: int | None = None
    kind: str | None = None
    second: int | None = None


def parse_place(text: str) -> Place:
    """Read a place; a name that is a file's is one, whatever is in it."""
    match = _PLACE.match(text)
    if match is None or Path(text).exists():
        return Place(Path(text))
    first, second = match["first"], match["second"]
    return Place(
        Path(match["file"]),
        int(first) if first else None,
        match["kind"],
        int(second) if second else None,
    )


def read_document(path: Path) -> Document:
    """Read a file.

    Raises:
        BadInput: it is not there, not text, or cannot be read.
    """
    try:
        text = path.read_bytes().decode("utf-8")
    except FileNotFoundError as error:
        raise BadInput(f"There is no file {path}.") from error
    except UnicodeDecodeError as error:
        raise BadInput(f"{path} is not UTF-8 text; convert it first.") from error
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.") from error
    return Document(path.absolute().as_uri(), language_of(path), 0, text)


def snapshot_at(text: str) -> Snapshot:
    """Return the snapshot of a completion at FILE:LINE:COL; a column past the line is its end.

    Raises:
        BadInput: there is no such place.
    """
    place = parse_place(text)
    if place.first is None or place.kind != ":" or place.second is None:
        raise BadInput(f"{text} is not FILE:LINE:COL, such as main.py:12:5.")
    document = read_document(place.path)
    count = len(document.line_starts)
    if not 1 <= place.first <= count:
        raise BadInput(f"{place.path} has {count} lines, so there is no line {place.first}.")
    line = document.line_span(place.first - 1)
    cursor = min(line.start + max(place.second - 1, 0), line.end)
    snapshot = snapshot_of(place.path, document, Span(cursor, cursor))
    return replace(snapshot, anchor=set_anchor(document, cursor, BEFORE, AFTER), is_invoked=True)


def snapshot_of(path: Path, document: Document, span: Span) -> Snapshot:
    """Return the snapshot of a span of a file."""
    root = root_of(path)
    if root is None:
        return Snapshot(document, span, user_settings(), "", PurePath(path.name))
    inside = path.absolute().relative_to(root)
    return Snapshot(document, span, user_settings(), root.name, inside)


def root_of(path: Path) -> Path | None:
    """Return the workspace folder of a file: the nearest that looks like one, None without one."""
    folders = path.absolute().parents
    marked = (one for one in folders if any((one / mark).exists() for mark in _FOLDER_MARKS))
    return next(marked, None)


def lines_of(path: Path, document: Document, first: int, last: int) -> Span:
    """Return the span of 1-based lines.

    Raises:
        BadInput: the file does not have them.
    """
    count = len(document.line_starts)
    if not 1 <= first <= last <= count:
        raise BadInput(f"{path} has {count} lines, so there are no lines {first} to {last}.")
    return Span(document.line_starts[first - 1], document.line_span(last - 1).end)
