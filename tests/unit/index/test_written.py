import pytest

from qwen_lsp.index.written import (
    bare_owner,
    imports_in_paths,
    is_class_name,
    names_in,
    on_one_line,
)


@pytest.mark.parametrize(
    ("paths", "imports"),
    [
        pytest.param("a.b.C", [("a.b", "C", "")], id="a path"),
        pytest.param("a", [("a", "", "")], id="one name is a module"),
        pytest.param("a::b as c", [("a", "b", "c")], id="an alias"),
        pytest.param("a.b.*", [("a.b", "*", "")], id="a wildcard"),
        pytest.param("a.b._", [("a.b", "*", "")], id="Scala's wildcard"),
        pytest.param("a::{self, B}", [("a", "", ""), ("a", "B", "")], id="the module itself"),
        pytest.param(
            "a::{b::{C, d as e}, f::*}",
            [("a::b", "C", ""), ("a::b", "d", "e"), ("a::f", "*", "")],
            id="braces in braces",
        ),
        pytest.param("a.b.{C => D, _}", [("a.b", "C", "D"), ("a.b", "*", "")], id="Scala's braces"),
        pytest.param(r"A\B\{C, D as E}", [(r"A\B", "C", ""), (r"A\B", "D", "E")], id="PHP's"),
        pytest.param("a.b, c.d", [("a", "b", ""), ("c", "d", "")], id="two paths"),
        pytest.param("a::{b, ", [("a", "b", "")], id="a brace that is not closed"),
        pytest.param("{a, b::c}", [("a", "", ""), ("b", "c", "")], id="braces alone"),
    ],
)
def test_a_path_stands_for_imports(paths, imports):
    found = imports_in_paths(paths, 3)
    assert [(one.module, one.name, one.alias) for one in found] == imports
    assert {one.line for one in found} == {3}


@pytest.mark.parametrize(
    ("braces", "names"),
    [
        ("{a, b as c}", [("a", "", 1), ("b", "c", 4)]),
        ("{ type A, type, type as B, typed }", [("A", "", 7), ("type", "", 10), ("type", "B", 16)]),
        ("{a: b, c = 1, ...rest}", [("a", "b", 1), ("c", "", 7)]),
        ("{\n  a, // one, two\n  b,\n}", [("a", "", 4), ("b", "", 21)]),
        ('{"a-b" as c, default as d}', [("a-b", "c", 1), ("default", "d", 13)]),
        ("{}", []),
        ("{a, b", [("a", "", 1), ("b", "", 4)]),
    ],
)
def test_names_in_braces_come_with_their_aliases_and_places(braces, names):
    assert list(names_in(braces))[:3] == names


def test_braces_without_end_are_no_recursion():
    assert imports_in_paths("a::{" * 500, 0) == []


@pytest.mark.parametrize(
    ("written", "owner"),
    [("*List[T]", "List"), ("a::B<T>", "a.B"), (r"A\B", "A.B"), ("", "")],
)
def test_an_owner_is_a_bare_name(written, owner):
    assert bare_owner(written) == owner


@pytest.mark.parametrize("callee", ["Engine", "http.Client", "_Cache"])
def test_a_capital_letter_makes_a_class(callee):
    assert is_class_name(callee)


@pytest.mark.parametrize("callee", ["make", "http.get", "_cache", "Engine.make", ""])
def test_a_small_letter_makes_none(callee):
    assert not is_class_name(callee)


def test_a_type_over_lines_comes_on_one_and_a_huge_one_not_at_all():
    assert on_one_line("dict[\n    str,\tint\n]") == "dict[ str, int ]"
    assert on_one_line("x" * 201) == ""
