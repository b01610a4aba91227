"""What the KV cache keeps and drops: every answer must be the one of an empty cache.

Requests run step by step, as the decode thread would run them; `check` compares the scores behind
each word. What goes through a real `Scheduler` is in `test_scheduler.py`.
"""

import os
import threading
import time
from typing import ClassVar

import pytest

from qwen_lsp.engine import jobs
from qwen_lsp.engine.branches import DOCUMENTS
from qwen_lsp.engine.jobs import Failed
from qwen_lsp.engine.kv_store import KvStore
from qwen_lsp.wire import CompletionRequest
from tests.harness.bare_engine import ABOVE, BELOW, fim

# Tokens evaluated for a key or two: what was typed, `fim_middle`, and a hybrid model's stem.
A_FEW = 12
EVERY_MODEL = pytest.mark.parametrize("loaded", ["dense", "hybrid", "real"], indirect=True)
LARGE = ABOVE * 5  # a trunk with it takes more than half of SMALL, and is worth saving
SMALL = 256  # tokens: the smallest window there is


@EVERY_MODEL
async def test_typing_on_evaluates_only_what_is_new(engine):
    first = await engine.check(fim("total = "))
    for typed in ("total = s", "total = su", "total = sum(", "total = sum(self.pri"):
        usage = await engine.check(fim(typed))
        assert usage.evaluated_tokens <= A_FEW < first.evaluated_tokens


async def test_typing_inside_a_word_is_healed_on_the_same_trunk(engine):
    await engine.check(fim("total = su", heal=True))
    for typed in ("total = sum", "total = sum(self.pr", "total = sum(self.pri", "return "):
        usage = await engine.check(fim(typed, heal=True))
        assert usage.evaluated_tokens <= A_FEW


async def test_going_back_evaluates_at_most_the_line(engine):
    await engine.check(fim("total = sum(self.prices)"))
    for typed in ("total = sum(self", "tot", "", "total = sum(self.prices)"):
        usage = await engine.check(fim(typed))
        assert usage.evaluated_tokens <= A_FEW


async def test_the_same_again_evaluates_the_last_token_for_its_scores(engine):
    await engine.check(fim("total = "))
    usage = await engine.check(fim("total = "))
    assert 1 <= usage.evaluated_tokens <= A_FEW


@pytest.mark.parametrize(
    ("above", "below", "kept", "kept_by_hybrid"),
    [
        pytest.param("# new\n" + ABOVE, BELOW, 1, 0, id="at its beginning"),
        pytest.param(ABOVE.replace("shipping):", "tax):"), BELOW, 10, 0, id="in its middle"),
        pytest.param(ABOVE, BELOW + "# new\n", 51, 51, id="at its end"),
        pytest.param(ABOVE, BELOW[:25], 40, 28, id="cut off"),
        pytest.param(ABOVE, "", 35, 28, id="without its second half"),
    ],
)
async def test_a_trunk_that_changes_keeps_its_beginning_as_far_as_the_model_can_go_back(
    engine, above, below, kept, kept_by_hybrid
):
    await engine.check(fim("total = "))
    changed = await engine.check(fim("total = ", above=above, below=below))
    if engine.model.is_hybrid:
        assert changed.cached_tokens == kept_by_hybrid
    else:
        assert changed.cached_tokens >= kept
    await engine.check(fim("total = s"))


async def test_another_document_leaves_the_first_as_it_was(engine):
    first, other = fim("total = "), fim("return ", "two", above="# two\n" + ABOVE)
    await engine.check(first)
    await engine.check(other)
    for request in (fim("total = s"), fim("return s", "two", above="# two\n" + ABOVE), first):
        usage = await engine.check(request)
        assert usage.evaluated_tokens <= A_FEW


async def test_a_document_like_another_takes_over_its_trunk_and_leaves_it_alone(engine):
    await engine.check(fim("total = "))
    usage = await engine.check(fim("total = ", "two", below=BELOW + "# two\n"))
    assert usage.cached_tokens > 30
    # The cells are shared: cutting one document's must not touch the other's.
    await engine.check(fim("total = ", "two", above=ABOVE[:40], below=""))
    usage = await engine.check(fim("total = s"))
    assert usage.evaluated_tokens <= A_FEW


