"""When the server looks for cycles of garbage: while nobody waits.

The index's values are kept in the hundred thousands and hold no cycles. To look through them takes
75 ms, in which the event loop stands still, and by Python's own rule that happens in the middle of
a question to the index.
"""

import asyncio
import gc

# Values that a few questions make; most requests leave nothing behind.
VALUES_PER_COLLECTION = 100_000
# Seconds without a key before it is time.
IDLE_S = 5.0


def collect_rarely() -> None:
    """Leave what is there now alone, and look at what comes seldom by itself."""
    gc.freeze()
    gc.set_threshold(VALUES_PER_COLLECTION)


class IdleCollector:
    """Collects once after each time that something happened. Belongs to the event loop."""

    def __init__(self, idle_s: float = IDLE_S) -> None:
        self._idle_s = idle_s
        self._last = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def touch(self) -> None:
        """Note that the user does something."""
        loop = asyncio.get_running_loop()
        self._last = loop.time()
        if self._timer is None:
            self._timer = loop.call_later(self._idle_s, self._look)

    def close(self) -> None:
        """Stop."""
        if self._timer is not None:
            self._timer.cancel()

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = None
        if (left := self._last + self._idle_s - loop.time()) > 0:
            self._timer = loop.call_later(left, self._look)
            return
        gc.collect()
        # What is left now will mostly stay, and need not be looked through again.
        gc.freeze()
