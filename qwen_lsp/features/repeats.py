"""What a completion repeats: the rest of its line, the lines below, those above, and itself."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice, pairwise, takewhile

from qwen_lsp.context.snapshot import Snapshot
from qwen_lsp.text import depth, lines_with_ends, split_lines, without_blanks

# Lines that are not blank, on either side; more would be slow and find no more.
_LINES_AROUND = 6
_LONGEST_LOOP = 6
# What stands alone on many lines of good code, before its brackets and semicolons are taken off.
_COMMON = frozenset(
    {
        *("", "else", "end", "done", "fi", "esac", "then", "do", "begin", "try", "finally"),
        *("break", "continue", "return", "pass", "default", "return null", "return nil"),
        *("return None", "return true", "return false", "return True", "return False"),
        *("return self", "return this", "...", "loop", "super()", "init"),
    }
)
_DECORATION = " \t(){}[];:,<>/"
_WORD = re.compile(r"\w{2}")
_CALL_OR_ASSIGNMENT = re.compile(r"\w\s*\(|[^=!<>]=[^=>]")
# The same few characters with a word in them, four times or more in a row.
_RUNAWAY = re.compile(r"([^\r\n]{2,40}?)\1{3,}")
_LEAST_RUNAWAY = 32
# Rulers such as "-----" have any character in them, but no line is that long.
_LONGEST_RULER = 120
_MOST_SEARCHED = 2000
# The end of a word with code behind it: too much to be there by chance.
_CODE = re.compile(r"\w+\W.{4,}", re.DOTALL)


def cut_repeated_rest_of_line(text: str, snapshot: Snapshot) -> str:
    """Take away what the rest of the cursor's line already has.

    With text after the cursor the completion is one line; where its end repeats the beginning of
    that text (a closing bracket that the editor added, an argument list), the repeat goes. It may
    begin inside a word only where more than the word is repeated.
    """
    rest = snapshot.after_cursor.strip()
    if not rest:
        return text
    line, is_joined = split_lines(text)[0].rstrip(), not snapshot.after_cursor[0].isspace()
    for length in range(min(len(rest), len(line)), 0, -1):
        kept, repeat = line[: len(line) - length], rest[:length]
        if line.endswith(repeat) and not (
            (_splits_word(kept, repeat) and not (is_joined and _CODE.fullmatch(repeat)))
            or _splits_word(repeat, rest[length:])
            or _closes_its_own(kept, repeat)
        ):
            return kept
    return line


def _splits_word(left: str, right: str) -> bool:
    return bool(re.search(r"\w\Z", left) and re.match(r"\w", right))


def _closes_its_own(kept: str, repeat: str) -> bool:
    """Whether a bracket in `repeat` closes one that `kept` opens."""
    depth = 0
    for character in kept:
        if character in "([{":
            depth += 1
        elif character in ")]}":
            depth = max(depth - 1, 0)
    return depth > 0 and any(character in ")]}" for character in repeat)


def cut_repeated_lines_below(text: str, snapshot: Snapshot) -> str:
    """End the text where it begins to repeat the lines that follow the cursor.

    Blanks inside lines do not count. A single line repeats the next one if both are as deep: what
    returns inside a condition may return behind it as well. Two lines repeat others of the block
    that stands below.
    """
    below = _lines_below(snapshot)
    if not below:
        return text
    above, ahead = _lines_above(snapshot), [without_blanks(line) for line in below]
    lines = lines_with_ends(text)
    whole = [snapshot.before_cursor + lines[0], *lines[1:]] if lines else []
    end = 0
    for index, line in enumerate(lines):
        if line.strip():
            rest = [without_blanks(one) for one in whole[index:] if one.strip()]
            same = _alike(rest, ahead)
            is_end = same == min(len(rest), len(ahead))
            is_as_deep = depth(whole[index]) == depth(below[0])
            is_enough = is_end or _says_something(whole[index])
            is_next = same and ((is_end and same > 1) or (is_as_deep and is_enough))
            if is_next or _repeats_block(whole[index:], below, above):
                return text[:end].rstrip("\r\n") if index else ""
        end += len(line)
    return text


def cut_loops(text: str, snapshot: Snapshot) -> str:
    """End the text where it says again what it, or the lines above the cursor, have just said.

    The same call or assignment as on the line before, any line for the third time in a row, and
    several lines that follow on themselves.
    """
    lines = lines_with_ends(text)
    known = [_Line.of(line) for line in _lines_above(snapshot)]
    above = len(known)
    for index, line in enumerate(lines):
        whole = line if index else snapshot.before_cursor + line
        if whole.strip():
            known.append(_Line.of(whole))
        # What the user wrote twice is no loop of the model's.
        if line.strip() and (length := _loop_at_end(known, len(known) - above)):
            return _without_last(lines, index, length)
    return text


@dataclass(frozen=True, slots=True)
class _Line:
    """What makes two lines the same, and whether that means something."""

    depth: int
    words: str
    says_something: bool = field(compare=False)
    does_something: bool = field(compare=False)

    @classmethod
    def of(cls, line: str) -> "_Line":
        is_row = line.rstrip().endswith(",")
        does = not is_row and _CALL_OR_ASSIGNMENT.search(line) is not None
        return cls(depth(line), without_blanks(line), _says_something(line), does)


def _repeats_block(lines: list[str], below: list[str], above: list[str]) -> bool:
    """Whether the first two lines stand one behind the other in the block below, as deep.

    Where they stand above, too, it is the way of the file to say so again.
    """
    pair = tuple(islice((_Line.of(one) for one in lines if one.strip()), 2))
    if len(pair) < 2 or pair[0].depth != pair[1].depth or not all(x.says_something for x in pair):
        return False
    block = takewhile(lambda one: one.depth >= pair[0].depth, map(_Line.of, below))
    return _holds(block, pair) and not _holds(map(_Line.of, above), pair)


def _holds(lines: Iterable[_Line], pair: tuple[_Line, ...]) -> bool:
    return any(two == pair for two in pairwise(lines))


def _loop_at_end(known: list[_Line], own: int) -> int:
    """Return how many of the last lines repeat those before them, 0 for none.

    Args:
        known: the lines.
        own: how many of them are the completion's, or hold its beginning.
    """
    if len(known) > 1 and known[-1] == known[-2] and known[-1].says_something:
        is_third = len(known) > 2 and known[-3] == known[-1]
        if is_third or known[-1].does_something:
            return 1
    for length in range(2, _LONGEST_LOOP + 1):
        # Two lines of a test may well come twice.
        if len(known) < 2 * length or (length == 2 and own < 4):
            continue
        last = known[-length:]
        if last == known[-2 * length : -length] and any(one.says_something for one in last):
            return length
    return 0


def _without_last(lines: list[str], index: int, length: int) -> str:
    """Return the text before the last `length` lines, up to `index`, that are not blank."""
    while length and index >= 0:
        length -= bool(lines[index].strip()) or index == 0
        index -= 1
    return "".join(lines[: index + 1]).rstrip("\r\n")


def cut_runaway(text: str, _snapshot: Snapshot) -> str:
    """End the text where one line says the same few characters again and again."""
    for match in _RUNAWAY.finditer(text[:_MOST_SEARCHED]):
        unit, length = match[1], len(match[0])
        has_word = len(set(unit)) > 2 and _WORD.search(unit)
        if length >= (_LEAST_RUNAWAY if has_word else _LONGEST_RULER):
            return text[: match.start() + len(unit)]
    return text


def _lines_below(snapshot: Snapshot) -> list[str]:
    """Return the next lines of the document that are not blank, below the cursor's line."""
    return list(islice(snapshot.lines_below(4 * _LINES_AROUND), _LINES_AROUND))


def _lines_above(snapshot: Snapshot) -> list[str]:
    """Return the lines above the cursor's line that are not blank, down to it."""
    document, found = snapshot.document, list[str]()
    for line in range(snapshot.line - 1, max(snapshot.line - 4 * _LINES_AROUND, 0) - 1, -1):
        if document.line_text(line).strip():
            found.append(document.line_text(line))
        if len(found) == _LINES_AROUND:
            break
    return found[::-1]


def _alike(lines: list[str], ahead: list[str]) -> int:
    """Return how many lines at the beginning are the same."""
    count = 0
    for one, other in zip(lines, ahead, strict=False):
        if one != other:
            break
        count += 1
    return count


def _says_something(line: str) -> bool:
    """Whether a line is more than a bracket or a common word, which good code repeats."""
    return line.strip().strip(_DECORATION) not in _COMMON and _WORD.search(line) is not None
