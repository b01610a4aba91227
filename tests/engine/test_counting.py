"""How many tokens texts have: as prompts are tokenised, and beside a running request."""

import asyncio
from pathlib import Path

import numpy as np
import pytest

from qwen_lsp import locations
from qwen_lsp.engine.scheduler import Scheduler
from qwen_lsp.engine.turns import Turns
from qwen_lsp.tokens import estimated_tokens
from qwen_lsp.wire import CompletionRequest
from tests.harness.bare_engine import Gate, fim

SAMPLES = sorted(Path(__file__).parents[1].glob("unit/index/golden/*/sample.*"))


def test_a_text_has_as_many_tokens_as_in_a_prompt(dense):
    text = "def add(a, b):\n    return <|fim_middle|>\n"
    tokens, _ = dense.encoder.encode_completion(CompletionRequest((text,), 1))
    assert dense.encoder.count(text) == len(tokens)
    assert not np.isin(tokens, [dense.model.control_token("fim_middle")]).any()


async def test_counting_does_not_wait_for_a_running_request(dense, open_engine):
    engine = open_engine(dense)
    scheduler = Scheduler(engine.runner, Turns(locations.runtime_dir()))
    gate = Gate(engine.runner, lambda _job, step: step == 1)
    job = scheduler.submit(fim("total = "))
    await gate.reached()
    assert await asyncio.to_thread(dense.encoder.count, "x = 1") == 4
    gate.open()
    await engine.collect(job)
    scheduler.close()


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.suffix)
def test_an_estimate_is_near_the_truth_for_code(dense, path):
    text = path.read_text()
    assert estimated_tokens(text) == pytest.approx(dense.encoder.count(text), rel=0.25)
