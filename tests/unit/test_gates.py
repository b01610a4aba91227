"""Where an automatic request gets nothing, and where one by hand does all the same."""

from dataclasses import replace

import pytest

from qwen_lsp.context.snapshot import Snapshot
from qwen_lsp.context.typing import Typing
from qwen_lsp.features.gates import closed, nothing_to_say
from qwen_lsp.settings import Settings
from qwen_lsp.text import Document, Span
from tests.harness import marked_text


def snapshot_of(marked: str, language: str = "python") -> Snapshot:
    marks = marked_text.parse(marked)
    document = Document("file:///a", language, 1, marks.text)
    return Snapshot(document, marks.selection, Settings(model="none"))


@pytest.mark.parametrize(
    ("marked", "reason"),
    [
        pytest.param("x = │", "", id="at the end of a line"),
        pytest.param("f(│)", "", id="before a bracket"),
        pytest.param("x = na│me", "inside a word", id="in a word"),
        pytest.param("x = │_y", "inside a word", id="before a word"),
        pytest.param("x = \0│", "binary file", id="in a binary file"),
    ],
)
def test_a_place_may_be_closed(marked, reason):
    assert closed(snapshot_of(marked)) == reason


@pytest.mark.parametrize(
    ("last", "reason"),
    [
        ("typed", ""),
        ("deleted", ""),
        ("accepted", ""),
        ("undone", "after an undo"),
        ("pasted", "after a paste"),
        ("cut", "after a large deletion"),
        ("several", "typed in several places"),
    ],
)
def test_what_was_not_typed_closes_its_place_and_no_other(last, reason):
    snapshot = replace(snapshot_of("x = 1\ny = │\nz"), typing=Typing(last, Span(6, 10)))
    assert closed(snapshot) == reason
    assert closed(replace(snapshot, is_invoked=True)) == ""
    for place in (Span(0, 5), Span(11, 12)):
        assert closed(replace(snapshot, typing=Typing(last, place))) == ""


def test_by_hand_only_a_binary_file_and_the_switch_are_closed():
    def by_hand(marked):
        return replace(snapshot_of(marked), is_invoked=True)

    assert closed(by_hand("x = na│me")) == ""
    assert closed(by_hand("\0│")) == "binary file"
    off = Settings(model="none", completion_enabled=False)
    assert closed(replace(by_hand("x│"), settings=off)) == "switched off"
    assert nothing_to_say(by_hand('x = "The end.│')) == ""


@pytest.mark.parametrize(
    ("marked", "language", "reason"),
    [
        pytest.param("x = f(│", "python", "", id="code"),
        pytest.param('d["│"]', "python", "", id="a string's beginning"),
        pytest.param('d["na│"]', "python", "", id="a key"),
        pytest.param('open("data/fi│")', "python", "", id="a path"),
        pytest.param('raise ValueError("it has to be po│")', "python", "", id="a message"),
        pytest.param('f"{a}. {│"', "python", "", id="a string that holds code"),
        pytest.param("s = `The end. ${│", "typescript", "", id="a template"),
        pytest.param('"""The end. │', "python", "", id="documentation"),
        pytest.param(" * The end. │", "java", "", id="documentation with stars"),
        pytest.param("/// The end. │", "rust", "", id="documentation with slashes"),
        pytest.param('password = "│"', "python", "a secret", id="a password"),
        pytest.param("api_key: '│'", "yaml", "a secret", id="a key for an API"),
        pytest.param('os.environ["API_TOKEN"] = "│"', "python", "a secret", id="a token"),
        pytest.param('tokens = parse("│")', "python", "", id="a call that is no secret"),
        pytest.param('x = "9f86d081884c7d659a2f│"', "python", "data in a string", id="a hash"),
        pytest.param('x = "2026-11-2│"', "python", "data in a string", id="a date"),
        pytest.param('x = "application_settings_f│"', "python", "", id="a long name"),
        pytest.param('f("It is done. │")', "python", "the end of a sentence", id="a sentence"),
        pytest.param('open("a.│")', "python", "", id="a file's ending"),
        pytest.param("# │", "python", "", id="a comment's beginning"),
        pytest.param("x = 1  # the nu│", "python", "", id="prose in a comment"),
        pytest.param("# One (e.g. │", "python", "", id="an abbreviation"),
        pytest.param("// It is done. │", "go", "the end of a sentence", id="a comment's end"),
        pytest.param("# -----│", "python", "a ruler", id="a ruler"),
        pytest.param("# see https://│", "python", "an address", id="an address"),
        pytest.param("# Copyright 2026 │", "python", "a licence", id="a licence"),
        pytest.param(
            "// Licensed under the X.\n// You may │", "cpp", "a licence", id="a licence's next line"
        ),
        pytest.param("# a licence\n\n# You may │", "python", "", id="a comment below a licence"),
        pytest.param("It is done. │", "markdown", "", id="prose"),
        pytest.param("x: &'a str = \"ab│", "rust", "", id="a lifetime is no string"),
    ],
)
def test_where_there_is_nothing_to_say(marked, language, reason):
    assert nothing_to_say(snapshot_of(marked, language)) == reason
