"""Edits in review: shown as they come, kept and dropped one by one, and taken back."""

import pytest

from tests.harness.scripted_engine import STEP

CODE = "def f():\n    return 1\n\n\ndef g():\n    return 2\n\n\ndef h():\n    return 3\n"
LINES = CODE.splitlines()
FIRST = "```python\ndef f():\n    return 10\n\n\ndef g():\n    return 2\n\n\ndef h():\n"
LAST = "    return 30\n```\n"


@pytest.fixture
def editor(start, without_ghost_text):
    return start(without_ghost_text)


@pytest.fixture
def in_review(editor, engine, source):
    """An editor that shows an edit with two changes: `return 1` to 10, `return 3` to 30."""
    engine.scripts.append([FIRST + LAST])
    editor.open(source, CODE)
    editor.command("%Qwen edit times ten")
    editor.until_sees("2 changes  keep")
    return editor


def after(**changes):
    """Return the lines with some of the changes made."""
    new = {"return_1": ("return 1", "return 10"), "return_3": ("return 3", "return 30")}
    done = [new[name] for name in changes]
    return [
        next((line.replace(*one) for one in done if line.strip() == one[0]), line) for line in LINES
    ]


def test_a_change_is_shown_while_the_next_one_is_written(editor, engine, source):
    engine.scripts.append([FIRST, STEP, LAST])
    editor.open(source, CODE)
    editor.command("%Qwen edit times ten")
    editor.until_sees("1 change so far")
    assert editor.screen()[1:4] == ["    return 1", "    return 10", ""]
    assert editor.text() == LINES
    engine.step()
    editor.until_sees("2 changes  keep")
    assert editor.text() == LINES


def test_removed_and_added_lines_look_different_from_others(in_review):
    plain, removed, added = in_review.colours()[:3]
    assert len({plain, removed, added}) == 3


def test_one_change_is_kept_one_is_dropped_and_undo_restores(in_review):
    in_review.keys("gg]cga")
    in_review.until_text_is(*after(return_1=True))
    assert in_review.sees("1 change  keep")
    in_review.keys("gx")
    in_review.wait_until(lambda: not in_review.sees("keep ga"), "the review is over")
    assert in_review.screen()[: len(LINES)] == after(return_1=True)
    in_review.keys("u")
    in_review.until_text_is(*LINES)


def test_keeping_all_is_one_step_to_undo(in_review):
    in_review.keys("gA")
    in_review.until_text_is(*after(return_1=True, return_3=True))
    in_review.keys("u")
    in_review.until_text_is(*LINES)


def test_changes_kept_one_after_the_other_are_one_step_to_undo(in_review):
    in_review.keys("ggga")
    in_review.until_text_is(*after(return_1=True))
    in_review.keys("ga")
    in_review.until_text_is(*after(return_1=True, return_3=True))
    in_review.keys("u")
    in_review.until_text_is(*LINES)


def test_dropping_all_leaves_the_text_and_gives_the_keys_back(in_review):
    in_review.keys("gX")
    in_review.wait_until(lambda: not in_review.sees("keep ga"), "the review is over")
    assert in_review.screen()[: len(LINES)] == LINES
    assert in_review.lua("return vim.fn.maparg('ga', 'n')") == ""


def test_what_is_kept_while_the_rest_is_written_is_put_in_at_the_end(editor, engine, source):
    engine.scripts.append([FIRST, STEP, LAST])
    editor.open(source, CODE)
    editor.command("%Qwen edit times ten")
    editor.until_sees("1 change so far")
    editor.keys("ggga")
    editor.until_sees("kept when the edit is complete")
    assert editor.text() == LINES
    engine.step()
    editor.until_text_is(*after(return_1=True))
    assert editor.sees("1 change  keep")


def test_stopping_an_edit_stops_the_model(editor, engine, source):
    engine.scripts.append([FIRST, STEP, LAST])
    editor.open(source, CODE)
    editor.note_cancelled()
    editor.command("%Qwen edit times ten")
    editor.until_sees("1 change so far")
    editor.keys("gX")
    editor.wait_until(lambda: editor.cancelled() == ["qwen/edit"], "the request is cancelled")
    assert editor.screen()[: len(LINES)] == LINES


