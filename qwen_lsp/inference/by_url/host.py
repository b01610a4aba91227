"""One engine of the user's: what is known of it, whether it rests, and its answers."""

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from weakref import WeakValueDictionary

from qwen_lsp import wire
from qwen_lsp.errors import EngineError, EngineUnusable
from qwen_lsp.inference.body import Body, without_images
from qwen_lsp.inference.by_url.detect import profile_of
from qwen_lsp.inference.by_url.evaluated import Evaluated
from qwen_lsp.inference.by_url.key import read_key
from qwen_lsp.inference.by_url.profile import Chunk, NotServed, Profile, ServedModel, StillLoading
from qwen_lsp.inference.by_url.strings import Strings, without_halves

if TYPE_CHECKING:
    from qwen_lsp.inference.by_url.connection import Connection

LOADING_POLL_S = 0.5
# How long an engine that failed is left alone: longer each time, and not all windows at once.
FIRST_REST_S, LONGEST_REST_S = 1.0, 60.0
# Fewer tokens say nothing about the speed.
WORTH_TIMING = 64
# Tokens of a prompt in a second, until it shows: those of a laptop, since who types waits for it.
SLOW_PREFILL_PER_S = 200.0
# Stands for the document of all short prompts.
SHORT = "short"
# How long a request for a prompt's next tokens may hold up who types: an engine that evaluates them
# looks at nothing else.
STEP_S = 0.5
LEAST_STEP = 100  # tokens; smaller batches take longer for each

# What reading an answer of another shape ends with.
MALFORMED = (ValueError, KeyError, TypeError, AttributeError)

Request = wire.CompletionRequest | wire.ChatRequest


@dataclass(frozen=True, slots=True)
class Address:
    """Where an engine is, and how to speak to it.

    Attributes:
        url: with or without `/v1` at the end.
        kind: of engine; "auto" to find out.
        model: its name there; "" for the most suitable one.
        key_file: the path of a file with the key; "" for the variable, if there is one.
        patience_s: seconds without a word, after which the engine is given up.
    """

    url: str
    kind: str = "auto"
    model: str = ""
    key_file: str = ""
    patience_s: float = 60.0


