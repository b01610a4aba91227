"""One request on its way through the engine, as a generator of small steps.

The scheduler runs a job step by step; between two steps another job may run. A job that is closed
gives back its branch. Events go to the request's own asyncio loop: `Piece` any number of times,
then exactly one `Done` or `Failed`.
"""

import asyncio
import logging
import math
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field

import numpy as np

from qwen_lsp.engine.answer import AnswerText
from qwen_lsp.engine.branch import Branch
from qwen_lsp.engine.branches import Branches, WindowFull
from qwen_lsp.engine.healing import Healer
from qwen_lsp.engine.kv_store import KvStore
from qwen_lsp.engine.llama import Aborted, Context, Tokens
from qwen_lsp.engine.lookup import Lookup
from qwen_lsp.engine.metrics import Metrics
from qwen_lsp.engine.picking import Choice, Picker
from qwen_lsp.engine.prompt import OPEN_THOUGHT, PromptEncoder
from qwen_lsp.engine.rates import Rates
from qwen_lsp.engine.vision import IMAGE, Rows, Sight
from qwen_lsp.errors import ModelError
from qwen_lsp.models.fit import Speed
from qwen_lsp.wire import QUICK_S, ChatRequest, CompletionRequest, Image, Piece, Usage

log = logging.getLogger(__name__)

READING_S = 5.0  # the longest that a model reads an image; a larger one is made smaller


@dataclass(frozen=True, slots=True)
class Done:
    """The end: "stop" by itself, "length" at max_tokens, "superseded" by a newer request."""

    reason: str
    usage: Usage
    prompt_ms: float = 0.0
    decode_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Failed:
    """The request cannot be answered; `status` is the HTTP status that says whose fault it is."""

    message: str
    status: int


Event = Piece | Done | Failed


@dataclass(eq=False, slots=True)
class Job:
    """A request, its place in line, and where its events go."""

    request: CompletionRequest | ChatRequest
    loop: asyncio.AbstractEventLoop
    events: "asyncio.Queue[Event]"
    arrived: float = field(default_factory=time.monotonic)
    cancelled: bool = False
    superseded: bool = False
    waiting: bool = False  # for a branch that another job holds
    is_quick: bool = False  # the short prompt is answered, on a branch of its own
    follow_up: CompletionRequest | None = None  # what to evaluate behind it
    steps: Generator[None, None, None] | None = None
    usage: Usage = field(default_factory=Usage)

    @property
    def key(self) -> str:
        """The branch it works on. Without a document, jobs of one priority share one."""
        if isinstance(self.request, ChatRequest) and self.request.has_images:
            return f"{self.document}#image"
        return f"{self.document} quick" if self.is_quick else self.document

    @property
    def document(self) -> str:
        """The document it is about, which a newer job may be about too."""
        return self.request.document or f"({self.request.priority})"

    def count_token(self) -> None:
        """Count a generated token."""
        usage = self.usage
        self.usage = Usage(usage.prompt_tokens, usage.cached_tokens, usage.completion_tokens + 1)

    def say(self, text: str, logprobs: list[float]) -> None:
        """Send text, if there is any, with the probabilities of its tokens, and forget these."""
        if text:
            self.emit(Piece(text, tuple(logprobs), self.is_quick))
            logprobs.clear()

    def emit(self, event: Event) -> None:
        """Hand an event to the request's loop, from the decode thread."""
        self.loop.call_soon_threadsafe(self.events.put_nowait, event)


@dataclass(frozen=True, slots=True)
class _Prompt:
    """What is evaluated for a job.

    Attributes:
        tokens: an id for each cell of the cache that it takes.
        trunk: how many of them later requests are likely to share.
        required: bytes that the answer must begin with.
        parts: of a prompt with images, which is never shared; empty without.
    """

    tokens: Tokens
    trunk: int
    required: bytes = b""
    parts: Sequence[Tokens | Rows] = ()


