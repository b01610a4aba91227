"""What the benches of edits ask about, how they read answers, and what they count."""

import json
import random

import pytest

from qwen_lsp.text import Document, Replacement, Span, apply
from tests.bench.answers import Answer
from tests.bench.bare_chat import first_block, is_block_over, question_about, tokens_between
from tests.bench.edit_answers import UncleanEdit, edited, one_by_one, stray_lines
from tests.bench.edit_figures import (
    APPLIED,
    BROKEN,
    FAILED,
    REFUSED,
    UNCLEAN,
    Fixed,
    Row,
    report_of,
)
from tests.bench.edit_stream import Timed, has_hunks, one_function
from tests.bench.edit_stream import report_of as report_of_stream
from tests.bench.edits import judged
from tests.bench.fix_items import FixItem, function_span
from tests.harness import marked_text

PYTHON = (
    "import os\n\n\n«def one(a):\n    if a:\n        a()\n    return 2»\n\n\ndef two():\n    pass\n"
)
JAVASCRIPT = "\nconst two = (a) => one(a);\n\n«const one = (a) => {\n  return a;\n}»\n\n"
JAVA = "class Solution {\n    int two;\n\n«    int one() {\n        return 1;\n    }»\n}\n"
URI = "file:///work/one.py"


def item(marked: str, language: str = "python") -> tuple[FixItem, marked_text.MarkedText]:
    marks = marked_text.parse(marked)
    return FixItem("1", language, "one", marks.text, "", "", ""), marks


@pytest.mark.parametrize(
    ("language", "marked", "path"),
    [
        ("python", PYTHON, "one.py"),
        ("javascript", JAVASCRIPT, "one.js"),
        ("java", JAVA, "Solution.java"),
    ],
)
def test_the_buggy_function_is_selected_with_its_whole_lines(language, marked, path):
    one, marks = item(marked, language)
    assert function_span(one) == marks.selection
    assert one.path == path


def test_the_tests_stand_around_the_file():
    one = FixItem("1", "python", "one", "", "", "import math", "check(one)")
    assert one.program("def one(): ...") == "import math\ndef one(): ...\ncheck(one)"


def test_the_plain_chat_sees_the_code_without_its_indentation():
    asked = question_about("    int one() {\n        return 1;\n    }", "java")
    assert asked.endswith("\n\n```java\nint one() {\n    return 1;\n}\n```")


@pytest.mark.parametrize(
    ("answer", "block"),
    [
        pytest.param(
            "Sure.\n```java\na {\n  b\n}\n```\nDone.", "    a {\n      b\n    }", id="one"
        ),
        pytest.param("```\na\n```\nor\n```\nb\n```", "    a", id="the first of two"),
        pytest.param("```\n  a\n\n  b\n```", "    a\n\n    b", id="a blank line, and too far in"),
        pytest.param("```\na", "    a", id="never closed"),
        pytest.param("It is right.", "    int x;", id="none: nothing to copy"),
    ],
)
def test_of_a_plain_chat_the_first_block_counts(answer, block):
    assert first_block(answer, "    int x;") == block


@pytest.mark.parametrize(
    ("answer", "is_over"),
    [("```\na\n", False), ("```\na\n```", True), ("a", False), ("`a` ```", False)],
)
def test_a_plain_chat_is_read_until_its_first_block_ends(answer, is_over):
    assert is_block_over(answer) == is_over


def test_tokens_are_those_of_edits():
    names = ("prompt_tokens_evaluated", "prompt_tokens_reused", "generated_tokens")
    before = {f'qwen_{name}_total{{priority="edit"}}': 5.0 for name in names}
    after = {key: value + 10 for key, value in before.items()}
    after['qwen_generated_tokens_total{priority="completion"}'] = 100.0
    assert tokens_between(before, after) == (20, 10)


