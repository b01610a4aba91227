"""Token counts without a model: estimates, and what is remembered of the engine's counts."""

import pytest

from qwen_lsp.inference import token_counts
from qwen_lsp.inference.token_counts import TokenCounts
from qwen_lsp.tokens import estimated_tokens


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        pytest.param("", 0, id="nothing"),
        pytest.param("return total", 2, id="a blank belongs to the word behind it"),
        pytest.param("x = 2026", 6, id="each digit counts"),
        pytest.param("    if x:\n        y()\n", 7, id="an indentation is one token"),
        pytest.param("internationalisation", 3, id="a long word is several tokens"),
        pytest.param("数据", 2, id="other alphabets count by letters"),
    ],
)
def test_an_estimate_counts_what_tokens_mostly_are(text, tokens):
    assert estimated_tokens(text) == tokens


def test_only_what_nobody_counted_is_asked_for_and_only_once():
    counts = TokenCounts()
    counts.learn(["a", "\ud800"], [1, 3])
    assert counts.unknown(["b", "a", "b", "\ud800"]) == ["b"]
    assert [counts.of("a"), counts.of("\ud800"), counts.of("b")] == [1, 3, None]


def test_the_count_that_was_not_asked_for_longest_is_forgotten(monkeypatch):
    monkeypatch.setattr(token_counts, "REMEMBERED", 2)
    counts = TokenCounts()
    counts.learn(["a", "b"], [1, 2])
    counts.of("a")
    counts.learn(["c"], [3])
    assert counts.unknown(["a", "b", "c"]) == ["b"]
