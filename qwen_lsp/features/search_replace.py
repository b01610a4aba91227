"""Edits as search/replace blocks: what a model answers about code that is too long to say again.

    <<<<<<< SEARCH
    lines as they are
    =======
    lines that take their place
    >>>>>>> REPLACE

A block's lines are looked for as they stand; then without their indentation, which the new lines
then get; then as the one place that is nearly the same and clearly more so than any other. Lines
that a block repeats are left as they are, whatever it made of them. Where a block has no such
place, it is named, and nothing changes.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from qwen_lsp.features.outcome import Dropped
from qwen_lsp.features.region_style import in_style
from qwen_lsp.text import (
    LineChange,
    changed_lines,
    common_indentation,
    indentation,
    split_lines,
)

_SEARCH = re.compile(r"[ \t]*<{5,9}[ \t]*(?:SEARCH|ORIGINAL)?[ \t]*\r?", re.IGNORECASE)
_DIVIDER = re.compile(r"[ \t]*={5,9}[ \t]*\r?")
_REPLACE = re.compile(r"[ \t]*>{5,9}[ \t]*(?:REPLACE|UPDATED)?[ \t]*\r?", re.IGNORECASE)
_FENCE = re.compile(r"[ \t]*(?:`{3,}|~{3,})[^`]*")
_WORD = re.compile(r"\w+|[^\w\s]")
# How alike a place must be (1 is the same), and by how much more than any other.
NEAR, LEAD = 0.8, 0.1
# Places that are compared letter by letter: the likeliest by their words.
_COMPARED = 6


@dataclass(frozen=True, slots=True)
class Block:
    """A search/replace block.

    Attributes:
        number: its place in the answer, from 1.
        search: lines to look for.
        new: lines that take their place.
    """

    number: int
    search: tuple[str, ...]
    new: tuple[str, ...]

    @property
    def name(self) -> str:
        """What to call it to the user."""
        first = next((line.strip() for line in self.search if line.strip()), "")
        return f"block {self.number} (`{first}`)" if first else f"block {self.number}"


@dataclass(frozen=True, slots=True)
class BlockChanges:
    """What a block changes.

    Attributes:
        changes: of the code's lines, with new lines counted in `lines`.
        lines: the new lines, indented as the code is.
        first: the first line of the code that the block is about.
        end: the line behind its last one.
    """

    changes: tuple[LineChange, ...]
    lines: tuple[str, ...]
    first: int
    end: int


def has_markers(code: Sequence[str]) -> bool:
    """Return whether code holds lines that would be taken for a block's own, such as conflicts."""
    return any(one.fullmatch(line) for line in code for one in (_SEARCH, _DIVIDER, _REPLACE))


def blocks_in(answer: str, *, is_done: bool = True) -> tuple[list[Block], Dropped | None]:
    """Return the complete blocks of an answer, and what is wrong with the first that is not one.

    Args:
        answer: without thoughts; what stands outside of blocks is talk.
        is_done: whether all of it is there.
    """
    lines = split_lines(answer)
    if not is_done:
        lines.pop()  # the rest of it may still come
    found: list[Block] = []
    search: list[str] = []
    new: list[str] = []
    part: list[str] | None = None
    for line in lines:
        if part is None:
            if _SEARCH.fullmatch(line):
                search, new = [], []
                part = search
        elif part is search and _DIVIDER.fullmatch(line):
            part = new
        elif _SEARCH.fullmatch(line) or (part is search and _REPLACE.fullmatch(line)):
            return found, _unfinished(len(found) + 1, search)
        elif part is new and _REPLACE.fullmatch(line):
            found.append(Block(len(found) + 1, _unfenced(search), _unfenced(new)))
            part = None
        else:
            part.append(line)
    is_unfinished = part is not None and is_done
    return found, _unfinished(len(found) + 1, search) if is_unfinished else None


def changes_of(
    block: Block, code: Sequence[str], taken: Sequence[tuple[int, int]]
) -> BlockChanges | Dropped:
    """Return what a block changes in the code, or why it cannot.

    Args:
        block: of an answer.
        code: lines of the whole region, without what all of them are indented by.
        taken: first line and end of what the blocks before it are about.
    """
    search, new = _trimmed(block.search, block.new)
    if not search:
        return Dropped(f"{block.name} does not say which code it changes")
    place = _place_of(search, code, taken)
    if isinstance(place, str):
        return Dropped(f"{block.name} {place}")
    end = place + len(search)
    if any(place < other_end and first < end for first, other_end in taken):
        return Dropped(f"{block.name} changes lines that another block changes too")
    styled = in_style((*search, *new), code[place:end], code)
    quoted, lines = styled[: len(search)], styled[len(search) :]
    lines = _indented_as(lines, quoted, code[place:end])
    # What the block itself keeps is kept, also where it is not quoted as it stands.
    kept = _indented_as(quoted, quoted, code[place:end])
    changes = tuple(
        LineChange(one.old_start + place, one.old_end + place, one.new_start, one.new_end)
        for one in changed_lines(kept, lines)
    )
    return BlockChanges(changes, tuple(lines), place, end)


