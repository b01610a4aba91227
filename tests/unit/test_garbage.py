"""The server collects garbage while nobody types."""

import asyncio
import gc
import weakref

from qwen_lsp.server.garbage import IdleCollector


class Knot:
    """Something that holds itself."""

    def __init__(self):
        self.me = self


async def test_garbage_goes_when_nothing_happens_any_more():
    gone = asyncio.Event()
    collector = IdleCollector(idle_s=0.01)
    gc.disable()
    try:
        weakref.finalize(Knot(), asyncio.get_running_loop().call_soon_threadsafe, gone.set)
        collector.touch()
        async with asyncio.timeout(30):
            await gone.wait()
    finally:
        gc.enable()
        gc.unfreeze()
        collector.close()
