"""How much of other files a completion's prompt may hold, by the machine's speed."""

from dataclasses import dataclass

import pytest

from qwen_lsp import wire
from qwen_lsp.engine.rates import Rates
from qwen_lsp.features.budgets import completion_budget
from qwen_lsp.models.fit import Speed
from qwen_lsp.settings import Settings


@dataclass
class Machine:
    """Reads at a speed, with a window; 0 for one that is not known."""

    per_s: float
    window: int = 65_536

    @property
    def health(self) -> wire.Health:
        return wire.Health("ready", window=self.window)

    async def prefill_per_s(self) -> float:
        return self.per_s


@pytest.mark.parametrize(
    ("machine", "setting", "budget"),
    [
        (Machine(150), -1, 1024),
        (Machine(4_200), -1, 2048),
        (Machine(9_000), -1, 4096),
        (Machine(30_000), -1, 8192),
        # Two documents' prompts, and the files around their cursors, have to fit.
        (Machine(30_000, window=16_384), -1, 4096),
        (Machine(30_000, window=4_096), -1, 1024),
        (Machine(30_000, window=0), -1, 1024),
        (Machine(30_000), 0, 0),
        (Machine(150), 3_000, 3_000),
    ],
)
async def test_what_is_read_quickly_goes_into_a_completions_prompt(machine, setting, budget):
    settings = Settings(model="", completion_context_tokens=setting)
    assert await completion_budget(machine, settings) == budget


def test_the_speed_of_the_last_session_counts_until_it_is_measured_again():
    rates = Rates(Speed(9_000, 80))
    with rates.prefill(20):  # what a graphics processor takes as long for as for many
        pass
    assert (rates.prefill_per_s, rates.decode_per_s) == (9_000, 80)
    with rates.prefill(512):
        pass
    assert rates.prefill_per_s != 9_000
