"""Trunks of documents that nobody works on now: out of the KV cache, kept in memory.

All sequences share the cache's cells, and without a GPU each batch attends to all of them up to the
last one in use, whoever they belong to. Measured on 2 cores with the 0.5B model: with trunks of
1,450 tokens, a new one is evaluated at 143 tokens/s in an empty cache, at 78 behind two others and
at 41 behind six. Taking a trunk out and putting it back is a copy of its 12 kB a token.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from qwen_lsp.engine.llama import Tokens

LIMIT = 512 * 1024**2  # bytes of all states


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A hybrid model's state behind the first `length` tokens of a trunk."""

    length: int
    state: bytes


@dataclass(eq=False, slots=True)
class Parked:
    """A trunk on the shelf; `is_saved` if it is on disk too."""

    tokens: Tokens
    state: bytes
    checkpoints: tuple[Checkpoint, ...]
    is_saved: bool

    @property
    def size(self) -> int:
        """Bytes that it takes."""
        return len(self.state) + sum(len(one.state) for one in self.checkpoints)


class Shelf:
    """The parked trunks of one model, the last one used at the end; used by the decode thread."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._parked: list[Parked] = []

    def __iter__(self) -> Iterator[Parked]:
        return iter(self._parked)

    def has(self, tokens: Tokens) -> bool:
        """Whether a trunk of exactly these tokens is there."""
        return any(np.array_equal(one.tokens, tokens) for one in self._parked)

    def put(self, parked: Parked) -> None:
        """Keep a trunk instead of those that are its beginning; the oldest ones make room."""
        self._parked = [one for one in self._parked if not _begins(one.tokens, parked.tokens)]
        self._parked.append(parked)
        while sum(one.size for one in self._parked) > self._limit:
            del self._parked[0]

    def used(self, parked: Parked) -> None:
        """Note that a trunk was put back; it is the last one to go."""
        self._parked.remove(parked)
        self._parked.append(parked)

    def unsaved(self, smallest: int, most: float) -> Parked | None:
        """Return one of at least `smallest` tokens and at most `most` bytes that is not on disk."""
        waiting = (one for one in self._parked if not one.is_saved and len(one.tokens) >= smallest)
        return next((one for one in waiting if len(one.state) <= most), None)


def _begins(one: Tokens, other: Tokens) -> bool:
    return len(one) <= len(other) and np.array_equal(one, other[: len(one)])