async def test_a_full_window_drops_the_least_recently_used_document(loaded, open_engine):
    engine = open_engine(loaded, window=SMALL)
    names = ["one", "two", "three", "four"]
    requests = {name: fim("total = ", name, above=f"# {name}\n{ABOVE * 2}") for name in names}
    for name in ("one", "two", "one", "three", "four"):
        await engine.check(requests[name])
    assert (await engine.check(requests["four"])).evaluated_tokens <= A_FEW
    assert (
        await engine.check(requests["two"])
    ).cached_tokens <= 2  # of another document's beginning


async def test_more_documents_than_branches(engine):
    requests = [fim("= ", f"number {at}", f"{at}: {at}\n", "") for at in range(DOCUMENTS + 2)]
    for request in requests:
        await engine.answer(request)
    assert (await engine.check(requests[-1])).cached_tokens > 1
    assert (await engine.check(requests[0])).cached_tokens <= 1


async def test_a_trunk_of_more_than_half_a_window_may_change(loaded, open_engine):
    engine = open_engine(loaded, window=SMALL)
    for name in ("one", "two"):  # not its own old self, kept for a fork, may stand in its way
        await engine.check(fim("total = ", above=f"# {name}\n{LARGE}"))


async def test_a_line_may_change_in_a_window_that_is_nearly_full(loaded, open_engine):
    engine = open_engine(loaded, window=SMALL)
    for line in ("first", "second"):  # the one must not stand in the other's way
        await engine.check(fim(f"{line} " * 50, above=LARGE))


async def test_a_cancelled_change_of_a_trunk_leaves_nothing_that_cannot_be_dropped(
    loaded, open_engine
):
    engine = open_engine(loaded, window=SMALL)
    engine.set_chunk(16)
    await engine.check(fim("total = ", above=f"# one\n{LARGE}"))
    job = engine.start(fim("total = ", above=f"two\n{LARGE}"))
    next(job.steps)
    job.steps.close()
    await engine.check(fim("total = ", "other", above=f"class\n{LARGE}"))


async def test_a_prompt_without_a_trunk_can_be_dropped(loaded, open_engine):
    engine = open_engine(loaded, window=SMALL)
    for name in ("one", "two"):
        text = f"{name}\n{LARGE}"
        await engine.check(CompletionRequest((text,), max_tokens=3, document=name))


async def test_a_warmed_trunk_is_not_evaluated_again(engine):
    request = fim("total = ")
    warm = CompletionRequest(
        request.prompt[:4], trunk=4, max_tokens=0, document="one", priority="warm"
    )
    assert (await engine.answer(warm)).usage.cached_tokens == 0
    assert (await engine.check(request)).evaluated_tokens <= A_FEW


@pytest.mark.parametrize("steps", range(1, 9, 2))
async def test_a_job_that_ends_anywhere_leaves_a_cache_that_is_right(engine, steps):
    engine.set_chunk(16)
    job = engine.start(fim("total = sum(", max_tokens=8))
    for _ in range(steps):
        next(job.steps)
    job.steps.close()
    usage = await engine.check(fim("total = sum(sel"))
    # What was evaluated of the trunk before the end is not lost.
    # On a hybrid model a chunk ends early where the trunk may be cut later.
    assert usage.cached_tokens >= min(16 * steps - 4, 51)


async def test_what_a_cancelled_job_evaluated_is_counted(engine):
    engine.set_chunk(16)
    job = engine.start(fim("total = "))
    next(job.steps)
    job.steps.close()
    assert engine.runner.metrics.evaluated["completion"] == 16


@pytest.mark.parametrize("steps", [1, 3, 6, 8])
async def test_a_job_that_waits_for_another_goes_on_as_if_nothing_had_been(engine, steps):
    engine.set_chunk(16)
    low = fim("return ", "low", above=f"# low\n{ABOVE}", max_tokens=6, priority="explain")
    job = engine.start(low)
    for _ in range(steps):
        next(job.steps)
    await engine.check(fim("total = "))
    engine.compare(low, await engine.finish(job))


async def test_jobs_that_take_turns_do_not_mix(engine):
    engine.set_chunk(16)
    requests = [
        fim(f"{name} = ", name, above=f"# {name}\n{ABOVE}", max_tokens=5)
        for name in ("one", "two", "three")
    ]
    running = [engine.start(request) for request in requests]
    turns = list(running)
    while turns:
        turns = [job for job in turns if next(job.steps, "over") != "over"]
    for request, job in zip(requests, running, strict=True):
        engine.compare(request, await engine.collect(job))


