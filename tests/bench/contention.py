"""Decoding with one busy process per core, over decoding on the quiet machine."""

import asyncio
import os
import statistics
import subprocess
import sys

from qwen_lsp import wire
from qwen_lsp.inference.client import EngineClient
from tests.bench.isolation import answer, own_folders, running_engine
from tests.bench.report import Figure, Report

ROUNDS, TOKENS = 3, 40
REQUEST = wire.ChatRequest(
    (wire.Message("user", "Count from one to a thousand in words."),), TOKENS, "count", "explain"
)


def run() -> Report:
    with own_folders():
        quiet, busy = asyncio.run(_measure())
    return Report(
        "contention",
        {
            "contention_ratio": Figure(
                statistics.median(busy) / statistics.median(quiet), budget=0.4, at_least=True
            )
        },
        {
            "quiet_tokens_per_s": [round(one, 1) for one in quiet],
            "busy_tokens_per_s": [round(one, 1) for one in busy],
        },
    )


async def _measure() -> tuple[list[float], list[float]]:
    quiet, busy = [], []
    async with running_engine() as client:
        await _speed(client)  # the first answer loads the weights' pages
        for _ in range(ROUNDS):
            quiet.append(await _speed(client))
            processes = [
                subprocess.Popen([sys.executable, "-c", "while True: pass"])
                for _ in range(os.cpu_count() or 1)
            ]
            try:
                busy.append(await _speed(client))
            finally:
                for process in processes:
                    process.kill()
                    process.wait()
    return quiet, busy


async def _speed(client: EngineClient) -> float:
    _text, end = await answer(client, REQUEST)
    return end.usage.completion_tokens / end.decode_ms * 1000
