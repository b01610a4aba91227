"""What the chat about an edit holds, and in which order."""

from pathlib import PurePath

import pytest

from qwen_lsp.context.edit_prompt import edit_parts
from qwen_lsp.context.natural_language import is_english, language_rule
from qwen_lsp.context.snapshot import Snapshot
from qwen_lsp.context.snippet import Context, Snippet
from qwen_lsp.settings import Settings
from qwen_lsp.text import Document
from tests.harness.marked_text import parse

FAR = "".join(f"        # line {number} of a long comment\n" for number in range(60))


def parts(marked, instruction="do it", language="", **fields):
    place = parse(marked)
    document = Document("file:///shop/orders.py", "python", 1, place.text)
    span = document.whole_lines(place.selection)
    settings = Settings(model="any", language=language)
    snapshot = Snapshot(document, span, settings, "shop", PurePath("shop/orders.py"), **fields)
    code = document.text[span.start : span.end]
    return edit_parts(snapshot, code, instruction)


def told(marked, *arguments, **fields):
    return {one.name: one.segment for one in parts(marked, *arguments, **fields)}


def test_the_most_stable_comes_first_and_the_instruction_last():
    snippet = Snippet("shop/prices.py", ((0, 0),), "def with_vat(net): ...", "definition", "used")
    found = parts(
        "a = 1\n«b = 2»\nc = 3\n", context=Context((snippet,)), diagnostics=("line 2: odd",)
    )
    assert [one.name for one in found] == [
        "system",
        "snippet",
        "file",
        "before",
        "after",
        "code",
        "diagnostics",
        "instruction",
    ]
    assert found[1].segment == ("`shop/prices.py` has:\n```python\ndef with_vat(net): ...\n```\n\n")


def test_nothing_is_said_about_what_is_not_there():
    assert list(told("«b = 2»")) == ["system", "file", "code", "instruction"]


def test_imports_and_heads_out_of_sight_stand_above_the_code_in_one_block():
    imports = "import json\nfrom math import pi\n"
    marked = f"{imports}class Row:\n    def first(self):\n{FAR}«        json()»\n"
    found = told(marked, context=Context(heads=((2, 2), (3, 3))))
    above = found["imports"] + found["scope"] + found["before"]
    assert above.startswith(
        "\n\nThe code above it, which stays as it is:\n```python\n"
        "import json\n\nclass Row:\n    def first(self):\n\n        # line "
    )
    assert above.endswith("# line 59 of a long comment\n```")
    assert "pi" not in found["imports"]


def test_what_was_reported_is_a_list():
    assert told("«b = 2»", diagnostics=("line 1, `b = 2`: odd", "line 1: more"))["diagnostics"] == (
        "\n\nReported problems:\n- line 1, `b = 2`: odd\n- line 1: more"
    )


@pytest.mark.parametrize(
    "instruction",
    [
        "Rename the parameter cents to pennies.",
        "add a docstring",
        "use `für` as the key",
        "async",
        "do it",
        "use del and die in the loop",
        "",
    ],
)
def test_english_is_taken_for_it(instruction):
    assert is_english(instruction)
    assert language_rule(instruction, "") == ""


@pytest.mark.parametrize(
    "instruction",
    [
        "Schreibe einen Kommentar zu jeder Funktion",
        "Füge Fehlerbehandlung hinzu",
        "Ajoute une docstring pour cette fonction",
        "Añade comentarios",
        "Agrega comentarios para la clase",
        "Добавь документацию",
        "コメントを追加して",
        "Voeg een opmerking toe voor de functie",
    ],
)
def test_comments_follow_the_language_of_the_instruction(instruction):
    assert "language of the instruction" in language_rule(instruction, "")
    assert told("«b = 2»", instruction)["instruction"].startswith(
        f"\n\nInstruction: {instruction} Write comments"
    )


def test_a_language_that_the_user_wants_goes_before():
    assert "in German;" in told("«b = 2»", "Explain it", "German")["instruction"]
