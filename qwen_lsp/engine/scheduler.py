"""One model, many windows: which job's step runs next on the one decode thread.

Visible completions come before edits, these before explanations, these before warm-up. A lower job
is not lost when a higher one comes: it waits between two steps, its cache untouched. A newer
completion for a document ends the older one, and any warm-up of that document. While another engine
completes, all but completions wait (`turns.py`).
"""

import asyncio
import logging
import threading

from qwen_lsp.engine.jobs import Done, Failed, Job, JobRunner
from qwen_lsp.engine.metrics import Metrics
from qwen_lsp.engine.turns import WAIT_S, Turns
from qwen_lsp.errors import EngineBusy
from qwen_lsp.wire import PRIORITIES, ChatRequest, CompletionRequest

log = logging.getLogger(__name__)

REST_S = 3.0  # without a request, after which trunks are written to disk
# Bytes of a trunk that is written then: whoever comes meanwhile waits for it. A larger one is
# written when the engine leaves.
SAVED_AT_REST = 256 * 1024**2
QUEUE_LIMIT = 64  # requests; an editor has one or two under way, so this many means a fault


class Scheduler:
    """Owns the decode thread. All methods may be called from any thread."""

    def __init__(self, runner: JobRunner, turns: Turns, rest_s: float = REST_S) -> None:
        self._runner = runner
        self._rest_s = rest_s
        self._turns = turns
        self._context = runner.context
        self._changed = threading.Condition()
        self._jobs: list[Job] = []
        self._running: Job | None = None
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="decode", daemon=True)
        self._thread.start()

    def submit(self, request: CompletionRequest | ChatRequest) -> Job:
        """Put a request in line; its events arrive on the calling event loop.

        Raises:
            EngineBusy: the line is full.
        """
        job = Job(request, asyncio.get_running_loop(), asyncio.Queue())
        with self._changed:
            if len(self._jobs) >= QUEUE_LIMIT:
                raise EngineBusy("The engine has too many requests waiting; try again later.")
            for other in self._jobs:
                if _supersedes(job, other):
                    other.superseded = True
                    self._stop_step(other)
            self._jobs.append(job)
            running = self._running
            if running and _rank(job) < _rank(running):
                self._context.interrupt()
            self._changed.notify()
        return job

    def cancel(self, job: Job) -> None:
        """End a job within one chunk or token; it sends no more events."""
        with self._changed:
            job.cancelled = True
            self._stop_step(job)
            self._changed.notify()

    @property
    def metrics(self) -> Metrics:
        """What was counted since the start."""
        metrics = self._runner.metrics
        with self._changed:
            metrics.waiting = len(self._jobs)
        return metrics

    @property
    def idle(self) -> bool:
        """Whether nothing is running or waiting."""
        with self._changed:
            return not self._jobs

    def close(self) -> None:
        """Stop the decode thread after the step under way."""
        with self._changed:
            self._closed = True
            self._context.interrupt()
            self._changed.notify()
        self._thread.join()

    def _stop_step(self, job: Job) -> None:
        if job is self._running:
            self._context.interrupt()

    def _run(self) -> None:
        all_saved = True
        while True:
            with self._changed:
                self._running = None
                self._turns.complete(any(map(_is_completion, self._jobs)))
                rested = False
                if not self._jobs and not self._closed:
                    # An answer's client that leaves wakes it too.
                    rested = not self._changed.wait(None if all_saved else self._rest_s)
                    self._turns.complete(any(map(_is_completion, self._jobs)))
                if self._closed:
                    break
                job = min(self._jobs, key=_rank, default=None)
                if job is not None and self._turns.must_wait() and not _is_ending(job):
                    self._changed.wait(WAIT_S)
                    continue
                self._running = job
                self._context.clear_interrupt()
            if job is None:
                # Nothing came for a while: one trunk at a time, since something may come now.
                all_saved = all_saved or (rested and not self._runner.save_one(SAVED_AT_REST))
                continue
            all_saved = False
            if not self._step(job):
                with self._changed:
                    self._jobs.remove(job)
                    for other in self._jobs:
                        other.waiting = False  # the branch it waits for may be free now
                    if job.follow_up is not None and not job.superseded:
                        self._jobs.append(Job(job.follow_up, job.loop, asyncio.Queue()))
        self._turns.close()
        while self._runner.save_one():
            pass

    def _step(self, job: Job) -> bool:
        """Run one step; False when the job is over."""
        if job.steps is None:
            job.steps = self._runner.steps(job)
        if job.cancelled or job.superseded:
            job.steps.close()
            if job.superseded:
                job.emit(Done("superseded", job.usage))
            return False
        try:
            next(job.steps)
        except StopIteration:
            return False
        except Exception:  # the border: a bug in one request must not end the engine
            log.exception("A request failed")
            job.emit(Failed("The engine failed on this request; see its log.", status=500))
            return False
        return True


def _rank(job: Job) -> tuple[bool, bool, int, float]:
    """Order of service.

    Jobs that are to end come first, since that frees their branch; those that wait for a branch
    come last, or the job that holds it would never get its turn.
    """
    return (not _is_ending(job), job.waiting, PRIORITIES.index(job.request.priority), job.arrived)


def _is_ending(job: Job) -> bool:
    return job.cancelled or job.superseded


def _is_completion(job: Job) -> bool:
    return job.request.priority == "completion"


def _supersedes(newer: Job, older: Job) -> bool:
    if newer.document != older.document:
        return False
    return older.request.priority == "warm" or (
        newer.request.priority == older.request.priority == "completion"
    )
