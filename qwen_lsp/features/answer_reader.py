r"""Reads the Markdown of an answer while it streams, and says what of it may be shown.

Thoughts are left out, and a control token that the model spells out ends the answer; inside code
both are what the answer is about, and stay. Nothing that is shown makes an editor fetch something:
images become their text, and markup of HTML is shown as it is written. Code, links and places such
as `src/shop.py:12` are told apart from other text, since they may become links.

What is read does not depend on how the answer came in pieces: what may still become something else
is held back, which is never more than a line.
"""

import re
from dataclasses import dataclass

from qwen_lsp.context.qwen import CONTROL_TEXTS

_OPEN, _CLOSE = "<think>", "</think>"
# In code points; what is longer is no link.
_LONGEST_LABEL, _LONGEST_TARGET = 300, 500
_LINE_END = re.compile(r"[\r\n]")
_BLANKS = re.compile(r"[ \t]+")
# A list's or a quote's mark, behind which a line begins once more.
_MARKER = re.compile(r"(?:[-*+>]|\d{1,3}[.)])[ \t]")
_MARKER_PART = re.compile(r"(?:[-*+>]|\d{1,3}[.)]?)\Z")
_FENCE = re.compile(r"(`+|~+)[^\r\n]*")
_WORD = re.compile(r"[A-Za-z0-9_@.+/~-]+")
_LINE_NUMBERS = re.compile(r":(\d{1,7})(?:-\d{1,7})?(?!\d)")
_LINE_NUMBERS_PART = re.compile(r":(?:\d{1,7}(?:-\d{0,7})?)?\Z")
# Nothing in it can be the beginning of anything.
_PLAIN = re.compile(r"[^`\[\]!<\\\r\nA-Za-z0-9_@.+/~-]+")
_ELEMENT = re.compile(r"[A-Za-z/!?]")


@dataclass(frozen=True, slots=True)
class Code:
    """Code inside a line, between `marks`."""

    text: str
    marks: str = "`"


@dataclass(frozen=True, slots=True)
class Link:
    """A link that the model wrote: what it shows, and where it says it leads."""

    label: str
    target: str


@dataclass(frozen=True, slots=True)
class Cited:
    """A place that the model named in its text: the text, a path and a 1-based line."""

    text: str
    path: str
    line: int


Item = str | Code | Link | Cited


@dataclass(frozen=True, slots=True)
class _Step:
    """What was read, up to an offset; "" is nothing to show."""

    end: int
    item: Item = ""