async def test_jobs_that_hold_the_whole_window_are_not_disturbed(loaded, open_engine):
    engine = open_engine(loaded, window=SMALL)
    engine.set_chunk(64)
    low = fim("return ", "low", above=f"# low\n{LARGE}", priority="explain")
    job = engine.start(low)
    for _ in range(3):
        next(job.steps)
    high = fim("total = ", above=f"# high\n{LARGE}")
    refused = await engine.answer(high)
    assert isinstance(refused.end, Failed)
    assert refused.end.status == 503
    engine.compare(low, await engine.finish(job))
    await engine.check(high)


@EVERY_MODEL
async def test_interrupted_chunks_and_tokens_are_evaluated_again(engine):
    engine.set_chunk(16)
    request = fim("total = ", max_tokens=4)
    job = engine.start(request)
    assert job.steps is not None
    steps = 0
    for steps, _ in enumerate(job.steps, 1):
        if steps % 2:
            engine.context.interrupt()
        else:
            engine.context.clear_interrupt()
    engine.context.clear_interrupt()
    engine.compare(request, await engine.collect(job))
    # A model that can be interrupted did each piece of work twice.
    other = fim("total = ", "two", above=ABOVE.replace("class", "union"), max_tokens=4)
    plain = sum(1 for _ in engine.start(other).steps)
    assert steps == plain if engine.model.is_hybrid else steps > plain
    await engine.check(fim("total = s"))


@EVERY_MODEL
async def test_interrupts_in_the_middle_of_a_batch(engine):
    request = fim("total = ", max_tokens=6)
    job = engine.start(request)
    over, pause = threading.Event(), 0.002

    def disturb() -> None:
        nonlocal pause
        while not over.wait(pause):
            engine.context.interrupt()
            pause *= 1.3  # until a batch, on any machine, fits between two

    thread = threading.Thread(target=disturb)
    thread.start()
    for _ in job.steps:
        engine.context.clear_interrupt()
    over.set()
    thread.join()
    engine.context.clear_interrupt()
    engine.compare(request, await engine.collect(job))


class ScriptedLookup:
    """Guesses that a test decided on: some right tokens of the answer, then some wrong ones."""

    answer: ClassVar[list[int]] = []
    right: ClassVar[int] = 0
    wrong: ClassVar[int] = 0

    def __init__(self, _prompt: list[int]) -> None:
        self._known = 0

    def add(self, _token: int) -> None:
        self._known += 1

    def guess(self) -> list[int]:
        right = self.answer[self._known : self._known + self.right]
        return right + [self.answer[0] + 1] * self.wrong

    def learn(self, _guessed: int, _right: int) -> None:
        """Go on as before."""


@pytest.mark.parametrize(("right", "wrong"), [(3, 0), (0, 3), (2, 2), (1, 6)])
async def test_guesses_right_or_wrong_change_no_answer(engine, monkeypatch, right, wrong):
    request = fim("total = ", max_tokens=10, priority="edit")
    fresh = engine.fresh(request)
    monkeypatch.setattr(ScriptedLookup, "answer", fresh.tokens)
    monkeypatch.setattr(ScriptedLookup, "right", right)
    monkeypatch.setattr(ScriptedLookup, "wrong", wrong)
    monkeypatch.setattr(jobs, "Lookup", ScriptedLookup)
    answer = await engine.answer(request)
    engine.compare(request, answer)
    metrics = engine.runner.metrics
    assert metrics.drafted > 0
    assert (metrics.accepted > 0) == (right > 0)
    # The cache that the guesses leave behind is right too.
    await engine.check(fim("total = " + fresh.text))


async def test_no_guess_is_taken_before_the_typed_word_is_complete(engine, monkeypatch):
    request = fim("total = zqxv", priority="edit", heal=True)
    fresh = engine.fresh(request)
    # What the model would say behind the word's first piece, were the rest not typed already.
    tempting = int(fresh.picks[1].scores.argmax())
    monkeypatch.setattr(ScriptedLookup, "answer", [fresh.tokens[0], tempting])
    monkeypatch.setattr(ScriptedLookup, "right", 1)
    monkeypatch.setattr(jobs, "Lookup", ScriptedLookup)
    engine.compare(request, await engine.answer(request))


@EVERY_MODEL
async def test_a_copy_is_guessed_and_stays_the_same(engine):
    code = ABOVE + "\n" + ABOVE[:60]
    plain, guessed = [
        await engine.answer(
            CompletionRequest((code,), trunk=1, max_tokens=24, document=one, priority=one)
        )
        for one in ("explain", "edit")
    ]
    assert guessed.text == plain.text
    if engine.loaded.is_real:  # the random ones copy nothing
        assert engine.runner.metrics.accepted > 8


