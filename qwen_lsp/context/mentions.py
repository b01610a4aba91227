"""How often a text mentions a name, as a word of its own. Counting stops where enough is known.

Plain searches for a few names are many times as fast as to take a whole file apart into words.
"""

from collections.abc import Iterator


def mentions(name: str, text: str, most: int) -> int:
    """Return how often a name stands in a text, at most `most`."""
    return _counted(_places(name, text), most)


def lines_with(name: str, text: str, most: int) -> int:
    """Return in how many lines of a text a name stands, at most `most`."""
    lines, end = 0, -1
    for place in _places(name, text):
        if place <= end:
            continue  # still on that line
        lines += 1
        end = text.find("\n", place)
        if lines == most or end < 0:
            break
    return lines


def _places(name: str, text: str) -> Iterator[int]:
    """Yield the offsets at which a name stands; what is no single word stands nowhere."""
    if not name or not all(map(_is_of_word, name)):
        return
    place = text.find(name)
    while place >= 0:
        end = place + len(name)
        before, after = text[place - 1 : place], text[end : end + 1]
        if not (before and _is_of_word(before)) and not (after and _is_of_word(after)):
            yield place
        place = text.find(name, end)


def _counted(places: Iterator[int], most: int) -> int:
    count = 0
    for _ in places:
        count += 1
        if count == most:
            break
    return count


def _is_of_word(character: str) -> bool:
    return character == "_" or character.isalnum()
