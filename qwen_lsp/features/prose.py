"""Telling words from code, so that a paragraph never takes the place of code."""

import re

# What prose has not, once its inline code is taken out; a bracket behind a blank may be an aside.
_CODE_MARKS = re.compile(r"[{};=<>\[\]\\|]|\w\(|^\s*(?:[#@*]|//|--|\.\w)|^\s*[\w.-]+:\s*\S+$")
_INLINE_CODE = re.compile(r"`[^`\n]*`")
# A sentence or a point of a list, perhaps in bold or quotes.
_BEGINS_SENTENCE = re.compile(r"\s*(?:[-*+•]\s+|\d+[.)]\s+)?[*_“(¡¿]*[\"']?(?:[^\W\d_]|`)")
_ENDS_SENTENCE = re.compile(r"[.!?:…][*_\"'”)]*\s*$")
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*")
# Words of English that code hardly uses as names or keywords.
_ENGLISH = frozenset(
    {
        *("the", "this", "that", "these", "they", "there", "here", "it", "of", "to", "what"),
        *("i", "i'm", "i'll", "we", "you", "your", "sorry", "please", "already", "which"),
        *("be", "are", "have", "can", "can't", "cannot", "would", "should"),
    }
)
_FEWEST_WORDS = 3


def is_prose(line: str) -> bool:
    """Return whether a line reads like a sentence and not like code."""
    words = _INLINE_CODE.sub("`x`", line)
    found = _WORD.findall(words)
    if len(found) < _FEWEST_WORDS or _CODE_MARKS.search(words):
        return False
    if not _BEGINS_SENTENCE.match(words):
        return False
    is_english = any(word.lower() in _ENGLISH for word in found)
    first = found[0]
    begins_high = first[0].isupper() or "`x`" in words[:4]
    return (begins_high and bool(_ENDS_SENTENCE.search(words))) or (
        is_english and (begins_high or len(found) > 2 * _FEWEST_WORDS)
    )


def without_prose(lines: list[str]) -> list[str]:
    """Take sentences at the beginning and the end of an answer's lines away.

    Sentences in the middle stay: they may stand in a comment or a text. So do indented ones, which
    a chat has no reason to write.
    """
    first, last = 0, len(lines)
    while first < last and (not lines[first].strip() or _is_talk(lines[first])):
        first += 1
    while first < last and (not lines[last - 1].strip() or _is_talk(lines[last - 1])):
        last -= 1
    return lines[first:last]


def is_all_prose(lines: list[str]) -> bool:
    """Return whether there is nothing but sentences."""
    return all(is_prose(line) for line in lines if line.strip())


def _is_talk(line: str) -> bool:
    return not line.startswith(("\t", "    ")) and is_prose(line)