def slow_prefill(engine) -> None:
    """Let the engine believe that a prompt of this file takes seconds."""
    engine.runner.rates.prefill_per_s = 20


def with_quick(typed: str, **options) -> CompletionRequest:
    request, quick = fim(typed, **options), fim(typed, above="class Order:\n", below="")
    return CompletionRequest(
        request.prompt, 3, trunk=request.trunk, quick=quick.prompt, document="one"
    )


async def test_a_cold_prompt_is_answered_from_the_quick_one(engine):
    slow_prefill(engine)
    job = engine.start(with_quick("total = "))
    answer = await engine.finish(job)
    quick = fim("total = ", above="class Order:\n", below="")
    engine.compare(quick, answer)
    assert job.follow_up is not None
    await engine.answer(job.follow_up)
    slow_prefill(engine)
    assert (await engine.check(with_quick("total = s"))).evaluated_tokens <= A_FEW


async def test_a_trunk_is_cold_when_the_model_cannot_keep_its_beginning(engine):
    await engine.check(fim("total = "))
    slow_prefill(engine)
    job = engine.start(with_quick("total = ", below="# new\n" + BELOW))
    next(job.steps)
    assert job.is_quick is engine.model.is_hybrid


@EVERY_MODEL
async def test_a_saved_trunk_answers_after_a_restart(loaded, open_engine, tmp_path):
    request = fim("total = ", above=LARGE)
    before = open_engine(loaded, store=KvStore(tmp_path, loaded.model.path))
    await before.check(request)
    assert before.runner.save_one()
    after = open_engine(loaded, store=KvStore(tmp_path, loaded.model.path))
    assert (await after.check(request)).evaluated_tokens <= A_FEW


@pytest.mark.parametrize(("most", "limit"), [(2**12, 2**40), (2**40, 2**12)])
async def test_what_is_too_large_is_not_written(loaded, open_engine, tmp_path, most, limit):
    engine = open_engine(loaded, store=KvStore(tmp_path, loaded.model.path, limit=limit))
    await engine.check(fim("total = ", above=LARGE))
    assert not engine.runner.save_one(most)
    assert list(tmp_path.iterdir()) == []
    assert engine.runner.save_one() is (limit > most)


async def test_a_saved_trunk_that_is_gone_is_evaluated(loaded, open_engine, tmp_path):
    request = fim("total = ", above=LARGE)
    before = open_engine(loaded, store=KvStore(tmp_path, loaded.model.path))
    await before.check(request)
    assert before.runner.save_one()
    after = open_engine(loaded, store=KvStore(tmp_path, loaded.model.path))
    await after.check(fim("return ", above="# other\n"))
    for path in tmp_path.glob("*.kv"):
        path.unlink()
    assert (await after.check(request)).cached_tokens <= 1


async def test_a_long_trunk_is_evaluated_once(hybrid, open_engine, tmp_path):
    # QWEN_TEST_TRUNK_TOKENS=131072 takes the window of the larger real models.
    length = int(os.environ.get("QWEN_TEST_TRUNK_TOKENS", "16384"))
    store = KvStore(tmp_path, hybrid.model.path)
    engine = open_engine(hybrid, window=length + 1024, store=store)
    line = len(hybrid.model.tokenize("value_00000 = 00000\n", special=False))
    above = "".join(f"value_{at:05} = {at:05}\n" for at in range(length // line))
    start = time.perf_counter()
    first = await engine.answer(fim("total = ", above=above))
    print(f"{first.usage.prompt_tokens} tokens in {time.perf_counter() - start:.1f} s")
    assert first.usage.prompt_tokens > 0.98 * length
    for typed in ("total = v", "total = value_0", "tot", "total = value_00001 + ", "total = "):
        start = time.perf_counter()
        answer = await engine.answer(fim(typed, above=above))
        print(f"fork: {answer.usage.evaluated_tokens} in {time.perf_counter() - start:.3f} s")
        assert answer.usage.evaluated_tokens <= 2 * A_FEW
    engine.compare(fim("total = ", above=above), answer)
    while engine.runner.save_one():
        pass
    engine.close()
    after = open_engine(hybrid, window=length + 1024, store=KvStore(tmp_path, hybrid.model.path))
    restored = await after.answer(fim("total = ", above=above))
    assert restored.usage.evaluated_tokens <= 2 * A_FEW
    assert restored.text == answer.text
