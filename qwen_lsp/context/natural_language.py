"""In which natural language comments and documentation are to be written."""

import re

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
        language: that the user wants; "" for that of the instruction.
    """
    if language:
        return f"Write comments and documentation in {language}; leave names as they are."
    if is_english(instruction):
        return ""
    return (
        "Write comments and documentation in the language of the instruction; "
        "leave names as they are."
    )
