"""What is shown when the model is unsure, and what else it offers when asked."""

import asyncio

import pytest

from qwen_lsp import wire
from qwen_lsp.context.snapshot import Snapshot
from qwen_lsp.features.inline_completion import Completion, alternatives, complete
from qwen_lsp.features.offers import Offers
from qwen_lsp.features.outcome import Dropped
from qwen_lsp.inference.engine import Engine
from qwen_lsp.settings import Settings
from qwen_lsp.text import Document, Replacement, Span
from qwen_lsp.trace import Trace
from tests.harness import marked_text
from tests.harness.scripted_engine import HANG

NOT_SURE = Dropped("the model is not sure")
SURE, UNSURE = (-0.1,), (-4.0,)


class Window:
    """One editor window's completions, without an editor."""

    def __init__(self, model) -> None:
        self.engine = Engine(lambda: model, idle_minutes=30)
        self.offers = Offers()

    async def complete(self, snapshot: Snapshot) -> Completion | Dropped:
        trace = Trace("test")
        return await complete(snapshot, self.engine, self.offers, trace, know_nothing)

    async def alternatives(self, snapshot: Snapshot) -> list[str]:
        trace = Trace("test")
        found = await alternatives(snapshot, self.engine, self.offers, trace, know_nothing)
        return [one.text for one in found]


async def know_nothing(snapshot: Snapshot) -> Snapshot:
    return snapshot


def snapshot_at(marked: str, *, is_invoked: bool = False) -> Snapshot:
    parsed = marked_text.parse(marked)
    document = Document("file:///x.py", "python", 1, parsed.text)
    return Snapshot(document, parsed.selection, Settings(model="none"), is_invoked=is_invoked)


def typed(snapshot: Snapshot, text: str) -> Snapshot:
    document, at = snapshot.document, snapshot.cursor
    changed = document.replace(Replacement(Span(at, at), text), document.version + 1)
    end = at + len(text)
    return Snapshot(changed, Span(end, end), snapshot.settings)


@pytest.fixture
async def window(scripted):
    one = Window(scripted.model)
    yield one
    one.offers.close()
    await one.engine.close()


@pytest.mark.parametrize(
    "script",
    [
        pytest.param([wire.Piece("oo", UNSURE), HANG], id="from its first token"),
        pytest.param([wire.Piece("oo", SURE), wire.Piece("(9\n", UNSURE), HANG], id="as a line"),
        pytest.param([wire.Piece("oo", SURE), wire.Piece("(9", UNSURE)], id="to its end"),
    ],
)
async def test_what_the_model_doubts_is_not_shown_to_who_did_not_ask(window, scripted, script):
    scripted.scripts += [script, [wire.Piece("oo(1)", UNSURE)]]
    assert await window.complete(snapshot_at("x = f│")) == NOT_SURE
    assert await window.complete(snapshot_at("x = f│")) == NOT_SURE
    assert len(scripted.requests) == 1
    await scripted.until(lambda: scripted.hang_ups == (HANG in script), "the end of the request")
    asked = await window.complete(snapshot_at("x = f│", is_invoked=True))
    assert asked == Completion("oo(1)")


@pytest.mark.parametrize(
    ("whole", "outcome"),
    [
        pytest.param([wire.Piece("oo(1)", SURE)], Completion("oo(1)"), id="sure"),
        pytest.param([wire.Piece("oo", UNSURE)], NOT_SURE, id="unsure"),
    ],
)
async def test_doubts_of_a_short_prompt_are_settled_by_the_whole_one(
    window, scripted, whole, outcome
):
    scripted.scripts += [[wire.Piece("oo", UNSURE, is_quick=True), HANG], whole]
    snapshot = snapshot_at("x = f│")
    assert await window.complete(snapshot) == outcome
    assert await window.complete(snapshot) == outcome
    assert [one["quick"] != [] for one in scripted.requests] == [True, False]


async def test_who_types_on_does_not_wait_for_the_whole_prompt(window, scripted):
    doubted, sure = wire.Piece("oo", UNSURE, is_quick=True), wire.Piece("o(1)", SURE)
    scripted.scripts += [[doubted], [HANG], [sure]]
    snapshot = snapshot_at("x = f│")
    waiting = asyncio.create_task(window.complete(snapshot))
    await scripted.until(lambda: len(scripted.requests) == 2, "the whole prompt")
    assert await window.complete(typed(snapshot, "o")) == Completion("o(1)")
    assert [one["quick"] != [] for one in scripted.requests] == [True, False, True]
    async with asyncio.timeout(60):
        await waiting


