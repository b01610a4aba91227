"""Documents that nobody works on leave the cache, and come back without being evaluated again."""

import math

import numpy as np
import pytest

from qwen_lsp.engine.shelf import Checkpoint, Parked, Shelf
from tests.engine.test_branches import A_FEW, EVERY_MODEL
from tests.harness.bare_engine import ABOVE, BELOW, fim

# A trunk with it is larger than what may stay beside another document's.
LARGE = ABOVE * 20


def parked(*tokens, size=10, is_saved=False):
    return Parked(np.array(tokens, np.int32), b"x" * size, (), is_saved)


@EVERY_MODEL
async def test_a_document_that_comes_back_is_not_evaluated_again(engine):
    first, other = (fim("total = ", name, LARGE.replace("self", name), BELOW) for name in "ab")
    await engine.check(first)
    await engine.check(other)
    trunks, tokens = engine.runner._branches.size()
    usage = await engine.check(first)
    assert trunks == 1
    assert usage.evaluated_tokens <= A_FEW < tokens
    # One that changed meanwhile is evaluated from there.
    await engine.check(other)
    await engine.check(fim("total = ", "a", LARGE.replace("self", "a"), "changed = 1\n"))


async def test_documents_that_take_turns_are_right_each_time(engine):
    requests = [fim("total = ", name, LARGE.replace("self", name), BELOW) for name in "abc"]
    for request in (*requests, *reversed(requests), *requests):
        await engine.check(request)


async def test_small_documents_stay_beside_each_other(engine):
    for name in "ab":
        await engine.check(fim("total = ", name, "x = 1\n", BELOW))
    trunks, _ = engine.runner._branches.size()
    assert trunks == 2


@pytest.mark.parametrize(
    ("put", "left"),
    [
        pytest.param([(1, 2), (3, 4)], [[1, 2], [3, 4]], id="two of them"),
        pytest.param([(1, 2), (1, 2, 3)], [[1, 2, 3]], id="one that has grown"),
        pytest.param([(1,), (2,), (3,), (4,)], [[2], [3], [4]], id="the oldest makes room"),
    ],
)
def test_the_shelf_keeps(put, left):
    shelf = Shelf(limit=30)
    for tokens in put:
        shelf.put(parked(*tokens))
    assert [one.tokens.tolist() for one in shelf] == left


def test_what_was_used_last_goes_last():
    shelf = Shelf(limit=20)
    first, second = parked(1), parked(2)
    shelf.put(first)
    shelf.put(second)
    shelf.used(first)
    shelf.put(parked(3))
    assert [one.tokens.tolist() for one in shelf] == [[1], [3]]


def test_checkpoints_count_for_the_limit():
    shelf = Shelf(limit=25)
    shelf.put(Parked(np.array([1], np.int32), b"x" * 10, (Checkpoint(1, b"y" * 10),), False))
    shelf.put(parked(2))
    assert [one.tokens.tolist() for one in shelf] == [[2]]
    assert shelf.has(np.array([2], np.int32))


def test_what_is_not_on_disk_yet_is_known():
    shelf = Shelf()
    shelf.put(parked(1, 2, is_saved=True))
    shelf.put(parked(3))
    assert shelf.unsaved(2, math.inf) is None
    shelf.put(parked(4, 5))
    found = shelf.unsaved(2, math.inf)
    assert found is not None
    assert found.tokens.tolist() == [4, 5]
    assert shelf.unsaved(2, most=9) is None
