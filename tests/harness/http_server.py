"""An HTTP server on a loopback port: real sockets, and whatever a test wants to go wrong.

Engines that are written from their documentation are made of it; see `recorded_engines.py`.
"""

import asyncio
import json
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.harness.news import News


@dataclass
class Asked:
    """A request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass
class Fault:
    """What happens instead of an answer, to requests whose path `hits`.

    Attributes:
        status: answered with `body` and `headers`, if there is one.
        after_pieces: the connection breaks after so many pieces of the answer.
        is_silent: nothing is answered at all, and the connection stays.
        drip: sent one byte after the other, with so many seconds in between.
        hits: which paths it is about.
    """

    status: int = 0
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    after_pieces: int | None = None
    is_silent: bool = False
    drip: tuple[bytes, float] | None = None
    hits: Callable[[str], bool] = lambda _path: True


class Broken(Exception):
    """The connection is to end now."""


class HttpServer(News):
    """Answers requests one after the other; `answer` says how."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Asked] = []
        self.hang_ups = 0
        self.fault: Fault | None = None
        self.url = ""
        self.pieces_sent = 0
        # Cleared, a reply that was hung up on ends later: an engine is busy with a batch.
        self.may_end = asyncio.Event()
        self.may_end.set()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self, tls: ssl.SSLContext | None = None) -> None:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0, ssl=tls)
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{port}"

    async def stop(self) -> None:
        """End all connections, as a host that goes down; it may be started again elsewhere."""
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def answer(self, asked: Asked, reply: "Reply") -> None:
        raise NotImplementedError

    async def _connected(self, reader, writer) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while (asked := await _read(reader)) is not None:
                self.asked.append(asked)
                self.tell()
                reply = Reply(self, reader, writer)
                await self._answer_or_fail(asked, reply)
        except (ConnectionError, asyncio.IncompleteReadError, Broken, asyncio.CancelledError):
            return
        finally:
            self._tasks.discard(task)
            self.tell()
            writer.close()

    async def _answer_or_fail(self, asked: Asked, reply: "Reply") -> None:
        fault = self.fault if self.fault and self.fault.hits(asked.path) else None
        if fault is None:
            await self.answer(asked, reply)
        elif fault.status:
            await reply.json(fault.status, fault.body, fault.headers)
        elif fault.is_silent:
            await reply.until_hung_up()
        elif fault.drip is not None:
            await reply.drip(*fault.drip)
        else:
            reply.breaks_after = fault.after_pieces
            await self.answer(asked, reply)


class Reply:
    """One answer on its way out."""

    def __init__(self, server: HttpServer, reader, writer) -> None:
        self._server = server
        self._reader = reader
        self._writer = writer
        self.breaks_after: int | None = None

    async def json(self, status: int, fields: Any, headers: dict[str, str] | None = None) -> None:
        data = fields.encode() if isinstance(fields, str) else json.dumps(fields).encode()
        lines = [f"HTTP/1.1 {status} x", f"Content-Length: {len(data)}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        self._writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + data)
        await self._writer.drain()

    async def begin(self, content_type: str) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nTransfer-Encoding: chunked"
        self._writer.write(head.encode() + b"\r\n\r\n")
        await self._writer.drain()

    async def piece(self, text: str) -> None:
        """Send a part of the body, unless the connection is to break here."""
        if self.breaks_after is not None:
            if self.breaks_after == 0:
                raise Broken
            self.breaks_after -= 1
        data = text.encode()
        self._writer.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        await self._writer.drain()
        self._server.pieces_sent += 1
        self._server.tell()

    async def end(self) -> None:
        self._writer.write(b"0\r\n\r\n")
        await self._writer.drain()

    async def until_hung_up(self) -> None:
        while await self._reader.read(65_536):
            pass
        self._server.hang_ups += 1
        self._server.tell()
        await self._server.may_end.wait()
        raise Broken

    async def drip(self, data: bytes, seconds: float) -> None:
        for byte in data:
            self._writer.write(bytes([byte]))
            await self._writer.drain()
            await asyncio.sleep(seconds)
        await self.until_hung_up()


async def _read(reader) -> Asked | None:
    line = (await reader.readline()).decode()
    if not line.strip():
        return None
    method, path, _version = line.split()
    headers = {}
    while (header := (await reader.readline()).decode().strip()) != "":
        name, _, value = header.partition(":")
        headers[name.lower()] = value.strip()
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Asked(method, path.partition("?")[0], headers, json.loads(body) if body else {})