def test_lines_typed_above_move_the_changes_along(editor, engine, source):
    whole = "    return 20\n\n\ndef h():\n    return 3\n```\n"
    engine.scripts.append(["```python\ndef g():\n", STEP, whole])
    editor.open(source, CODE)
    editor.command("5,$Qwen edit times ten")
    editor.until_sees("Qwen works on it")
    editor.keys("ggO# mine<Esc>")
    editor.until_text_is("# mine", *LINES)
    engine.step()
    editor.until_sees("1 change  keep")
    assert editor.screen()[5:8] == ["def g():", "    return 2", "    return 20"]
    editor.keys("gA")
    editor.until_text_is("# mine", *[one.replace("return 2", "return 20") for one in LINES])


def test_code_that_was_changed_meanwhile_is_left_alone(editor, engine, source):
    engine.scripts.append([FIRST, STEP, LAST])
    editor.open(source, CODE)
    editor.command("%Qwen edit times ten")
    editor.until_sees("1 change so far")
    editor.keys("jA + 0<Esc>")
    editor.until_sees("changed")
    editor.wait_until(lambda: not editor.sees("so far"), "the review is over")
    assert editor.text() == [LINES[0], "    return 1 + 0", *LINES[2:]]


def test_a_change_is_refused_when_its_lines_were_changed_in_review(in_review):
    in_review.keys("ggjA + 0<Esc>gA")
    in_review.until_sees("not what they were")
    assert in_review.text() == [LINES[0], "    return 1 + 0", *LINES[2:]]


def test_again_asks_for_another_solution(in_review, engine):
    engine.scripts.append(["```python\n" + CODE.replace("return 1", "return 11") + "```"])
    in_review.command("Qwen again")
    in_review.until_sees("return 11")
    in_review.until_sees("1 change  keep")
    contents = [one["content"] for one in engine.requests[-1]["messages"]]
    assert any("do not want this solution" in one for one in contents)
    assert in_review.text() == LINES


def test_also_goes_on_from_the_last_edit(in_review, engine):
    engine.scripts.append(["```python\n" + CODE.replace("return 1", "return 12") + "```"])
    in_review.command("Qwen also make it a dozen")
    in_review.until_sees("return 12")
    contents = [str(one["content"]) for one in engine.requests[-1]["messages"]]
    assert "make it a dozen" in contents[-1]


def test_an_edit_that_changes_nothing_says_so(editor, engine, source):
    engine.scripts.append([f"```python\n{CODE}```"])
    editor.open(source, CODE)
    editor.command("%Qwen fix")
    editor.until_sees("Nothing was changed")


def test_new_lines_above_the_first_line_are_seen(editor, engine, source):
    engine.scripts.append([f"```python\nimport os\n\n\n{CODE}```"])
    editor.open(source, CODE)
    editor.command("%Qwen edit import os")
    editor.until_sees("1 change  keep")
    assert editor.screen()[0].startswith("import os")
    editor.keys("gA")
    editor.until_text_is("import os", "", "", *LINES)


def test_without_a_range_the_function_around_the_cursor_is_edited(
    start, engine, without_ghost_text, source
):
    engine.scripts.append(["```python\ndef g():\n    return 20\n```"])
    editor = start({**without_ghost_text, "index": {"enabled": True}})
    editor.open(source, CODE)
    editor.until_indexed(files=2)
    editor.keys("5G")
    editor.command("Qwen simplify")
    editor.until_sees("1 change  keep")
    editor.keys("gA")
    editor.until_text_is(*[line.replace("return 2", "return 20") for line in LINES])


def test_what_is_reported_goes_along_with_a_fix(editor, engine, source):
    engine.scripts.append(["```python\n" + CODE.replace("return 1", "return 0") + "```"])
    editor.open(source, CODE)
    editor.lua(
        """
        vim.diagnostic.set(vim.api.nvim_create_namespace("test"), 0, {
          { lnum = 1, col = 4, message = "never one" },
        })
        """
    )
    editor.command("%Qwen fix")
    editor.until_sees("return 0")
    contents = [str(one["content"]) for one in engine.requests[-1]["messages"]]
    assert any("never one" in one for one in contents)
