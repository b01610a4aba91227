"""Waiting until something that a played engine saw holds."""

import asyncio
from collections.abc import Callable


class News:
    """Tells who waits that something has happened; `until` gives up after a minute."""

    def __init__(self) -> None:
        self._news = asyncio.Event()

    def tell(self) -> None:
        """Say that something has happened."""
        self._news.set()

    async def until(self, condition: Callable[[], bool], what: str) -> None:
        async with asyncio.timeout(60):
            while not condition():
                self._news.clear()
                try:
                    await self._news.wait()
                except asyncio.CancelledError:
                    raise AssertionError(f"the engine never saw: {what}") from None
