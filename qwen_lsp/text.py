r"""Documents as values, and arithmetic on their text.

Offsets are code points into `Document.text`; lines are 0-based and end at "\n", "\r\n" or "\r", the
three ends LSP knows (str.splitlines knows eight more and would corrupt a file with a form feed).
"""

import re
from bisect import bisect_right
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from itertools import pairwise
from pathlib import PurePath

_LINE_END = re.compile(r"\r\n|\n|\r")
_INDENTATION = re.compile(r"[ \t]*")


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a text: offsets of its start and its end (exclusive), in code points."""

    start: int
    end: int

    @property
    def is_empty(self) -> bool:
        """Whether it holds no text."""
        return self.start == self.end


@dataclass(frozen=True, slots=True)
class Replacement:
    """New text for a span."""

    span: Span
    text: str


@dataclass(frozen=True)
class Document:
    """An open document at one version.

    Attributes:
        uri: as the client writes it.
        language: LSP language id, such as "python"; "" if unknown.
        version: the client's number for this text.
        text: everything in it.
    """

    uri: str
    language: str
    version: int
    text: str

    @cached_property
    def line_starts(self) -> list[int]:
        """Offset of each line's first character; after a last line end comes an empty line."""
        return [0, *(match.end() for match in _LINE_END.finditer(self.text))]

    @cached_property
    def line_end(self) -> str:
        r"""The line end that the document uses: that of its first line, "\n" if it has one line."""
        match = _LINE_END.search(self.text)
        return match.group() if match else "\n"

    def line_at(self, offset: int) -> int:
        """Return the number of the line that holds an offset."""
        return bisect_right(self.line_starts, offset) - 1

    def line_span(self, line: int) -> Span:
        """Return the span of a line without its line end."""
        start = self.line_starts[line]
        if line + 1 == len(self.line_starts):
            return Span(start, len(self.text))
        end = self.line_starts[line + 1]
        ends_in_crlf = self.text[start:end].endswith("\r\n")
        return Span(start, end - (2 if ends_in_crlf else 1))

    def line_text(self, line: int) -> str:
        """Return a line without its line end."""
        span = self.line_span(line)
        return self.text[span.start : span.end]

    def whole_lines(self, span: Span) -> Span:
        """Widen a span to whole lines, the last line's end left out.

        A span that ends at the very start of a line does not touch that line: editors select
        "three lines" that way.
        """
        first = self.line_at(span.start)
        last = self.line_at(span.end)
        if last > first and span.end == self.line_starts[last]:
            last -= 1
        return Span(self.line_starts[first], self.line_span(last).end)

    def replace(self, replacement: Replacement, version: int) -> "Document":
        """Return the next version, in which one span has new text."""
        span = replacement.span
        changed = Document(
            self.uri,
            self.language,
            version,
            self.text[: span.start] + replacement.text + self.text[span.end :],
        )
        if "line_starts" in self.__dict__:
            # Typing must not cost a scan of the whole text: only lines that were touched are read.
            changed.__dict__["line_starts"] = self._shifted_starts(changed.text, replacement)
        return changed

    def _shifted_starts(self, text: str, replacement: Replacement) -> list[int]:
        span, starts = replacement.span, self.line_starts
        grown = len(replacement.text) - (span.end - span.start)
        # A line more on either side: an edit between "\r" and "\n" joins or splits a line end.
        first = max(self.line_at(span.start) - 1, 0)
        below = self.line_at(span.end) + 2
        if below >= len(starts):
            fresh = [match.end() for match in _LINE_END.finditer(text, starts[first])]
            return [*starts[: first + 1], *fresh]
        read_to = starts[below] + grown
        fresh = [match.end() for match in _LINE_END.finditer(text, starts[first], read_to)]
        tail = [start + grown for start in starts[below + 1 :]]
        return [*starts[: first + 1], *fresh, *tail]


def indentation(line: str) -> str:
    """Return the blanks and tabs a line begins with."""
    match = _INDENTATION.match(line)
    return match.group() if match else ""


def common_indentation(lines: list[str]) -> str:
    """Return what all lines that are not blank begin with, of blanks and tabs."""
    found = [indentation(line) for line in lines if line.strip()]
    if not found:
        return ""
    shortest = min(found, key=len)
    while not all(one.startswith(shortest) for one in found):
        shortest = shortest[:-1]
    return shortest


def split_lines(text: str) -> list[str]:
    """Split at LSP's line ends; the ends are left out."""
    return _LINE_END.split(text) if "\r" in text else text.split("\n")


