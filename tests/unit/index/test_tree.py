from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qwen_lsp.index.parse import facts_of
from qwen_lsp.index.tree import edited, facts_of_tree, parse_text
from qwen_lsp.text import Replacement, Span

PYTHON = "class A:\n    def m(self) -> int:\n        return größe(1)\n\nx = A()\n"
JAVA = "class A extends B {\n  /** doc */\n  int m() { return f(1); }\n}\n"


def test_an_edited_tree_knows_the_new_text_and_the_old_one_still_the_old():
    before = parse_text("python", PYTHON)
    at = PYTHON.index("m(self)")
    after = edited(before, Replacement(Span(at, at + 1), "größer"))
    assert [one.name for one in facts_of_tree(after).symbols] == ["A", "größer", "x"]
    assert [one.name for one in facts_of_tree(before).symbols] == ["A", "m", "x"]


@pytest.mark.parametrize(("language", "text"), [("python", PYTHON), ("java", JAVA)])
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_tree_after_edits_has_the_facts_of_the_whole_text_parsed_anew(language, text, data):
    tree = parse_text(language, text)
    pieces = [
        "",
        "x",
        "\n",
        "\r\n",
        "(",
        ")",
        '"""',
        "é\U0001f600",
        "class B:\n    y = 1\n",
        "{",
        "\ud800",
    ]
    for _ in range(data.draw(st.integers(1, 5))):
        start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(tree.text))] * 2)))
        end = min(end, start + 12)
        tree = edited(tree, Replacement(Span(start, end), data.draw(st.sampled_from(pieces))))
    anew = parse_text(language, tree.text)
    assert facts_of_tree(tree) == facts_of_tree(anew)
    assert facts_of_tree(anew) == facts_of(language, tree.text.encode("utf-8", "replace"))


def test_text_that_a_grammar_crashes_on_has_no_tree_until_it_is_edited_away():
    tree = parse_text("yaml", "- " * 1000 + "x\n")
    assert facts_of_tree(tree).is_broken
    tree = edited(tree, Replacement(Span(0, 2000), "key: "))
    assert [one.name for one in facts_of_tree(tree).symbols] == ["key"]


def test_typing_a_function_letter_by_letter_ends_with_that_function():
    tree = parse_text("python", "")
    text = "def f(a):\n    return g(a)\n"
    for start, end in pairwise(range(len(text) + 1)):
        tree = edited(tree, Replacement(Span(start, start), text[start:end]))
    facts = facts_of_tree(tree)
    assert [one.name for one in facts.symbols] == ["f"]
    assert [one.name for one in facts.references] == ["g"]
