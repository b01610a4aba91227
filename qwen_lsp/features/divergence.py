"""Where another completion parts from the first one.

It is where the model most likely writes something else, as best-first search has it. Behind `retur`
that is not the next token, which must be `n`.
"""

import math
from dataclasses import dataclass

from qwen_lsp.features.extent import first_line


@dataclass
class Divergence:
    """A place in the first line of a completion.

    Attributes:
        at: the completion's code points in front of it, which all that part here have in common.
        reached: how likely the model comes here, 0 to 1.
        left: how likely it comes here and goes on as no known completion does, 0 to 1.
    """

    at: int
    reached: float = 1.0
    left: float = 1.0

    def take(self, logprobs: tuple[float, ...]) -> None:
        """Take in how likely the model found the beginning of another completion behind it."""
        if logprobs:
            self.left -= self.reached * math.exp(sum(logprobs))


def divergences_in(text: str, pieces: list[tuple[int, str, float]]) -> list[Divergence]:
    """Return the places where something else than `text` may be written; the beginning at least.

    Args:
        text: a completion.
        pieces: of it and of what was typed of it, with where each begins in it (below 0: before
            it), and its log-probability.
    """
    end = len(first_line(text))
    places, logprob = list[Divergence](), 0.0
    for begin, piece, of_piece in pieces:
        if begin < 0:
            continue  # how likely it is, given what was typed of it, is not known
        if begin >= end:
            break
        if piece.strip():
            reached = math.exp(logprob)
            at = begin if text[:begin].strip() else 0
            places.append(Divergence(at, reached, reached * -math.expm1(of_piece)))
        logprob += of_piece
    return places or [Divergence(0)]
