"""The worker processes that parse, seen from the process that feeds them.

Each has a few files waiting, so that it never waits for us, and answers them in order: when it
dies, the first that is unanswered is the one that killed it. That file is given up, the others are
given to the next worker.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import astuple, dataclass, field
from pathlib import Path
from select import select

from qwen_lsp.errors import QwenLspError
from qwen_lsp.index import children
from qwen_lsp.index.reading import Job, Methods, Reading
from qwen_lsp.index.store import StoredFile
from qwen_lsp.index.worker import HANG_SIGNAL, READY

# Processor time in seconds for one file; the slowest hand-written ones take half of one.
FILE_LIMIT_S = 10.0
# More would compete with the model for the machine.
MOST_WORKERS = 2
# What a worker has waiting: about 50 ms of work, which is also how soon a pause begins.
_MOST_WAITING = 16
_MOST_WAITING_BYTES = 256 * 1024


class WorkersUnusable(QwenLspError):
    """A worker process does not even start."""


@dataclass(frozen=True, slots=True)
class Task:
    """A job, and what its file looked like when it was found."""

    job: Job
    seen: StoredFile


@dataclass(slots=True)
class _Worker:
    child: children.Child
    is_ready: bool = False
    waiting: deque[Task] = field(default_factory=deque)

    waiting_bytes: int = 0

    @property
    def has_room(self) -> bool:
        return len(self.waiting) < _MOST_WAITING and self.waiting_bytes < _MOST_WAITING_BYTES

    def give(self, task: Task) -> None:
        self.waiting.append(task)
        self.waiting_bytes += task.seen.size

    def answered(self) -> None:
        self.waiting_bytes -= self.waiting.popleft().seen.size


class Workers:
    """Worker processes for one workspace folder; they start with the first task."""

    def __init__(
        self,
        root: Path,
        methods: Methods,
        count: int | None = None,
        limit_s: float = FILE_LIMIT_S,
    ) -> None:
        self._root = root
        self.methods = methods
        self._count = count or min(os.cpu_count() or 1, MOST_WORKERS)
        self._limit_s = limit_s
        self._workers: list[_Worker] = []

    def read(
        self, tasks: Iterable[Task], may_go_on: Callable[[], None] = lambda: None
    ) -> Iterator[Reading]:
        """Yield what became of each task, in no order.

        Args:
            tasks: taken as workers have room.
            may_go_on: called before a worker gets more; returns when it may.

        Raises:
            WorkersUnusable: a worker ended before it could begin.
        """
        remaining = iter(tasks)
        given_back: deque[Task] = deque()
        while True:
            may_go_on()
            self._feed(given_back, remaining)
            busy = {one.child.connection.fileno(): one for one in self._workers if one.waiting}
            if not busy:
                return
            for ready in select(busy, (), ())[0]:
                worker = busy[ready]
                reading = self._answer(worker, given_back)
                if reading is not None:
                    yield reading

    def keep(self, count: int) -> None:
        """End all workers but `count`, whatever they do."""
        while len(self._workers) > count:
            self._workers.pop().child.kill()

    def _feed(self, given_back: deque[Task], remaining: Iterator[Task]) -> None:
        """Give tasks to the workers; each in turn gets one until none has room."""
        # One that the system ended while it had nothing to do is nobody's fault.
        self._workers = [one for one in self._workers if one.waiting or one.child.is_alive]
        with_room = [worker for worker in self._workers if worker.has_room]
        batches: dict[int, list[Job]] = {}
        while True:
            if not with_room and len(self._workers) == self._count:
                break
            task = given_back.popleft() if given_back else next(remaining, None)
            if task is None:
                break
            if len(self._workers) < self._count:
                with_room.append(self._started())
            worker = min(with_room, key=lambda one: len(one.waiting))
            worker.give(task)
            batches.setdefault(id(worker), []).append(task.job)
            with_room = [one for one in with_room if one.has_room]
        for worker in self._workers:
            if id(worker) in batches:
                _send(worker, batches[id(worker)])

    def _started(self) -> _Worker:
        child = children.start(
            "qwen_lsp.index.worker:main",
            str(self._root),
            list(astuple(self.methods)),
            self._limit_s,
        )
        worker = _Worker(child)
        self._workers.append(worker)
        return worker

    def _answer(self, worker: _Worker, given_back: deque[Task]) -> Reading | None:
        try:
            if not worker.is_ready:
                worker.is_ready = worker.child.connection.recv_bytes() == READY
                return None
            reading: Reading = worker.child.connection.recv()
        except (EOFError, ConnectionResetError):
            return self._buried(worker, given_back)
        worker.answered()
        return reading

    def _buried(self, worker: _Worker, given_back: deque[Task]) -> Reading:
        """Remove a worker that died and say what became of the file that killed it."""
        self._workers.remove(worker)
        worker.child.connection.close()
        status = worker.child.process.wait()
        if not worker.is_ready:
            raise WorkersUnusable(
                f"Files cannot be parsed: a worker process ended at once (status {status})."
            )
        guilty, *others = worker.waiting
        given_back.extend(others)
        verdict = "hung" if status == -HANG_SIGNAL else "crashed"
        return Reading(guilty.job.path, guilty.seen.size, guilty.seen.mtime_ns, verdict)


def _send(worker: _Worker, jobs: list[Job]) -> None:
    try:
        worker.child.connection.send(jobs)
    except (BrokenPipeError, ConnectionResetError):
        # It died. Reading from it will tell, and give back what it had.
        return
