"""The engine without its process: one model, one context, and a second context to check it with.

A test runs requests step by step, each the way the decode thread would, or hands `runner` to a real
`Scheduler`. Every pick of a token is watched, so that an answer can be compared with the same
prompt's on an empty cache: not only its words but the scores behind them.
"""

import asyncio
import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from qwen_lsp.engine.answer import AnswerText
from qwen_lsp.engine.branches import Branches
from qwen_lsp.engine.healing import Healer
from qwen_lsp.engine.jobs import Done, Event, Failed, Job, JobRunner
from qwen_lsp.engine.kv_store import KvStore
from qwen_lsp.engine.llama import BATCH, Context, ContextShape, Model, Tokens
from qwen_lsp.engine.prompt import PromptEncoder
from qwen_lsp.engine.vision import Sight
from qwen_lsp.wire import ChatRequest, CompletionRequest, Piece, Token, Usage

WINDOW = 2048  # tokens
# A second thread makes little of these sizes faster, and a hundred times slower where another
# program is busy.
THREADS = 1
# To measure how much the way of batching moves scores. llama.cpp takes other ways through a matrix
# for one row, for some, and for many.
CHUNKS = (1, 4, 16)  # tokens

ABOVE = """\
class Order:
    def __init__(self, prices, shipping):
        self.prices = prices
        self.shipping = shipping

    def total(self):
"""
BELOW = """
    def is_free(self):
        return self.total() == 0
"""

NEAR_TIE = "near tie"  # two words scored so alike that batching may choose the other one

Request = CompletionRequest | ChatRequest


def fim(
    typed: str,
    document: str = "one",
    above: str = ABOVE,
    below: str = BELOW,
    **options: Any,
) -> CompletionRequest:
    """Return a request to fill in the middle, laid out like the front's."""
    trunk = (Token("fim_prefix"), above, Token("fim_suffix"), below)
    options = {"max_tokens": 3, **options}
    prompt = (*trunk, Token("fim_middle"), typed)
    return CompletionRequest(prompt, trunk=len(trunk), document=document, **options)


@dataclass
class Answer:
    """What came of a request, and the scores that each of its tokens was picked from."""

    text: str = ""
    logprobs: list[float] = field(default_factory=list)
    end: Done | Failed | None = None
    scores: list[npt.NDArray[np.float32]] = field(default_factory=list)

    @property
    def reason(self) -> str:
        assert isinstance(self.end, Done), self.end
        return self.end.reason

    @property
    def usage(self) -> Usage:
        assert isinstance(self.end, Done), self.end
        return self.end.usage

    def add(self, event: Event) -> None:
        assert self.end is None, "an event behind the end"
        if isinstance(event, Piece):
            self.text += event.text
            self.logprobs += event.logprobs
        else:
            self.end = event


@dataclass
class Pick:
    """A token of an empty cache's answer: its scores, what it had to begin with, and its lead."""

    token: int
    scores: npt.NDArray[np.float32]
    required: bytes
    lead: float


@dataclass
class Fresh:
    """What an empty cache answers."""

    text: str
    tokens: list[int]
    picks: list[Pick]


@dataclass(frozen=True)
class LoadedModel:
    """A model and what is worth making only once for it."""

    model: Model
    encoder: PromptEncoder
    healer: Healer
    noise: float  # by how much batching alone moves a score

    @property
    def is_real(self) -> bool:
        """Whether its words mean anything."""
        return not self.model.path.stem.startswith("tiny-")

    @classmethod
    def load(cls, model: Model, sample: str) -> "LoadedModel":
        tokens = model.tokenize(sample, special=False)
        return cls(model, PromptEncoder(model), Healer(model), _noise(model, tokens))


