"""Tokens per second of edits that mostly copy, over plain decoding of the same answers.

The same chats run as edits, which guess what they copy, and as explanations, which do not; both
greedy. The answers have to be the same but for near-ties, which batching may decide differently.
"""

import asyncio
from importlib.resources import files

from qwen_lsp import wire
from qwen_lsp.context.edit_prompt import SYSTEM
from tests.bench.isolation import answer, metrics, own_folders, running_engine
from tests.bench.report import Figure, Report

TOKENS = 450
# File of the installed package, first and last line, instruction.
CASES = (
    ("engine/answer.py", 10, 45, "Rename the attribute _held to _kept."),
    ("inference/spawn.py", 30, 75, "Change the time limit of starting to two minutes."),
    ("cli/engine.py", 60, 110, "Add type hints where they are missing."),
    ("demo/sample/catalogue.py", 1, 42, "Rename the method find to look_up."),
)


def run() -> Report:
    with own_folders():
        return asyncio.run(_measure())


async def _measure() -> Report:
    rows, same = [], 0
    async with running_engine() as client:
        for file, first, last, instruction in CASES:
            request = _chat(file, first, last, instruction)
            guessed, quick = await answer(client, request)
            plain_request = wire.ChatRequest(request.messages, TOKENS, "plain", "explain")
            plain, slow = await answer(client, plain_request)
            same += guessed == plain
            rows.append((quick, slow))
        counts = await asyncio.to_thread(metrics)
    speed = [
        sum(end.usage.completion_tokens for end in ends) / sum(end.decode_ms for end in ends) * 1000
        for ends in zip(*rows, strict=True)
    ]
    accepted = counts["qwen_draft_tokens_accepted_total"]
    return Report(
        "edit_speed",
        {"edit_speedup": Figure(speed[0] / speed[1], budget=2.5, at_least=True)},
        {
            "tokens_per_s": round(speed[0], 1),
            "plain_tokens_per_s": round(speed[1], 1),
            "same_text": f"{same} of {len(CASES)}",
            "guesses_right": f"{accepted:.0f} of {counts['qwen_draft_tokens_total']:.0f}",
            "speedup_by_case": [
                round(
                    (quick.usage.completion_tokens / quick.decode_ms)
                    / (slow.usage.completion_tokens / slow.decode_ms),
                    2,
                )
                for quick, slow in rows
            ],
        },
    )


def _chat(file: str, first: int, last: int, instruction: str) -> wire.ChatRequest:
    lines = files("qwen_lsp").joinpath(file).read_text().split("\n")
    code = "\n".join(lines[first - 1 : last])
    question = f"The code to rewrite:\n```python\n{code}\n```\n\nInstruction: {instruction}"
    messages = (wire.Message("system", SYSTEM), wire.Message("user", question))
    return wire.ChatRequest(messages, TOKENS, "edit", "edit")
