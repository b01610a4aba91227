"""Search/replace blocks: where they fit, and what they change."""

import pytest

from qwen_lsp.features.outcome import Dropped
from qwen_lsp.features.search_replace import blocks_in, changes_of, has_markers
from qwen_lsp.text import split_lines

CODE = """\
class Shop:
    def price(self, cents):
        return cents / 100

    def name(self):
        return self._name

    def total(self, items):
        result = 0
        for item in items:
            result += item.price
        return result"""


def block(search, new):
    return f"<<<<<<< SEARCH\n{search}\n=======\n{new}\n>>>>>>> REPLACE\n"


def applied(answer, code=CODE):
    """Apply an answer; return the new code, or the reason why not."""
    blocks, problem = blocks_in(answer)
    if problem is not None:
        return problem.reason
    lines = split_lines(code)
    taken: list[tuple[int, int]] = []
    made = []
    for one in blocks:
        found = changes_of(one, lines, taken)
        if isinstance(found, Dropped):
            return found.reason
        taken.append((found.first, found.end))
        made += [(change, found.lines) for change in found.changes]
    for change, new in sorted(made, key=lambda one: one[0].old_start, reverse=True):
        lines[change.old_start : change.old_end] = new[change.new_start : change.new_end]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("answer", "old", "new"),
    [
        pytest.param(
            block("        return cents / 100", "        return round(cents / 100, 2)"),
            "return cents / 100",
            "return round(cents / 100, 2)",
            id="as it stands",
        ),
        pytest.param(
            "Sure!\n```python\n"
            + block("return cents / 100", "return cents // 100")
            + "```\nDone.",
            "cents / 100",
            "cents // 100",
            id="without its indentation, and in a fence with talk around",
        ),
        pytest.param(
            block("return cents / 100", "        return 1\n        # done"),
            "return cents / 100",
            "return 1\n        # done",
            id="only what is searched for lacks its indentation",
        ),
        pytest.param(
            block("def name(self):\n    return self._name", "def name(self):\n    return 'x'"),
            "return self._name",
            "return 'x'",
            id="less indented",
        ),
        pytest.param(
            block(
                "      result = 0\n      for item in items:",
                "      result = 1\n      for item in items:",
            ),
            "result = 0",
            "result = 1",
            id="indented by six instead of eight",
        ),
        pytest.param(
            block(
                "        result = 0\n        for it in items:\n            result += item.price",
                "        result = 1\n        for it in items:\n            result += item.price",
            ),
            "result = 0",
            "result = 1",
            id="nearly the same, and what it misquotes stays as it was",
        ),
        pytest.param(
            block(
                "        return result",
                "        return round(result)\n\n    def a(self):\n        b()",
            ),
            "        return result",
            "        return round(result)\n\n    def a(self):\n        b()",
            id="lines are added",
        ),
        pytest.param(
            block("    def name(self):\n        return self._name\n", ""),
            "    def name(self):\n        return self._name\n",
            "",
            id="lines go",
        ),
        pytest.param(
            block("```python\nreturn cents / 100\n```", "```python\nreturn 1\n```"),
            "return cents / 100",
            "return 1",
            id="fences inside of a block",
        ),
        pytest.param(
            "<<<<<<<\nreturn cents / 100\n=====\nreturn 1\n>>>>>>>",
            "return cents / 100",
            "return 1",
            id="markers without words",
        ),
        pytest.param(block("return cents / 100", "return cents / 100"), "", "", id="no change"),
    ],
)
def test_what_a_block_changes(answer, old, new):
    assert applied(answer) == (CODE.replace(old, new) if old else CODE)


def test_two_blocks_are_both_applied_in_any_order():
    answer = block("return result", "return 2") + "and\n" + block("return cents / 100", "return 1")
    assert applied(answer) == CODE.replace("cents / 100", "1").replace("return result", "return 2")


def test_of_equal_places_the_one_behind_the_block_before_is_meant():
    code = "a()\nx = 1\nb()\nx = 1"
    assert applied(block("b()", "c()") + block("x = 1", "x = 2"), code) == "a()\nx = 1\nc()\nx = 2"


def test_tabs_stay_tabs():
    code = "class A:\n\tdef f(self):\n\t\tif a:\n\t\t\treturn 1"
    answer = block(
        "    def f(self):\n        if a:",
        "    def f(self):\n        b()\n        if a:\n            c()",
    )
    assert applied(answer, code) == code.replace("\t\tif a:", "\t\tb()\n\t\tif a:\n\t\t\tc()")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        pytest.param(
            block("return 5", "return 6"), "block 1 (`return 5`) is not in the selection", id="none"
        ),
        pytest.param(
            block("return cents / 100", "return 1") + block("def nothing(alike): 0", "x"),
            "block 2 (`def nothing(alike): 0`) is not in the selection",
            id="the second",
        ),
        pytest.param(
            block("\n", "x = 1"), "block 1 does not say which code it changes", id="no search"
        ),
        pytest.param(
            block("return cents / 100", "1") + block("    return cents / 100", "2"),
            "block 2 (`return cents / 100`) changes lines that another block changes too",
            id="an overlap",
        ),
        pytest.param(
            "<<<<<<< SEARCH\nreturn result\n=======\nreturn 1",
            "block 1 (`return result`) has no end",
            id="no end",
        ),
        pytest.param(
            f"<<<<<<< SEARCH\nreturn result\n{block('x', 'y')}",
            "block 1 (`return result`) has no end",
            id="a block within a block",
        ),
    ],
)
def test_a_block_that_fits_nowhere_is_named(answer, reason):
    assert applied(answer) == reason


def test_a_block_that_fits_in_two_places_is_not_guessed():
    code = "def f():\n    return 1\n\ndef g():\n    return 1"
    assert applied(block("return 1", "return 2"), code) == "block 1 (`return 1`) fits in 2 places"
    nearly = "total = first + second\nprint(a)\ntotal = first - second"
    reason = "block 1 (`total = first * second`) fits in more than one place"
    assert applied(block("total = first * second", "x"), nearly) == reason


def test_of_an_answer_that_goes_on_only_whole_blocks_are_known():
    answer = block("a", "b") + "<<<<<<< SEARCH\nc\n=======\nd\n>>>>>>> REPL"
    [first], problem = blocks_in(answer, is_done=False)
    assert (first.search, first.new, problem) == (("a",), ("b",), None)


def test_conflict_markers_in_the_code_are_noticed():
    assert has_markers(["a", "=======", "b"])
    assert not has_markers(["a == b", "# ===", "x >> y"])
