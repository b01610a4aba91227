"""How good completions are: the development cases, over a real server, beside the bare model.

`--set repofresh`: places in real repositories. Each case's target is cut out of its file, on disk
and in the index as well, and the server is asked for a completion there as a user asks who presses
the key for it. The same engine answers two prompts without us in the same run (`baselines.py`).
Everything is greedy. A block may come in several offers; the bench accepts each and asks again
until there are as many lines as the target has. `scoring.py` says what counts as right.

The figures are those of the default context budget. **em_vs_file_only, em_vs_crossfile**: exact
matches over the baseline's. **worst_kind_vs_file_only**: the same for the kind of case where it is
smallest; a kind without any match of the baseline counts the baseline's as one.
**gold_in_prompt**: of the cases whose target needs a definition of another file, the share where a
snippet shows one, at a budget of 4,096 tokens; nothing is generated for it.

`--set infill_single_line` and `infill_random_span` are in `infilling.py`. QWEN_BENCH_ANSWERS names
a folder of answers to go on from (`answers.py`); without it a run of all cases takes hours on two
cores.
"""

import asyncio
import contextlib
import io
import sys
import time
from collections import defaultdict
from dataclasses import replace
from typing import Any

from qwen_lsp.features.budgets import LEAST_COMPLETION
from tests.bench import infilling
from tests.bench.answers import Answer, Answers, key_of, model_facts, product_digest
from tests.bench.baselines import BASELINES, Bare, bare_model
from tests.bench.isolation import model_path, own_folders, running_engine
from tests.bench.quality_figures import Row, report_of
from tests.bench.report import Report
from tests.bench.repositories import LANGUAGES, Case, cases, checked_out
from tests.bench.scoring import lines_wanted, score, shows_gold, spread
from tests.bench.server_side import Place, Window

DEFAULT_BUDGET = LEAST_COMPLETION  # what a machine without a graphics processor gets
GOLD_BUDGET = 4096
MOST_OFFERS = 8  # for one block; targets have at most 8 lines


def run(case_set: str, limit: int | None, budgets: tuple[int, ...], model: str) -> Report:
    """Run the bench.

    Args:
        case_set: "repofresh" or one of `infilling.SETS`.
        limit: ask only this many cases, taken from all over the set.
        budgets: context budgets in tokens to run besides the default one.
        model: name of an installed model.
    """
    # The harness passes the server's log on to standard error, which nobody reads here.
    with own_folders(model), contextlib.redirect_stderr(io.StringIO()):
        if case_set in infilling.SETS:
            return asyncio.run(infilling.report(case_set, limit))
        every = [case for language in LANGUAGES for case in cases(language)]
        answered = sorted({DEFAULT_BUDGET, *budgets})
        rows = asyncio.run(_ask_all(spread(every, limit), answered))
    report = report_of(rows, DEFAULT_BUDGET, GOLD_BUDGET)
    report.detail["model"] = model
    return report


async def _ask_all(every: list[Case], answered: list[int]) -> list[Row]:
    by_repository: dict[str, list[Row]] = defaultdict(list)
    for case in every:
        by_repository[case.repository].append(Row(case))
    answers = Answers.of_environment()
    async with running_engine(keeps_cache=False) as client, bare_model(client, answers) as bare:
        facts = [product_digest(), *model_facts(model_path()), (await client.health()).build]
        ours = Ours(answers, facts)
        for repository, rows in by_repository.items():
            await _ask_baselines(bare, rows)
            with checked_out(repository) as root:
                for budget in sorted({*answered, GOLD_BUDGET}):
                    options = {"completion": {"contextTokens": budget}}
                    async with Window.on(root, options) as window:
                        for row in rows:
                            await ours.ask(window, row, budget, is_answered=budget in answered)
    return [row for rows in by_repository.values() for row in rows]


async def _ask_baselines(bare: Bare, rows: list[Row]) -> None:
    for row in rows:
        for name in BASELINES:
            row.baselines[name] = await bare.baseline(name, row.case)
            _tell(name, row.case, row.baselines[name])


class Ours:
    """Our side of the cases; what was answered before is found again."""

    def __init__(self, answers: Answers, facts: list[object]) -> None:
        self._answers = answers
        self._facts = facts

    async def ask(self, window: Window, row: Row, budget: int, *, is_answered: bool) -> None:
        """Note what the prompt of a case shows and, where it `is_answered`, the completion."""
        case = row.case
        place = Place(case.path, case.text, len(case.prefix))
        async with window.opened(place) as uri:
            context = await window.context(uri, place.cursor)
            if case.gold:
                row.gold[budget] = shows_gold(case, context)
            if not is_answered:
                return
            answer = await self._answer(window, uri, place, case, context)
            row.ours[budget] = answer
            _tell(f"ours at {budget}", case, answer)

    async def _answer(
        self, window: Window, uri: str, place: Place, case: Case, context: dict[str, Any]
    ) -> Answer:
        """Return what the server offers, from an earlier run if the prompt and all else agree."""
        prompt = [[one.get("token"), one.get("text")] for one in context["prompt"]]
        key = key_of("ours", self._facts, place.text, place.cursor, prompt, lines_wanted(case))
        if (kept := self._answers.find(key)) is not None:
            return kept
        answer = await offered_lines(window, uri, place, lines_wanted(case))
        answer = replace(answer, prompt_tokens=context["tokens"])
        self._answers.keep(key, answer, f"ours {case.id}")
        return answer


async def offered_lines(window: Window, uri: str, place: Place, wanted: int) -> Answer:
    """Return what is offered at a place; fewer lines than wanted are accepted, and more asked."""
    text, offers, cursor, seconds = "", 0, place.cursor, 0.0
    logprobs: tuple[float, ...] = ()
    start = time.perf_counter()
    while offers < MOST_OFFERS:
        offered = await window.offer(uri, cursor)
        offers += 1
        if offers == 1:
            seconds = time.perf_counter() - start
        if offered is None:
            break
        if offers == 1:
            logprobs = offered.logprobs
        text = offered.text[place.cursor :].removesuffix(place.text[place.cursor :])
        if text.count("\n") + 1 >= wanted:
            break
        window.accept(uri, offered)
        cursor = offered.end
    return Answer(text, seconds, offers=offers, logprobs=logprobs)


def _tell(side: str, case: Case, answer: Answer) -> None:
    """Say how far the run is: it takes long."""
    mark = "=" if score(answer.text, case).is_exact else "-"
    kept = "kept" if answer.is_kept else f"{answer.seconds:.1f} s"
    print(f"{mark} {side}: {case.id} ({kept})", file=sys.__stderr__, flush=True)
