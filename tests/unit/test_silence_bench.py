"""What `tests.bench silence` makes of a record of completions."""

from xml.etree import ElementTree as ET

import pytest

from tests.bench.silence import WRONG, Record, curves, outcome
from tests.bench.silence_picture import picture


def record(text: str, logprobs: list[float], target: str = "a + b") -> Record:
    return Record("", "", "", target, text, text == target, tuple(logprobs))


@pytest.mark.parametrize(
    ("text", "accepted"),
    [
        pytest.param("a + b", 5, id="the target"),
        pytest.param("a +", 3, id="its beginning"),
        pytest.param("a + c", 0, id="something else"),
        pytest.param("  ", 0, id="nothing"),
    ],
)
def test_what_is_accepted_is_the_target_or_its_beginning(text, accepted):
    assert record(text, [0.0]).accepted == accepted


def test_silence_drops_what_is_unlikely_by_its_first_token_or_as_a_line():
    records = [
        record("a + b", [-0.1, -0.1]),
        record("wrong", [-5.0]),
        record("too", [-0.1, -5.0]),
        record("", []),
    ]
    everything, some = outcome(records, 0, 0), outcome(records, 0.1, 0.3)
    assert (everything.shown, some.shown) == (0.75, 0.25)
    assert some.exact_among_shown == 1
    assert (everything.accepted, some.accepted) == (125, 125)
    assert everything.net == 100 * (5 - 2 * WRONG) / 4
    assert some.net == 125


def test_the_picture_is_an_image_with_a_name():
    every = [outcome([record("a + b", [-0.1])], first, 0) for first in (0, 0.5, 1)]
    root = ET.fromstring(picture(*curves(every), every[0], every[0], 1))  # noqa: S314 - ours
    assert root.attrib["role"] == "img"
