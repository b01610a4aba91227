import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qwen_lsp.index.chunks import chunks
from qwen_lsp.index.facts import Symbol


def symbol(first: int, last: int, doc: int = -1) -> Symbol:
    return Symbol("f", "function", "", first, last, first, first, 0, doc, max(doc, first - 1))


CASES = {
    "a short file is one piece": (60, "10-20 30-40", "0-59"),
    "an empty file has none": (0, "", ""),
    "a text without definitions is cut anywhere": (130, "", "0-59 60-119 120-129"),
    "short definitions are put together": (80, "0-19 20-39 40-59 60-79", "0-59 60-79"),
    "a definition is not cut if it fits": (100, "0-49 50-99", "0-49 50-99"),
    "what stands between goes with the second": (90, "0-39 45-89", "0-39 40-89"),
    "documentation stays with its definition": (90, "0-39 50/42-89", "0-39 40-89"),
    "lines between give way to a definition of the full length": (
        90,
        "0-9 12-71 72-89",
        "0-9 10-11 12-71 72-89",
    ),
    "a head of imports is a piece before a long class": (100, "5-99", "0-4 5-64 65-99"),
    "a long class is cut at its members": (
        120,
        "0-119 5-39 41-79 81-119",
        "0-39 40-79 80-119",
    ),
    "a long function is cut anywhere, what follows it begins a piece": (
        130,
        "0-79 80-129",
        "0-59 60-79 80-129",
    ),
    "a definition that ends behind the file": (70, "0-9 10-300", "0-9 10-69"),
}


@pytest.mark.parametrize(("lines", "symbols", "expected"), CASES.values(), ids=CASES)
def test_a_file_is_cut(lines, symbols, expected):
    found = []
    for each in symbols.split():
        start, _, last = each.partition("-")
        first, _, doc = start.partition("/")
        found.append(symbol(int(first), int(last), int(doc or -1)))
    assert " ".join(f"{first}-{last}" for first, last in chunks(lines, found)) == expected


lines = st.integers(0, 300)


@settings(deadline=None)
@given(lines, st.lists(st.builds(symbol, lines, lines, st.integers(-1, 300))))
def test_every_line_is_in_one_piece_of_at_most_60_lines(line_count, symbols):
    held: list[int] = []
    for first, last in chunks(line_count, symbols):
        assert last - first < 60
        held += range(first, last + 1)
    assert held == list(range(line_count))


@st.composite
def nested(draw, first=0, last=299, depth=0):
    """Definitions in a file, each with others in it, as a parser finds them."""
    found = []
    while first <= last:
        start = draw(st.integers(first, last))
        end = draw(st.integers(start, last))
        found.append(symbol(start, end))
        if depth < 2 and end - start > 4:
            found += draw(nested(start + 1, end - 1, depth + 1))
        first = end + 1
        if draw(st.booleans()):
            break
    return found


# Other work on the machine makes it slow to draw deeply nested definitions.
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(nested())
def test_no_definition_is_cut_that_fits(symbols):
    pieces = chunks(300, symbols)
    for each in symbols:
        if each.last_line - each.first_line < 60:
            assert any(
                first <= each.first_line and each.last_line <= last for first, last in pieces
            )
