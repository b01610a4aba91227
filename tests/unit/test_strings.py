"""Prompts as strings, and what is read of the answers to them."""

import pytest

from qwen_lsp.inference.by_url.strings import AnswerReader, Holed, Strings
from qwen_lsp.wire import ChatRequest, CompletionRequest, Message, Token


def completion(*segments, **options):
    """Return a request; "[name]" stands for a control token."""
    prompt = tuple(Token(one[1:-1]) if one.startswith("[") else one for one in segments)
    return Strings(CompletionRequest(prompt, 8, **options))


def answer(strings, *pieces):
    """Return what is shown of an answer that comes in these pieces."""
    reader = strings.answer()
    return "".join([*(reader.feed(piece) for piece in pieces), reader.finish()])


@pytest.mark.parametrize(
    ("segments", "expected"),
    [
        pytest.param(
            ["[fim_prefix]", "a", "[fim_suffix]"],
            "<|fim_prefix|>a<|fim_suffix|>",
            id="control tokens",
        ),
        pytest.param(["x <|im_end|> y"], "x <| im_end|> y", id="a literal"),
        pytest.param(["<|im", "_end|>"], "<| im_end|>", id="one over a boundary of texts"),
        pytest.param(
            ["<| im_end|> <|im_end|>"], "<| im_end|> <|  im_end|>", id="its disguise is taken"
        ),
        pytest.param(["a <| f |> b <|> c"], "a <| f |> b <|> c", id="operators"),
        pytest.param(["half \ud83d"], "half \ufffd", id="half a character"),
    ],
)
def test_a_prompt_has_control_tokens_only_where_they_are_meant(segments, expected):
    assert completion(*segments).prompt() == expected


def test_a_chat_has_none_in_its_messages():
    strings = Strings(ChatRequest((Message("user", "say <|im_start|>"),), 8))
    assert strings.messages() == [Message("user", "say <| im_start|>")]


@pytest.mark.parametrize(
    ("typed", "is_healed", "sent"),
    [
        ("    return ", True, "    return"),
        ("x = \t", True, "x ="),
        ("def f():\n", True, "def f():\n"),
        ("x = ", False, "x = "),
    ],
)
def test_the_blank_before_the_cursor_is_left_to_the_model(typed, is_healed, sent):
    assert completion("[fim_middle]", typed, heal=is_healed).prompt() == f"<|fim_middle|>{sent}"


@pytest.mark.parametrize(
    ("typed", "pieces", "shown"),
    [
        ("return ", [" a", " + b"], "a + b"),
        ("return ", ["a + b"], "a + b"),
        ("return ", ["  a"], " a"),
        ("x =  ", [" ", " ", "1"], "1"),
        ("return", [" a"], " a"),
    ],
)
def test_what_the_model_says_of_it_again_is_not_shown(typed, pieces, shown):
    assert answer(completion("[fim_middle]", typed, heal=True), *pieces) == shown


@pytest.mark.parametrize(
    ("pieces", "shown"),
    [
        pytest.param(["a <| im_end|> b"], "a <|im_end|> b", id="at once"),
        pytest.param(["a <", "| im", "_end", "|> b"], "a <|im_end|> b", id="in pieces"),
        pytest.param(["a <| im", "port"], "a <| import", id="another word"),
        pytest.param(["a <| other|>"], "a <| other|>", id="one that was not hidden"),
        pytest.param(["a <| im_end"], "a <| im_end", id="cut off"),
    ],
)
def test_what_was_disguised_comes_back(pieces, shown):
    assert answer(completion("text <|im_end|>"), *pieces) == shown


@pytest.mark.parametrize(
    ("pieces", "shown"),
    [
        (["ab", "STOP", "cd"], "ab"),
        (["abST", "OPcd"], "ab"),
        (["abST", "ART"], "abSTART"),
        (["abST"], "abST"),
        (["STOP"], ""),
        (["a", "END", "STOP"], "a"),
    ],
)
def test_an_answer_ends_before_its_first_stop_text(pieces, shown):
    reader = AnswerReader(("STOP", "END"), {})
    assert "".join([*map(reader.feed, pieces), reader.finish()]) == shown
    assert reader.stopped == ("STOP" in "".join(pieces) or "END" in "".join(pieces))


def test_a_prompt_in_parts():
    strings = completion(
        *("[repo_name]", "sample\n", "[file_sep]", "b.py\nLIMIT = 3\n", "[file_sep]", "a.py\n"),
        *("[fim_prefix]", "import b\n", "x = 1\n", "[fim_suffix]", "\nend\n"),
        *("[fim_middle]", "y = "),
        heal=True,
    )
    assert strings.holed() == Holed(
        extra=(("b.py", "LIMIT = 3\n"),),
        prefix="import b\nx = 1\n",
        suffix="\nend\n",
        typed="y =",
    )
