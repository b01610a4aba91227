import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qwen_lsp.index.similar import jaccard, rarest, rerank

FREQUENCIES = {"self": 900, "order": 12, "basket": 3, "voucher": 3, "path": 400}


@pytest.mark.parametrize(
    ("near", "count", "expected"),
    [
        pytest.param("self order basket", 40, "basket order self", id="rarest first"),
        pytest.param("voucher basket", 40, "voucher basket", id="equally rare ones in order"),
        pytest.param("order order order", 40, "order", id="each once"),
        pytest.param("order unheard_of", 40, "order", id="none that is nowhere else"),
        pytest.param("self path order basket", 2, "basket order", id="no more than asked for"),
        pytest.param("", 40, "", id="none of none"),
    ],
)
def test_the_rarest_identifiers_are_chosen(near, count, expected):
    found = rarest(near.split(), lambda one: FREQUENCIES.get(one, 0), count)
    assert found == expected.split()


def test_a_frequency_is_asked_for_once():
    asked = []

    def document_frequency(one: str) -> int:
        asked.append(one)
        return 1

    rarest(["a", "b", "a"], document_frequency)
    assert asked == ["a", "b"]


@pytest.mark.parametrize(
    ("some", "others", "expected"),
    [
        ("a b c", "b c d", 0.5),
        ("a b", "a b", 1.0),
        ("a", "b", 0.0),
        ("", "a", 0.0),
        ("", "", 0.0),
    ],
)
def test_likeness_of_two_sets(some, others, expected):
    assert jaccard(set(some.split()), set(others.split())) == expected


def test_candidates_are_ordered_by_likeness():
    candidates = [
        ("far", {"x", "y"}),
        ("half", {"a", "b", "x", "y"}),
        ("same", {"a", "b"}),
        ("also half", {"a"}),
    ]
    assert rerank({"a", "b"}, candidates) == [("same", 1.0), ("half", 0.5), ("also half", 0.5)]


words = st.frozensets(st.sampled_from("abcdef"))


@settings(deadline=None)
@given(words, words)
def test_likeness_is_the_same_both_ways_and_full_only_for_the_same(some, others):
    assert jaccard(some, others) == jaccard(others, some)
    assert (jaccard(some, others) == 1) == (some == others != frozenset())
