"""The connection of one request, held so that we hear when the engine lets go of what was left.

An engine that evaluates a prompt looks up behind a batch, seconds later on a laptop. Hanging up in
the ordinary way ends the connection at once on our side, and nobody learns when the work has ended.
So we only say that we have nothing more to say, and wait until the engine ends the connection.
"""

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any

# An engine, or a proxy before it, that goes on writing is not waited for any longer.
LONGEST_S = 10.0
_PIECE = 65536  # bytes


class Line:
    """Our own hold on a request's connection, beside that of the HTTP library.

    Args:
        on_ended: hears, once, that the engine has let go.
    """

    def __init__(self, on_ended: Callable[[], None]) -> None:
        self._on_ended = on_ended
        self._socket: socket.socket | None = None

    async def trace(self, event: str, info: dict[str, Any]) -> None:
        """Take hold of the connection as soon as the HTTP library has one."""
        if event == "connection.connect_tcp.complete" and self._socket is None:
            with suppress(OSError, AttributeError):
                self._socket = info["return_value"].get_extra_info("socket").dup()

    def close(self) -> None:
        """Let go of the connection, at the end of the answer."""
        if self._socket is not None:
            self._socket.close()
        self._on_ended()

    async def hang_up(self) -> None:
        """End our half of the connection, and wait for the engine to end its own."""
        try:
            if self._socket is not None:
                with suppress(OSError, TimeoutError):
                    self._socket.shutdown(socket.SHUT_WR)
                    await self._until_ended(self._socket)
        finally:
            self.close()

    async def _until_ended(self, end: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(LONGEST_S):
            while await loop.sock_recv(end, _PIECE):
                pass
