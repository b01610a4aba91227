"""What is shown of a model's text. Cases are data, one file for each filter: `clean/*.toml`."""

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from qwen_lsp.context.snapshot import Snapshot
from qwen_lsp.features.brackets import surroundings
from qwen_lsp.features.clean import FILTERS, clean_completion
from qwen_lsp.features.document_style import as_in_document, from_cursor
from qwen_lsp.settings import Settings
from qwen_lsp.text import Document, split_lines
from tests.harness import marked_text

CASES = [
    pytest.param(case, id=f"{path.stem}: {case['name']}")
    for path in sorted((Path(__file__).parent / "clean").glob("*.toml"))
    for case in tomllib.loads(path.read_text("utf-8"))["case"]
]


def snapshot_of(marked: str, language: str = "python") -> Snapshot:
    marks = marked_text.parse(marked)
    document = Document("file:///a", language, 1, marks.text)
    return Snapshot(document, marks.selection, Settings(model="none"))


@pytest.mark.parametrize("case", CASES)
def test_what_is_shown_of_a_models_text(case):
    snapshot = snapshot_of(case["document"], case.get("language", "python"))
    assert clean_completion(from_cursor(case["answer"], snapshot), snapshot) == case["shown"]


@pytest.mark.parametrize(
    ("document", "answer", "is_invoked", "shown"),
    [
        pytest.param("def f():\n    │", "\n    return 1", True, "return 1", id="asked for"),
        pytest.param(
            "def f():\n    │", "\n    return 1", False, "\n    return 1", id="not asked for"
        ),
        pytest.param("x = 1\n│", "\n\ny = 2", True, "y = 2", id="several, at the margin"),
        pytest.param(
            "def f():\n    │", "\n\ndef g", True, "\n\ndef g", id="something else follows"
        ),
        pytest.param("def f():\n    │", "\n  ", True, "", id="not known yet"),
        pytest.param("x = │", "\ny = 2", True, "\ny = 2", id="behind code"),
    ],
)
def test_blank_lines_in_front_are_left_out_for_who_asks_on_one(document, answer, is_invoked, shown):
    snapshot = replace(snapshot_of(document), is_invoked=is_invoked)
    assert from_cursor(answer, snapshot) == shown


def test_every_filter_has_cases():
    # One file more: blanks and line ends change before.
    assert len(list((Path(__file__).parent / "clean").glob("*.toml"))) == len(FILTERS) + 1


LANGUAGES = st.sampled_from(["python", "typescript", "rust", "lua", "markdown", "go", ""])
pieces = st.sampled_from(
    [
        *("a", "f(", ")", "]", "x[", ", ", '"', "'", " ", "\n", "\r\n", "\r", "    ", "\t", "}"),
        *("return total", "return total\n", "a = b()\n", "<|im_end|>", "é", "{", "{\n  b\n", "`"),
        *("```\n", "<think>", "</think>", "# ", "// ", "/*", '"""', "foo.bar.", "  a: 1,\n"),
    ]
)
answers = st.lists(pieces, max_size=14).map("".join)
around = st.lists(pieces, max_size=8).map(lambda some: "".join(some).replace("<|im_end|>", ""))
snapshots = st.builds(
    lambda before, after, language: snapshot_of(f"{before}│{after}", language),
    around,
    around,
    LANGUAGES,
)
thorough = settings(deadline=None, max_examples=500)


@thorough
@given(snapshots, answers)
def test_a_filter_only_takes_away(snapshot, answer):
    for apply in FILTERS:
        left = apply(answer, snapshot)
        if apply.__name__ == "_unwrap":  # a fence, or a thought, in front
            assert left in answer
        else:
            assert answer.startswith(left), apply


@thorough
@example(snapshot_of("│\ta"), "    {\n  b\n")
@given(snapshots, answers)
def test_what_the_document_has_otherwise_is_only_blanks_and_line_ends(snapshot, answer):
    changed = as_in_document(answer, snapshot)
    assert changed.split() == answer.split()
    assert len(split_lines(changed)) == len(split_lines(answer))
    assert as_in_document(changed, snapshot) == changed


@thorough
@given(snapshots, answers)
def test_cleaning_leaves_part_of_the_text_and_twice_is_no_more_than_once(snapshot, answer):
    once = clean_completion(answer, snapshot)
    assert once in answer
    assert clean_completion(once, snapshot) == once


@thorough
@given(snapshots, answers)
def test_no_closer_is_left_over_that_was_not_before(snapshot, answer):
    brackets = surroundings(snapshot)
    shown = clean_completion(answer, snapshot)
    then = brackets.balance(tuple(one for _, one in brackets.brackets_of(shown)))
    assert then.surplus <= brackets.balance().surplus


@thorough
@given(snapshots, answers, st.booleans())
def test_what_the_document_has_otherwise_grows_as_the_text_grows(snapshot, answer, is_invoked):
    known = ""
    for end in range(len(answer) + 1):
        grown = from_cursor(answer[:end], replace(snapshot, is_invoked=is_invoked))
        assert grown.startswith(known.rstrip())
        known = grown
