"""When the model is not sure enough of what nobody asked for."""

import math

import pytest

from qwen_lsp.features.silence import Limits, is_unsure

LIMITS = Limits(first=math.log(0.1), line=-1.5)


@pytest.mark.parametrize(
    ("logprobs", "is_line", "answer"),
    [
        pytest.param([], True, False, id="an engine that tells none is believed"),
        pytest.param([-0.1], False, False, id="a sure first token"),
        pytest.param([-2.4], False, True, id="an unsure first token"),
        pytest.param([-2.2, -5.0], False, False, id="a line is judged when it is whole"),
        pytest.param([-2.2, -5.0], True, True, id="an unsure line"),
        pytest.param([-2.2, -5.0, -0.1, -0.1, -0.1], True, False, id="one unsure token of many"),
    ],
)
def test_what_is_unlikely_from_its_first_token_or_as_a_line_is_doubted(logprobs, is_line, answer):
    assert is_unsure(logprobs, is_line=is_line, limits=LIMITS) is answer
