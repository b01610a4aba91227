"""An engine that says what a test needs: real HTTP on the real socket's path, scripted answers.

It stands where the front looks for the engine of a model file, so nothing of the front is replaced.
Only for faults and fixed answers; everything else is tested with the real engine.
"""

import asyncio
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from qwen_lsp import wire
from qwen_lsp.inference import spawn
from tests.harness.news import News

DIE = object()  # close the connection in the middle of the answer
HANG = object()  # say nothing more until the client hangs up
HOLD = object()  # go on when the test sets `released`
STEP = object()  # go on with the next `steps.release()`
GIVE_UP = object()  # end the answer for the sake of another request
CUT = object()  # end the answer at the limit of its tokens


class ScriptedEngine(News):
    """Answers each request with the next script: text, pieces, or one of the words above.

    What is prepared for later (priority "warm") comes at times of its own, so it has scripts of its
    own, and an empty answer when there is none.
    """

    def __init__(self, folder: Path, name: str = "scripted") -> None:
        super().__init__()
        self.model = folder / f"{name}.gguf"
        self.model.write_bytes(b"GGUF")
        self.scripts: list[list[Any]] = []
        self.requests: list[dict[str, Any]] = []
        self.warm_scripts: list[list[Any]] = []
        self.warm_requests: list[dict[str, Any]] = []
        self.hang_ups = 0
        self.fills_in_the_middle = True
        self.healths: list[wire.Health] = []  # answered before the usual one
        self.failure: wire.Health | None = None  # answered instead of it
        self.needed_for = -1  # times that it is asked to leave; then it does; -1 for ever
        self.released = asyncio.Event()
        self.steps = asyncio.Semaphore(0)
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        path = spawn.socket_path(self.model)
        self._server = await asyncio.start_unix_server(self._connection, path=path)
        path.chmod(0o600)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()

    async def _connection(self, reader, writer) -> None:
        try:
            while head := await self._read_head(reader):
                path, length = head
                body = await reader.readexactly(length)
                if path == wire.HEALTH:
                    health = self.healths.pop(0) if self.healths else self._health()
                    await self._send_json(writer, asdict(health))
                    continue
                if path == wire.LEAVE:
                    if self.needed_for == 0:
                        await self.stop()
                        await self._send_json(writer, {})
                        return
                    self.needed_for -= 1
                    await self._send_json(writer, {}, "409 Conflict")
                    continue
                if path in (
                    wire.TOKENIZE,
                    wire.METRICS,
                    wire.SHUTDOWN,
                ):  # as engines that are not ours
                    await self._send_json(writer, {}, "404 Not Found")
                    continue
                chat, script = self._next(json.loads(body))
                if not await self._play(reader, writer, chat, script):
                    return
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()

    def _health(self) -> wire.Health:
        if self.failure is not None:
            return self.failure
        return wire.Health(
            "ready",
            model=self.model.stem,
            window=8192,
            fills_in_the_middle=self.fills_in_the_middle,
        )

    def _next(self, request) -> tuple[bool, list[Any]]:
        """Note a request; return whether it is a chat, and the script for it."""
        if request.get("priority") == "warm":
            self.warm_requests.append(request)
            script = self.warm_scripts.pop(0) if self.warm_scripts else []
        else:
            self.requests.append(request)
            script = self.scripts.pop(0)
        self.tell()
        return "messages" in request, script

    async def _play(self, reader, writer, chat, script) -> bool:
        """Play a script; False when the connection is over."""
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
        )
        reason = {GIVE_UP: "superseded", CUT: "length"}.get(script[-1] if script else None, "stop")
        for piece in script:
            if piece in (GIVE_UP, CUT):
                break
            if piece is DIE:
                return False
            if piece is HOLD:
                await self.released.wait()
                continue
            if piece is STEP:
                await self.steps.acquire()
                continue
            if piece is HANG:
                await reader.read()
                self.hang_ups += 1
                self.tell()
                return False
            content = {"delta": {"content": piece}} if chat else {"text": piece}
            if isinstance(piece, wire.Piece):
                logprobs = {"token_logprobs": piece.logprobs}
                content = {"text": piece.text, "logprobs": logprobs, "quick": piece.is_quick}
            await self._send_event(writer, {"choices": [{**content, "finish_reason": None}]})
        end = {"choices": [{"text": "", "finish_reason": reason}], "usage": {}}
        await self._send_event(writer, end)
        writer.write(b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n")
        await writer.drain()
        return True

    async def _read_head(self, reader) -> tuple[str, int] | None:
        line = (await reader.readline()).decode()
        if not line:
            return None
        _method, path, _version = line.split()
        length = 0
        while (header := (await reader.readline()).decode().strip()) != "":
            name, _, value = header.partition(":")
            if name.lower() == "content-length":
                length = int(value)
        return path, length

    async def _send_event(self, writer, fields) -> None:
        data = b"data: " + json.dumps(fields).encode() + b"\n\n"
        writer.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        await writer.drain()

    async def _send_json(self, writer, fields, status="200 OK") -> None:
        data = json.dumps(fields).encode()
        head = f"HTTP/1.1 {status}\r\nContent-Length: {len(data)}\r\n\r\n"
        writer.write(head.encode() + data)
        await writer.drain()
