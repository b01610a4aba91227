"""Whether somebody waits for an answer now."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Busy:
    """Counts answers under way; `on_change` hears when the first begins and the last ends."""

    def __init__(self, on_change: Callable[[bool], None] = lambda _is_busy: None) -> None:
        self._on_change = on_change
        self._waited_for = 0

    @contextmanager
    def during(self, *, is_waited_for: bool) -> Iterator[None]:
        """Count an answer, if somebody waits for it."""
        self._count(is_waited_for)
        try:
            yield
        finally:
            self._count(-is_waited_for)

    def _count(self, change: int) -> None:
        was_busy = self._waited_for > 0
        self._waited_for += change
        if was_busy != (self._waited_for > 0):
            self._on_change(self._waited_for > 0)
