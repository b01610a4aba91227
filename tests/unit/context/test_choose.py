"""What fits into a budget, in which order, and what stays as it was."""

import pytest

from qwen_lsp.context.choose import WEIGHTS, fitted, fused
from qwen_lsp.context.forms import forms_of
from qwen_lsp.context.place import Candidate
from qwen_lsp.context.snippet import Context, Snippet
from qwen_lsp.index.facts import Symbol


def snippet(name, lines, source="definition", path="a.py", first=0):
    """Return a snippet of so many lines, each of them one token."""
    text = "\n".join(f"{name}{number}" for number in range(lines))
    return Snippet(path, ((first, first + lines - 1),), text, source, name)


def lines_of(one):
    return one.text.count("\n") + 1


def names(context):
    return [(one.reason, one.tokens) for one in context.snippets]


def test_the_longest_form_that_fits_is_taken():
    forms = [(snippet("f", 30), snippet("f", 8), snippet("f", 2))]
    assert names(fitted(forms, 40, lines_of)) == [("f", 8)]


def test_a_thing_is_shrunk_before_another_is_left_out():
    forms = [
        (snippet("f", 60, path="f.py"), snippet("f", 10, path="f.py")),
        (snippet("g", 60, path="g.py"), snippet("g", 10, path="g.py")),
    ]
    assert sorted(names(fitted(forms, 40, lines_of))) == [("f", 10), ("g", 10)]


def test_what_does_not_fit_is_said():
    forms = [(snippet("f", 10, path="f.py"),), (snippet("g", 10, path="g.py"),)]
    context = fitted(forms, 15, lines_of)
    assert (names(context), [one.reason for one in context.left_out]) == ([("f", 10)], ["g"])


def test_a_smaller_thing_behind_it_still_fits():
    forms = [(snippet(name, size, path=name),) for name, size in (("f", 8), ("g", 9), ("h", 2))]
    assert {name for name, _ in names(fitted(forms, 12, lines_of))} == {"f", "h"}


def test_lines_are_not_shown_twice():
    forms = [(snippet("f", 10),), (snippet("again", 10),), (snippet("more", 10, first=20),)]
    assert {name for name, _ in names(fitted(forms, 100, lines_of))} == {"f", "more"}


def test_definitions_come_by_file_and_examples_last_with_the_best_at_the_end():
    forms = [
        (snippet("best example", 1, "similar", "x.py"),),
        (snippet("best", 1, path="b.py", first=9),),
        (snippet("other", 1, path="a.py"),),
        (snippet("above the best", 1, path="b.py"),),
        (snippet("next example", 1, "usage", "y.py"),),
    ]
    assert [name for name, _ in names(fitted(forms, 100, lines_of))] == [
        *("other", "above the best", "best"),
        *("next example", "best example"),
    ]


def test_a_context_begins_like_the_one_before_as_far_as_that_is_wanted():
    old = [(snippet(name, 1, path=name),) for name in ("c", "b", "a")]
    before = fitted(old, 100, lines_of)
    new = [(snippet(name, 1, path=name),) for name in ("a", "new", "b")]
    context = fitted(new, 100, lines_of, before)
    assert [name for name, _ in names(before)] == ["a", "b", "c"]
    assert [name for name, _ in names(context)] == ["a", "b", "new"]


@pytest.mark.parametrize("budget", [0, 1, 7, 100])
def test_the_budget_is_never_exceeded(budget):
    forms = [(snippet(str(size), size, path=str(size)),) for size in range(1, 30)]
    assert fitted(forms, budget, lines_of).tokens <= budget


def test_without_anything_found_the_context_is_empty():
    assert fitted([], 100, lines_of) == Context(budget=100)


def test_what_is_found_in_several_ways_comes_first():
    first = Candidate("a.py", "definition", "only once", (1, 2))
    both = [Candidate("a.py", source, source, (9, 10)) for source in ("definition", "import")]
    [best, *_] = fused([[first, both[0]], [both[1]]])
    assert best.what == (9, 10)


def test_what_is_found_in_several_ways_says_the_reason_that_counts_most():
    both = [Candidate("a.py", source, source, (9, 10)) for source in ("sibling", "members")]
    assert WEIGHTS["members"] > WEIGHTS["sibling"]
    assert [one.reason for one in fused([[both[0]], [both[1]]])] == ["members"]


CLASS = Symbol("Order", "class", "", 0, 40, 0, 0, 6, 1, 3)
METHODS = tuple(
    Symbol(name, "method", "Order", line, line + 8, line, line, 8)
    for name, line in (("price", 5), ("send", 15), ("cancel", 25))
)


def test_a_class_is_shown_by_the_heads_of_its_members():
    [longest, *_] = forms_of(CLASS, METHODS, {})
    assert longest == ((0, 2), (5, 5), (15, 15), (25, 25))


def test_of_a_large_class_the_members_like_what_is_in_play_are_shown():
    many = tuple(
        Symbol(f"method_{number}", "method", "Order", 4 * number, 4 * number + 2, 4 * number, 0, 0)
        for number in range(1, 100)
    )
    wanted = Symbol("cancel_all", "method", "Order", 500, 520, 500, 500, 8)
    shortest = forms_of(CLASS, (*many, wanted), {"cancel": 1.0})[-2]
    assert (500, 500) in shortest


def test_a_short_function_is_shown_whole_a_long_one_by_its_head():
    short, long = (Symbol("f", "function", "", 3, last, 4, 3, 4) for last in (8, 60))
    assert forms_of(short, (), {})[0] == ((3, 8),)
    assert forms_of(long, (), {}) == [((3, 4),)]
