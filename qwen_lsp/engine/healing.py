"""Token healing: a prompt that ends inside a word, or with a blank, is completed as if it did not.

The tokeniser cuts typed text where no model ever saw a cut: after `return ` the model would have to
begin with a token that has no blank before it, which it almost never saw. So the last tokens of the
prompt are taken back, and the answer must begin with their text. As a side effect, typing on inside
a word evaluates no new prompt tokens. Known as "token healing" from Microsoft's guidance.
"""

import re
from bisect import bisect_left

import numpy as np
import numpy.typing as npt

from qwen_lsp.engine.llama import Model, Tokens

# What is taken back: the end of a word with a dot or a blank before it, or the trailing signs or
# blanks. `.append` and `(self` are one token each, so after a lone dot the model expects no name.
_TAIL = re.compile(rb"(?:[^\w\s]?[\w]+|[^\w\s]+|[^\S\n]+)\Z")
_CONTROL = re.compile(rb"<\|\w+\|>")
# Tokens that may be part of a word, that end a line, and that end one behind an opening bracket.
_WORD = re.compile(rb"[\w\x80-\xff]")
_BREAK = re.compile(rb"[ \t]*\r?\n")
_OPENED = re.compile(rb"[(\[][ \t]*\r?\n")
MOST_TOKENS = 8  # taken back at most; a longer "word" is data


class Healer:
    """Knows for each beginning of a text which tokens can continue it."""

    def __init__(self, model: Model) -> None:
        self._model = model
        pieces = [
            (model.piece(token), token)
            for token in range(model.vocabulary_size)
            if not model.ends_text(token)
        ]
        pieces.sort()
        self.vocabulary_size = model.vocabulary_size
        self._pieces = [piece for piece, _token in pieces]
        self._tokens = np.array([token for _piece, token in pieces], np.int32)
        self._signs = self._tokens[[not _WORD.match(piece) for piece in self._pieces]]
        self.line_breaks = self._tokens[[bool(_BREAK.match(piece)) for piece in self._pieces]]
        self.opened_breaks = self._tokens[[bool(_OPENED.search(piece)) for piece in self._pieces]]

    def take_back(self, tokens: Tokens, keep: int) -> tuple[Tokens, bytes]:
        """Return the prompt without its unfinished end, and that end; `keep` tokens always stay."""
        start = max(keep, len(tokens) - MOST_TOKENS)
        tail = [self._model.piece(int(token)) for token in tokens[start:]]
        # A control token is one token only where it was meant as one.
        controls = [index for index, piece in enumerate(tail) if _CONTROL.fullmatch(piece)]
        if controls:
            start, tail = start + controls[-1] + 1, tail[controls[-1] + 1 :]
        match = _TAIL.search(b"".join(tail))
        if match is None:
            return tokens, b""
        position, index = 0, 0
        while position + len(tail[index]) <= match.start():
            position += len(tail[index])
            index += 1
        return tokens[: start + index], b"".join(tail[index:])

    def candidates(self, required: bytes) -> npt.NDArray[np.int32]:
        """Return the tokens whose text begins with `required`, or that `required` begins with."""
        first = bisect_left(self._pieces, required)
        # No UTF-8 text contains the byte 0xFF.
        last = bisect_left(self._pieces, required + b"\xff")
        return np.concatenate([self._tokens[first:last], self.parts_of(required[:-1])])

    def parts_of(self, text: bytes) -> Tokens:
        """Return the tokens that `text` begins with."""
        found = []
        for length in range(1, len(text) + 1):
            at = bisect_left(self._pieces, text[:length])
            if at < len(self._pieces) and self._pieces[at] == text[:length]:
                found.append(self._tokens[at])
        return np.array(found, np.int32)

    def with_a_sign_behind(self, text: bytes) -> Tokens:
        """Return the tokens that begin with `text` and go on, but not as the same word."""
        if not text:
            return self._signs
        at = bisect_left(self._pieces, text)
        found = []
        while at < len(self._pieces) and self._pieces[at].startswith(text):
            if len(self._pieces[at]) > len(text) and not _WORD.match(self._pieces[at], len(text)):
                found.append(self._tokens[at])
            at += 1
        return np.array(found, np.int32)
