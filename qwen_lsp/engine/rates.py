"""Measured speed of this model on this machine, and the chunk size that follows from it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from qwen_lsp.engine.llama import BATCH
from qwen_lsp.models.fit import Speed

# Of a 2-core laptop with a 0.5B model, until it is measured.
USUAL_PREFILL_PER_S, USUAL_DECODE_PER_S = 200.0, 20.0
SMOOTHING = 0.3  # weight of the newest measurement
# A chunk that cannot be interrupted is what a cancel or a more urgent job waits for, at most. One
# that can be may be longer, for throughput: on 2 cores 128 tokens run 1.5 times as fast as 32.
PATIENCE_S = 0.12
INTERRUPTIBLE_S = 0.6
# What an interrupt cuts short is computed again. While the user types, interrupts come every few
# tenths of a second, so each one halves the next chunk, and each chunk that ends lets it grow.
GROWTH = 1.25
SMALLEST_CHUNK = 16  # tokens: below, throughput falls faster than the wait


class Rates:
    """Tokens per second of prefill and of decoding, as exponential averages."""

    def __init__(self, known: Speed | None = None) -> None:
        """Begin with the speed of the last session, if it is `known`."""
        known = known or Speed(USUAL_PREFILL_PER_S, USUAL_DECODE_PER_S)
        self.prefill_per_s, self.decode_per_s = known.prefill_per_s, known.decode_per_s
        self._interruptible_s = INTERRUPTIBLE_S

    def chunk(self, *, interruptible: bool) -> int:
        """Return how many tokens to evaluate at once."""
        seconds = self._interruptible_s if interruptible else PATIENCE_S
        return max(SMALLEST_CHUNK, min(BATCH, int(self.prefill_per_s * seconds)))

    def interrupted(self) -> None:
        """Note that a chunk was cut short: the next one is smaller."""
        self._interruptible_s = max(self._interruptible_s / 2, PATIENCE_S)

    @contextmanager
    def prefill(self, tokens: int) -> Iterator[None]:
        """Time the evaluation of `tokens` prompt tokens.

        Few say nothing: they are noisy, and a graphics processor takes as long for ten as for 100.
        """
        start = time.perf_counter()
        yield
        self._interruptible_s = min(self._interruptible_s * GROWTH, INTERRUPTIBLE_S)
        if tokens >= max(SMALLEST_CHUNK, self.chunk(interruptible=False) // 2):
            self.prefill_per_s = _blend(self.prefill_per_s, tokens, start)

    @contextmanager
    def decode(self, tokens: int) -> Iterator[None]:
        """Time the evaluation of one generated token; a batch with guesses says nothing of it."""
        start = time.perf_counter()
        yield
        if tokens == 1:
            self.decode_per_s = _blend(self.decode_per_s, 1, start)


def _blend(average: float, tokens: int, start: float) -> float:
    rate = tokens / max(time.perf_counter() - start, 1e-6)
    return (1 - SMOOTHING) * average + SMOOTHING * rate