class AnswerReader:
    """Reads one answer.

    Attributes:
        is_thinking: what comes now is a thought.
        is_over: a control token ended the answer.
        has_shown: something of it may be shown.
    """

    def __init__(self) -> None:
        self.is_thinking = False
        self.is_over = False
        self.has_shown = False
        self._text = ""  # what is not read yet
        self._fence = ""  # the marks that opened the block of code that this is in
        self._begins_line = True

    def feed(self, text: str) -> list[Item]:
        """Take in a piece; returns what can be told by now."""
        self._text += text
        return self._read(is_end=False)

    def end(self) -> list[Item]:
        """Return what was held back; a block of code that is open is closed."""
        items = self._read(is_end=True)
        if self._fence and not self.is_thinking:
            items.append(self._fence if self._begins_line else f"\n{self._fence}")
            self._fence = ""
        return items

    def _read(self, *, is_end: bool) -> list[Item]:
        items: list[Item] = []
        at = 0
        while at < len(self._text) and not self.is_over:
            step = self._next(at, is_end=is_end)
            if step is None:
                break
            at = step.end
            item = step.item
            if isinstance(item, str) and not self.has_shown:
                item = item.lstrip()
            if item:
                self.has_shown = True
                items.append(item)
        self._text = "" if self.is_over else self._text[at:]
        return items

    def _next(self, at: int, *, is_end: bool) -> _Step | None:
        """Return the next step; None while it may still become something else."""
        if self.is_thinking:
            return self._thought(at, is_end=is_end)
        if self._fence:
            return self._in_fence(at, is_end=is_end)
        text = self._text
        if self._begins_line:
            step = self._line_start(at, is_end=is_end)
            if step is None or step.end > at:
                return step
        step = self._inline(at, is_end=is_end)
        if step is not None and step.end > at:
            # A thought may stand before the first word.
            is_left_out = not step.item and text.startswith((_OPEN, _CLOSE), at)
            self._begins_line = text[step.end - 1] in "\r\n" or (self._begins_line and is_left_out)
        return step

    def _line_start(self, at: int, *, is_end: bool) -> _Step | None:
        """Return what only the beginning of a line can have, or a step to nowhere."""
        text = self._text
        for mark in (_BLANKS, _MARKER):
            if (match := mark.match(text, at)) is not None:
                return _Step(match.end(), match.group())
        if not is_end and _MARKER_PART.match(text, at):
            return None
        return self._fence_or_not(at, is_end=is_end) if text[at] in "`~" else _Step(at)

    def _thought(self, at: int, *, is_end: bool) -> _Step | None:
        found = self._text.find(_CLOSE, at)
        if found >= 0:
            self.is_thinking = False
            return _Step(found + len(_CLOSE))
        return _Step(len(self._text)) if is_end else None

    def _in_fence(self, at: int, *, is_end: bool) -> _Step | None:
        end = _LINE_END.search(self._text, at)
        line = self._text[at : end.start() if end else len(self._text)]
        if self._begins_line:
            marks = line.strip(" \t")
            may_close = marks == marks[:1] * len(marks) and self._fence.startswith(marks[:1])
            if end is None and not is_end and may_close:
                return None
            if marks and may_close and len(marks) >= len(self._fence):
                self._fence = ""
        after = end.end() if end else len(self._text)
        if end is None or self._fence:
            self._begins_line = end is not None
            return _Step(after, self._text[at:after])
        self._begins_line = False  # the line's end is still to come
        return _Step(end.start(), line) if line else _Step(after, end.group())

    def _fence_or_not(self, at: int, *, is_end: bool) -> _Step | None:
        """Return a line that opens a block of code, or a step to nowhere."""
        match = _FENCE.match(self._text, at)
        assert match is not None
        marks, line = match.group(1), match.group()
        if match.end() == len(self._text) and not is_end:
            return None
        if len(marks) < 3 or ("`" in marks and "`" in line[len(marks) :]):
            return _Step(at)
        self._fence = marks
        end = match.end()
        if end < len(self._text):
            end += 1
        else:
            self._begins_line = False
        return _Step(end, self._text[at:end])

    def _inline(self, at: int, *, is_end: bool) -> _Step | None:
        text = self._text
        ways = {"`": self._code, "[": self._bracket, "<": self._angle}
        if (way := ways.get(text[at])) is not None:
            return way(at, is_end=is_end)
        if text[at] in "!\\":
            return self._mark(at, is_end=is_end)
        if (word := _WORD.match(text, at)) is not None:
            return self._word(at, word.end(), is_end=is_end)
        plain = _PLAIN.match(text, at)
        return _Step(plain.end(), plain.group()) if plain else _Step(at + 1, text[at])

    def _mark(self, at: int, *, is_end: bool) -> _Step | None:
        """Return an exclamation mark, unless it makes an image, or an escaped character."""
        text = self._text
        if at + 1 == len(text) and not is_end:
            return None
        following = text[at + 1 : at + 2]
        if text[at] == "!":
            return _Step(at + 1, "" if following == "[" else "!")
        is_escape = following and following in "`[]!<\\"
        return _Step(at + 2, text[at : at + 2]) if is_escape else _Step(at + 1, "\\")

    def _code(self, at: int, *, is_end: bool) -> _Step | None:
        end = self._code_end(at, is_end=is_end)
        if end is None:
            return None
        marks = _run_at(self._text, at)
        if end == at:
            return _Step(at + len(marks), marks)
        return _Step(end, Code(self._text[at + len(marks) : end - len(marks)], marks))

    def _code_end(self, at: int, *, is_end: bool) -> int | None:
        """Return where code ends that begins here, `at` if none does; None if that is not known."""
        text = self._text
        marks = _run_at(text, at)
        place = at + len(marks)
        line_end = _LINE_END.search(text, at)
        end = line_end.start() if line_end else len(text)
        while (place := text.find("`", place, end)) >= 0:
            run = _run_at(text, place)
            if place + len(run) == len(text) and not is_end:
                return None
            if run == marks:
                return place + len(run)
            place += len(run)
        return at if line_end or is_end else None

    def _bracket(self, at: int, *, is_end: bool) -> _Step | None:
        """Return a link, or the bracket alone."""
        text = self._text
        end = self._closing(at, "[]", _LONGEST_LABEL, is_end=is_end)
        if end is None or (at < end == len(text) and not is_end):
            return None
        after = text[end : end + 1] if end > at else ""
        if after == ":" and self._begins_line:
            return _Step(at + 1, r"\[")  # else it says where a link leads without showing it
        target = end
        if after == "(":
            found = self._closing(end, "()", _LONGEST_TARGET, is_end=is_end)
            if found is None:
                return None
            target = found
        if target == end:
            return _Step(at + 1, "[")
        return _Step(target, Link(text[at + 1 : end - 1], text[end + 1 : target - 1]))

    def _closing(self, at: int, pair: str, longest: int, *, is_end: bool) -> int | None:
        """Return where a bracket's content ends, behind it; `at` if it does not on its line."""
        text, depth, place = self._text, 0, at
        while place < len(text):
            character = text[place]
            if character in "\r\n" or place - at > longest:
                return at
            if character == "`" and pair == "[]":
                end = self._code_end(place, is_end=is_end)
                if end is None:
                    return None
                place = end if end > place else place + len(_run_at(text, place))
                continue
            if character == "\\":
                place += 2
                continue
            depth += (character == pair[0]) - (character == pair[1])
            place += 1
            if depth == 0:
                return place
        return at if is_end else None

    def _angle(self, at: int, *, is_end: bool) -> _Step | None:
        text = self._text
        for mark in (_OPEN, _CLOSE, *CONTROL_TEXTS):
            if text.startswith(mark, at):
                self.is_thinking = mark == _OPEN
                self.is_over = mark in CONTROL_TEXTS
                return _Step(at + len(mark))
            if not is_end and mark.startswith(text[at:]):
                return None
        return _Step(at + 1, r"\<" if _ELEMENT.match(text, at + 1) else "<")

    def _word(self, at: int, end: int, *, is_end: bool) -> _Step | None:
        text = self._text
        word = text[at:end]
        if end == len(text):
            return _Step(end, word) if is_end else None
        if not is_end and _LINE_NUMBERS_PART.match(text, end):
            return None
        numbers = _LINE_NUMBERS.match(text, end) if "." in word or "/" in word else None
        if numbers is None:
            return _Step(end, word)
        return _Step(numbers.end(), Cited(text[at : numbers.end()], word, int(numbers.group(1))))


def items_of(text: str) -> list[Item]:
    """Return the items of a text that is there as a whole, such as a link's label."""
    reader = AnswerReader()
    reader._begins_line = False  # noqa: SLF001 - it stands inside a line
    return [*reader.feed(text), *reader.end()]


def _run_at(text: str, at: int) -> str:
    end = at
    while text.startswith("`", end):
        end += 1
    return text[at:end]
