"""The worker processes that parse, seen from the process that feeds them.

Each has a few files waiting, so that it never waits for us, and answers them in order: when it
dies, the first that is unanswered is the one that killed it. That file is given up, the others are
given to the next worker.
"""

import os
from collections import defaultdict, deque
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
    """A job, what its file looked like when it was found, and who does it: None is any worker."""

    job: Job
    seen: StoredFile
    lane: int | None = None


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


@dataclass(slots=True)
class _Queue:
    """Tasks that no worker has.

    Attributes:
        remaining: not looked at yet.
        given_back: by workers that died.
        kept: for the one worker that may do them, by its lane.
    """

    remaining: Iterator[Task]
    given_back: deque[Task] = field(default_factory=deque)
    kept: defaultdict[int, deque[Task]] = field(default_factory=lambda: defaultdict(deque))

    def next_for(self, lane: int) -> Task | None:
        """Take what a worker is to do next; None if there is nothing for it."""
        if self.kept[lane]:
            return self.kept[lane].popleft()
        while task := self.given_back.popleft() if self.given_back else next(self.remaining, None):
            if task.lane is None or task.lane == lane:
                return task
            self.kept[task.lane].append(task)
        return None


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
        self.count = count or min(os.cpu_count() or 1, MOST_WORKERS)
        self._limit_s = limit_s
        # By lane: numbers from 0.
        self._workers: dict[int, _Worker] = {}

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
        queue = _Queue(iter(tasks))
        while True:
            may_go_on()
            self._feed(queue)
            busy = {
                one.child.connection.fileno(): lane
                for lane, one in self._workers.items()
                if one.waiting
            }
            if not busy:
                return
            for ready in select(busy, (), ())[0]:
                reading = self._answer(busy[ready], queue)
                if reading is not None:
                    yield reading

    def keep(self, count: int) -> None:
        """End all workers but `count`, whatever they do."""
        for lane in sorted(self._workers)[count:]:
            self._workers.pop(lane).child.kill()

    def _feed(self, queue: _Queue) -> None:
        """Give tasks to the workers; each in turn gets one until none has room."""
        # One that the system ended while it had nothing to do is nobody's fault.
        for lane, worker in list(self._workers.items()):
            if not worker.waiting and not worker.child.is_alive:
                del self._workers[lane]
        batches: dict[int, list[Job]] = {}
        with_room = [lane for lane in range(self.count) if self._has_room(lane)]
        while with_room:
            lane = min(with_room, key=self._waiting)
            task = queue.next_for(lane)
            if task is None:
                with_room.remove(lane)
                continue
            if lane not in self._workers:
                self._workers[lane] = self._started()
            self._workers[lane].give(task)
            batches.setdefault(lane, []).append(task.job)
            if not self._has_room(lane):
                with_room.remove(lane)
        for lane, jobs in batches.items():
            _send(self._workers[lane], jobs)

    def _has_room(self, lane: int) -> bool:
        return lane not in self._workers or self._workers[lane].has_room

    def _waiting(self, lane: int) -> int:
        return len(self._workers[lane].waiting) if lane in self._workers else 0

    def _started(self) -> _Worker:
        return _Worker(
            children.start(
                "qwen_lsp.index.worker:main",
                str(self._root),
                list(astuple(self.methods)),
                self._limit_s,
            )
        )

    def _answer(self, lane: int, queue: _Queue) -> Reading | None:
        worker = self._workers[lane]
        try:
            if not worker.is_ready:
                worker.is_ready = worker.child.connection.recv_bytes() == READY
                return None
            reading: Reading = worker.child.connection.recv()
        except (EOFError, ConnectionResetError):
            return self._buried(lane, queue)
        worker.answered()
        return reading

    def _buried(self, lane: int, queue: _Queue) -> Reading:
        """Remove a worker that died and say what became of the file that killed it."""
        worker = self._workers.pop(lane)
        worker.child.connection.close()
        status = worker.child.process.wait()
        if not worker.is_ready:
            raise WorkersUnusable(
                f"Files cannot be parsed: a worker process ended at once (status {status})."
            )
        guilty, *others = worker.waiting
        queue.given_back.extend(others)
        verdict = "hung" if status == -HANG_SIGNAL else "crashed"
        return Reading(guilty.job.path, guilty.seen.size, guilty.seen.mtime_ns, verdict)


def _send(worker: _Worker, jobs: list[Job]) -> None:
    try:
        worker.child.connection.send(jobs)
    except (BrokenPipeError, ConnectionResetError):
        # It died. Reading from it will tell, and give back what it had.
        return
