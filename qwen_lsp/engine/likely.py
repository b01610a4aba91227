"""Texts that an answer likely begins with: members behind a dot, a line that is written elsewhere.

A small model makes members up: `store.delete(` where the class has `delete_info`. And it leaves the
way of the line that it has before its eyes. So while one of the texts is still possible, tokens
that leave it so are given a bonus. Decoding by what a type system knows is from A. Agrawal et al.,
"Monitor-Guided Decoding of Code LMs with Static Analysis of Repository Context", NeurIPS 2023; a
bonus, not a mask, since an index may be wrong.
"""

from collections.abc import Iterable

import numpy as np

from qwen_lsp.engine.healing import Healer
from qwen_lsp.engine.llama import Scores, Tokens
from qwen_lsp.wire import Likely

# Bytes of a text that are looked at for one token; no token of a line is longer.
_LONGEST_TOKEN = 64


class LikelyTexts:
    """The texts that are still possible while the beginning of an answer is written.

    Args:
        healer: knows the vocabulary.
        texts: what may follow what was typed; "" where a name was typed whole.
        typed: the end of the prompt that the answer must begin with.
    """

    def __init__(self, healer: Healer, texts: tuple[Likely, ...], typed: bytes) -> None:
        self._healer = healer
        self._rests = _best((typed + one.text.encode(), one.bonus) for one in texts)

    def __bool__(self) -> bool:
        """Whether there are any left, so that the next token is still one of their own."""
        return bool(self._rests)

    def bonuses(self) -> Scores:
        """Return what each token of the vocabulary is given.

        Those are given something that are a part of a text, or the end of a name and a sign; the
        signs alone are half of a vocabulary.
        """
        given = np.zeros(self._healer.vocabulary_size, np.float32)
        for rest, bonus in self._rests.items():
            for tokens in (self._parts_of(rest), self._healer.with_a_sign_behind(rest)):
                given[tokens] = np.maximum(given[tokens], bonus)
        return given

    def line_ends(self) -> Tokens:
        """Return the tokens that end a line where one of the texts does."""
        ends = [rest for rest in self._rests if rest.endswith(b"\n")]
        whole = [np.setdiff1d(self._parts_of(rest), self._parts_of(rest[:-1])) for rest in ends]
        return np.concatenate(whole) if whole else np.empty(0, np.int32)

    def take(self, piece: bytes) -> None:
        """Note the text of the token that was picked; behind a line nothing is likely."""
        self._rests = (
            {}
            if b"\n" in piece
            else _best(
                (rest[len(piece) :], bonus)
                for rest, bonus in self._rests.items()
                if rest.startswith(piece)
            )
        )

    def _parts_of(self, rest: bytes) -> Tokens:
        return self._healer.parts_of(rest[:_LONGEST_TOKEN])


def _best(texts: Iterable[tuple[bytes, float]]) -> dict[bytes, float]:
    found = dict[bytes, float]()
    for text, bonus in texts:
        found[text] = max(found.get(text, 0.0), bonus)
    return found
