"""Facts that were packed are the same facts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qwen_lsp.index.facts import KINDS, FileFacts, Import, Reference, Symbol
from qwen_lsp.index.packing import (
    REFERENCE_KINDS,
    Uses,
    grouped_uses,
    pack,
    pack_ids,
    pack_symbol,
    unpack_ids,
    unpack_imports,
    unpack_symbol,
    unpack_uses,
    uses_of,
)

LINES = st.integers(0, 2**31 - 1)
REFERENCES = st.lists(
    st.builds(
        Reference,
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n"), min_size=1),
        st.sampled_from(REFERENCE_KINDS),
        LINES,
    ),
    unique=True,
)


def facts(references=(), symbols=(), imports=()):
    return FileFacts("python", 9, tuple(symbols), tuple(references), tuple(imports))


@given(REFERENCES)
def test_uses_are_the_same_after_they_were_stored(references):
    packed = pack(facts(references), ())
    uses = unpack_uses(packed.uses)
    assert uses == grouped_uses(facts(references))
    assert {(one.name, one.kind, line) for one in uses for line in one.lines} == {
        (one.name, one.kind, one.line) for one in references
    }
    assert packed.references == len(references)
    assert set(packed.used.split("\n")) - {""} == {one.name for one in references}
    for name in {one.name for one in references}:
        assert uses_of(name, packed.uses) == [one for one in uses if one.name == name]


def test_lines_of_a_use_are_in_order_whatever_the_parser_does():
    packed = pack(facts([Reference("f", "call", line) for line in (9, 2, 400)]), ())
    assert unpack_uses(packed.uses) == [Uses("f", "call", (2, 9, 400))]


def test_a_name_with_a_line_end_is_left_out():
    packed = pack(facts([Reference("a\nb", "call", 1), Reference("c", "call", 1)]), ())
    assert (packed.used, [one.name for one in unpack_uses(packed.uses)]) == ("c", ["c"])


@pytest.mark.parametrize(
    "symbol",
    [
        Symbol("f", "function", "", 3, 9, 4, 4, 4),
        Symbol("f", "method", "A.B", 3, 9, 4, 4, 4, 5, 6, "list[int]", ("C", "D[E, F]")),
        Symbol("f", "macro", "", 10, 12, 10, 10, 4, 7, 9),
        Symbol("f", "class", "", 0, 0, 0, 0, 0, 0, 0),
    ],
    ids=["plain", "everything", "documentation above it", "all on the first line"],
)
def test_a_symbol_is_the_same_after_it_was_stored(symbol):
    assert unpack_symbol(pack_symbol(symbol)) == symbol


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_symbol_can_be_stored(kind):
    assert unpack_symbol(pack_symbol(Symbol("a", kind, "", 0, 0, 0, 0, 0))).kind == kind


def test_imports_are_the_same_after_they_were_stored():
    imports = (Import("..a", "b", "c", 4), Import("d", "", "", 5))
    assert unpack_imports(pack(facts(imports=imports), ()).imports) == imports
    assert unpack_imports(pack(facts(), ()).imports) == ()


def test_packed_numbers_can_be_put_behind_each_other():
    assert list(unpack_ids(pack_ids([1, 2**32 - 1]) + pack_ids([7]))) == [1, 2**32 - 1, 7]