class WatchedRunner(JobRunner):
    """Runs jobs; remembers whose step it is, and stops before a step where a test wants it to."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.job: Job | None = None
        self.before_step: Callable[[Job, int], None] = lambda _job, _step: None

    def steps(self, job: Job) -> Generator[None, None, None]:
        inner, step = super().steps(job), 0
        try:
            while True:
                self.before_step(job, step)
                self.job = job
                try:
                    next(inner)
                except StopIteration:
                    return
                step += 1
                yield
        finally:
            inner.close()


class BareEngine:
    """One context under test, and one to check it with."""

    def __init__(
        self,
        loaded: LoadedModel,
        window: int = WINDOW,
        store: KvStore | None = None,
        projector: Path | None = None,
    ) -> None:
        self.loaded, self.model = loaded, loaded.model
        self.context = self._open(window, Branches.sequences_needed(hybrid=self.model.is_hybrid))
        self.empty = self._open(window, 1)
        self.sight = Sight(self.model, projector, threads=THREADS, on_gpu=False)
        self.runner = WatchedRunner(self.context, loaded.encoder, loaded.healer, store, self.sight)
        self.loop = asyncio.get_running_loop()
        self._scores: dict[Job, list[npt.NDArray[np.float32]]] = {}
        self._watch_logits()

    def close(self) -> None:
        self.sight.close()
        self.context.close()
        self.empty.close()

    def set_chunk(self, tokens: int) -> None:
        """Evaluate prompts in chunks of a size that does not depend on this machine's speed."""
        self.runner.rates.chunk = lambda **_: tokens  # type: ignore[method-assign]

    def start(self, request: Request) -> Job:
        """Return a job that is driven by `next(job.steps)`."""
        job = Job(request, self.loop, asyncio.Queue())
        job.steps = self.runner.steps(job)
        return job

    async def finish(self, job: Job) -> Answer:
        """Run the rest of a job."""
        assert job.steps is not None
        for _ in job.steps:
            pass
        return await self.collect(job)

    async def answer(self, request: Request) -> Answer:
        return await self.finish(self.start(request))

    async def collect(self, job: Job) -> Answer:
        """Wait for a job's end."""
        answer = Answer()
        while answer.end is None:
            answer.add(await job.events.get())
        # An event behind the end would come with the next turn of the loop.
        await asyncio.sleep(0)
        assert job.events.empty()
        answer.scores = self._scores.pop(job, [])
        return answer

    async def check(self, request: Request) -> Usage:
        """Answer a request; the answer must be the one of an empty cache."""
        answer = await self.answer(request)
        self.compare(request, answer)
        return answer.usage

    def compare(self, request: Request, answer: Answer) -> None:
        """Check that an answer is the one of an empty cache."""
        found = self.difference(request, answer)
        assert found in ("", NEAR_TIE), found

    @property
    def allowed(self) -> float:
        """By how much a score may move.

        The noise is that of some hundred tokens, and a session reads some thousand. A single wrong
        token in the cache moves one by 100 times as much at least.
        """
        return 4 * self.loaded.noise

    def forget(self, job: Job) -> None:
        """Drop what was watched of a job that was cancelled."""
        self._scores.pop(job, None)

    def difference(self, request: Request, answer: Answer) -> str:
        """Return how an answer differs from an empty cache's: "" not at all, or NEAR_TIE."""
        fresh = self.fresh(request)
        allowed = self.allowed
        # Of an answer with guesses more scores are read than tokens are picked.
        scores = [] if request.priority == "edit" else answer.scores
        for index, (ours, pick) in enumerate(zip(scores, fresh.picks, strict=False)):
            moved = float(np.abs(ours - pick.scores).max())
            if moved > allowed:
                noise = self.loaded.noise
                return f"token {index}: a score moved by {moved}, batching by {noise} at most"
            if self._pick(ours, pick.required).token != pick.token and pick.lead <= allowed:
                return NEAR_TIE
        if answer.text == fresh.text:
            return ""
        if not scores and min(pick.lead for pick in fresh.picks) <= allowed:
            return NEAR_TIE
        return f"{answer.text!r} is not {fresh.text!r}"

    def fresh(self, request: Request) -> Fresh:
        """Answer on an empty cache, the simplest way."""
        tokens, required = self.tokens(request)
        self.empty.clear(0)
        for start in range(0, len(tokens), BATCH):
            self.empty.decode(tokens[start : start + BATCH], start, 0)
        text, fresh, count = AnswerText(request.stop), Fresh("", [], []), 0
        while count < request.max_tokens and not text.stopped:
            pick = self._pick(self.empty.logits().copy(), required)
            fresh.picks.append(pick)
            if self.model.ends_text(pick.token):
                break
            piece = self.model.piece(pick.token)
            piece, required = piece[len(required) :], required[len(piece) :]
            count += not required
            fresh.text += text.feed(piece)
            self.empty.decode([pick.token], len(tokens) + len(fresh.tokens), 0)
            fresh.tokens.append(pick.token)
        fresh.text += text.finish()
        return fresh

    def _pick(self, scores: npt.NDArray[np.float32], required: bytes) -> Pick:
        if not required:
            second, first = np.partition(scores, -2)[-2:]
            return Pick(int(scores.argmax()), scores, required, float(first - second))
        candidates = self.loaded.healer.candidates(required)
        order = candidates[np.argsort(-scores[candidates])]
        lead = float(scores[order[0]] - scores[order[1]]) if len(order) > 1 else np.inf
        return Pick(int(order[0]), scores, required, lead)

    def tokens(self, request: Request) -> tuple[Tokens, bytes]:
        """Return a prompt's ids, and what the answer must begin with."""
        if isinstance(request, ChatRequest):
            return self.loaded.encoder.encode_chat(request)[0], b""
        tokens, trunk = self.loaded.encoder.encode_completion(request)
        if not request.heal:
            return tokens, b""
        return self.loaded.healer.take_back(tokens, max(trunk, 1))

    def _open(self, window: int, sequences: int) -> Context:
        return self.model.open_context(ContextShape(window, sequences, THREADS, THREADS))

    def _watch_logits(self) -> None:
        read = self.context.logits

        def watched(index: int = -1) -> npt.NDArray[np.float32]:
            logits = read(index)
            if self.runner.job is not None:
                self._scores.setdefault(self.runner.job, []).append(logits.copy())
            return logits

        self.context.logits = watched  # type: ignore[method-assign]


class Gate:
    """Holds the decode thread before a step, so that a test acts while a job is half done."""

    def __init__(self, runner: WatchedRunner, is_there: Callable[[Job, int], bool]) -> None:
        self._reached, self._open = threading.Event(), threading.Event()
        self._is_there = is_there
        runner.before_step = self._hold

    async def reached(self) -> None:
        assert await asyncio.to_thread(self._reached.wait, 60), "no job came to the gate"

    def open(self) -> None:
        self._open.set()

    def _hold(self, job: Job, step: int) -> None:
        if not self._open.is_set() and self._is_there(job, step):
            self._reached.set()
            self._open.wait(60)


def _noise(model: Model, tokens: Tokens) -> float:
    """Return the most that a score moves between ways of batching the same tokens."""
    context = model.open_context(ContextShape(WINDOW, 1, THREADS, THREADS))
    scores: dict[int, list[npt.NDArray[np.float32]]] = {}
    for size in CHUNKS:
        context.clear(0)
        for start in range(0, len(tokens), size):
            context.decode(tokens[start : start + size], start, 0)
            scores.setdefault(start + size, []).append(context.logits().copy())
    context.close()
    return max(
        float((np.max(rows, axis=0) - np.min(rows, axis=0)).max()) for rows in scores.values()
    )
