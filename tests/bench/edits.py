"""Whether "Fix" fixes: HumanEvalFix through the server, beside the same model as a plain chat.

Each item's file is opened in a folder of its own, its buggy function selected, and `qwen/edit`
asked for the preset "fix"; the edit is applied, and the item's tests run on the file. The same
engine is asked in the same run about the same lines without the server (`bare_chat.py`). Everything
is greedy. Nobody sees what the function is for, nor its tests. Before anything is asked, the tests
have to pass on the right file and fail on the wrong one; how many do is in the detail.

**fix_vs_bare**: items whose tests pass, over the plain chat's.
**stray_lines**: lines outside the function that an edit changed.
**applied_or_refused**: share of the answers that can be applied as they are and leave no more
syntax errors than there were, or that say why there is no edit.

The items' tests need `node` and a JDK. QWEN_BENCH_ANSWERS names a folder of answers to go on from
(`answers.py`); ours serve again as long as nothing of the product has changed.
"""

import asyncio
import contextlib
import io
import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException

from qwen_lsp.text import Replacement, apply
from tests.bench.answers import Answer, Answers, key_of, model_facts, product_digest
from tests.bench.bare_chat import BareChat, first_block, question_about, tokens_between
from tests.bench.edit_answers import UncleanEdit, edited, stray_lines
from tests.bench.edit_figures import (
    APPLIED,
    BARE,
    BROKEN,
    FAILED,
    OURS,
    REFUSED,
    UNCLEAN,
    Fixed,
    Row,
    report_of,
)
from tests.bench.fix_items import FixItem, fix_items, function_span
from tests.bench.isolation import metrics, model_path, own_folders, running_engine
from tests.bench.placements import errors_in
from tests.bench.report import Report
from tests.bench.sandbox import passes
from tests.bench.scoring import spread
from tests.bench.server_side import ENCODING, Place, Window

# Errors that carry a sentence for the user; any other is a fault of ours.
REFUSALS = {
    lsp.LSPErrorCodes.RequestFailed.value,
    lsp.LSPErrorCodes.ContentModified.value,
    lsp.ErrorCodes.InvalidParams.value,
}


def run(limit: int | None) -> Report:
    """Run the bench; `limit` asks only so many items, taken from all over them."""
    items = spread(fix_items(), limit)
    right = sum(passes(item.program(item.fixed), item.language) for item in items)
    wrong = sum(not passes(item.program(item.buggy), item.language) for item in items)
    sound = {"right_ones_pass": right, "wrong_ones_fail": wrong}
    print(f"of {len(items)} items: {sound}", file=sys.stderr, flush=True)
    # The harness passes the server's log on to standard error, which nobody reads here.
    with own_folders(), contextlib.redirect_stderr(io.StringIO()):
        rows = asyncio.run(_ask_all(items))
    return report_of(rows, sound)


async def _ask_all(items: list[FixItem]) -> list[Row]:
    rows = []
    answers = Answers.of_environment()
    async with running_engine(keeps_cache=False) as client:
        build = (await client.health()).build
        chat = BareChat(client, build, answers)
        facts = [product_digest(), *model_facts(model_path()), build]
        for item in items:
            key = key_of("ours fix", facts, item.path, item.buggy)
            if (ours := answers.find(key)) is None:
                answers.keep(key, ours := await _ours(item), f"ours {item.id}")
            fixed = judged(item, ours)
            bare = await _bare(chat, item)
            passing = {
                side: passes(item.program(answer.text), item.language)
                for side, answer in ((OURS, fixed.answer), (BARE, bare))
            }
            rows.append(Row(item.id, item.language, fixed, bare, passing))
            _tell(rows[-1])
    return rows


async def _ours(item: FixItem) -> Answer:
    """Return what the server answers, as JSON, about an item in a folder that has nothing else."""
    span = function_span(item)
    with TemporaryDirectory(prefix="qwen-bench-") as folder:
        root = Path(folder) / "humaneval"
        root.mkdir()
        (root / item.path).write_bytes(item.buggy.encode())
        place = Place(item.path, item.buggy, span.start)
        async with Window.on(root, {}) as window, window.opened(place) as uri:
            before = await asyncio.to_thread(metrics)
            start = time.perf_counter()
            try:
                answer = await window.edit(uri, span, preset="fix")
            except JsonRpcException as error:
                answer = {"edit": None, "message": _reason(error)}
            seconds = time.perf_counter() - start
            tokens = tokens_between(before, await asyncio.to_thread(metrics))
    return Answer(json.dumps({"uri": uri, **answer}), seconds, *tokens)


def judged(item: FixItem, ours: Answer) -> Fixed:
    """Return what an answer, which is JSON, makes of its item: nothing, unless it is clean."""
    answer = json.loads(ours.text)
    document = replace(item.document, uri=answer["uri"])
    diff, message = answer.get("diff") or "", answer.get("message") or ""
    unchanged = replace(ours, text=document.text)
    if answer["edit"] is None:
        return Fixed(REFUSED if message else FAILED, unchanged, message)
    try:
        text, foreign = edited(document, answer["edit"], ENCODING)
    except UncleanEdit as error:
        return Fixed(UNCLEAN, unchanged, str(error), diff)
    is_worse = errors_in(item.language, text) > errors_in(item.language, document.text)
    stray = stray_lines(document.text, text, function_span(item)) + foreign
    became = BROKEN if is_worse else APPLIED
    return Fixed(became, replace(ours, text=text), message, diff, stray)


async def _bare(chat: BareChat, item: FixItem) -> Answer:
    """Return the item's file with what the plain chat answers in the place of the function."""
    span = function_span(item)
    code = item.buggy[span.start : span.end]
    answer = await chat.answer(question_about(code, item.language), f"bare {item.id}")
    block = Replacement(span, first_block(answer.text, code))
    return replace(answer, text=apply(item.buggy, (block,)))


def _reason(error: JsonRpcException) -> str:
    """Return the sentence of an error that carries one for the user, "" of any other."""
    return error.message if error.code in REFUSALS else ""


def _tell(row: Row) -> None:
    """Say how far the run is: it takes long."""
    marks = " ".join(f"{'+' if row.passing[side] else '-'}{side}" for side in row.answers)
    seconds = f"{row.fixed.answer.seconds:.1f} s"
    print(f"{row.id}: {marks} ({row.fixed.became}, {seconds})", file=sys.__stderr__, flush=True)
