"""Recorded typing: which file, which keys, when; and the buffer that an editor makes of them.

`tests/bench/sessions/README.md` describes the format. A session names its places in the file by
the text of a line, never by a number, so the file may change a little between versions.
"""

import importlib.util
import json
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from qwen_lsp.text import Document, Replacement, Span, indentation, language_of

Kind = Literal["char", "enter", "backspace", "down", "jump", "accept", "pause"]

CLOSERS = ")]},;:"  # before these, and before blanks, an editor closes a bracket by itself


class SessionError(Exception):
    """A session cannot be replayed here; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Event:
    """One key, jump, accept or pause.

    Attributes:
        kind: what happens.
        ms: after the event before; of a pause: how long the user looks at least.
        text: the character; the new line's indentation (None: the editor's own); the line to jump
            to; or what is typed where there is nothing to accept.
        after: of a jump: the cursor goes behind this text in that line; None: to its end.
    """

    kind: Kind
    ms: float
    text: str | None = None
    after: str | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """A recorded session and the text it starts from."""

    name: str
    path: Path
    text: str
    events: tuple[Event, ...]
    pairs: tuple[str, ...]
    indent: int

    @property
    def language(self) -> str:
        return language_of(self.path)

    @property
    def keys(self) -> int:
        return sum(one.kind in ("char", "enter", "backspace", "accept") for one in self.events)


def load_all(folder: Path) -> list[Session]:
    """Read every `*.json` of a folder, by name.

    Raises:
        SessionError: one of them does not fit the files that are installed here.
    """
    sessions = [load(path) for path in sorted(folder.glob("*.json"))]
    if not sessions:
        raise SessionError(f"There is no session (*.json) in {folder}.")
    return sessions


def load(path: Path) -> Session:
    record = json.loads(path.read_text(encoding="utf-8"))
    file = _locate(record["file"], path.parent)
    # Neovim and Vim give every plugin lines that end in "\n", whatever the file on disk has.
    text = file.read_text(encoding="utf-8").replace("\r\n", "\n")
    least, most = record.get("lines", [300, 2000])
    count = text.count("\n")
    if not least <= count <= most:
        raise SessionError(f"{path.name} wants {least} to {most} lines; {file} has {count}.")
    events = tuple(one for raw in record["events"] for one in _events(raw))
    lines = text.split("\n")
    for event in events:
        if event.kind == "jump" and lines.count(event.text or "") != 1:
            found = lines.count(event.text or "")
            raise SessionError(f"{path.name}: the line {event.text!r} is {found} times in {file}.")
    return Session(
        path.stem,
        file,
        text,
        events,
        tuple(record.get("pairs", ["()", "[]", "{}", '""'])),
        record.get("indent", 4),
    )


def _locate(where: str, folder: Path) -> Path:
    """Find `stdlib:NAME`, `package:NAME/PATH`, or a path (relative ones beside the session)."""
    kind, _, rest = where.partition(":")
    if kind == "stdlib":
        path = Path(sysconfig.get_paths()["stdlib"]) / rest
    elif kind == "package":
        package, _, inside = rest.partition("/")
        spec = importlib.util.find_spec(package)
        if spec is None or not spec.submodule_search_locations:
            raise SessionError(f"The package {package} is not installed; `pip install .[bench]`.")
        path = Path(next(iter(spec.submodule_search_locations))) / inside
    else:
        path = folder / where
    if not path.is_file():
        raise SessionError(f"{where} is not there ({path}).")
    return path


def _events(raw: dict[str, Any]) -> Iterator[Event]:
    ms = raw.get("ms", 180)
    if "type" in raw:
        times = ms if isinstance(ms, list) else [ms] * len(raw["type"])
        yield from (Event("char", time, key) for key, time in zip(raw["type"], times, strict=True))
    elif "backspace" in raw:
        count = int(raw["backspace"])
        times = ms if isinstance(ms, list) else [ms] * count
        yield from (Event("backspace", time) for _, time in zip(range(count), times, strict=True))
    elif "enter" in raw:
        given = raw["enter"]
        yield Event("enter", ms, given if isinstance(given, str) else None)
    elif "down" in raw:
        yield from (Event("down", ms) for _ in range(int(raw["down"])))
    elif "jump" in raw:
        yield Event("jump", ms, raw["jump"], raw.get("after"))
    elif "accept" in raw:
        yield Event("accept", ms, raw["accept"])
    elif "pause" in raw:
        yield Event("pause", float(raw["pause"]))
    else:
        raise SessionError(f"Not an event: {raw}.")


class Buffer:
    """The text and the cursor, and what an editor with auto-closed brackets does with keys.

    Every method returns the one replacement it made, or None where only the cursor moved.
    """

    def __init__(self, session: Session, uri: str) -> None:
        self.document = Document(uri, session.language, 1, session.text)
        self.cursor = 0
        self._session = session

    @property
    def before(self) -> str:
        """The cursor's line up to the cursor."""
        start = self.document.line_starts[self.document.line_at(self.cursor)]
        return self.document.text[start : self.cursor]

    @property
    def after(self) -> str:
        """The rest of the cursor's line."""
        end = self.document.line_span(self.document.line_at(self.cursor)).end
        return self.document.text[self.cursor : end]

    def press(self, key: str) -> Replacement | None:
        """Type a character: brackets close themselves, and their closer is stepped over."""
        pairs = self._session.pairs
        rest, is_quote = self.after[:1], key in "\"'`"
        if rest == key and any(key == pair[1] for pair in pairs):
            self.cursor += 1
            return None
        closer = next((pair[1] for pair in pairs if pair[0] == key), "")
        in_word = is_quote and (self.before[-1:].isalnum() or self.before[-1:] == key)
        if in_word or not (not rest or rest.isspace() or rest in CLOSERS):
            closer = ""
        return self.insert(key + closer, len(key))

    def enter(self, indent: str | None) -> Replacement:
        """Break the line; between a pair of brackets the closer gets a line of its own."""
        before, here = self.before, indentation(self.before)
        opens = before.rstrip()[-1:] in ("(", "[", "{", ":") and bool(before.strip())
        if indent is None:
            indent = here + " " * (self._session.indent if opens else 0)
        inside = f"{before[-1:]}{self.after[:1]}" in ("()", "[]", "{}")
        tail = f"\n{here}" if inside else ""
        return self.insert(f"\n{indent}{tail}", 1 + len(indent))

    def backspace(self) -> Replacement | None:
        """Delete what one backspace deletes: a character, an empty pair, or an indentation."""
        before = self.before
        first = last = self.cursor
        if before and not before.strip():
            first -= (len(before) - 1) % self._session.indent + 1
        elif self.cursor:
            first -= 1
            if f"{before[-1:]}{self.after[:1]}" in self._session.pairs:
                last += 1
        if first == last:
            return None
        return self.replace(Span(first, last), "", first)

    def jump(self, line: str, after: str | None) -> None:
        """Move the cursor to the one line with that text.

        Raises:
            SessionError: there is no such line any more.
        """
        lines = self.document.text.split("\n")
        if line not in lines:
            raise SessionError(f"{self._session.name}: the line {line!r} is gone from the text.")
        number = lines.index(line)
        column = line.index(after) + len(after) if after is not None else len(line)
        self.cursor = self.document.line_starts[number] + column

    def down(self) -> None:
        """Move the cursor to the end of the next line."""
        line = self.document.line_at(self.cursor) + 1
        self.cursor = self.document.line_span(min(line, len(self.document.line_starts) - 1)).end

    def insert(self, text: str, cursor_moves: int | None = None) -> Replacement:
        end = self.cursor + (len(text) if cursor_moves is None else cursor_moves)
        return self.replace(Span(self.cursor, self.cursor), text, end)

    def replace(self, span: Span, text: str, cursor: int) -> Replacement:
        replacement = Replacement(span, text)
        self.document = self.document.replace(replacement, self.document.version + 1)
        self.cursor = cursor
        return replacement