class Host:
    """One engine by URL. Lives on one event loop.

    Attributes:
        where: host and port, for people.
        failure: why it rests.
        prefill_per_s: prompt tokens that it evaluates in a second; 0 until that is known.
        answer_per_s: tokens of an answer that come in a second; 0 until that is known.
    """

    def __init__(self, address: Address, on_health: Callable[[wire.Health], None]) -> None:
        self._address = address
        self._on_health = on_health
        self.where = urlsplit(address.url).netloc
        self.failure: EngineError | None = None
        self.prefill_per_s = self.answer_per_s = 0.0
        self._failures = 0
        self._rests_until = 0.0
        self._key = ""
        self._connection: Connection | None = None
        self._profile: Profile | None = None
        self._model: ServedModel | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._evaluated = Evaluated()
        # One prompt of a document at a time.
        self._turns = WeakValueDictionary[str, asyncio.Lock]()

    @property
    def is_connected(self) -> bool:
        """Whether it answered, and serves a model."""
        return self._model is not None

    @property
    def rest_s(self) -> float:
        """How many seconds it is left alone yet, for a failure; 0 if not."""
        return max(self._rests_until - time.monotonic(), 0.0)

    @property
    def counts_tokens(self) -> bool:
        """Whether it is known to count tokens."""
        return self._model is not None and self._model.counts

    async def health(self) -> wire.Health:
        """Return what is known of it."""
        return self.known_health()

    def known_health(self) -> wire.Health:
        """Return what is known of it."""
        model = self._model
        if model is None or self._profile is None:
            if self.failure is not None:
                return wire.Health("failed", message=str(self.failure))
            return wire.Health("off")
        return wire.Health(
            "ready",
            model=model.shown,
            window=model.window,
            fills_in_the_middle=model.fim != "none",
            build=self._profile.kind,
        )

    async def connect(self) -> None:
        """Find out what it is and which model it serves, unless that is known; wait as it loads.

        Raises:
            EngineError: it cannot be used.
        """
        if self._model is not None:
            return
        if self._connecting is None:
            self._connecting = asyncio.create_task(self._connect())
            self._connecting.add_done_callback(self._connected)
        # Shielded: a request that is cancelled must not end what others wait for.
        await asyncio.shield(self._connecting)

    def fell(self, failure: EngineError) -> None:
        """Leave it alone for a while, for what it did."""
        self.failure = failure
        self._model = None
        self._evaluated.forget()
        asked = failure.retry_after_s if isinstance(failure, EngineUnusable) else 0.0
        if self.rest_s > asked:
            return  # of several answers that one failure broke off, the first one counts
        rest = min(FIRST_REST_S * 2**self._failures, LONGEST_REST_S)
        self._failures += 1
        # Jitter: many windows that lost it at once do not come back at once.
        rest *= random.uniform(0.75, 1.25)  # noqa: S311 - nothing secret
        self._rests_until = time.monotonic() + max(asked, rest)

    def in_time(self, request: Request) -> Request:
        """Return what to ask for now: the request, or a short one where it would take too long.

        Engines of a team evaluate nothing ahead, so there the whole prompt is always asked.
        """
        if not isinstance(request, wire.CompletionRequest) or not request.quick:
            return request
        if not self.takes_long(request):
            return request
        # Held beside the whole one, which must not be dropped for it.
        return replace(request.shortened(), document=SHORT)

    def takes_long(self, request: wire.CompletionRequest) -> bool:
        """Whether the prompt would have to be evaluated first, and that takes long."""
        if not self._warms:
            return False
        left = self._evaluated.tokens_left(request)
        return left / (self.prefill_per_s or SLOW_PREFILL_PER_S) > wire.QUICK_S

    def is_worth_steps(self, request: wire.CompletionRequest) -> bool:
        """Whether the prompt is better evaluated in steps before it is asked for."""
        return self.keeps_several and self.takes_long(request)

    @property
    def _warms(self) -> bool:
        """Whether prompts are evaluated before anybody asks."""
        return self._profile is not None and self._profile.warms

    @property
    def keeps_several(self) -> bool:
        """Whether a short prompt leaves the whole one where it is."""
        return self._model is not None and self._model.keeps_several

    def steps(self, request: wire.CompletionRequest) -> Iterator[wire.CompletionRequest]:
        """Yield what to ask for, one behind the other, to have a prompt evaluated."""
        if not self._warms:
            return
        if not self.keeps_several or self._is_too_long(request):
            # Between steps another prompt would take the place of this one; or it is refused.
            yield request
        else:
            yield from self._evaluated.steps(request, self._step_tokens)

    def _step_tokens(self) -> int:
        return max(int((self.prefill_per_s or SLOW_PREFILL_PER_S) * STEP_S), LEAST_STEP)

    def _is_too_long(self, request: wire.CompletionRequest) -> bool:
        window = self._model.window if self._model is not None else 0
        return self._evaluated.tokens_in(request) > window

    async def stream(
        self, request: Request, on_usage: Callable[[wire.Usage], None]
    ) -> AsyncGenerator[wire.Piece | wire.End, None]:
        """Yield the pieces of an answer, then its `End`. The host has to be connected.

        `on_usage` hears what the prompt cost, where the engine tells it, as soon as it does.

        Raises:
            EngineUnusable: it cannot be used now, or broke off.
            EngineError: it refused the request.
        """
        if request.max_tokens == 0 and not self._warms:
            yield wire.End("stop", wire.Usage(), 0.0, 0.0)
            return
        request, images = without_images(request)
        strings = Strings(request)
        answer, logprobs = strings.answer(), list[float]()
        usage, reason, prompt_ms, decode_ms = None, "", 0.0, 0.0
        try:
            async with aclosing(self._chunks(strings, images, on_usage)) as chunks:
                async for chunk in chunks:
                    logprobs += chunk.logprobs
                    prompt_ms = chunk.prompt_ms or prompt_ms
                    usage, decode_ms = chunk.usage or usage, chunk.decode_ms or decode_ms
                    if text := answer.feed(chunk.text):
                        yield wire.Piece(text, tuple(logprobs))
                        logprobs.clear()
                    reason = "stop" if answer.stopped else chunk.reason or reason
                    if answer.stopped:
                        break
        except NotServed as error:
            raise EngineUnusable(f"{self.where}: {error}.") from None
        except StillLoading as error:
            raise EngineUnusable(str(error)) from None
        if not reason:
            raise EngineUnusable(f"{self.where} broke off in the middle of an answer.")
        if text := answer.finish():
            yield wire.Piece(text, tuple(logprobs))
        self._failures = 0
        cost = usage or wire.Usage()
        self._time_answer(cost, decode_ms)
        yield wire.End(reason, cost, prompt_ms, decode_ms)

    async def _chunks(
        self, strings: Strings, images: tuple[str, ...], on_usage: Callable[[wire.Usage], None]
    ) -> AsyncGenerator[Chunk, None]:
        """Yield the parts of an answer, and note what its prompt cost."""
        connection, profile, model = self._connection, self._profile, self._model
        if connection is None or profile is None or model is None:
            raise self._has_left()
        request = strings.request
        path, fields = profile.ask(strings, model)
        body = Body.of(fields, images)
        turn = await self._turn(request)
        if turn is not None and connection is not self._connection:
            turn.release()
            raise self._has_left()
        asked_at = time.perf_counter()
        lines = connection.lines(
            path,
            body,
            profile.read,
            # A completion that takes longer is of no use, however steadily it drips.
            whole=request.priority == "completion",
            on_ended=None if turn is None else turn.release,
        )
        is_first = is_untold = True
        async with aclosing(lines) as chunks:
            async for chunk in chunks:
                if is_first:
                    is_first = False
                    prompt_ms = chunk.prompt_ms or (time.perf_counter() - asked_at) * 1000
                    chunk = replace(chunk, prompt_ms=prompt_ms)  # noqa: PLW2901 - the same
                    if isinstance(request, wire.CompletionRequest):
                        self._evaluated.end(request)
                if is_untold and chunk.usage is not None and profile.tells_cache:
                    is_untold = False
                    on_usage(chunk.usage)
                    self._time(chunk.usage, chunk.prompt_ms)
                yield chunk

    def _has_left(self) -> EngineUnusable:
        return EngineUnusable(str(self.failure or f"{self.where} was left."))

    async def _turn(self, request: Request) -> asyncio.Lock | None:
        """Wait until the engine is done with the document's prompt before; return what to release.

        llama-server looks for a prompt's beginning in idle slots only. One that still ends what was
        cancelled is passed over, and all would be evaluated anew in another one.
        """
        if not isinstance(request, wire.CompletionRequest) or not self._warms:
            return None
        turn = self._turns.setdefault(request.document, asyncio.Lock())
        await turn.acquire()
        self._evaluated.begin(request)
        return turn

    async def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return how many tokens each text has.

        Raises:
            EngineError: it does not count, or does not answer.
        """
        if self._connection is None or self._profile is None or not self.counts_tokens:
            raise EngineError(f"{self.where} counts no tokens.")
        assert self._model is not None
        try:
            valid = [without_halves(text) for text in texts]
            counts = await self._profile.count(self._connection, self._model, valid)
        except MALFORMED:
            counts = []
        if len(counts) != len(texts):
            raise EngineError(f"{self.where} counts tokens in a way of its own.")
        return counts

    async def close(self) -> None:
        """Close all connections."""
        if self._connecting is not None:
            self._connecting.cancel()
        self._model = None
        if self._connection is not None:
            await self._connection.close()

    def _time(self, usage: wire.Usage, prompt_ms: float) -> None:
        if usage.evaluated_tokens >= WORTH_TIMING and prompt_ms > 0:
            self.prefill_per_s = usage.evaluated_tokens / prompt_ms * 1000

    def _time_answer(self, usage: wire.Usage, decode_ms: float) -> None:
        if usage.completion_tokens and decode_ms > 0:
            self.answer_per_s = usage.completion_tokens / decode_ms * 1000

    def _connected(self, task: "asyncio.Task[None]") -> None:
        self._connecting = None
        if not task.cancelled():
            task.exception()  # who waited has it; nobody may be left

    async def _connect(self) -> None:
        try:
            await self._look()
        except NotServed as error:
            failure = EngineUnusable(f"{self.where}: {error}; see `engine.url` and `engine.model`.")
            self.fell(failure)
            raise failure from None
        except MALFORMED:
            failure = EngineUnusable(f"{self.where} does not answer as an engine does.")
            self.fell(failure)
            raise failure from None
        except EngineError as error:
            self.fell(error)
            raise

    async def _look(self) -> None:
        # The key is read again each time, so that a new one needs no restart.
        address, key = self._address, await asyncio.to_thread(read_key, self._address.key_file)
        if self._connection is None or key != self._key:
            if self._connection is not None:
                await self._connection.close()
            self._key = key
            self._connection = await asyncio.to_thread(
                _open_connection, address.url, key, address.patience_s
            )
        while True:
            try:
                self._profile = await profile_of(self._connection, address.kind)
                model = await self._profile.find_model(self._connection, address.model)
                break
            except StillLoading:
                self._on_health(wire.Health("loading"))
                await asyncio.sleep(LOADING_POLL_S)
        self._model, self.failure = model, None


def _open_connection(url: str, key: str, patience_s: float) -> "Connection":
    # In a thread: the HTTP library takes 60 ms to import.
    from qwen_lsp.inference.by_url.connection import Connection

    return Connection(url, key, patience_s)
