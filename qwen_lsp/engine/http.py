"""The engine's HTTP over a Unix socket: OpenAI-shaped routes, streaming, cancel by hanging up."""

import asyncio
import json
import logging
import os
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import h11

from qwen_lsp import wire
from qwen_lsp.engine.jobs import Done, Event, Failed, Job
from qwen_lsp.engine.service import Service
from qwen_lsp.errors import EngineBusy, EngineError
from qwen_lsp.wire import Piece

log = logging.getLogger(__name__)

LARGEST_BODY = 64 * 1024 * 1024  # bytes: a 128K-token prompt is about half a megabyte
READ_SIZE = 65_536


async def serve(service: Service, socket: Path) -> None:
    """Listen on `socket`, mode 0600, until the service leaves; then remove it."""
    old_mask = os.umask(0o177)
    try:
        server = await asyncio.start_unix_server(
            lambda reader, writer: _Connection(service, reader, writer).run(), path=socket
        )
    finally:
        os.umask(old_mask)
    try:
        await service.run()
    finally:
        # First the socket, so that whoever needs an engine now starts another.
        server.close()
        await asyncio.to_thread(socket.unlink, missing_ok=True)
        await service.close()


class _Connection:
    """One client connection, which may carry several requests one after another."""

    def __init__(
        self, service: Service, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._service = service
        self._reader = reader
        self._writer = writer
        self._http = h11.Connection(h11.SERVER)

    async def run(self) -> None:
        try:
            while (request := await self._read_request()) is not None:
                method, path, body = request
                await self._route(method, path, body)
                if self._http.our_state is not h11.DONE:
                    return
                self._http.start_next_cycle()
        except (ConnectionError, h11.LocalProtocolError):
            return  # the client hung up, perhaps in the middle of our answer
        except h11.RemoteProtocolError as error:
            with suppress(ConnectionError, h11.LocalProtocolError):
                await self._answer(error.error_status_hint, _error(f"Not HTTP: {error}."))
        finally:
            self._writer.close()

    async def _read_request(self) -> tuple[str, str, bytes] | None:
        head: h11.Request | None = None
        body = bytearray()
        while True:
            event = self._http.next_event()
            if event is h11.NEED_DATA:
                self._http.receive_data(await self._reader.read(READ_SIZE))
            elif isinstance(event, h11.Request):
                head = event
            elif isinstance(event, h11.Data):
                body += event.data
                if len(body) > LARGEST_BODY:
                    await self._answer(413, _error("The request is larger than 64 MiB."))
                    return None
            elif isinstance(event, h11.EndOfMessage):
                assert head is not None
                return head.method.decode(), head.target.decode().partition("?")[0], bytes(body)
            else:
                return None

    async def _route(self, method: str, path: str, body: bytes) -> None:
        if (method, path) == ("GET", wire.HEALTH):
            await self._answer(200, asdict(self._service.health()))
        elif (method, path) == ("GET", wire.MODELS):
            await self._answer(200, self._models())
        elif (method, path) == ("GET", wire.METRICS):
            text = self._service.metrics().render().encode()
            await self._send_body(200, "text/plain; version=0.0.4", text)
        elif (method, path) == ("POST", wire.SHUTDOWN):
            try:
                await self._answer(200, {})
            finally:
                # Whoever asked may not wait for the answer.
                self._service.leaving.set()
        elif (method, path) == ("POST", wire.LEAVE):
            await self._answer(200 if self._service.leave_if_idle() else 409, {})
        elif method == "POST" and path in (wire.COMPLETIONS, wire.CHAT):
            await self._generate(path, body)
        elif (method, path) == ("POST", wire.TOKENIZE):
            await self._count_tokens(body)
        else:
            await self._answer(404, _error(f"There is no {method} {path} here."))

    def _models(self) -> dict[str, Any]:
        health = self._service.health()
        facts = {"id": health.model, "object": "model", "max_model_len": health.window}
        return {"object": "list", "data": [facts]}

    async def _count_tokens(self, body: bytes) -> None:
        try:
            counts = await self._service.count_tokens(wire.parse_texts(_json_object(body)))
        except ValueError as error:
            await self._answer(400, _error(str(error)))
        except EngineError as error:
            await self._answer(503, _error(str(error)))
        else:
            await self._answer(200, {"counts": counts})

    async def _generate(self, path: str, body: bytes) -> None:
        try:
            fields = _json_object(body)
            request: wire.ChatRequest | wire.CompletionRequest = (
                wire.parse_chat(fields) if path == wire.CHAT else wire.parse_completion(fields)
            )
            job = self._service.submit(request)
        except ValueError as error:
            await self._answer(400, _error(str(error)))
            return
        except EngineBusy as error:
            await self._answer(429, _error(str(error)))
            return
        except EngineError as error:
            await self._answer(503, _error(str(error)))
            return
        shape = _ChatShape() if path == wire.CHAT else _CompletionShape()
        try:
            if fields.get("stream"):
                await self._stream(job, shape)
            else:
                await self._collect(job, shape)
        finally:
            self._service.cancel(job)  # of no effect when it is over

    async def _stream(self, job: Job, shape: "_Shape") -> None:
        async with aclosing(self._events(job)) as events:
            first = await anext(events)
            if isinstance(first, Failed):
                await self._answer(first.status, _error(first.message))
                return
            headers = [("Content-Type", "text/event-stream")]
            await self._send(h11.Response(status_code=200, headers=headers))
            # What the prompt cost is known by now; who has read enough does not wait for the end.
            await self._send_event({"usage": _usage_json(job.usage), **shape.chunk(first)})
            async for event in events:
                if isinstance(event, Failed):
                    await self._send_event(_error(event.message))
                else:
                    await self._send_event(shape.chunk(event))
        await self._send(h11.Data(data=b"data: [DONE]\n\n"))
        await self._send(h11.EndOfMessage())

    async def _send_event(self, fields: dict[str, Any]) -> None:
        await self._send(h11.Data(data=b"data: " + json.dumps(fields).encode() + b"\n\n"))

    async def _collect(self, job: Job, shape: "_Shape") -> None:
        answer = Piece("")
        async for event in self._events(job):
            if isinstance(event, Piece):
                answer = Piece(answer.text + event.text, answer.logprobs + event.logprobs)
            elif isinstance(event, Failed):
                await self._answer(event.status, _error(event.message))
            else:
                await self._answer(200, shape.whole(answer, event))

    async def _events(self, job: Job) -> AsyncGenerator[Event, None]:
        """Yield a job's events; ends with ConnectionError as soon as the client hangs up."""
        hung_up = asyncio.create_task(self._wait_for_hang_up())
        try:
            while True:
                getting = asyncio.create_task(job.events.get())
                await asyncio.wait({getting, hung_up}, return_when=asyncio.FIRST_COMPLETED)
                if not getting.done():
                    getting.cancel()
                    raise ConnectionResetError
                event = getting.result()
                yield event
                if not isinstance(event, Piece):
                    return
        finally:
            hung_up.cancel()
            # It must have let go of the reader before the next request is read from it.
            await asyncio.wait({hung_up})

    async def _wait_for_hang_up(self) -> None:
        while data := await self._reader.read(READ_SIZE):
            self._http.receive_data(data)  # an early next request; h11 keeps it

    async def _answer(self, status: int, fields: dict[str, Any]) -> None:
        await self._send_body(status, "application/json", json.dumps(fields).encode())

    async def _send_body(self, status: int, content_type: str, data: bytes) -> None:
        headers = [("Content-Type", content_type), ("Content-Length", str(len(data)))]
        await self._send(h11.Response(status_code=status, headers=headers))
        await self._send(h11.Data(data=data))
        await self._send(h11.EndOfMessage())

    async def _send(self, event: h11.Response | h11.Data | h11.EndOfMessage) -> None:
        data = self._http.send(event)
        if data:
            self._writer.write(data)
            await self._writer.drain()


class _Shape:
    """How events are put into OpenAI's JSON."""

    kind = ""

    def content(self, piece: Piece, *, whole: bool) -> dict[str, Any]:
        raise NotImplementedError

    def chunk(self, event: Piece | Done) -> dict[str, Any]:
        if isinstance(event, Piece):
            choice = {"index": 0, "finish_reason": None, **self.content(event, whole=False)}
            return {"object": self.kind, "choices": [choice]}
        return self._end(Piece(""), event, whole=False)

    def whole(self, answer: Piece, event: Done) -> dict[str, Any]:
        return self._end(answer, event, whole=True)

    def _end(self, piece: Piece, event: Done, *, whole: bool) -> dict[str, Any]:
        choice = {
            "index": 0,
            "finish_reason": event.reason,
            **self.content(piece, whole=whole),
        }
        return {
            "object": self.kind,
            "choices": [choice],
            "usage": _usage_json(event.usage),
            "timings": {"prompt_ms": event.prompt_ms, "predicted_ms": event.decode_ms},
        }


class _CompletionShape(_Shape):
    kind = "text_completion"

    def content(self, piece: Piece, *, whole: bool) -> dict[str, Any]:
        del whole  # a part and a whole look the same here
        logprobs = [round(one, 4) for one in piece.logprobs]
        shown = {"text": piece.text, "logprobs": {"token_logprobs": logprobs}}
        return {**shown, "quick": True} if piece.is_quick else shown


class _ChatShape(_Shape):
    kind = "chat.completion"

    def content(self, piece: Piece, *, whole: bool) -> dict[str, Any]:
        message = {"role": "assistant", "content": piece.text}
        return {"message": message} if whole else {"delta": message}


def _usage_json(usage: wire.Usage) -> dict[str, Any]:
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.prompt_tokens + usage.completion_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens},
    }


def _json_object(body: bytes) -> dict[str, Any]:
    fields = json.loads(body)
    if not isinstance(fields, dict):
        raise ValueError("The body must be a JSON object.")
    return fields


def _error(message: str) -> dict[str, Any]:
    return {"error": {"message": message}}
