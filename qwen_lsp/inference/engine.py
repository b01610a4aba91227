"""The engine as features see it: always there, or an error that says why not.

It is found or started when first needed, its loading is reported, and when it dies in the middle of
an answer it is started again once and the answer goes on; a second death in a row is an error.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from qwen_lsp import wire
from qwen_lsp.errors import EngineDied, EngineError, QwenLspError
from qwen_lsp.inference import spawn
from qwen_lsp.inference.busy import Busy
from qwen_lsp.inference.token_counts import TokenCounts
from qwen_lsp.tokens import estimated_tokens

if TYPE_CHECKING:
    from qwen_lsp.inference.client import EngineClient

POLL_S = 0.05  # how often a loading engine is asked
# An engine is needed for ten seconds after its last request.
ROOM_S, ROOM_POLL_S = 15.0, 1.0
# After a failed start, so that not every key starts a process that fails again.
REST_S = 30.0

# Of a 2-core laptop with a 0.5B model.
USUAL_PREFILL_PER_S = 200.0

Request = wire.CompletionRequest | wire.ChatRequest


class TextSource(Protocol):
    """What features need of an engine; `Engine` is it, and so are scripted ones in tests."""

    def answer(self, request: Request) -> AsyncGenerator[wire.Piece | wire.End, None]:
        """Yield the pieces of the answer, then its `End`."""
        ...

    async def ready(self) -> object:
        """Return once the model is loaded."""
        ...

    @property
    def health(self) -> wire.Health:
        """What is known of the model."""
        ...


class AnyEngine(TextSource, Protocol):
    """What the server and the command line need: our own `Engine`, or one by URL."""

    @property
    def where(self) -> str:
        """Where code goes, for people."""
        ...

    @property
    def counts_exactly(self) -> bool:
        """Whether tokens are counted by the model's own tokenizer now, not estimated."""
        ...

    async def ready(self) -> "Answering":
        """Return what answers, once its model is loaded."""
        ...

    async def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return how many tokens each text has in a prompt, as well as that is known."""
        ...

    async def answer_per_s(self) -> float:
        """Return how many tokens of an answer come in a second; 0 until that is known."""
        ...

    async def prefill_per_s(self) -> float:
        """Return how many tokens of a prompt are evaluated in a second."""
        ...

    async def close(self) -> None:
        """Close the connections."""
        ...


class Answering(Protocol):
    """What is connected to an engine."""

    async def health(self) -> wire.Health:
        """Return the engine's state."""
        ...


class _LacksMemory(EngineError):
    """The model does not fit beside what else is loaded."""


