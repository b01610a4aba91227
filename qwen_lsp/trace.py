"""Stage timings of one request, for one line in the log."""

import time


class Trace:
    """Collects facts and times of a request; `line()` is what gets logged."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._start = self._mark = time.perf_counter()
        self._facts: list[str] = []

    def stage(self, name: str) -> None:
        """Note how long it took since the last stage, in ms."""
        now = time.perf_counter()
        self._facts.append(f"{name}={(now - self._mark) * 1000:.0f}")
        self._mark = now

    def fact(self, name: str, value: object) -> None:
        """Note a value."""
        self._facts.append(f"{name}={value}")

    def line(self) -> str:
        """Return the request's name, its total time and its stages."""
        total = (time.perf_counter() - self._start) * 1000
        return f"{self._name} {total:.0f}ms {' '.join(self._facts)}"
