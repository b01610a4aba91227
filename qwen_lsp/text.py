r"""Documents as values, and arithmetic on their text.

Offsets are code points into `Document.text`; lines are 0-based and end at "\n", "\r\n" or "\r", the
three ends LSP knows (str.splitlines knows eight more and would corrupt a file with a form feed).
"""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
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


def depth(line: str) -> int:
    """Return the columns that the line's indentation takes; a tab ends at the next fourth one."""
    return len(indentation(line).expandtabs(4))


def without_blanks(text: str) -> str:
    """Return the text without blanks and line ends, in which two may differ and say the same."""
    return "".join(text.split())


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


@dataclass(frozen=True, slots=True)
class LineChange:
    """Lines `old_start` to `old_end`, exclusive, become other lines, counted in another text."""

    old_start: int
    old_end: int
    new_start: int
    new_end: int


# Pairs of equal lines that are looked at for the best match; beyond it lies data, such as a
# thousand empty lines, on which the search would take minutes.
_MOST_PAIRS = 50_000


def changed_lines(old: Sequence[str], new: Sequence[str]) -> tuple[LineChange, ...]:
    """Return the changes that make lines `new` of lines `old`, as few lines as possible."""
    shared = min(len(old), len(new))
    top = next((at for at in range(shared) if old[at] != new[at]), shared)
    shared -= top
    bottom = next((at for at in range(shared) if old[-1 - at] != new[-1 - at]), shared)
    old_end, new_end = len(old) - bottom, len(new) - bottom
    old, new = old[top:old_end], new[top:new_end]
    times = Counter(old)
    if sum(times[line] for line in new) > _MOST_PAIRS:
        return (LineChange(top, old_end, top, new_end),)
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    return tuple(
        LineChange(top + old_first, top + old_last, top + new_first, top + new_last)
        for tag, old_first, old_last, new_first, new_last in matcher.get_opcodes()
        if tag != "equal"
    )


def line_changes(document: Document, span: Span, new_text: str) -> tuple[Replacement, ...]:
    """Return the fewest line replacements that turn whole lines `span` into `new_text`.

    `new_text` comes with any line end and gets the region's; the span's last line end is not
    part of either.
    """
    new = split_lines(new_text)
    changes = changed_lines(split_lines(document.text[span.start : span.end]), new)
    return replacements_of(document, span, changes, new)


def replacements_of(
    document: Document, span: Span, changes: Iterable[LineChange], new: Sequence[str]
) -> tuple[Replacement, ...]:
    """Return changes of the lines of `span` as replacements; lines that stay are not touched.

    Args:
        document: what is changed.
        span: whole lines, without the last one's end.
        changes: with old lines counted from the span's first one.
        new: the lines that they take new text from.
    """
    first, last = document.line_at(span.start), document.line_at(span.end)
    end = _line_end_in(document, first, last)
    made = []
    for one in changes:
        lines = new[one.new_start : one.new_end]
        if one.old_start == one.old_end:
            made.append(_insertion(document, first + one.old_start, last, lines, end))
        elif not lines:
            made.append(_deletion(document, first + one.old_start, first + one.old_end - 1, last))
        else:
            start = document.line_span(first + one.old_start).start
            stop = document.line_span(first + one.old_end - 1).end
            made.append(Replacement(Span(start, stop), end.join(lines)))
    return tuple(made)


def _end_of(document: Document, line: int) -> str:
    """Return a line's own end, "" for the last line of the text."""
    if line + 1 == len(document.line_starts):
        return ""
    return document.text[document.line_span(line).end : document.line_starts[line + 1]]


def _line_end_in(document: Document, first: int, last: int) -> str:
    """Return the line end that most of some lines have, the document's if they have none."""
    found = Counter(_end_of(document, line) for line in range(first, last + 1))
    del found[""]
    return found.most_common(1)[0][0] if found else document.line_end


def _insertion(
    document: Document, line: int, last: int, lines: Sequence[str], end: str
) -> Replacement:
    if line <= last:
        start = document.line_starts[line]
        return Replacement(Span(start, start), "".join(text + end for text in lines))
    # The region's last line keeps its own end, and the last one of these gets another like it.
    own, at = _end_of(document, last) or end, document.line_span(last).end
    return Replacement(Span(at, at), "".join(own + text for text in lines))


def _deletion(document: Document, first: int, last: int, region_last: int) -> Replacement:
    if last < region_last:
        return Replacement(Span(document.line_starts[first], document.line_starts[last + 1]), "")
    # The end of the region's last line is not part of it, so the one before the deleted lines goes.
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


def shared_length(one: str, other: str) -> int:
    """Return how many leading code points are equal, without looking at each in Python."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