async def test_a_short_prompt_that_leaves_no_doubt_is_enough(window, scripted):
    scripted.scripts.append([wire.Piece("oo(1)", SURE, is_quick=True)])
    assert await window.complete(snapshot_at("x = f│")) == Completion("oo(1)")


async def test_an_indentation_that_stands_there_is_no_reason_for_doubt(window, scripted):
    scripted.scripts.append([wire.Piece("    ", UNSURE), wire.Piece("y = 1\n\n\n", SURE)])
    outcome = await window.complete(snapshot_at("def f():\n    x = 0\n    │\n"))
    assert outcome == Completion("y = 1")


async def test_what_is_typed_instead_of_a_doubted_text_is_completed(window, scripted):
    scripted.scripts += [[wire.Piece("oo", UNSURE)], [wire.Piece("o(1)", SURE)]]
    snapshot = snapshot_at("x = f│")
    assert await window.complete(snapshot) == NOT_SURE
    assert await window.complete(typed(snapshot, "o")) == Completion("o(1)")


async def test_alternatives_are_asked_for_by_what_is_known(window, scripted):
    scripted.scripts += [["oo(1)\n"], [wire.Piece("ar\n", UNSURE)], ["az(2)\n"]]
    snapshot = snapshot_at("x = f│", is_invoked=True)
    assert await window.alternatives(snapshot) == ["oo(1)", "ar", "az(2)"]
    assert [one["avoid"] for one in scripted.requests] == [[], ["oo(1)"], ["oo(1)", "ar"]]
    # They are remembered, behind the first one.
    assert await window.complete(snapshot) == Completion("oo(1)")
    assert await window.complete(typed(snapshot, "a")) == Completion("r")


async def test_alternatives_that_come_to_the_same_are_one(window, scripted):
    scripted.scripts += [["oo(1)\n"], ["ar"], ["oo( 1)  "], ["ar "], ["oo(1)"]]
    assert await window.alternatives(snapshot_at("x = f│")) == ["oo(1)", "ar"]
    assert len(scripted.requests) == 5


async def test_an_alternative_parts_where_the_model_is_least_sure(window, scripted):
    first = [wire.Piece("oo", (-0.01,)), wire.Piece("(1", (-1.0,)), wire.Piece(")\n", (-0.1,))]
    scripted.scripts += [first, [wire.Piece(".x\n", (-1.5,))], [wire.Piece("[0]\n", (-3.0,))]]
    snapshot = snapshot_at("x = f│", is_invoked=True)
    assert await window.alternatives(snapshot) == ["oo(1)", "oo.x", "oo[0]"]
    assert [one["avoid"] for one in scripted.requests] == [[], ["(1)"], ["(1)", ".x"]]
    lines = [one["prompt"][-1] for one in scripted.requests]
    assert lines == ["x = f", "x = foo", "x = foo"]
    assert await window.complete(typed(snapshot, "oo.")) == Completion("x")


async def test_where_the_model_knows_nothing_else_alternatives_part_elsewhere(window, scripted):
    first = [wire.Piece("oo", (-0.1,)), wire.Piece("(1)\n", (-1.0,))]
    scripted.scripts += [first, [], ["ar\n"], []]
    assert await window.alternatives(snapshot_at("x = f│")) == ["oo(1)", "ar"]
    assert [one["avoid"] for one in scripted.requests] == [[], ["(1)"], ["oo(1)"], ["oo(1)", "ar"]]


async def test_an_alternative_keeps_the_indentation_of_a_line_of_blanks(window, scripted):
    first = [
        wire.Piece("    ", (-0.1,)),
        wire.Piece("if", (-0.1,)),
        wire.Piece(" a:\n", (-1.0,)),
        wire.Piece("        b()\n\n\n", (-0.1,)),
    ]
    scripted.scripts += [first, [" c:\n        d()\n\n\n"], [], []]
    found = await window.alternatives(snapshot_at("def f():\n    │\n"))
    assert found == ["if a:\n        b()", "if c:\n        d()"]


@pytest.mark.parametrize(
    ("marked", "common"),
    [
        pytest.param("def add(a, b):\n    return │\n", "", id="behind a word"),
        pytest.param("def subtract(a, b):\n    retur│\n", "n ", id="inside a word that is sure"),
    ],
)
async def test_the_real_model_has_alternatives(model_path, marked, common):
    window = Window(model_path)
    found = await window.alternatives(snapshot_at(marked, is_invoked=True))
    assert len(found) == len(set(found)) == 3
    assert all(one.startswith(common) for one in found)
    await window.engine.close()