def _place_of(
    search: Sequence[str], code: Sequence[str], taken: Sequence[tuple[int, int]]
) -> int | str:
    """Return the first line of the place that is meant, or what is wrong."""
    for key in (str.rstrip, str.strip):
        places = _equal(search, code, key)
        behind = [place for place in places if not taken or place >= taken[-1][1]]
        if len(places) == 1 or len(behind) == 1:
            return behind[0] if len(behind) == 1 else places[0]
        if places:
            return f"fits in {len(places)} places"
    return _nearest(search, code)


def _equal(search: Sequence[str], code: Sequence[str], key: Callable[[str], str]) -> list[int]:
    wanted, have = list(map(key, search)), list(map(key, code))
    return [
        at
        for at in range(len(have) - len(wanted) + 1)
        if have[at] == wanted[0] and have[at : at + len(wanted)] == wanted
    ]


def _nearest(search: Sequence[str], code: Sequence[str]) -> int | str:
    length = len(search)
    wanted = "\n".join(line.strip() for line in search)
    ranked = sorted(_by_words(search, code), reverse=True)[: _COMPARED + 2 * length]
    scores: dict[int, float] = {}
    for _, at in ranked:
        window = "\n".join(line.strip() for line in code[at : at + length])
        matcher = SequenceMatcher(None, wanted, window, autojunk=False)
        if len(scores) < _COMPARED or matcher.quick_ratio() >= NEAR - LEAD:
            scores[at] = matcher.ratio()
        if len(scores) >= 2 * _COMPARED:
            break
    best = max(scores, key=scores.__getitem__, default=None)
    if best is None or scores[best] < NEAR:
        return "is not in the selection"
    others = [score for at, score in scores.items() if abs(at - best) >= length]
    if scores[best] - max(others, default=0.0) < LEAD:
        return "fits in more than one place"
    return best


def _by_words(search: Sequence[str], code: Sequence[str]) -> list[tuple[float, int]]:
    """Return how many words each place has in common with what is searched for."""
    length, wanted = len(search), Counter(_WORD.findall("\n".join(search)))
    words = [Counter(_WORD.findall(line)) for line in code]
    found = []
    window: Counter[str] = Counter()
    for at, counted in enumerate(words):
        window.update(counted)
        if at >= length:
            window.subtract(words[at - length])
        if at >= length - 1:
            common = sum(min(count, window[word]) for word, count in wanted.items())
            found.append((2 * common / max(wanted.total() + window.total(), 1), at - length + 1))
    return found


def _indented_as(lines: Sequence[str], search: Sequence[str], found: Sequence[str]) -> list[str]:
    """Return lines moved as far as the searched ones have to be to stand where they were found."""
    pairs = zip(search, found, strict=True)
    first = next((one for one in pairs if one[0].strip() and one[1].strip()), ("", ""))
    before, after = indentation(first[0]), indentation(first[1])
    if len(before) < len(after) and common_indentation(list(lines)).startswith(after):
        return list(lines)  # only what was searched for lacks its indentation
    return [_moved(line, before, after) if line.strip() else "" for line in lines]


def _moved(line: str, before: str, after: str) -> str:
    if line.startswith(before):
        return after + line[len(before) :]
    # Less deep than what was searched for: as much less deep than what was found.
    blanks = indentation(line)
    lacking = len(before.expandtabs(4)) - len(blanks.expandtabs(4))
    return after[: max(len(after) - max(lacking, 0), 0)] + line[len(blanks) :]


def _trimmed(search: Sequence[str], new: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Leave out blank lines that both begin or end with, and those around what is searched for."""
    search, new = tuple(search), tuple(new)
    while search and not search[0].strip():
        new = new[1:] if new and not new[0].strip() else new
        search = search[1:]
    while search and not search[-1].strip():
        new = new[:-1] if new and not new[-1].strip() else new
        search = search[:-1]
    return search, new


def _unfenced(lines: Sequence[str]) -> tuple[str, ...]:
    """Leave out a fence around a part of a block."""
    filled = [at for at, line in enumerate(lines) if line.strip()]
    if len(filled) > 1 and all(_FENCE.fullmatch(lines[at]) for at in (filled[0], filled[-1])):
        return tuple(lines[filled[0] + 1 : filled[-1]])
    return tuple(lines)


def _unfinished(number: int, search: Sequence[str]) -> Dropped:
    return Dropped(f"{Block(number, tuple(search), ()).name} has no end")
