"""Streams completions and chats from an engine over HTTP. The only file that imports httpx2.

Closing a stream, by cancelling the task that reads it or by `aclose`, closes the response and with
it the connection, which is the one way, and a sufficient way, to stop the engine's decoding.
"""

import json
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any

import httpx2

from qwen_lsp import wire
from qwen_lsp.errors import EngineBusy, EngineDied, EngineError
from qwen_lsp.inference.body import Body, without_images

# Connecting to a local socket is instant or impossible. Between two pieces an engine may evaluate
# a long prompt or wait behind another request, so reading has no limit; cancelling ends it.
TIMEOUT = httpx2.Timeout(None, connect=5.0)
HEALTH_TIMEOUT_S = 5.0
# A completion waits for the counts, and estimates would do: nine in ten are 13 % off at most.
COUNT_TIMEOUT_S = 0.5


class EngineClient:
    """One engine, reached through its Unix socket."""

    def __init__(self, socket: Path) -> None:
        self.socket = socket
        # trust_env off: no proxy stands between us and a local socket.
        self._http = httpx2.AsyncClient(
            transport=httpx2.AsyncHTTPTransport(uds=str(socket)),
            base_url="http://engine",
            timeout=TIMEOUT,
            trust_env=False,
        )

    async def health(self) -> wire.Health:
        """Ask the engine for its state.

        Raises:
            EngineDied: nobody answers.
        """
        try:
            response = await self._http.get(wire.HEALTH, timeout=HEALTH_TIMEOUT_S)
            return wire.Health(**response.json())
        except (httpx2.HTTPError, ValueError, TypeError) as error:
            raise EngineDied(
                f"The engine does not answer ({error or type(error).__name__})."
            ) from (error)

    async def metrics(self) -> dict[str, float]:
        """Return what the engine counts, by name without prefix; samples with labels are added up.

        Raises:
            EngineDied: nobody answers.
            EngineError: the engine counts nothing.
        """
        try:
            response = await self._http.get(wire.METRICS, timeout=HEALTH_TIMEOUT_S)
        except httpx2.HTTPError as error:
            raise EngineDied(f"The engine does not answer ({type(error).__name__}).") from error
        if response.status_code != httpx2.codes.OK:
            raise _refusal(response.status_code, response.content)
        page = response.text
        totals: dict[str, float] = {}
        for sample, value in samples_of(page).items():
            name = sample.partition("{")[0].removeprefix("qwen_")
            totals[name] = totals.get(name, 0.0) + value
        return totals

    async def count_tokens(self, texts: list[str]) -> list[int]:
        """Return how many tokens each text has in a prompt.

        Raises:
            EngineDied: nobody answers in time.
            EngineError: the engine does not count tokens.
        """
        try:
            response = await self._http.post(
                wire.TOKENIZE, content=_json({"texts": texts}), timeout=COUNT_TIMEOUT_S
            )
        except httpx2.HTTPError as error:
            raise EngineDied(f"The engine does not answer ({type(error).__name__}).") from error
        if response.status_code != httpx2.codes.OK:
            raise _refusal(response.status_code, response.content)
        try:
            counts = [int(count) for count in response.json()["counts"]]
        except (ValueError, KeyError, TypeError):
            counts = []
        if len(counts) != len(texts):
            raise EngineError("The engine counts tokens in a way of its own.")
        return counts

    async def shut_down(self) -> None:
        """Ask the engine to leave; one that is gone already is fine."""
        try:
            await self._http.post(wire.SHUTDOWN, timeout=HEALTH_TIMEOUT_S)
        except httpx2.HTTPError:
            return

    async def stream(
        self,
        request: wire.CompletionRequest | wire.ChatRequest,
        on_usage: Callable[[wire.Usage], None] = lambda _usage: None,
    ) -> AsyncGenerator[wire.Piece | wire.End, None]:
        """Yield pieces of the answer's text, then its `End`.

        `on_usage` hears what the prompt cost as soon as the engine says so: ours with the first
        piece, since who has read enough hangs up before the end.

        Raises:
            EngineDied: the connection could not be made or broke.
            EngineBusy: the engine's line is full.
            EngineError: the engine refused the request; the sentence says why.
        """
        path = wire.CHAT if isinstance(request, wire.ChatRequest) else wire.COMPLETIONS
        request, images = without_images(request)
        body = Body.of(wire.request_json(request), images)
        try:
            async with self._http.stream(
                "POST", path, content=body, headers=body.headers
            ) as response:
                if response.status_code != httpx2.codes.OK:
                    raise _refusal(response.status_code, await response.aread())
                ended, is_counted = False, False
                async for line in response.aiter_lines():
                    if not is_counted and (usage := _usage_of(line)) is not None:
                        is_counted = True
                        on_usage(usage)
                    if (event := _event(line)) is not None:
                        ended = ended or isinstance(event, wire.End)
                        yield event
                if not ended:
                    raise EngineDied("The engine stopped in the middle of an answer.")
        except httpx2.HTTPError as error:
            raise EngineDied(f"The engine does not answer ({type(error).__name__}).") from error

    async def close(self) -> None:
        """Close all connections."""
        await self._http.aclose()


def samples_of(page: str) -> dict[str, float]:
    """Return the values of a page in Prometheus' text format, by name with labels."""
    lines = (line.rpartition(" ") for line in page.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in lines}


def _json(body: dict[str, Any]) -> bytes:
    # An editor may send half of a surrogate pair, which is no UTF-8 but can be escaped.
    return json.dumps(body).encode()


def _usage_of(line: str) -> wire.Usage | None:
    if not line.startswith("data:") or line == "data: [DONE]":
        return None
    usage = json.loads(line[5:]).get("usage")
    return _read_usage(usage) if usage else None


def _read_usage(usage: dict[str, Any]) -> wire.Usage:
    details = usage.get("prompt_tokens_details") or {}
    return wire.Usage(
        prompt_tokens=usage.get("prompt_tokens", 0),
        cached_tokens=details.get("cached_tokens", 0),
        completion_tokens=usage.get("completion_tokens", 0),
    )


def _event(line: str) -> wire.Piece | wire.End | None:
    if not line.startswith("data:") or line == "data: [DONE]":
        return None
    chunk: dict[str, Any] = json.loads(line[5:])
    if "error" in chunk:
        raise EngineError(str(chunk["error"].get("message", "The engine failed.")))
    choice = chunk["choices"][0]
    if choice.get("finish_reason"):
        timings = chunk.get("timings") or {}
        return wire.End(
            reason=choice["finish_reason"],
            usage=_read_usage(chunk.get("usage") or {}),
            prompt_ms=timings.get("prompt_ms", 0.0),
            decode_ms=timings.get("predicted_ms", 0.0),
        )
    text = choice.get("text") or choice.get("delta", {}).get("content")
    if not text:
        return None
    logprobs = (choice.get("logprobs") or {}).get("token_logprobs") or ()
    return wire.Piece(str(text), tuple(logprobs), bool(choice.get("quick")))


def _refusal(status: int, body: bytes) -> EngineError:
    try:
        message = str(json.loads(body)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        message = f"The engine answered with HTTP status {status}."
    return EngineBusy(message) if status == httpx2.codes.TOO_MANY_REQUESTS else EngineError(message)
