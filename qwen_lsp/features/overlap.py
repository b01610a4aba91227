"""What an answer repeats of the code around its region: models copy what was only context."""

import re
from collections.abc import Sequence

# Statements that make names of other files known, whole on one line.
_IMPORT = re.compile(
    r"(?:import\b|from\s+\S+\s+import\b|#\s*include\b|using\b|use\b|package\b|require\b|"
    r"(?:const|let|var)\s.*=\s*require\()"
)
_GOES_ON = re.compile(r"[({,\\]\s*$")
_CLOSERS_ONLY = re.compile(r"[)\]}]+[;,)]*")
# Letters and digits that the repeated lines must have; a lone "}" may well come again.
_TELLING = 4


def without_repeats(
    lines: Sequence[str], code: Sequence[str], above: Sequence[str], below: Sequence[str]
) -> list[str]:
    """Return an answer's lines without those that only repeat what is outside the region.

    Args:
        lines: of the answer.
        code: lines of the region. An answer that begins or ends as they do is left alone there.
        above: the document's lines above the region.
        below: the document's lines below it.
    """
    return without_end(without_beginning(lines, code, above), code, below)


def without_beginning(lines: Sequence[str], code: Sequence[str], above: Sequence[str]) -> list[str]:
    """Return lines without what they repeat of the lines above at their beginning."""
    own = _first(code)
    if (repeated := _repeated(lines, own, above)) == 0:
        return _without_imports(lines, code, above)
    return list(lines[repeated:])


def without_end(lines: Sequence[str], code: Sequence[str], below: Sequence[str]) -> list[str]:
    """Return lines without what they repeat of the lines below at their end."""
    repeated = _repeated(lines[::-1], _first(code[::-1]), below[::-1])
    if repeated:
        return list(lines[: len(lines) - repeated])
    return _without_closers(lines, code, below)


def _repeated(lines: Sequence[str], own: str, above: Sequence[str]) -> int:
    """Return how many lines, blank ones among them, repeat the end of those above."""
    filled = [at for at, line in enumerate(lines) if line.strip()]
    if not filled or lines[filled[0]].strip() == own:
        return 0
    ours = [lines[at].strip() for at in filled[:-1]]  # one has to be left
    theirs: list[str] = []
    for line in reversed(above):
        if len(theirs) == len(ours):
            break
        if line.strip():
            theirs.append(line.strip())
    theirs.reverse()
    for count in range(len(theirs), 0, -1):
        is_same = theirs[-count] == ours[0] and theirs[len(theirs) - count :] == ours[:count]
        if is_same and sum(map(str.isalnum, "".join(ours[:count]))) >= _TELLING:
            return filled[count]
    return 0


def _without_imports(lines: Sequence[str], code: Sequence[str], above: Sequence[str]) -> list[str]:
    """Leave out imports at the beginning that the document has above already."""
    own, known = {line.strip() for line in code}, set(above)
    at = kept_from = 0
    while at < len(lines):
        line = lines[at].strip()
        if line:
            is_again = line in known and line not in own
            if not is_again or not _IMPORT.match(line) or _GOES_ON.search(line):
                break
            kept_from = at + 1
        elif kept_from:
            kept_from = at + 1
        at += 1
    return list(lines[kept_from:]) if any(map(str.strip, lines[kept_from:])) else list(lines)


def _without_closers(lines: Sequence[str], code: Sequence[str], below: Sequence[str]) -> list[str]:
    """Leave out closing brackets at the end that stand below the region already."""
    kept, surplus = list(lines), _surplus(lines) - _surplus(code)
    for line in (one.strip() for one in below if one.strip()):
        if surplus <= 0 or len(kept) < 2 or not _CLOSERS_ONLY.fullmatch(line):
            break
        if kept[-1].strip() != line:
            break
        surplus += _surplus([kept.pop()]) * -1
        while kept and not kept[-1].strip():
            kept.pop()
    return kept if kept and surplus >= 0 else list(lines)


def _surplus(lines: Sequence[str]) -> int:
    """Return how many brackets more are closed than opened."""
    text = "\n".join(lines)
    return sum(text.count(closer) for closer in ")]}") - sum(text.count(one) for one in "([{")


def _first(lines: Sequence[str]) -> str:
    return next((line.strip() for line in lines if line.strip()), "")
