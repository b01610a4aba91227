"""How long the engine goes on after a client hung up: the worst of 20, half of them in a prefill.

A prefill is hung up on 50 to 500 ms after it began, an answer after its first piece. The engine is
asked for what is left in line every few milliseconds; the asking counts as the engine's time.
"""

import asyncio
import random
import time

from qwen_lsp import wire
from qwen_lsp.inference.client import EngineClient
from tests.bench.isolation import metrics, own_folders, running_engine
from tests.bench.report import Figure, Report

TIMES = 20
PREFILL_WORDS = 4000  # one token each


def run() -> Report:
    with own_folders():
        in_prefill, in_answer = asyncio.run(_measure())
    return Report(
        "cancel",
        {"cancel_s": Figure(max(in_prefill + in_answer), budget=0.25)},
        {
            "in_prefill_s": [round(one, 3) for one in in_prefill],
            "in_answer_s": [round(one, 3) for one in in_answer],
        },
    )


async def _measure() -> tuple[list[float], list[float]]:
    chance = random.Random(1)  # noqa: S311 - the same waits in each run
    in_prefill, in_answer = [], []
    async with running_engine() as client:
        for number in range(TIMES // 2):
            prompt = f"{number}" + " word" * PREFILL_WORDS
            request = wire.CompletionRequest((prompt,), 16, trunk=1, document=f"p{number}")
            in_prefill.append(await _hang_up(client, request, chance.uniform(0.05, 0.5)))
            message = wire.Message("user", f"Count from {number} to a thousand in words.")
            chat = wire.ChatRequest((message,), 2000, document=f"c{number}")
            in_answer.append(await _hang_up(client, chat, None))
    return in_prefill, in_answer


async def _hang_up(
    client: EngineClient,
    request: wire.CompletionRequest | wire.ChatRequest,
    after_s: float | None,
) -> float:
    """Return the seconds from hanging up until nothing is running."""
    stream = client.stream(request)
    first = asyncio.ensure_future(anext(stream))
    if after_s is None:
        await first
    else:
        await asyncio.sleep(after_s)
        assert not first.done(), "the prefill was over before the hang-up"
        first.cancel()
        await asyncio.wait({first})
    start = time.perf_counter()
    await stream.aclose()
    while (await asyncio.to_thread(metrics))["qwen_requests_waiting"] > 0:
        await asyncio.sleep(0.002)
    return time.perf_counter() - start
