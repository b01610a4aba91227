"""How likely the model thought each token, and answers that begin otherwise than known ones."""

import numpy as np
import pytest

from qwen_lsp.wire import ChatRequest, Message
from tests.harness.bare_engine import BELOW, fim

EVERY_MODEL = pytest.mark.parametrize("loaded", ["dense", "hybrid", "real"], indirect=True)
ONLY_REAL = pytest.mark.parametrize("loaded", ["real"], indirect=True)
A_FEW = 12  # tokens evaluated for a key, on any model


def log_share(scores, at: int) -> float:
    scores = scores.astype(np.float64) - scores.max()
    return float(scores[at] - np.log(np.exp(scores).sum()))


def expected(engine, fresh) -> list[float]:
    """Return the log-probabilities of an empty cache's answer, from the definition.

    They end where two tokens are so near that the answers may go on differently.
    """
    noise = engine.loaded.noise
    ties = [at for at, pick in enumerate(fresh.picks) if pick.lead <= 2 * noise]
    found = []
    for pick in fresh.picks[: min(ties, default=len(fresh.picks)) + 1]:
        if not pick.required:
            found.append(log_share(pick.scores, pick.token))
        elif len(engine.model.piece(pick.token)) > len(pick.required):
            rivals = engine.loaded.healer.candidates(pick.required).tolist()
            found.append(log_share(pick.scores[rivals], rivals.index(pick.token)))
    return found


@EVERY_MODEL
@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(fim("total =", max_tokens=6), id="behind a word"),
        pytest.param(fim("total = su", max_tokens=4, heal=True), id="inside a word"),
        pytest.param(fim("return zqxv", max_tokens=4, heal=True), id="in a word of many tokens"),
        pytest.param(fim("return ", max_tokens=4, heal=True), id="behind a blank"),
    ],
)
async def test_each_chosen_token_has_its_share_of_all_that_were_possible(engine, request_):
    answer, fresh = await engine.answer(request_), engine.fresh(request_)
    engine.compare(request_, answer)
    wanted = expected(engine, fresh)
    assert wanted
    assert answer.logprobs[: len(wanted)] == pytest.approx(wanted, abs=3 * engine.loaded.noise)
    assert all(one <= 0 for one in answer.logprobs)


@ONLY_REAL
async def test_text_that_is_held_back_keeps_its_probabilities(engine):
    plain = await engine.answer(fim("total =", max_tokens=6))
    held = await engine.answer(fim("total =", max_tokens=6, stop=(plain.text[:8] + "\0",)))
    assert held.text == plain.text
    assert held.logprobs == pytest.approx(plain.logprobs, abs=engine.loaded.noise)


@ONLY_REAL
async def test_a_token_that_only_stops_the_answer_is_not_counted(engine):
    answer = await engine.answer(fim("        return", max_tokens=40, stop=("\n",)))
    assert answer.reason == "stop"
    tokens = engine.model.tokenize(answer.text, special=False)
    assert len(answer.logprobs) == len(tokens)


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(fim("total = ", priority="edit"), id="an edit"),
        pytest.param(ChatRequest((Message("user", "Why?"),), max_tokens=3), id="a chat"),
    ],
)
async def test_only_completions_are_weighed(engine, request_):
    assert (await engine.answer(request_)).logprobs == []


@ONLY_REAL
@pytest.mark.parametrize(
    ("typed", "below"),
    [
        pytest.param("        return", BELOW, id="behind a word"),
        pytest.param("        return ", BELOW, id="behind a blank"),
        pytest.param("        total = s", BELOW, id="inside a word"),
        pytest.param("        return self.", BELOW, id="behind a dot"),
        pytest.param("", BELOW, id="on an empty line"),
    ],
)
async def test_another_answer_begins_with_another_word(engine, typed, below):
    known: list[str] = []
    for number in range(3):
        answer = await engine.answer(
            fim(typed, below=below, heal=True, max_tokens=8, avoid=tuple(known))
        )
        known.append(answer.text)
        assert answer.text.strip()
        assert number == 0 or answer.usage.evaluated_tokens <= A_FEW
    words = [one.split()[0] for one in known]
    assert len(set(words)) == 3, known
    indents = {len(one) - len(one.lstrip()) for one in known}
    assert len(indents) == 1, known


@ONLY_REAL
async def test_where_the_model_would_say_nothing_another_answer_says_something(engine):
    request = fim("y = 2", above="x = 1\n", below="", heal=True, max_tokens=8, avoid=("",))
    answer = await engine.answer(request)
    assert answer.text.strip()


async def test_the_cache_is_right_behind_another_answer(engine):
    first = await engine.answer(fim("total = ", heal=True))
    await engine.answer(fim("total = ", heal=True, avoid=(first.text,)))
    await engine.check(fim("total = ", heal=True))