@pytest.mark.parametrize(
    ("after", "stray"),
    [
        pytest.param("a\nb\nX\nY\nd\ne\n", 0, id="only the region, which grows"),
        pytest.param("a\nb\nd\ne\n", 0, id="the region goes"),
        pytest.param("a\nB\nc\nd\ne\n", 1, id="a line above"),
        pytest.param("a\nb\nc\nd\n", 2, id="the last line goes, so the one above is not in place"),
        pytest.param("X\na\nb\nc\nd\ne\n", 2, id="a line before all"),
    ],
)
def test_lines_outside_the_region_are_stray_when_they_change(after, stray):
    marks = marked_text.parse("a\nb\n«c»\nd\ne\n")
    assert stray_lines(marks.text, after, marks.selection) == stray


def workspace_edit(*edits: tuple[int, int, int, int, str], version: int = 1) -> dict[str, object]:
    return {
        "documentChanges": [
            {
                "textDocument": {"uri": URI, "version": version},
                "edits": [
                    {
                        "range": {
                            "start": {"line": line, "character": character},
                            "end": {"line": end_line, "character": end},
                        },
                        "newText": text,
                    }
                    for line, character, end_line, end, text in edits
                ],
            }
        ]
    }


DOCUMENT = Document(URI, "python", 1, "def one():\n    return 1\n")


def test_an_edit_is_read_and_applied():
    edit = workspace_edit((0, 0, 0, 0, "# a\n"), (1, 11, 1, 12, "2"), (0, 0, 0, 0, "# b\n"))
    assert edited(DOCUMENT, edit, "utf-16") == ("# a\n# b\ndef one():\n    return 2\n", 0)


def test_edits_of_other_files_are_counted():
    edit = workspace_edit((1, 11, 1, 12, "2"))
    edit["documentChanges"] += [{"kind": "create", "uri": "file:///work/two.py"}]  # type: ignore[operator]
    assert edited(DOCUMENT, edit, "utf-16")[1] == 1


@pytest.mark.parametrize(
    ("edit", "fault"),
    [
        pytest.param(workspace_edit((0, 0, 0, 1, ""), version=2), "version 2", id="version"),
        pytest.param(workspace_edit((1, 0, 1, 99, "")), "no range", id="past the line's end"),
        pytest.param(workspace_edit((9, 0, 9, 0, "")), "no range", id="past the last line"),
        pytest.param(
            workspace_edit((0, 0, 1, 3, ""), (1, 2, 1, 4, "")), "the same place", id="over another"
        ),
        pytest.param({"changes": {URI: []}}, "version None", id="without a version"),
    ],
)
def test_an_edit_that_editors_may_not_apply_is_a_fault(edit, fault):
    with pytest.raises(UncleanEdit, match=fault):
        edited(DOCUMENT, edit, "utf-16")


def test_what_is_applied_piece_by_piece_can_be_undone():
    replacements = (
        Replacement(Span(0, 3), "async def"),
        Replacement(Span(4, 4), "x"),
        Replacement(Span(4, 4), "y"),
        Replacement(Span(11, 15), "\t"),
    )
    after, doing, undoing = one_by_one(DOCUMENT, replacements)
    assert after.text == apply(DOCUMENT.text, replacements)
    assert [one.span.start for one in doing] == [11, 4, 4, 0]
    for one in undoing:
        after = after.replace(one, 1)
    assert after.text == DOCUMENT.text


@pytest.mark.parametrize(
    ("answer", "became", "text"),
    [
        pytest.param(
            {"edit": workspace_edit((1, 11, 1, 12, "2")), "message": "", "diff": "-1\n+2"},
            *(APPLIED, "def one():\n    return 2\n"),
            id="clean",
        ),
        pytest.param(
            {"edit": workspace_edit((1, 11, 1, 12, "(2")), "message": "It breaks the file."},
            *(BROKEN, "def one():\n    return (2\n"),
            id="more errors than before",
        ),
        pytest.param(
            {"edit": workspace_edit((0, 0, 0, 0, ""), version=3), "message": ""},
            *(UNCLEAN, DOCUMENT.text),
            id="another version",
        ),
        pytest.param(
            {"edit": None, "message": "Nothing to change."}, REFUSED, DOCUMENT.text, id="refused"
        ),
        pytest.param({"edit": None, "message": ""}, FAILED, DOCUMENT.text, id="without a reason"),
    ],
)
def test_what_becomes_of_an_answer(answer, became, text):
    one, _marks = item(f"«{DOCUMENT.text}»")
    fixed = judged(one, said(answer))
    assert (fixed.became, fixed.answer.text, fixed.stray) == (became, text, 0)


