"""Where another completion parts from the first one."""

import pytest

from qwen_lsp.features.divergence import divergences_in

SURE, EVEN, UNSURE = -0.01, -0.7, -3.0


@pytest.mark.parametrize(
    ("pieces", "best"),
    [
        pytest.param([("a", EVEN), ("b", SURE)], "│ab", id="at the beginning"),
        pytest.param([("a", SURE), ("b", EVEN), ("c", SURE)], "a│bc", id="where it is least sure"),
        pytest.param([("a", UNSURE), ("b", UNSURE)], "│ab", id="where it likely comes"),
        pytest.param([("\n", SURE), ("a", SURE), ("b", EVEN)], "\na│b", id="in the first code"),
        pytest.param([("  ", UNSURE), ("a", SURE)], "│  a", id="never behind blanks alone"),
        pytest.param([("a\n", SURE), ("b", UNSURE)], "│a\nb", id="in the first line only"),
    ],
)
def test_another_completion_parts_where_the_model_most_likely_writes_something_else(pieces, best):
    text = "".join(piece for piece, _ in pieces)
    ends = [sum(len(piece) for piece, _ in pieces[:count]) for count in range(len(pieces))]
    places = divergences_in(text, [(end, *piece) for end, piece in zip(ends, pieces, strict=True)])
    at = max(places, key=lambda one: one.left).at
    assert f"{text[:at]}│{text[at:]}" == best


def test_a_token_that_is_typed_in_part_is_no_place_to_part():
    assert [one.at for one in divergences_in("n x", [(-5, "return", UNSURE), (1, " x", SURE)])] == [
        1
    ]


def test_where_nothing_is_known_completions_part_at_the_beginning():
    assert [one.at for one in divergences_in("", [])] == [0]


def test_what_another_completion_takes_is_not_left():
    first, second = divergences_in("ab", [(0, "a", EVEN), (1, "b", EVEN)])
    assert first.left > second.left
    first.take((EVEN,))
    assert first.left < second.left
