"""How much a prompt may hold: as much as this machine reads in time, by its measured speed.

What is asked for again a little later should have the same prompt then, so what other code may
take is a power of two of tokens.
"""

from typing import Protocol

from qwen_lsp import wire
from qwen_lsp.settings import Settings

ANSWER_TOKENS, THOUGHT_TOKENS = 700, 2_000
# Seconds that the machine may read: of other code before a completion (`quality --budgets` shows
# what it brings) and before an explanation, of the code that is explained, of a workspace.
COMPLETION_S, CONTEXT_S, CODE_S, WORKSPACE_S = 0.5, 3.0, 25.0, 60.0
# Tokens; whatever the speed, so much is shown, and no more.
LEAST_COMPLETION, _MOST_COMPLETION = 1_024, 8_192
_LEAST_CONTEXT, _MOST_CONTEXT = 256, 4_096
_LEAST_CODE, _MOST_WORKSPACE = 2_000, 128_000
# Of the window, for what was estimated too low, and for the words around the code.
_RESERVE, _AROUND_CODE = 0.1, 900
# Of the window, what other code may take of it in a completion's prompt: the file around the cursor
# takes up to 3,000 tokens, and more than one document's prompt is kept.
_SHARE_OF_WINDOW = 1 / 3


class Reader(Protocol):
    """Knows how much can be read; `Engine` is it."""

    @property
    def health(self) -> wire.Health:
        """What is known of the model."""
        ...

    async def prefill_per_s(self) -> float:
        """Return how many tokens of a prompt are read in a second."""
        ...


async def completion_budget(engine: Reader, settings: Settings) -> int:
    """Return how many tokens of other files a completion's prompt may hold."""
    if settings.completion_context_tokens >= 0:
        return settings.completion_context_tokens
    tokens = _power_of_two(await engine.prefill_per_s() * COMPLETION_S)
    room = _power_of_two(engine.health.window * _SHARE_OF_WINDOW)
    return max(LEAST_COMPLETION, min(_MOST_COMPLETION, tokens, room))


async def context_budget(engine: Reader) -> int:
    """Return how many tokens of other code an explanation may hold."""
    tokens = _power_of_two(await engine.prefill_per_s() * CONTEXT_S)
    return max(_LEAST_CONTEXT, min(_MOST_CONTEXT, tokens))


async def code_budget(engine: Reader, settings: Settings) -> int:
    """Return how many tokens of code can be explained at once."""
    wanted = max(_LEAST_CODE, int(await engine.prefill_per_s() * CODE_S))
    others = await context_budget(engine) + _AROUND_CODE
    return _within(engine, wanted, answer_tokens(settings) + others)


async def workspace_budget(engine: Reader, settings: Settings) -> int:
    """Return how many tokens of a workspace can be shown."""
    wanted = min(_MOST_WORKSPACE, int(await engine.prefill_per_s() * WORKSPACE_S))
    return _within(engine, max(_LEAST_CODE, wanted), answer_tokens(settings) + _AROUND_CODE)


def answer_tokens(settings: Settings) -> int:
    """Return how many tokens an answer may have, with the thought before it."""
    return ANSWER_TOKENS + (THOUGHT_TOKENS if settings.explain_thinking else 0)


def _power_of_two(number: float) -> int:
    """Return the largest power of two up to a number; 1 where there is none."""
    return 1 << (max(int(number), 1).bit_length() - 1)


def _within(engine: Reader, wanted: int, taken: int) -> int:
    """Return as many tokens as are wanted and fit into the model's window beside others."""
    window = engine.health.window
    room = int((window - taken) * (1 - _RESERVE)) if window else wanted
    return max(min(wanted, room), 1)
