"""Answers that begin with what is likely, and lines that do not end behind a bracket."""

import re
from dataclasses import replace

import pytest

from qwen_lsp.wire import Likely
from tests.harness.bare_engine import ABOVE, fim

EVERY_MODEL = pytest.mark.parametrize("loaded", ["dense", "hybrid", "real"], indirect=True)
ONLY_REAL = pytest.mark.parametrize("loaded", ["real"], indirect=True)
NAMES = ("ship_by_quokka", "ship", "zebra")  # no model would think of them
FAR_TOO_MUCH = 1000.0
CALLS_BROKEN_OVER_LINES = f"""\
{ABOVE}        first = combine(
            self.prices,
            self.shipping,
        )
        second = combine(
            self.prices,
            self.shipping,
        )
"""


def with_names(typed: str, *rests: str, bonus: float = FAR_TOO_MUCH):
    likely = tuple(Likely(rest, bonus) for rest in rests)
    return fim(typed, heal=True, likely=likely, max_tokens=12)


@EVERY_MODEL
@pytest.mark.parametrize(
    ("typed", "rests", "words"),
    [
        pytest.param("total = self.", NAMES, NAMES, id="behind a dot"),
        pytest.param("total = self.shi", ("p_by_quokka", "p"), ("p_by_quokka", "p"), id="begun"),
        pytest.param("total = self.ship", ("", "_by_quokka"), ("", "_by_quokka"), id="whole"),
        pytest.param("total = self.", ("größe",), ("größe",), id="not of ASCII letters alone"),
    ],
)
async def test_the_first_word_is_one_of_the_names(engine, typed, rests, words):
    answer = await engine.answer(with_names(typed, *rests))
    first = re.match(r"\w*", answer.text)
    assert first is not None
    assert first.group() in words


@EVERY_MODEL
@pytest.mark.parametrize("typed", ["total = ", "total = ship_by"])
async def test_a_line_that_is_likely_is_written_to_its_end(engine, typed):
    rest = "ship_by_quokka(zebra, [1, 2])\n".removeprefix(typed.removeprefix("total = "))
    request = with_names(typed, rest)
    answer = await engine.answer(replace(request, max_tokens=32))
    assert answer.text.startswith(rest)


@EVERY_MODEL
async def test_what_is_likelier_wins(engine):
    likely = (Likely("zebra", 500.0), Likely("ship", FAR_TOO_MUCH))
    answer = await engine.answer(fim("total = self.", heal=True, likely=likely, max_tokens=8))
    assert answer.text.startswith("ship")


@EVERY_MODEL
async def test_without_a_bonus_names_change_nothing(engine):
    with_nothing = await engine.answer(with_names("total = self.", *NAMES, bonus=0.0))
    alone = await engine.answer(fim("total = self.", heal=True, max_tokens=12))
    assert with_nothing.text == alone.text
    allowed = 3 * engine.loaded.noise
    assert with_nothing.logprobs == pytest.approx(alone.logprobs, abs=allowed)


@ONLY_REAL
async def test_a_small_bonus_does_not_outweigh_what_the_code_says(engine):
    answer = await engine.answer(with_names("return sum(self.", *NAMES, bonus=0.5))
    assert answer.text.startswith("prices")


@ONLY_REAL
async def test_a_name_that_is_only_forced_is_unlikely(engine):
    free = await engine.answer(fim("return sum(self.", heal=True, max_tokens=1))
    forced = await engine.answer(with_names("return sum(self.", *NAMES))
    assert forced.logprobs[0] < free.logprobs[0] - 3


@ONLY_REAL
@pytest.mark.parametrize(
    ("unbroken", "is_broken"),
    [
        pytest.param(0, True, id="as the code above has it"),
        pytest.param(60, False, id="while there is room"),
    ],
)
@pytest.mark.parametrize("typed", ["        third = combine(", "        third = combine"])
async def test_a_line_does_not_end_behind_a_bracket(engine, typed, unbroken, is_broken):
    request = fim(typed, above=CALLS_BROKEN_OVER_LINES, heal=True, max_tokens=12, unbroken=unbroken)
    answer = await engine.answer(request)
    line = (typed + answer.text).split("\n")[0]
    assert line.endswith("(") is is_broken, answer.text


@ONLY_REAL
async def test_a_line_that_is_broken_elsewhere_is_broken_here(engine):
    typed, likely = "        third = combine", (Likely("(\n", 3.0),)
    request = fim(typed, above=CALLS_BROKEN_OVER_LINES, heal=True, max_tokens=12, unbroken=60)
    answer = await engine.answer(replace(request, likely=likely))
    assert answer.text.startswith("(\n")


@ONLY_REAL
async def test_where_the_room_ends_a_line_may_end_behind_a_bracket(engine):
    request = fim("        third = comb", above=CALLS_BROKEN_OVER_LINES, heal=True, max_tokens=12)
    answer = await engine.answer(replace(request, unbroken=2))
    assert answer.text.startswith("ine(\n")