class JobRunner:
    """Turns jobs into steps on one context; used by the decode thread only."""

    def __init__(  # noqa: PLR0913 - all that it works with
        self,
        context: Context,
        encoder: PromptEncoder,
        healer: Healer,
        store: KvStore | None = None,
        sight: Sight | None = None,
        *,
        speed: Speed | None = None,
    ) -> None:
        """Make one; `speed` is the last session's, where it is known."""
        self.rates = Rates(speed)
        self.metrics = Metrics(prefill_per_s=self.rates.prefill_per_s)
        self.context = context
        self._encoder = encoder
        self._healer = healer
        self._sight = sight or Sight(context.model, None, threads=1, on_gpu=False)
        self._branches = Branches(context, self.rates, store)

    def steps(self, job: Job) -> Generator[None, None, None]:
        """Yield between pieces of work until the job is answered."""
        outcome = "cancelled"
        try:
            yield from self._answer(job)
            outcome = "answered"
        except ValueError as error:
            outcome = "refused"
            job.emit(Failed(str(error), status=400))
        except ModelError as error:
            outcome = "refused"
            job.emit(Failed(str(error), status=503))
        except WindowFull:
            outcome = "failed"
            job.emit(Failed("The window is full of other requests; try again.", status=503))
        finally:
            self._count(job, "superseded" if job.superseded else outcome)

    def save_one(self, most: float = math.inf) -> bool:
        """Write one trunk of at most so many bytes to disk; False when all these are there."""
        return self._branches.save_one(most)

    def _count(self, job: Job, outcome: str) -> None:
        self.metrics.count_end(job.request.priority, outcome, job.usage)
        self.metrics.prefill_per_s = self.rates.prefill_per_s
        self.metrics.decode_per_s = self.rates.decode_per_s
        self.metrics.trunks, self.metrics.trunk_tokens = self._branches.size()

    def _answer(self, job: Job) -> Generator[None, None, None]:
        request = job.request
        prompt = yield from self._prompt(job)
        size, window = len(prompt.tokens), self.context.shape.window
        if size == 0:
            raise ValueError("The prompt is empty.")
        if size + request.max_tokens > window:
            raise ValueError(
                f"The prompt has {size} tokens and {request.max_tokens} were asked for, "
                f"but the model's window holds {window}; send less."
            )
        while (branch := self._branches.acquire(job.key)) is None:
            job.waiting = True
            yield
        job.waiting = False
        start = time.perf_counter()
        try:
            yield from self._evaluate(job, branch, prompt)
            evaluated = time.perf_counter()
            reason = "stop"
            if request.max_tokens > 0:
                self._begin_thought(job)
                reason = yield from self._generate(job, branch, prompt)
        finally:
            if not job.usage.prompt_tokens:  # ended before its prompt was
                job.usage = Usage(prompt_tokens=branch.evaluated)
            if prompt.parts:
                self._branches.discard(branch)
            else:
                self._branches.release(branch)
        decode_ms = (time.perf_counter() - evaluated) * 1000
        job.emit(Done(reason, job.usage, (evaluated - start) * 1000, decode_ms))

    def _prompt(self, job: Job) -> Generator[None, None, _Prompt]:
        """Return what is evaluated for a job; may decide that its quick prompt is."""
        request = job.request
        if isinstance(request, ChatRequest):
            if request.has_images:
                parts = yield from self._see(request)
                return _Prompt(np.concatenate([_ids(one) for one in parts]), 0, parts=parts)
            return _Prompt(*self._encoder.encode_chat(request))
        tokens, trunk = self._encoder.encode_completion(request)
        if request.quick and self._takes_long(tokens[:trunk]):
            job.follow_up, job.is_quick = request.warm_up(), True
            request = request.shortened()
            tokens, trunk = self._encoder.encode_completion(request)
        if request.heal and request.max_tokens:
            tokens, required = self._healer.take_back(tokens, max(trunk, 1))
            return _Prompt(tokens, trunk, required)
        return _Prompt(tokens, trunk)

    def _evaluate(self, job: Job, branch: Branch, prompt: _Prompt) -> Generator[None, None, None]:
        tokens, trunk, cached = prompt.tokens, prompt.trunk, 0
        if prompt.parts:
            yield from self._branches.show(branch, prompt.parts)
        elif job.request.max_tokens == 0:
            tokens = tokens[:trunk]
            cached = yield from self._branches.warm(branch, tokens)
        else:
            cached = yield from self._branches.evaluate(branch, tokens, trunk)
        job.usage = Usage(prompt_tokens=len(tokens), cached_tokens=cached)

    def _see(self, request: ChatRequest) -> Generator[None, None, list[Tokens | Rows]]:
        """Return the conversation with its images as the model reads them.

        Between two of them others have their turn; reading one cannot be interrupted.

        Raises:
            ModelError: the model cannot see.
            ValueError: an image cannot be read.
        """
        parts: list[Tokens | Rows] = []
        rows = min(self.rates.prefill_per_s * READING_S, self.context.shape.window / 2)
        for part in self._encoder.parts(request):
            if isinstance(part, Image):
                parts += self._sight.see(part, rows)
                yield
            else:
                parts.append(part)
        return _joined(parts)

    def _takes_long(self, trunk: Tokens) -> bool:
        missing = len(trunk) - self._branches.cached(trunk)
        return missing / self.rates.prefill_per_s > QUICK_S

    def _begin_thought(self, job: Job) -> None:
        """Send what the template has written of the answer: that it begins with a thought."""
        request = job.request
        if not isinstance(request, ChatRequest) or not request.thinking:
            return
        if self._encoder.opens_thought(request):
            job.say(f"{OPEN_THOUGHT}\n", [])

    def _generate(self, job: Job, branch: Branch, prompt: _Prompt) -> Generator[None, None, str]:
        """Generate the answer, without what it must begin with, since that was typed."""
        request, required = job.request, prompt.required
        answer = AnswerText(request.stop)
        picker = Picker(self.context.model, self._healer, request, required)
        logprobs = list[float]()  # of the tokens since text was last sent
        lookup = Lookup(prompt.tokens.tolist()) if _may_copy(job, prompt) else None
        row = -1  # of the last batch's logits, to pick from
        ready = list[int]()  # guesses that were right, and are evaluated already
        self.metrics.count_first_token(request.priority, time.monotonic() - job.arrived)
        while True:
            is_evaluated = bool(ready)
            choice = self._choose(picker, ready, row, required)
            if choice is None:
                reason = "stop"
                break
            token = choice.token
            if choice.logprob is not None:
                logprobs.append(choice.logprob)
            piece = self.context.model.piece(token)
            piece, required = piece[len(required) :], required[len(piece) :]
            if not required:
                job.count_token()
            job.say(answer.feed(piece), logprobs)
            if answer.stopped or job.usage.completion_tokens >= request.max_tokens:
                reason = "stop" if answer.stopped else "length"
                break
            if lookup is not None:
                lookup.add(token)
            if is_evaluated:
                continue
            # The logits belong to the context, so a job that ran in between would overwrite them:
            # yield before the token is evaluated, never between evaluating and picking.
            yield
            # What was typed decides the next token, where it does, not what the prompt has.
            guess = lookup.guess() if lookup is not None and not required else []
            room = request.max_tokens - job.usage.completion_tokens - 1
            ready = yield from self._append(branch, token, guess[:room])
            row = len(ready) if guess[:room] else -1
            if lookup is not None and guess:
                lookup.learn(len(guess), len(ready))
        job.say(answer.finish(), logprobs)
        return reason

    def _choose(self, picker: Picker, ready: list[int], row: int, required: bytes) -> Choice | None:
        """Return a guess that was right, or a token picked from the scores; None at the end."""
        if ready:
            choice: Choice | None = Choice(ready.pop(0), None)
        else:
            choice = picker.pick(self.context.logits(row), required)
        return None if choice is None or self.context.model.ends_text(choice.token) else choice

    def _append(
        self, branch: Branch, token: int, guess: list[int]
    ) -> Generator[None, None, list[int]]:
        """Evaluate a token and a guess of what follows; returns the guess as far as it is right."""
        while True:
            try:
                with self.rates.decode(1 + len(guess)):
                    self._branches.append(branch, [token, *guess])
            except Aborted:
                yield
                continue
            if not guess:
                return []
            right = 0
            while right < len(guess) and int(self.context.logits(right).argmax()) == guess[right]:
                right += 1
            self.metrics.drafted += len(guess)
            self.metrics.accepted += right
            self._branches.take_back(branch, guess[right:])
            return guess[:right]


def _may_copy(job: Job, prompt: _Prompt) -> bool:
    """Whether the answer will repeat much of the prompt: an edit does, prose does not."""
    request = job.request
    return request.temperature == 0 and request.priority == "edit" and not prompt.parts


def _joined(parts: list[Tokens | Rows]) -> list[Tokens | Rows]:
    """Join tokens that follow each other, since each part is a batch of its own at least."""
    joined: list[Tokens | Rows] = []
    for part in parts:
        if joined and not isinstance(part, Rows) and not isinstance(joined[-1], Rows):
            joined[-1] = np.concatenate([joined[-1], part])
        else:
            joined.append(part)
    return joined


def _ids(part: Tokens | Rows) -> Tokens:
    """Return an id for each cell of the cache that a part of a prompt takes."""
    return np.full(len(part), IMAGE, np.int32) if isinstance(part, Rows) else part
