"""Gates: why an automatic request gets nothing, before the model is asked.

Who asks by hand is answered wherever a completion is possible at all.
"""

import re

from qwen_lsp.context.snapshot import Snapshot
from qwen_lsp.features.quoted import Place, place_in_line

# Changes after which the user reads or moves on rather than writes.
_NOT_TYPED = {
    "undone": "after an undo",
    "pasted": "after a paste",
    "cut": "after a large deletion",
    "several": "typed in several places",
}
_SENTENCE_END = re.compile(r"\w\s*[.!?…][)\"']?\s*\Z")
_ABBREVIATION = re.compile(r"\b(?:e\.g|i\.e|etc|vs|cf|bzw|z\.B)\.\s*\Z")
_SECRET_NAME = re.compile(
    r"(?:passw(?:or)?d|passphrase|secret|token|api_?key|private_?key|credential)\w*"
    r"[\"']?\]?\s*(?::\s*\w+\s*)?(?:=|:|=>|\()\s*\w{0,2}\Z",
    re.IGNORECASE,
)
_LICENCE = re.compile(r"copyright|licen[cs]e|spdx-|all rights reserved|warrant", re.IGNORECASE)
# Lines at a file's top in which a comment with such a word is its licence.
_HEADER_LINES = 40
# A run of so many letters and digits, mixed, is a hash or a key; so are figures and dates data.
_ENCODED = re.compile(r"(?=[A-Za-z+=]*\d)(?=\d*[A-Za-z])[A-Za-z0-9+=]{16,}\Z")
_FIGURES = re.compile(r"[\d.:,+\-eE ]*\d[\d.:,+\-eE ]{2,}\Z")


def closed(snapshot: Snapshot) -> str:
    """Return why nothing at all may be shown at the snapshot's cursor, "" to go on."""
    if not snapshot.settings.completion_enabled:
        return "switched off"
    if "\0" in snapshot.document.text:
        return "binary file"
    if snapshot.is_invoked:
        return ""
    after = snapshot.after_cursor[:1]
    if after.isalnum() or after == "_":
        return "inside a word"
    typing = snapshot.typing
    # After a jump elsewhere the change is not what this request is about.
    if typing.place.start <= snapshot.cursor <= typing.place.end:
        return _NOT_TYPED.get(typing.last, "")
    return ""


def nothing_to_say(snapshot: Snapshot) -> str:
    """Return why the model is not asked at the snapshot's cursor, "" to go on.

    In documentation, in strings that hold code, and where a string or a comment begins, the model
    may always be asked; so it may in prose, but for what nobody wants guessed:

    - in a string: secrets, encoded data and figures, and what follows a whole sentence;
    - in a comment: the licence, rulers, addresses, and what follows a whole sentence.
    """
    if snapshot.is_invoked:
        return ""
    place = _place(snapshot)
    if place.kind == "string":
        return _in_string(place)
    if place.kind == "comment":
        return _in_comment(place, snapshot)
    return ""


def _place(snapshot: Snapshot) -> Place:
    """Return what the cursor stands in, as the parser knows it, else as its line shows it."""
    place = place_in_line(snapshot.before_cursor, snapshot.document.language)
    if snapshot.syntax is None or snapshot.syntax.place == place.kind:
        return place
    # It began on a line above, so all of this line is in it.
    return Place(snapshot.syntax.place, snapshot.before_cursor, "")


def _in_string(place: Place) -> str:
    if _SECRET_NAME.search(place.before):
        return "a secret"
    last = place.text.split(" ")[-1]
    if _ENCODED.search(last) or _FIGURES.fullmatch(place.text):
        return "data in a string"
    return "the end of a sentence" if _ends_sentence(place.text) else ""


def _in_comment(place: Place, snapshot: Snapshot) -> str:
    text = place.text.strip()
    if len(text) > 1 and not any(character.isalnum() for character in text):
        return "a ruler"
    if "://" in place.text.split(" ")[-1]:
        return "an address"
    if snapshot.line < _HEADER_LINES and _in_licence(snapshot):
        return "a licence"
    return "the end of a sentence" if _ends_sentence(place.text) else ""


def _in_licence(snapshot: Snapshot) -> bool:
    """Whether the comment that the cursor stands in, up to its line, speaks of a licence."""
    document, mark = snapshot.document, snapshot.before_cursor.lstrip()[:1]
    for line in range(snapshot.line, -1, -1):
        text = document.line_text(line).lstrip()
        if not text.startswith(mark):
            return False
        if _LICENCE.search(text):
            return True
    return False


def _ends_sentence(text: str) -> bool:
    is_prose = " " in text.strip()
    return is_prose and bool(_SENTENCE_END.search(text)) and not _ABBREVIATION.search(text)
