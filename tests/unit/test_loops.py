"""When a model repeats itself."""

import pytest

from qwen_lsp.features.loops import Loop

LONG = (
    "The project is structured with a file that defines its name, its description and its features."
)


@pytest.mark.parametrize(
    ("answer", "loops"),
    [
        pytest.param(f"{LONG} It is small. {LONG} It", True, id="a long sentence once more"),
        pytest.param(f"{LONG}\n- {LONG[:-1]}: x\n{LONG}\n", True, id="a long line once more"),
        pytest.param(f"{LONG} It is small. {LONG}", False, id="before it has ended"),
        pytest.param(f"{LONG} {LONG[:-1]} for you. {LONG[4:]} ", False, id="others like it"),
        pytest.param("It is small. " * 9, False, id="short sentences"),
    ],
)
def test_a_long_sentence_that_comes_again_is_a_loop(answer, loops):
    for size in (1, 7, len(answer)):
        loop = Loop()
        pieces = [answer[at : at + size] for at in range(0, len(answer), size)]
        assert any(loop.closes(piece) for piece in pieces) == loops
