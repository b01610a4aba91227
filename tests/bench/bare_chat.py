"""The same model as a plain chat: a sentence and the code in a fence; what it answered is kept.

There is no system message, so the model's own template puts in its usual one. The limit of tokens
is more than any item needs, so it decides nothing.
"""

import asyncio
import re
import time
from contextlib import aclosing

from qwen_lsp import wire
from qwen_lsp.inference.client import EngineClient
from qwen_lsp.text import common_indentation, split_lines
from tests.bench.answers import Answer, Answers, key_of, model_facts
from tests.bench.isolation import metrics, model_path

TOKENS = 1024
SENTENCE = "Fix the bug in this function:"
_BLOCK = re.compile(
    r"^[ \t]*```[^\n`]*\n(?P<code>.*?)(?P<end>^[ \t]*```|\Z)", re.DOTALL | re.MULTILINE
)


class BareChat:
    """A running engine, asked without the server."""

    def __init__(self, client: EngineClient, build: str, answers: Answers) -> None:
        self._client = client
        self._facts = [*model_facts(model_path()), build]
        self._answers = answers

    async def answer(self, question: str, about: str) -> Answer:
        """Return the greedy answer to a question, as far as the end of its first code block."""
        key = key_of("bare chat", self._facts, question, TOKENS)
        if (kept := self._answers.find(key)) is not None:
            return kept
        request = wire.ChatRequest((wire.Message("user", question),), TOKENS, "bare", "edit")
        before = await asyncio.to_thread(metrics)
        start, text = time.perf_counter(), ""
        async with aclosing(self._client.stream(request)) as events:
            async for event in events:
                text += "" if isinstance(event, wire.End) else event.text
                if isinstance(event, wire.End) or is_block_over(text):
                    break
        seconds = time.perf_counter() - start
        while ended(after := await asyncio.to_thread(metrics)) == ended(before):
            await asyncio.sleep(0.01)  # the engine hears of a hang-up between two tokens
        found = Answer(text, seconds, *tokens_between(before, after))
        self._answers.keep(key, found, about)
        return found


def question_about(code: str, language: str) -> str:
    """Return what is asked about code, which loses the indentation that all of it has."""
    indent = common_indentation(split_lines(code))
    plain = "\n".join(line.removeprefix(indent) for line in split_lines(code))
    return f"{SENTENCE}\n\n```{language}\n{plain}\n```"


def first_block(answer: str, code: str) -> str:
    """Return the first code block of an answer, indented as the code is that was asked about.

    Without any block it is what was asked about: somebody who reads the answer has nothing to copy.
    """
    block = _BLOCK.search(answer)
    if block is None:
        return code
    lines = block["code"].rstrip("\n").split("\n")
    indent, already = common_indentation(split_lines(code)), common_indentation(lines)
    return "\n".join(indent + one.removeprefix(already) if one.strip() else "" for one in lines)


def is_block_over(answer: str) -> bool:
    """Return whether an answer has a whole code block: what follows is not copied by anybody."""
    block = _BLOCK.search(answer)
    return block is not None and bool(block["end"])


def ended(counts: dict[str, float]) -> float:
    """Return how many edits an engine's metrics have counted, however they ended."""
    return sum(
        count
        for name, count in counts.items()
        if name.startswith("qwen_requests_total") and 'priority="edit"' in name
    )


def tokens_between(before: dict[str, float], after: dict[str, float]) -> tuple[int, int]:
    """Return the tokens of prompts and of answers that edits took between two readings."""

    def grown(name: str) -> int:
        key = f'qwen_{name}_total{{priority="edit"}}'
        return int(after.get(key, 0) - before.get(key, 0))

    prompt = grown("prompt_tokens_evaluated") + grown("prompt_tokens_reused")
    return prompt, grown("generated_tokens")
