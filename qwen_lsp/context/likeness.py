"""How much a name has to do with the names in play, by the words that both are made of."""

import math
from collections.abc import Iterable, Mapping
from functools import lru_cache

from qwen_lsp.context.in_play import NameInPlay
from qwen_lsp.index.words import parts


def weights_of_words(names: Iterable[NameInPlay]) -> dict[str, float]:
    """Return what each word of the names in play is worth: as much as its best name."""
    weights: dict[str, float] = {}
    for one in names:
        for word in parts(one.name):
            if len(word) > 1:
                weights[word] = max(weights.get(word, 0.0), one.weight)
    return weights


def likeness(name: str, weights: Mapping[str, float]) -> float:
    """Return how alike a name is to those in play; 0 if they share no word.

    Long names share more words by chance, hence the root of their number.
    """
    words, root = _words_of(name)
    return sum([weights.get(word, 0.0) for word in words]) / root


@lru_cache(maxsize=20_000)
def _words_of(name: str) -> tuple[tuple[str, ...], float]:
    """Return the different words of a name, and the root of the number of all."""
    words = parts(name)
    return tuple(dict.fromkeys(words)), math.sqrt(max(len(words), 1))
