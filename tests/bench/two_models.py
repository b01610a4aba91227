"""A completion while another engine edits, over one on the quiet machine.

The other engine has the same model, from a file of its own, and writes a long answer all the time.
As a comparison it edits as an engine that knows nothing of this one: with a runtime folder, and so
a lock, of its own.
"""

import asyncio
import os
import statistics
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from qwen_lsp import wire
from qwen_lsp.inference.client import EngineClient
from qwen_lsp.inference.engine import Engine
from tests.bench.isolation import answer, model_path, own_folders, running_engine
from tests.bench.report import Figure, Report

ROUNDS, TOKENS = 5, 16
COMPLETION = wire.CompletionRequest(
    (
        wire.Token("fim_prefix"),
        "def add(a, b):\n",
        wire.Token("fim_suffix"),
        "\n",
        wire.Token("fim_middle"),
    ),
    TOKENS,
)
EDIT = wire.ChatRequest(
    (wire.Message("user", "Count from one to a thousand in words."),), 2000, "count", "edit"
)


def run() -> Report:
    with own_folders() as folder:
        quiet, waiting, rude = asyncio.run(_measure(folder))
    alone = statistics.median(quiet)
    return Report(
        "two_models",
        {"completion_ratio": Figure(statistics.median(waiting) / alone, budget=1.25)},
        {
            "ratio_without_waiting": round(statistics.median(rude) / alone, 2),
            "quiet_s": [round(one, 2) for one in quiet],
            "beside_an_edit_s": [round(one, 2) for one in waiting],
            "beside_one_that_does_not_wait_s": [round(one, 2) for one in rude],
        },
    )


async def _measure(folder: Path) -> tuple[list[float], list[float], list[float]]:
    async with running_engine() as client:
        await _seconds(client)  # the first answer loads the weights' pages
        quiet = [await _seconds(client) for _ in range(ROUNDS)]
        async with _editing(folder / "one.gguf"):
            waiting = [await _seconds(client) for _ in range(ROUNDS)]
        with TemporaryDirectory(prefix="qb") as apart:
            shared = os.environ["XDG_RUNTIME_DIR"]
            os.environ["XDG_RUNTIME_DIR"] = apart
            try:
                async with _editing(folder / "other.gguf"):
                    rude = [await _seconds(client) for _ in range(ROUNDS)]
            finally:
                os.environ["XDG_RUNTIME_DIR"] = shared
    return quiet, waiting, rude


@asynccontextmanager
async def _editing(model: Path) -> AsyncIterator[None]:
    """Have another engine edit meanwhile."""
    model.symlink_to(model_path())
    engine = Engine(lambda: model, idle_minutes=30, keeps_cache=False)
    client = await engine.ready()
    begun = asyncio.Event()

    async def edit() -> None:
        while True:
            async for _event in client.stream(EDIT):
                begun.set()

    editing = asyncio.create_task(edit())
    await begun.wait()
    try:
        yield
    finally:
        editing.cancel()
        with suppress(asyncio.CancelledError):
            await editing
        await client.shut_down()
        await engine.close()


async def _seconds(client: EngineClient) -> float:
    start = perf_counter()
    await answer(client, COMPLETION)
    return perf_counter() - start
