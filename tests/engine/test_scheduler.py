"""Who is served, when, and what ends whom: a real decode thread, held where a test wants to act."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator

import pytest

from qwen_lsp import locations
from qwen_lsp.engine.jobs import Done, Job
from qwen_lsp.engine.kv_store import KvStore
from qwen_lsp.engine.scheduler import Scheduler
from qwen_lsp.engine.turns import Turns
from qwen_lsp.wire import ChatRequest, CompletionRequest, Message
from tests.harness.bare_engine import ABOVE, BareEngine, Gate, Request, fim

# Tokens evaluated for a key or two, on any model.
A_FEW = 12
# Steps of a request for a trunk of ABOVE, in chunks of 16: its prefill, and its answer.
IN_PREFILL, IN_ANSWER = 2, 6

LONG = fim("return ", "long", above=f"# long\n{ABOVE}", max_tokens=8, priority="explain")


@contextlib.asynccontextmanager
async def scheduled(engine: BareEngine, **options: float) -> AsyncIterator[Scheduler]:
    engine.set_chunk(16)
    scheduler = Scheduler(engine.runner, Turns(locations.runtime_dir()), **options)
    try:
        yield scheduler
    finally:
        scheduler.close()


@pytest.fixture
async def scheduler(engine: BareEngine) -> AsyncIterator[Scheduler]:
    async with scheduled(engine) as one:
        yield one


async def test_nothing_is_written_to_disk_between_two_requests(loaded, open_engine, tmp_path):
    engine = open_engine(loaded, store=KvStore(tmp_path, loaded.model.path))
    async with scheduled(engine, rest_s=3600) as scheduler:
        for name in "abcdefgh":
            job = scheduler.submit(fim("total = ", name, above=f"# {name}\n{ABOVE * 8}"))
            await engine.collect(job)
            await until_idle(scheduler)
            for _ in range(20):
                scheduler.cancel(job)  # its client leaves
                await asyncio.to_thread(scheduler.metrics.render)
        assert list(tmp_path.iterdir()) == []
    assert list(tmp_path.iterdir()) != []


async def until_idle(scheduler: Scheduler) -> None:
    async with asyncio.timeout(60):
        while not scheduler.idle:
            await asyncio.sleep(0.005)


async def submit_held(engine, scheduler, request: Request, step: int) -> tuple[Job, Gate]:
    """Submit a request and hold it before one of its steps."""
    gate = Gate(engine.runner, lambda job, at: job.request is request and at == step)
    job = scheduler.submit(request)
    await gate.reached()
    return job, gate


async def check(engine, scheduler, request: Request):
    answer = await engine.collect(scheduler.submit(request))
    engine.compare(request, answer)
    return answer.usage


@pytest.mark.parametrize("step", [IN_PREFILL, IN_ANSWER])
async def test_a_newer_completion_ends_the_older_one_of_its_document(engine, scheduler, step):
    older, gate = await submit_held(engine, scheduler, fim("total = ", max_tokens=8), step)
    newer = fim("total = s")
    job = scheduler.submit(newer)
    gate.open()
    assert (await engine.collect(older)).reason == "superseded"
    engine.compare(newer, await engine.collect(job))


async def test_a_completion_ends_the_warm_up_of_its_document(engine, scheduler):
    request = fim("total = ")
    warm = CompletionRequest(
        request.prompt[:4], trunk=4, max_tokens=0, document="one", priority="warm"
    )
    older, gate = await submit_held(engine, scheduler, warm, IN_PREFILL)
    job = scheduler.submit(request)
    gate.open()
    assert (await engine.collect(older)).reason == "superseded"
    answer = await engine.collect(job)
    engine.compare(request, answer)
    assert answer.usage.cached_tokens >= 16  # what was warmed is not lost


async def test_another_documents_completion_ends_nothing(engine, scheduler):
    first, second = fim("total = ", max_tokens=8), fim("return ", "two", above=f"# 2\n{ABOVE}")
    older, gate = await submit_held(engine, scheduler, first, IN_ANSWER)
    job = scheduler.submit(second)
    gate.open()
    engine.compare(first, await engine.collect(older))
    engine.compare(second, await engine.collect(job))


@pytest.mark.parametrize("step", [0, IN_PREFILL, IN_ANSWER])
async def test_a_cancelled_job_says_nothing_more_and_keeps_what_it_evaluated(
    engine, scheduler, step
):
    job, gate = await submit_held(engine, scheduler, fim("total = ", max_tokens=8), step)
    await asyncio.sleep(0)
    said = job.events.qsize()
    scheduler.cancel(job)
    gate.open()
    await until_idle(scheduler)
    # The step that was under way may end; it says at most one piece.
    assert job.events.qsize() <= said + 1
    assert not any(isinstance(job.events.get_nowait(), Done) for _ in range(job.events.qsize()))
    usage = await check(engine, scheduler, fim("total = s"))
    assert usage.cached_tokens >= 16 * min(step, 3)


@pytest.mark.parametrize("step", [IN_PREFILL, IN_ANSWER])
async def test_a_lower_job_waits_for_a_higher_one_and_then_goes_on(engine, scheduler, step):
    ended = list[str]()
    low, gate = await submit_held(engine, scheduler, LONG, step)
    high = scheduler.submit(request := fim("total = "))
    gate.open()

    async def collect(name: str, job: Job):
        answer = await engine.collect(job)
        ended.append(name)
        return answer

    answers = await asyncio.gather(collect("low", low), collect("high", high))
    assert ended == ["high", "low"]
    engine.compare(LONG, answers[0])
    engine.compare(request, answers[1])


@pytest.fixture
def other_engine() -> Iterator[Turns]:
    """The share of another engine of the same user."""
    turns = Turns(locations.runtime_dir())
    yield turns
    turns.close()


@pytest.mark.parametrize("step", [0, IN_PREFILL, IN_ANSWER])
async def test_an_edit_waits_while_another_engine_completes(engine, scheduler, other_engine, step):
    other_engine.complete(True)
    ended = list[str]()
    gate = Gate(engine.runner, lambda job, at: job.request is LONG and at == step)

    async def collect(request: Request) -> None:
        answer = await engine.collect(scheduler.submit(request))
        engine.compare(request, answer)
        ended.append(request.priority)

    if step:
        other_engine.complete(False)
    edit = asyncio.create_task(collect(LONG))
    if step:
        await gate.reached()
        other_engine.complete(True)
        gate.open()
    # A completion of its own does not wait; behind it the edit does again.
    await collect(fim("total = "))
    assert ended == ["completion"]
    assert not edit.done()
    other_engine.complete(False)
    gate.open()
    await edit


async def test_another_engine_may_go_on_once_a_completion_is_answered(
    engine, scheduler, other_engine
):
    await check(engine, scheduler, fim("total = "))
    async with asyncio.timeout(60):
        while other_engine.must_wait():
            await asyncio.sleep(0.005)


async def test_a_cancelled_edit_ends_while_another_engine_completes(scheduler, other_engine):
    other_engine.complete(True)
    job = scheduler.submit(LONG)
    scheduler.cancel(job)
    await until_idle(scheduler)


async def test_another_engine_that_dies_holds_nobody_up(engine, scheduler):
    died = Turns(locations.runtime_dir())
    died.complete(True)
    died.close()
    await check(engine, scheduler, LONG)


async def test_the_line_is_served_by_priority(engine, scheduler):
    ended = list[str]()
    _held, gate = await submit_held(engine, scheduler, fim("= ", "held"), 0)

    async def collect(request: Request) -> None:
        job = scheduler.submit(request)
        await engine.collect(job)
        ended.append(request.priority)

    chat = ChatRequest((Message("user", "Why?"),), max_tokens=3, priority="edit")
    warm = CompletionRequest(("x = 1\n",), max_tokens=0, trunk=1, document="w", priority="warm")
    waiting = [
        asyncio.create_task(collect(request)) for request in (warm, LONG, chat, fim("total = "))
    ]
    await asyncio.sleep(0)
    gate.open()
    await asyncio.gather(*waiting)
    assert ended == ["completion", "edit", "explain", "warm"]


async def test_who_waited_for_a_branch_is_served_as_soon_as_it_is_free(engine, scheduler):
    ended = list[str]()
    edit = fim("total = ", "shared", max_tokens=8, priority="edit")
    held, gate = await submit_held(engine, scheduler, edit, IN_ANSWER)

    async def collect(name: str, job: Job) -> None:
        await engine.collect(job)
        ended.append(name)

    tasks = [
        asyncio.create_task(collect(name, job))
        for name, job in (
            ("edit", held),
            ("completion", scheduler.submit(fim("total = ", "shared"))),
            ("explain", scheduler.submit(LONG)),
        )
    ]
    gate.open()
    await asyncio.gather(*tasks)
    assert ended == ["edit", "completion", "explain"]


async def test_a_cancelled_job_frees_its_branch_for_who_waits(engine, scheduler):
    edit = fim("total = ", "shared", max_tokens=8, priority="edit")
    held, gate = await submit_held(engine, scheduler, edit, IN_ANSWER)
    job = scheduler.submit(request := fim("total = s", "shared"))
    scheduler.cancel(held)
    gate.open()
    engine.compare(request, await engine.collect(job))


def with_quick(typed: str) -> CompletionRequest:
    request, quick = fim(typed), fim(typed, above="class Order:\n", below="")
    return CompletionRequest(
        request.prompt, 3, trunk=request.trunk, quick=quick.prompt, document="one"
    )


QUICK = fim("total = ", above="class Order:\n", below="")


async def warmed(engine, scheduler, count: int) -> None:
    """Wait for the end of the line; so many warm-ups must have been done whole."""
    await until_idle(scheduler)
    assert engine.runner.metrics.requests["warm", "answered"] == count


async def test_the_whole_prompt_is_evaluated_behind_the_quick_answer(engine, scheduler):
    engine.runner.rates.prefill_per_s = 20
    answer = await engine.collect(scheduler.submit(with_quick("total = ")))
    engine.compare(QUICK, answer)
    await warmed(engine, scheduler, 1)
    assert (await check(engine, scheduler, with_quick("total = s"))).evaluated_tokens <= A_FEW


async def test_a_warm_engine_needs_no_quick_prompt(engine, scheduler):
    engine.runner.rates.prefill_per_s = 1e6
    await check(engine, scheduler, with_quick("total = "))
    await warmed(engine, scheduler, 0)


async def test_hanging_up_on_a_quick_answer_still_warms_the_document(engine, scheduler):
    engine.runner.rates.prefill_per_s = 20
    job, gate = await submit_held(engine, scheduler, with_quick("total = "), 1)
    scheduler.cancel(job)
    gate.open()
    await warmed(engine, scheduler, 1)


async def test_only_the_newest_of_quick_requests_warms_the_document(engine, scheduler):
    engine.runner.rates.prefill_per_s = 20
    older, gate = await submit_held(engine, scheduler, with_quick("total = "), 1)
    engine.runner.rates.prefill_per_s = 20
    newer = scheduler.submit(with_quick("total = s"))
    gate.open()
    assert (await engine.collect(older)).reason == "superseded"
    await engine.collect(newer)
    await warmed(engine, scheduler, 1)


async def test_a_close_in_the_middle_of_a_job_returns(engine):
    async with scheduled(engine) as scheduler:
        _job, gate = await submit_held(engine, scheduler, LONG, IN_PREFILL)
        gate.open()