def test_stray_lines_of_an_answer_are_counted():
    one, _marks = item("x = 1\n«def one():\n    return 1»\n")
    edit = workspace_edit((0, 4, 0, 5, "2"), (2, 11, 2, 12, "2"))
    fixed = judged(one, said({"edit": edit}))
    assert (fixed.stray, fixed.answer.seconds) == (1, 2.0)


def said(answer: dict[str, object]) -> Answer:
    return Answer(json.dumps({"uri": URI, **answer}), 2.0)


def row(name: str, *, ours: bool, bare: bool, became: str = APPLIED, stray: int = 0) -> Row:
    fixed = Fixed(became, Answer("ours", 2.0, answer_tokens=7), stray=stray)
    passing = {"ours": ours, "bare": bare}
    return Row(name, "java", fixed, Answer("bare", 4.0, is_kept=name == "kept"), passing)


def test_the_figures_of_fixing():
    rows = [
        row("both", ours=True, bare=True),
        row("won", ours=True, bare=False, stray=2),
        row("lost", ours=False, bare=True, became=REFUSED),
        row("kept", ours=True, bare=False, became=BROKEN),
    ]
    report = report_of(rows, {"right_ones_pass": 4})
    assert {name: one.value for name, one in report.figures.items()} == {
        "fix_vs_bare": 1.5,
        "stray_lines": 2,
        "applied_or_refused": 0.75,
    }
    detail = report.detail
    assert (detail["won"], detail["lost"]) == (["kept", "won"], ["lost"])
    assert detail["passed_by_language"] == {"java": {"items": 4, "ours": 3, "bare": 2}}
    assert detail["seconds_p50"] == {"ours": 2.0, "bare": 4.0}
    assert detail["kept_answers"] == {"ours": 0, "bare": 1}
    json.dumps(report.as_json())


def test_functions_of_the_right_size_are_timed():
    body = "".join(f"    a{number} = 1\n" for number in range(30))
    code = f"x = 1\n\ndef long():\n{body}\n\ndef short():\n    pass\n"
    files = {"a.txt": code.encode(), "b.py": b"", "c.py": code.encode()}
    function = one_function(files, random.Random(1))  # noqa: S311 - nothing is secret
    assert function.path == "c.py"
    assert function.text[function.span.start : function.span.end] == f"def long():\n{body}".rstrip()


def test_progress_shows_something_when_it_has_hunks():
    assert has_hunks([{"kind": "begin"}, {"hunks": []}, {"hunks": [{"newText": ""}]}])
    assert not has_hunks([{"kind": "begin"}, {"hunks": []}, {"text": "a"}])


@pytest.mark.parametrize(
    ("hunk", "figures"),
    [(1.0, {"whole_edit_s": 4.0, "first_hunk_s": 1.0}), (None, {"whole_edit_s": 4.0})],
)
def test_without_any_hunk_there_is_no_time_until_the_first(hunk, figures):
    timed = {"cold": [Timed(hunk, 4.0)], "warmed": [Timed(hunk, 3.0)]}
    report = report_of_stream([], timed, {"alone": [1.0], "during_an_edit": []})
    assert {name: one.value for name, one in report.figures.items()} == figures
    assert report.detail["warmed_first_hunk_s"] == hunk
    assert report.detail["completion_s"]["during_an_edit"]["median"] is None
