"""In which natural language a model answers, and writes comments and documentation."""

import re
from types import MappingProxyType

# Words that other languages use all the time, and that no English instruction has.
_FOREIGN = frozenset(
    """
    alle auf aus bitte das dass dem den der des diese dieser ein eine einen einer für ist mit nicht
    oder soll statt und von werden zu zum zur
    au aux avec ce cette dans du elle est et il la le les leur ne ou par pas pour que qui sans sur
    une
    al con cada como cuando del el en entre es esta este la las los para pero por que se sin sobre
    su una
    com da dos em não na no os para por que se sem um uma
    che con dei della delle di gli il lo nel per più senza un una
    de een het met niet om te van voor zonder
    och att för inte med som till utan
    """.split()  # noqa: SIM905  A list literal would take a line each.
)
# Of those the ones that an English instruction may well have, as a word or as a name in code.
_AMBIGUOUS = frozenset("no se per il com es en la le de te al du em na un in om os con".split())  # noqa: SIM905
_WORD = re.compile(r"[^\W\d_]+")
# Codes that people write, by ISO 639-1; a model understands names better.
_NAMES = MappingProxyType(
    {
        "ar": "Arabic",
        "cs": "Czech",
        "da": "Danish",
        "de": "German",
        "el": "Greek",
        "en": "English",
        "es": "Spanish",
        "fi": "Finnish",
        "fr": "French",
        "he": "Hebrew",
        "hi": "Hindi",
        "hu": "Hungarian",
        "id": "Indonesian",
        "it": "Italian",
        "ja": "Japanese",
        "ko": "Korean",
        "nl": "Dutch",
        "no": "Norwegian",
        "pl": "Polish",
        "pt": "Portuguese",
        "ro": "Romanian",
        "ru": "Russian",
        "sv": "Swedish",
        "th": "Thai",
        "tr": "Turkish",
        "uk": "Ukrainian",
        "vi": "Vietnamese",
        "zh": "Chinese",
    }
)


def is_english(text: str) -> bool:
    """Whether an instruction reads as English; one that does not tell is taken for it."""
    quoted = re.sub(r"`[^`]*`|\"[^\"]*\"|'[^']*'", " ", text.lower())
    if any(letter.isalpha() and not letter.isascii() for letter in quoted):
        return False
    return not any(word in _FOREIGN - _AMBIGUOUS for word in _WORD.findall(quoted))


def language_rule(instruction: str, language: str) -> str:
    """Return a sentence that says in which language to write comments, "" where it goes by itself.

    Args:
        instruction: in the user's words.
        language: that the user wants, its name or its code; "" for that of the instruction.
    """
    if language.strip():
        name = _name_of(language)
        return f"Write comments and documentation in {name}; leave names as they are."
    if is_english(instruction):
        return ""
    return (
        "Write comments and documentation in the language of the instruction; "
        "leave names as they are."
    )


def answer_in(language: str, instruction: str) -> str:
    """Return the sentence that says in which language to answer; "" where English is meant.

    Args:
        language: as set by the user: a name, a code such as "de" or "de-AT", or "".
        instruction: in the user's words, "" without one.
    """
    if language.strip():
        return f"Answer in {_name_of(language)}; leave code and names as they are."
    if instruction.strip():
        return "Answer in the language of the question; leave code and names as they are."
    return ""


def _name_of(language: str) -> str:
    code = language.strip().lower().replace("_", "-").partition("-")[0]
    return _NAMES.get(code, language.strip())
