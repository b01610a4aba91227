"""The first completion after an engine restart with its trunk on disk, over the same one cold.

Both times are those of the request itself, from sending it to the last token of one line, with the
model loaded; what loading takes is the same for both and stands in the detail.
"""

import asyncio
import time
from importlib.resources import files

from qwen_lsp import wire
from tests.bench.isolation import answer, own_folders, running_engine, stop_engines
from tests.bench.report import Figure, Report

TRUNK_CHARACTERS = 7000  # what the server sends of a long file: about 2,000 tokens


def run() -> Report:
    with own_folders():
        cold_s, cold_load_s, cold = asyncio.run(_first_completion())
        stop_engines()
        warm_s, warm_load_s, warm = asyncio.run(_first_completion())
    return Report(
        "restart",
        {"restart_ratio": Figure(warm_s / cold_s, budget=0.15)},
        {
            "cold_s": round(cold_s, 2),
            "restarted_s": round(warm_s, 2),
            "start_and_load_s": [round(cold_load_s, 2), round(warm_load_s, 2)],
            "evaluated_tokens": [cold[1].usage.evaluated_tokens, warm[1].usage.evaluated_tokens],
            "same_answer": cold[0] == warm[0],
        },
    )


async def _first_completion() -> tuple[float, float, tuple[str, wire.End]]:
    text = files("qwen_lsp").joinpath("engine/llama.py").read_text()[:TRUNK_CHARACTERS]
    place = text.rindex("\n", 0, 5600) + 1
    trunk = (
        *(wire.Token("file_sep"), "engine/llama.py\n"),
        *(wire.Token("fim_prefix"), text[:place], wire.Token("fim_suffix"), text[place:]),
    )
    request = wire.CompletionRequest(
        prompt=(*trunk, wire.Token("fim_middle"), "        self."),
        trunk=len(trunk),
        max_tokens=16,
        document="restart",
        stop=("\n",),
        heal=True,
    )
    start = time.perf_counter()
    async with running_engine() as client:
        loaded = time.perf_counter()
        result = await answer(client, request)
        return time.perf_counter() - loaded, loaded - start, result
