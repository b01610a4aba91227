"""The user's own engines as features see them: one that answers, or an error that says why not.

The first that can be used is asked. One that fails rests, longer each time; meanwhile the next one
is asked, and the first again as soon as it answers. A question that was not answered at all goes to
the next one; an answer that broke off is an error, since another engine would write another one.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from functools import partial

from qwen_lsp import wire
from qwen_lsp.errors import EngineError, EngineUnusable
from qwen_lsp.inference.busy import Busy
from qwen_lsp.inference.by_url.host import Address, Host, Request
from qwen_lsp.inference.token_counts import TokenCounts
from qwen_lsp.tokens import estimated_tokens

# A completion waits for the counts, and estimates would do.
COUNT_S = 0.5
# Of an engine that somebody runs for others, until it is known.
USUAL_PREFILL_PER_S = 1000.0


@dataclass(frozen=True, slots=True)
class _Warming:
    """A trunk that is being evaluated."""

    host: Host
    trunk: tuple[wire.Segment, ...]
    task: asyncio.Task[None]

    def is_of(self, host: Host, request: wire.CompletionRequest) -> bool:
        """Whether it is the trunk of a request to a host."""
        return self.host is host and self.trunk == request.prompt[: request.trunk]


class UrlEngine:
    """The engines of `engine.url` and `engine.fallbackUrl`. Lives on one event loop."""

    def __init__(
        self,
        addresses: Sequence[Address],
        *,
        on_health: Callable[[wire.Health], None] = lambda _health: None,
        busy: Busy | None = None,
        on_usage: Callable[[Request, wire.Usage], None] = lambda _request, _usage: None,
    ) -> None:
        self._hosts = [Host(address, self._report) for address in addresses]
        self._current = self._hosts[0]
        self._on_health = on_health
        self._on_usage = on_usage
        self._busy = busy or Busy()
        self._health = wire.Health("off")
        self._token_counts = TokenCounts()
        self._returning: set[asyncio.Task[None]] = set()
        self._warming: dict[str, _Warming] = {}
        self._nobody_waits = asyncio.Event()
        self._nobody_waits.set()
        self._answering = Busy(self._wait)

    @property
    def health(self) -> wire.Health:
        """What was last known of the engine that is asked."""
        return self._health

    @property
    def where(self) -> str:
        """The host that code goes to."""
        return self._current.where

    @property
    def counts_exactly(self) -> bool:
        """Whether the engine counts tokens itself."""
        return self._current.counts_tokens

    async def ready(self) -> Host:
        """Return the engine that is asked; wait while it loads.

        Raises:
            EngineError: none can be used; the sentence is the first one's.
        """
        return await self._usable(set())

    async def answer(self, request: Request) -> AsyncGenerator[wire.Piece | wire.End, None]:
        """Yield the pieces of the answer, then its `End`.

        Raises:
            EngineError: no engine can be used, it refused the request, or broke off.
        """
        if isinstance(request, wire.CompletionRequest) and self._is_in_vain(request):
            yield wire.End("superseded", wire.Usage(), 0.0, 0.0)
            return
        with self._busy.during(is_waited_for=request.priority != "warm"):
            async with aclosing(self._answer(request)) as events:
                async for event in events:
                    yield event

    def _wait(self, is_waited_for: bool) -> None:
        if is_waited_for:
            self._nobody_waits.clear()
        else:
            self._nobody_waits.set()

    def _is_in_vain(self, request: wire.CompletionRequest) -> bool:
        # No engine but ours can be told what not to write. And what is written ahead must not
        # evaluate a prompt that is evaluated behind the short one already.
        is_ahead = request.priority == "warm" and request.max_tokens > 0
        return bool(request.avoid) or (is_ahead and self._current.takes_long(request))

    async def _answer(self, request: Request) -> AsyncGenerator[wire.Piece | wire.End, None]:
        tried = set[Host]()
        while True:
            host = await self._usable(tried)
            began = False
            asked = host.in_time(request)
            if isinstance(request, wire.CompletionRequest) and request.priority != "warm":
                self._leave_warming(host, request, is_short=asked is not request)
            try:
                on_usage = partial(self._on_usage, request)
                async with aclosing(self._stream(host, asked, on_usage)) as events:
                    async for event in events:
                        began = True
                        if asked is not request and isinstance(event, wire.Piece):
                            event = replace(event, is_quick=True)  # noqa: PLW2901 - the same
                        yield event
            except EngineUnusable as failure:
                host.fell(failure)
                self._see(self._current)
                if began:
                    raise
                tried.add(host)
            else:
                return
            finally:
                if asked is not request and isinstance(request, wire.CompletionRequest):
                    self._warm(host, request)

    async def _stream(
        self, host: Host, request: Request, on_usage: Callable[[wire.Usage], None]
    ) -> AsyncGenerator[wire.Piece | wire.End, None]:
        if isinstance(request, wire.CompletionRequest) and request.max_tokens == 0:
            await self._evaluate(host, request, on_usage, is_waited_for=False)
            yield wire.End("stop", wire.Usage(), 0.0, 0.0)
            return
        with self._answering.during(is_waited_for=request.priority != "warm"):
            if isinstance(request, wire.CompletionRequest) and host.is_worth_steps(request):
                # So that it can be left for what is typed next.
                await self._evaluate(host, _trunk_of(request), on_usage, is_waited_for=True)
            async with aclosing(host.stream(request, on_usage)) as events:
                async for event in events:
                    yield event

    def _leave_warming(
        self, host: Host, request: wire.CompletionRequest, *, is_short: bool
    ) -> None:
        """End what is of no use now: another trunk, or one that the short prompt will drop."""
        warming = self._warming.get(request.document)
        if warming is not None:
            is_same = warming.is_of(host, request)
            if not is_same or (is_short and not host.keeps_several):
                del self._warming[request.document]
                warming.task.cancel()

    def _warm(self, host: Host, request: wire.CompletionRequest) -> None:
        """Have the whole prompt evaluated behind the short one that was answered."""
        document = request.document
        if document in self._warming or not host.is_connected:
            return
        warm = _trunk_of(request)
        task = asyncio.create_task(self._evaluate_unasked(host, warm))
        self._warming[document] = warming = _Warming(host, warm.prompt, task)
        task.add_done_callback(lambda _task: self._warmed(document, warming))

    def _warmed(self, document: str, warming: "_Warming") -> None:
        if self._warming.get(document) is warming:
            del self._warming[document]

    async def _evaluate_unasked(self, host: Host, request: wire.CompletionRequest) -> None:
        with suppress(EngineError):  # nobody waits for it
            await self._evaluate(host, request, lambda _usage: None, is_waited_for=False)

    async def _evaluate(
        self,
        host: Host,
        request: wire.CompletionRequest,
        on_usage: Callable[[wire.Usage], None],
        *,
        is_waited_for: bool,
    ) -> None:
        """Have a prompt evaluated, a bit at a time; if nobody waits for it, when nobody waits."""

        def on_step(usage: wire.Usage) -> None:
            # What one step takes from the cache, the one before it put there.
            on_usage(replace(usage, prompt_tokens=usage.evaluated_tokens, cached_tokens=0))

        steps = host.steps(request)
        while True:
            if not is_waited_for:
                await self._nobody_waits.wait()
            # Chosen now, since meanwhile more of it may have been evaluated.
            if (step := next(steps, None)) is None:
                return
            async with aclosing(host.stream(step, on_step)) as events:
                async for _event in events:
                    pass

    async def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return how many tokens each text has in a prompt.

        Where the engine cannot say at once, it is `estimated_tokens`. This never fails.
        """
        counts, host = self._token_counts, self._current
        if host.counts_tokens and (unknown := counts.unknown(texts)):
            with suppress(EngineError, TimeoutError):
                async with asyncio.timeout(COUNT_S):
                    counts.learn(unknown, await host.count_tokens(unknown))
        known = [(text, counts.of(text)) for text in texts]
        return [estimated_tokens(text) if count is None else count for text, count in known]

    async def prefill_per_s(self) -> float:
        """Return how many tokens of a prompt are evaluated in a second, as far as that is known."""
        return self._current.prefill_per_s or USUAL_PREFILL_PER_S

    async def answer_per_s(self) -> float:
        """Return how many tokens of an answer come in a second; 0 until that is known."""
        return self._current.answer_per_s

    async def close(self) -> None:
        """Close the connections."""
        for task in (*self._returning, *(one.task for one in self._warming.values())):
            task.cancel()
        for host in self._hosts:
            await host.close()

    async def _usable(self, tried: set[Host]) -> Host:
        """Return the first engine, besides those that were tried, that answers.

        Raises:
            EngineError: there is none.
        """
        hosts = [host for host in self._hosts if host not in tried and not host.rest_s]
        for host in hosts:
            if host.failure is not None and any(one.is_connected for one in hosts):
                # Nobody has to wait for it while another one answers.
                self._look_again(host)
                continue
            try:
                await host.connect()
            except EngineError:
                continue
            self._see(host)
            return host
        self._see(self._hosts[0])
        for host in self._hosts:
            if host.failure is not None:
                # Without where it was raised before, which would grow each time.
                raise host.failure.with_traceback(None)
        raise EngineError("No engine answers.")

    def _look_again(self, host: Host) -> None:
        task = asyncio.create_task(_look(host))
        self._returning.add(task)
        task.add_done_callback(self._returning.discard)

    def _see(self, host: Host) -> None:
        """Take an engine for the one that is asked."""
        if host is not self._current:
            self._current = host
            self._token_counts = TokenCounts()  # it may have another model
        self._report(host.known_health())

    def _report(self, health: wire.Health) -> None:
        if health != self._health:
            self._health = health
            self._on_health(health)


def _trunk_of(request: wire.CompletionRequest) -> wire.CompletionRequest:
    """Return the request that has the trunk of another one evaluated."""
    return replace(request.warm_up(), prompt=request.prompt[: request.trunk])


async def _look(host: Host) -> None:
    with suppress(EngineError):
        await host.connect()
