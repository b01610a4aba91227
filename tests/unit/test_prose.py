"""Telling words from code."""

import pytest

from qwen_lsp.features.prose import is_all_prose, is_prose, without_prose


@pytest.mark.parametrize(
    "line",
    [
        "I'm sorry, but I can't help with that.",
        "This function returns the price in cents.",
        "Sure! Here is the rewritten code:",
        "The code you gave is already correct",
        "- The parameter `cents` was renamed to `pennies`.",
        "1. **Rename** the parameter in all places:",
        "Der Code ist schon richtig, es gibt nichts zu tun.",
        "`price` now returns a rounded value.",
        "Here's the function with the docstring added (and nothing else).",
        "you should select the function that you want me to change",
    ],
)
def test_a_sentence_is_prose(line):
    assert is_prose(line)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "return cents / 100",
        "return not is_ready and value",
        "def price(cents):",
        "# This is the price of it.",
        "// Returns the price that you pay.",
        "* Returns the price of the book.",
        "SELECT name FROM users WHERE id",
        "print('This is the end of it.')",
        "raise ValueError from the_error",
        "else if this is that then",
        "name: value",
        "class Shop extends Store {",
        "if not self.is_open or self.stock",
        "use std::collections::HashMap;",
        "True if a else False",
        '"""Return the price."""',
        "<p>This is the text of it.</p>",
    ],
)
def test_code_is_not_prose(line):
    assert not is_prose(line)


def test_talk_around_code_goes_and_what_is_in_it_stays():
    code = ["def f():", '    """', "    This is the text of it.", '    """', "    return 1"]
    talk = ["Sure, here is the code:", "", *code, "", "It returns the number that you want."]
    assert without_prose(talk) == code
    assert not is_all_prose(code)
    assert is_all_prose(["I can't do that.", "", "Please select the code."])
