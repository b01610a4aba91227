"""What is taken back of a prompt, so that the model begins where it always saw a beginning."""

import pytest


@pytest.mark.parametrize(
    ("text", "taken_back"),
    [
        pytest.param("total = su", " su", id="a word with the blank before it"),
        pytest.param("self.pri", ".pri", id="a word with the dot before it"),
        pytest.param("return ", " ", id="blanks"),
        pytest.param("await self._store.", ".", id="a dot"),
        pytest.param("print(", "(", id="an opening bracket"),
        pytest.param("names = [[", " [[", id="several signs"),
        pytest.param("a = 1\n", "", id="nothing of a line that has ended"),
        pytest.param("a = 1\n    ", "    ", id="indentation"),
    ],
)
def test_what_is_taken_back(dense, text, taken_back):
    tokens = dense.model.tokenize(text, special=False)
    left, required = dense.healer.take_back(tokens, 0)
    assert required.decode() == taken_back
    assert b"".join(dense.model.piece(int(token)) for token in left).decode() + taken_back == text


def test_a_control_token_is_never_taken_back(dense):
    middle = dense.model.tokenize("<|fim_middle|>", special=True)
    assert len(middle) == 1
    tokens = [*dense.model.tokenize("a = b", special=False), *middle]
    assert dense.healer.take_back(tokens, 0) == (tokens, b"")
    typed = [*tokens, *dense.model.tokenize("c.", special=False)]
    left, required = dense.healer.take_back(typed, 0)
    assert (list(left), required) == (typed[:-1], b".")


def test_what_must_follow_may_be_one_token_with_the_next_word(real):
    tokens = real.model.tokenize("import os\n\nfolder = os.path.", special=False)
    left, required = real.healer.take_back(tokens, 0)
    pieces = {real.model.piece(int(token)) for token in real.healer.candidates(required)}
    assert {b".", b".join"} <= pieces
    assert not any(piece.startswith(b" ") for piece in pieces)
    assert len(left) == len(tokens) - 1
