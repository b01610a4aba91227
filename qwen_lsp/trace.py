"""Stage timings of one request, for one line in the log and for who asks where the time went."""

import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stage:
    """A step of a request and how long it took, in ms."""

    name: str
    ms: float


@dataclass(frozen=True, slots=True)
class Fact:
    """A value that was noted about a request."""

    name: str
    value: object


class Trace:
    """Collects facts and times of a request; `line()` is what gets logged."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._start = self._mark = time.perf_counter()
        self._notes: list[Stage | Fact] = []

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages so far, in order."""
        return tuple(note for note in self._notes if isinstance(note, Stage))

    @property
    def facts(self) -> tuple[Fact, ...]:
        """The values so far, in order."""
        return tuple(note for note in self._notes if isinstance(note, Fact))

    def stage(self, name: str, at: float | None = None) -> None:
        """Note that a stage began where the last one ended.

        Args:
            name: of the stage.
            at: when it ended, by `time.perf_counter()`; now if it is not given.
        """
        end = max(time.perf_counter() if at is None else at, self._mark)
        self._notes.append(Stage(name, (end - self._mark) * 1000))
        self._mark = end

    def fact(self, name: str, value: object) -> None:
        """Note a value."""
        self._notes.append(Fact(name, value))

    @property
    def elapsed_ms(self) -> float:
        """Time since the request came."""
        return (time.perf_counter() - self._start) * 1000

    def line(self) -> str:
        """Return the request's name, its total time and its stages."""
        notes = [
            f"{note.name}={note.ms:.0f}" if isinstance(note, Stage) else f"{note.name}={note.value}"
            for note in self._notes
        ]
        return f"{self._name} {self.elapsed_ms:.0f}ms {' '.join(notes)}"