def plain(text: str) -> str:
    r"""Return the text with every line end as "\n", the only one that models saw much of."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def lines_with_ends(text: str) -> list[str]:
    """Split after LSP's line ends; the ends stay."""
    starts = [0, *(match.end() for match in _LINE_END.finditer(text)), len(text)]
    lines = [text[start:end] for start, end in pairwise(starts)]
    return lines if lines[-1] else lines[:-1]


def difference(old: str, new: str) -> Replacement:
    """Return one replacement that makes `new` of `old`: all but what begins and ends alike."""
    start = _common(old, new, min(len(old), len(new)), from_end=False)
    end = _common(old, new, min(len(old), len(new)) - start, from_end=True)
    return Replacement(Span(start, len(old) - end), new[start : len(new) - end])


def _common(old: str, new: str, most: int, *, from_end: bool) -> int:
    """Return how many characters, at most `most`, two texts begin or end with alike."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        is_same = (
            old[len(old) - middle : len(old) - low] == new[len(new) - middle : len(new) - low]
            if from_end
            else old[low:middle] == new[low:middle]
        )
        low, high = (middle, high) if is_same else (low, middle - 1)
    return low


def line_changes(document: Document, span: Span, new_text: str) -> tuple[Replacement, ...]:
    """Return the fewest line replacements that turn whole lines `span` into `new_text`.

    `new_text` comes with any line end and gets the document's; the span's last line end is not
    part of either.
    """
    first = document.line_at(span.start)
    last = document.line_at(span.end)
    old = [document.line_text(line) for line in range(first, last + 1)]
    new = split_lines(new_text)
    changes = []
    for tag, old_start, old_end, new_start, new_end in SequenceMatcher(
        None, old, new, autojunk=False
    ).get_opcodes():
        if tag == "equal":
            continue
        text = document.line_end.join(new[new_start:new_end])
        if old_start == old_end:
            changes.append(_insertion(document, first + old_start, last, text))
        elif new_start == new_end:
            changes.append(_deletion(document, first + old_start, first + old_end - 1, last))
        else:
            start = document.line_span(first + old_start).start
            changes.append(
                Replacement(Span(start, document.line_span(first + old_end - 1).end), text)
            )
    return tuple(changes)


def _insertion(document: Document, line: int, last: int, text: str) -> Replacement:
    if line <= last:
        start = document.line_starts[line]
        return Replacement(Span(start, start), text + document.line_end)
    end = document.line_span(last).end
    return Replacement(Span(end, end), document.line_end + text)


def _deletion(document: Document, first: int, last: int, region_last: int) -> Replacement:
    if last < region_last:
        return Replacement(Span(document.line_starts[first], document.line_starts[last + 1]), "")
    # The region's last line keeps its own line end, so the one before the deleted lines goes.
    start = document.line_span(first - 1).end if first > 0 else 0
    return Replacement(Span(start, document.line_span(last).end), "")


def apply(text: str, replacements: tuple[Replacement, ...]) -> str:
    """Return the text with non-overlapping replacements carried out.

    Insertions at one offset come out in the order in which they stand, as LSP has it.
    """
    parts, position = [], 0
    for replacement in sorted(replacements, key=lambda one: one.span.start):
        parts += [text[position : replacement.span.start], replacement.text]
        position = replacement.span.end
    return "".join([*parts, text[position:]])


LANGUAGES_BY_SUFFIX = {
    ".py": "python",
    ".pyi": "python",
    ".js": "javascript",
    ".jsx": "javascriptreact",
    ".ts": "typescript",
    ".tsx": "typescriptreact",
    ".java": "java",
    ".go": "go",
    ".rs": "rust",
    ".c": "c",
    ".h": "c",
    ".cc": "cpp",
    ".cpp": "cpp",
    ".hpp": "cpp",
    ".cs": "csharp",
    ".rb": "ruby",
    ".php": "php",
    ".kt": "kotlin",
    ".swift": "swift",
    ".scala": "scala",
    ".lua": "lua",
    ".sh": "shellscript",
    ".html": "html",
    ".css": "css",
    ".json": "json",
    ".yaml": "yaml",
    ".yml": "yaml",
    ".toml": "toml",
    ".md": "markdown",
}


def language_of(path: PurePath) -> str:
    """Return the LSP language id of a file by its suffix, "" if unknown."""
    return LANGUAGES_BY_SUFFIX.get(path.suffix.lower(), "")
