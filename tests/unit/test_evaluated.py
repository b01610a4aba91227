"""What an engine by URL is taken to have in its cache, and what it is asked for to have more."""

from collections.abc import Iterable
from itertools import pairwise

import pytest

from qwen_lsp.inference.by_url.evaluated import MOST_KEPT, TOKEN_LENGTH, Evaluated
from qwen_lsp.tokens import estimated_tokens
from qwen_lsp.wire import CompletionRequest, Token

PREFIX, MIDDLE = Token("fim_prefix"), Token("fim_middle")


def request(*above: str, typed: str = "x = ", document: str = "one") -> CompletionRequest:
    return CompletionRequest(
        (PREFIX, *above, MIDDLE, typed), 8, trunk=1 + len(above), document=document
    )


CODE = "alpha beta\ngamma delta\n"
WHOLE = f"<|fim_prefix|>{CODE}"


@pytest.mark.parametrize(
    ("before", "now", "left"),
    [
        pytest.param(None, request(CODE), WHOLE, id="nothing is known"),
        pytest.param(request(CODE), request(CODE), "", id="the same"),
        pytest.param(request(CODE), request(CODE, typed="x = y"), "", id="more was typed"),
        pytest.param(request(CODE), request(CODE + "epsilon"), "epsilon", id="longer"),
        pytest.param(
            request(CODE), request("alpha beta\nzeta eta\n"), "zeta eta\n", id="another end"
        ),
        pytest.param(request(CODE), request(CODE, document="two"), WHOLE, id="another document"),
    ],
)
def test_what_is_left_to_evaluate(before, now, left):
    evaluated = Evaluated()
    if before is not None:
        evaluated.begin(before)
        evaluated.end(before)
    assert evaluated.tokens_left(now) == estimated_tokens(left)


def test_a_prompt_that_was_cancelled_leaves_what_it_shares_with_the_one_before():
    evaluated = Evaluated()
    evaluated.begin(request(CODE))
    evaluated.end(request(CODE))
    evaluated.begin(request("alpha zeta"))
    assert evaluated.tokens_left(request("alpha ")) == 0
    assert evaluated.tokens_left(request(CODE)) > 0


def test_the_latest_documents_are_kept():
    evaluated = Evaluated()
    names = [str(number) for number in range(MOST_KEPT + 1)]
    for name in names:
        evaluated.end(request(CODE, document=name))
    left = [evaluated.tokens_left(request(CODE, document=name)) > 0 for name in names]
    assert left == [True] + [False] * MOST_KEPT
    evaluated.forget()
    assert evaluated.tokens_left(request(CODE, document=names[-1])) > 0


def trunk(text: str) -> CompletionRequest:
    return CompletionRequest((PREFIX, text), 0, trunk=2, document="one")


def ten() -> int:
    return 10


def texts(steps: Iterable[CompletionRequest]) -> list[str]:
    return [str(text) for prefix, text in (step.prompt for step in steps) if prefix == PREFIX]


def test_steps_grow_up_to_the_whole_prompt_and_begin_behind_what_is_there():
    evaluated, text = Evaluated(), CODE * 3
    steps = texts(evaluated.steps(trunk(text), ten))
    assert steps[-1] == text
    for one, longer in pairwise(["", *steps]):
        assert longer.startswith(one)
        assert 0 < len(longer) - len(one) <= 10 * TOKEN_LENGTH
    evaluated.end(trunk(CODE * 2))
    assert all(len(step) > len(CODE * 2) for step in texts(evaluated.steps(trunk(text), ten)))
    evaluated.end(trunk(text))
    assert list(evaluated.steps(trunk(text), ten)) == []
