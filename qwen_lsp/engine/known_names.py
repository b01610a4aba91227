"""Names that the answer's first word is likely one of: the members behind a dot.

A small model makes members up: `store.delete(` where the class has `delete_info`. So while the
first word is written, tokens that leave one of the names possible are given a bonus. Decoding by
what a type system knows is from A. Agrawal et al., "Monitor-Guided Decoding of Code LMs with Static
Analysis of Repository Context", NeurIPS 2023; a bonus, not a mask, since an index may be wrong.
"""

import numpy as np
import numpy.typing as npt

from qwen_lsp.engine.healing import Healer


class KnownNames:
    """The names that are still possible while the first word of an answer is written.

    Args:
        healer: knows the vocabulary.
        rests: what may follow what was typed, each the rest of a name; b"" is a name that was typed
            whole.
        typed: the end of the prompt that the answer must begin with.
    """

    def __init__(self, healer: Healer, rests: tuple[str, ...], typed: bytes) -> None:
        self._healer = healer
        self._rests = {typed + rest.encode() for rest in rests}

    def __bool__(self) -> bool:
        """Whether there are any left, so that the next token is still one of their own."""
        return bool(self._rests)

    def tokens(self) -> npt.NDArray[np.int32]:
        """Return the tokens that leave a name possible: a part of it, or its end and a sign."""
        found = set[int]()
        for rest in self._rests:
            found.update(self._healer.parts_of(rest).tolist())
            found.update(self._healer.with_a_sign_behind(rest).tolist())
        return np.fromiter(found, np.int32, len(found))

    def take(self, piece: bytes) -> None:
        """Note the text of the token that was picked."""
        self._rests = {rest[len(piece) :] for rest in self._rests if rest.startswith(piece)}
