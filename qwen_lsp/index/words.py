"""What a text is found by: its identifiers and the words that these are made of."""

import re
from collections.abc import Sequence

_WORD = re.compile(r"\w+")
# On ASCII text two passes of plain string functions are three times as fast as the pattern.
_BLANKS_FOR_THE_REST = "".join(chr(code) if _WORD.match(chr(code)) else " " for code in range(128))
_BLANKS_IN_LINES = _BLANKS_FOR_THE_REST[:10] + "\n" + _BLANKS_FOR_THE_REST[11:]
# HTTPServer is HTTP and Server, userIDs is user and IDs, utf8 is utf and 8.
_PART = re.compile(r"[A-Z]{2,}s(?![a-z])|[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
# Keys, hashes and embedded data are longer.
_LONGEST = 64
# An entry takes about 250 bytes; a megabyte of code has 5,000 different identifiers.
_MOST_REMEMBERED = 50_000
# They stand in most chunks, so they tell none from another.
_STOP_WORDS = frozenset(
    """
    and as assert async await be break by case catch class const continue def default do elif else
    end except extends false finally fn for from func function if implements import in instanceof
    interface is it let new nil none not null of on or override package pass private protected
    public raise return self static struct super switch that the then this throw throws to true try
    typeof undefined use using var void while with yield
    """.split()  # noqa: SIM905  A list literal would take a line each.
)


def identifiers(text: str) -> list[str]:
    """Return the identifiers of a text in their order, each as often as it occurs.

    Words of comments and strings count as well; what begins with a digit does not.
    """
    return [word for word in _words(text) if not word[0].isdigit()]


def words_by_line(lines: Sequence[str]) -> list[list[str]]:
    """Return the words of each line, numbers among them."""
    text = "\n".join(lines)
    if text.isascii():
        return [line.split() for line in text.translate(_BLANKS_IN_LINES).split("\n")]
    return [_WORD.findall(line) for line in lines]


def parts(identifier: str) -> list[str]:
    """Split camelCase, snake_case and ACRONYMWord; the parts are in lower case."""
    if identifier.isascii():
        return [part.lower() for part in _PART.findall(identifier)]
    # The pattern knows ASCII only, so it is run on a text of the same shape.
    shape = "".join(map(_shape, identifier))
    return [identifier[found.start() : found.end()].lower() for found in _PART.finditer(shape)]


class Splitter:
    """Makes the text that goes into the lexical index; one instance serves one thread.

    It remembers the words of the identifiers that it met last, since nearly all that a file holds
    are in the files before it too.
    """

    def __init__(self) -> None:
        self._remembered = _Remembered()

    def words_of(self, text: str) -> str:
        """Return each identifier once in lower case, its parts after it if there are several.

        Blanks stand between the words. Single characters and words that are in most files, such
        as keywords, are left out. A part is there as often as different identifiers have it.
        """
        different = dict.fromkeys(_words(text))
        return " ".join(filter(None, map(self._remembered.__getitem__, different)))


class _Remembered(dict[str, str]):
    """The words of an identifier; a look-up makes them."""

    def __missing__(self, word: str) -> str:
        if len(word) > _LONGEST:
            return ""
        if len(self) >= _MOST_REMEMBERED:
            self.clear()
        words = self[word] = _words_of_identifier(word)
        return words


def _words_of_identifier(word: str) -> str:
    whole = word.lower()
    if word[0].isdigit() or whole in _STOP_WORDS or len(word) == 1:
        return ""
    # Most are snake_case or one word, which needs no pattern.
    is_simple = whole == word and word.replace("_", "").isalpha()
    found = [one for one in (word.split("_") if is_simple else parts(word)) if len(one) > 1]
    return whole if found == [whole] else " ".join([whole, *found])


def _words(text: str) -> list[str]:
    if text.isascii():
        return text.translate(_BLANKS_FOR_THE_REST).split()
    return _WORD.findall(text)


def _shape(character: str) -> str:
    if character.isupper():
        return "A"
    if character.isdigit():
        return "0"
    return "a" if character.isalpha() else "_"
