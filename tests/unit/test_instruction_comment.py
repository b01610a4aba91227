"""Instructions in comments: which one is meant, and what code it is about."""

import pytest

from qwen_lsp.features.instruction_comment import LARGEST_BLOCK, find_instruction
from qwen_lsp.text import Document
from tests.harness import marked_text


def check(marked, instruction, about=None):
    """Find the instruction at the selection; it is about these lines, the comment's among them."""
    marks = marked_text.parse(marked)
    document = Document("file:///a", "", 1, marks.text)
    found = find_instruction(document, marks.selection)
    if instruction is None:
        assert found is None
        return
    assert found is not None
    assert found.text == instruction
    assert marks.text[found.span.start : found.span.end] == about
    comment = marks.text[found.comment.start : found.comment.end]
    assert f"qwen: {instruction}" in comment
    assert comment in about.split("\n")


@pytest.mark.parametrize(
    "comment",
    [
        "# qwen: sort it",
        "## qwen: sort it",
        "#qwen: sort it  ",
        "// qwen: sort it",
        "/// qwen: sort it",
        "-- qwen: sort it",
        "; qwen: sort it",
        "% qwen: sort it",
        "/* qwen: sort it */",
        "/** qwen: sort it **/",
        "<!-- qwen: sort it -->",
        "(* qwen: sort it *)",
        '" qwen: sort it',
        "\t# qwen: sort it",
    ],
)
def test_a_comment_of_any_language_can_hold_an_instruction(comment):
    check(f"│{comment}\ncode", "sort it", f"{comment}\ncode")


def test_the_word_qwen_may_be_written_in_capitals():
    marks = marked_text.parse("│# Qwen: sort it\ncode")
    found = find_instruction(Document("file:///a", "", 1, marks.text), marks.selection)
    assert found is not None
    assert found.text == "sort it"


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("# sort it", id="a comment without qwen"),
        pytest.param("# qwen sort it", id="qwen without a colon"),
        pytest.param("# qwen:", id="qwen without an instruction"),
        pytest.param("/* qwen: */", id="qwen without an instruction in a closed comment"),
        pytest.param("# ask qwen: sort it", id="qwen in the middle of a comment"),
        pytest.param("x = 1  # qwen: sort it", id="a comment behind code"),
        pytest.param("qwen: sort it", id="no comment"),
    ],
)
def test_other_lines_hold_no_instruction(line):
    check(f"│{line}\ncode", None)


COMMENT = "# qwen: sort it"


@pytest.mark.parametrize(
    ("marked", "about"),
    [
        pytest.param(f"x\n«{COMMENT}\na\nb»\nc", f"{COMMENT}\na\nb", id="first in the selection"),
        pytest.param(
            f"x\n«{COMMENT}\na\nb\n»c", f"{COMMENT}\na\nb", id="lines up to a line's start"
        ),
        pytest.param(f"x\n«a\n{COMMENT}\nb»\nc", f"a\n{COMMENT}\nb", id="inside the selection"),
        pytest.param(
            f"x\n{COMMENT}\n«a\nb»\nc", f"{COMMENT}\na\nb", id="right above the selection"
        ),
        pytest.param(f"{COMMENT}\n«a»\nb\nc", f"{COMMENT}\na", id="one whole line selected below"),
        pytest.param("x\n# qw│en: sort it\na\nb\n\nc", f"{COMMENT}\na\nb", id="cursor on it"),
        pytest.param(f"x\n«{COMMENT}»\na\nb\n\nc", f"{COMMENT}\na\nb", id="only it selected"),
        pytest.param(f"x\n{COMMENT}\n│a\nb\n\nc", f"{COMMENT}\na\nb", id="cursor right below it"),
        pytest.param(
            f"{COMMENT}\na «+» b\n\nc", f"{COMMENT}\na + b", id="a word selected below it"
        ),
    ],
)
def test_an_instruction_belongs_to_the_code_that_is_meant(marked, about):
    check(marked, "sort it", about)


def test_of_two_comments_the_one_under_the_cursor_counts():
    check("# qwen: one\n# qwen: two│\ncode", "two", "# qwen: two\ncode")


@pytest.mark.parametrize(
    ("above", "block", "below"),
    [
        pytest.param(
            "", "def f():\n    a\n\n    b", "\n\ndef g():\n    c", id="blank lines in it stay"
        ),
        pytest.param("", "def f():\n    a", "", id="the end of the document ends it"),
        pytest.param(
            "", "def f():\n    a", "\n\n\n", id="blank lines after it do not belong to it"
        ),
        pytest.param("def f():\n", "    a\n    b", "\nc", id="a line less deep ends it"),
        pytest.param("def f():\n", "    a\n    b", "\n\n    c", id="a blank line ends plain lines"),
        pytest.param("", "f() {\n  a\n}", "\n\ng() {\n}", id="a closing brace belongs to it"),
        pytest.param("", "f() {\n  a\n\n}", "\n\ng() {\n}", id="so does one after a blank line"),
        pytest.param("", "f()\n{\n  a\n}", "\n\ng()", id="braces on their own lines belong to it"),
        pytest.param("", "\ta\n\t\tb", "\nc", id="tabs are depth too"),
    ],
)
def test_without_selected_lines_it_is_about_the_block_below(above, block, below):
    comment = " " * (len(block) - len(block.lstrip(" "))) + COMMENT
    check(f"{above}{comment}│\n{block}{below}", "sort it", f"{comment}\n{block}")


def test_a_block_has_an_upper_limit():
    code = ["def f():", *["    a"] * (2 * LARGEST_BLOCK)]
    about = "\n".join([COMMENT, *code[: LARGEST_BLOCK + 1]])
    check("\n".join([f"{COMMENT}│", *code]), "sort it", about)


@pytest.mark.parametrize(
    "marked",
    [
        pytest.param("a\n│b", id="no comment"),
        pytest.param("│", id="an empty document"),
        pytest.param(f"{COMMENT}\na\n│b", id="two lines above the cursor"),
        pytest.param(f"«a\nb»\n{COMMENT}\nc", id="right below the selection"),
        pytest.param(f"a\n{COMMENT}│", id="no code below it"),
        pytest.param(f"a\n{COMMENT}│\n", id="only the end of the file below it"),
        pytest.param(f"a\n{COMMENT}│\n\n  \n", id="only blank lines below it"),
    ],
)
def test_there_is_no_instruction(marked):
    check(marked, None)