class Engine:
    """The engine for one model setting. Lives on one event loop."""

    def __init__(  # noqa: PLR0913 - three of them are who hears what
        self,
        find_model: Callable[[], Path],
        idle_minutes: float,
        *,
        find_adapter: Callable[[], Path | None] = lambda: None,
        keeps_cache: bool = True,
        on_health: Callable[[wire.Health], None] = lambda _health: None,
        busy: Busy | None = None,
        on_usage: Callable[[Request, wire.Usage], None] = lambda _request, _usage: None,
    ) -> None:
        self._find_model = find_model
        self._find_adapter = find_adapter
        self._idle_minutes = idle_minutes
        self._keeps_cache = keeps_cache
        self._on_health = on_health
        self._busy = busy or Busy()
        self._on_usage = on_usage
        self._client: EngineClient | None = None
        self._starting: asyncio.Task[EngineClient] | None = None
        self._health = wire.Health("off")
        self._token_counts = TokenCounts()
        self._failure: EngineError | None = None
        self._failed_at = 0.0

    @property
    def health(self) -> wire.Health:
        """What was last known of the engine."""
        return self._health

    @property
    def where(self) -> str:
        """Where code goes: it stays here."""
        return "this machine"

    @property
    def counts_exactly(self) -> bool:
        """Whether the model's own tokenizer counts now."""
        return self._health.state == "ready"

    async def ready(self) -> "EngineClient":
        """Return the client of an engine whose model is loaded; start and wait as needed.

        Raises:
            QwenLspError: there is no model, or the engine or the model cannot be used.
        """
        if self._client is not None:
            return self._client
        if self._failure is not None and time.monotonic() - self._failed_at < REST_S:
            raise self._failure
        if self._starting is None:
            self._starting = asyncio.create_task(self._start())
            self._starting.add_done_callback(self._started)
        # Shielded: that one request was cancelled must not end the start that others wait for.
        return await asyncio.shield(self._starting)

    async def answer(self, request: Request) -> AsyncGenerator[wire.Piece | wire.End, None]:
        """Yield the pieces of the answer, then its `End`.

        Raises:
            QwenLspError: as `ready`, or the engine refused the request or died twice.
        """
        with self._busy.during(is_waited_for=request.priority != "warm"):
            async with aclosing(self._answer(request)) as events:
                async for event in events:
                    yield event

    async def _answer(self, request: Request) -> AsyncGenerator[wire.Piece | wire.End, None]:
        delivered = ""
        on_usage = partial(self._on_usage, request)
        for attempt in (1, 2):
            skip, client = delivered, None
            try:
                client = await self.ready()
                async with aclosing(client.stream(request, on_usage)) as events:
                    async for event in events:
                        if isinstance(event, wire.End):
                            yield event
                            return
                        # After a restart the same greedy answer comes again from its beginning.
                        new, skip = _without(event.text, skip)
                        if new:
                            delivered += new
                            yield replace(event, text=new)
            except EngineDied as death:
                await self._forget(client)
                if attempt == 2:
                    raise EngineError(
                        "The engine stopped twice during one request; its log is "
                        f"{spawn.log_file()}, and `qwen-lsp doctor` looks for the cause."
                    ) from death

    async def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return how many tokens each text has in a prompt.

        Where the engine cannot say now, because it is not running, does not answer at once, or
        counts no tokens, it is `estimated_tokens`. This starts nothing and never fails.
        """
        counts, client = self._token_counts, self._client
        if client is not None and (unknown := counts.unknown(texts)):
            with suppress(EngineError):
                counts.learn(unknown, await client.count_tokens(unknown))
        known = [(text, counts.of(text)) for text in texts]
        return [estimated_tokens(text) if count is None else count for text, count in known]

    async def prefill_per_s(self) -> float:
        """Return how many tokens of a prompt are evaluated in a second, as far as that is known.

        Where the engine does not say, it is what a laptop does. This starts nothing and never
        fails.
        """
        return (await self._metrics()).get("prefill_tokens_per_second") or USUAL_PREFILL_PER_S

    async def answer_per_s(self) -> float:
        """Return how many tokens of an answer come in a second; 0 where none came yet.

        This starts nothing and never fails.
        """
        metrics = await self._metrics()
        # Before the first answer the engine takes what a laptop does.
        has_answered = metrics.get("generated_tokens_total", 0.0) > 0
        return metrics.get("decode_tokens_per_second", 0.0) if has_answered else 0.0

    async def _metrics(self) -> dict[str, float]:
        if self._client is not None:
            with suppress(EngineError):
                return await self._client.metrics()
        return {}

    async def close(self) -> None:
        """Close the connections; the engine itself stays for other windows."""
        if self._starting is not None:
            self._starting.cancel()
        await self._forget(self._client)

    async def _forget(self, client: "EngineClient | None") -> None:
        # Of several answers that the engine's death broke off, the first one forgets it; by the
        # time of the others there may be a new one.
        if client is not None and client is self._client:
            self._client = None
            self._token_counts = TokenCounts()  # the next one may have another model
            self._report(wire.Health("off"))
            await client.close()

    def _started(self, task: "asyncio.Task[EngineClient]") -> None:
        self._starting = None
        if not task.cancelled() and (error := task.exception()) is not None:
            message = str(error) if isinstance(error, QwenLspError) else "The engine failed."
            # A model that is missing costs nothing to look for again; a death is retried at once.
            # What lacks memory has waited already, and may find room in a moment.
            passes = isinstance(error, EngineDied | _LacksMemory)
            self._failure = error if isinstance(error, EngineError) and not passes else None
            self._failed_at = time.monotonic()
            self._report(wire.Health("failed", message=message))

    async def _start(self) -> "EngineClient":
        model = await asyncio.to_thread(self._find_model)
        adapter = await asyncio.to_thread(self._find_adapter)
        try:
            return await self._start_with(model, adapter)
        except _LacksMemory as lack:
            room = await _room_for(model, adapter)
            if room == "none":
                raise EngineError(str(lack)) from lack
            if room == "needed":
                raise
            return await self._start_with(model, adapter)

    async def _start_with(self, model: Path, adapter: Path | None) -> "EngineClient":
        self._report(wire.Health("loading", model=model.stem))
        path = await asyncio.to_thread(
            spawn.ensure_running,
            model,
            self._idle_minutes,
            keeps_cache=self._keeps_cache,
            adapter=adapter,
        )
        client = await asyncio.to_thread(_open_client, path)
        try:
            while (health := await client.health()).state == "loading":
                self._report(health)
                await asyncio.sleep(POLL_S)
        except BaseException:
            await client.close()
            raise
        if health.state == "failed":
            # Let it go, so that the next try loads the model anew.
            await client.shut_down()
            await client.close()
            lacks_memory = health.extra.get("lacks_memory")
            raise _LacksMemory(health.message) if lacks_memory else EngineError(health.message)
        self._report(health)
        self._client = client
        return client

    def _report(self, health: wire.Health) -> None:
        if health != self._health:
            self._health = health
            self._on_health(health)


async def _room_for(model: Path, adapter: Path | None) -> spawn.Room:
    """Have engines leave that nobody needs, and wait a while for those that somebody does."""
    deadline = time.monotonic() + ROOM_S
    while True:
        room = await asyncio.to_thread(spawn.make_room, model, adapter)
        if room != "needed" or time.monotonic() > deadline:
            return room
        await asyncio.sleep(ROOM_POLL_S)


def _open_client(path: Path) -> "EngineClient":
    # The HTTP library takes 60 ms to import, which the server's start does not have, and nor has
    # its event loop later: hence here, and in a thread.
    from qwen_lsp.inference.client import EngineClient

    return EngineClient(path)


def _without(piece: str, skip: str) -> tuple[str, str]:
    """Drop from `piece` what it repeats of `skip`; return the new text and what is left to skip.

    Raises:
        EngineDied: the answer differs from the one before, so it cannot be joined.
    """
    common = min(len(piece), len(skip))
    if piece[:common] != skip[:common]:
        raise EngineDied("The answer changed after a restart.")
    return piece[common:], skip[common:]
