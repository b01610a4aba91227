"""Request bodies there and back, and what is said about bad ones."""

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qwen_lsp.wire import (
    PRIORITIES,
    ChatRequest,
    CompletionRequest,
    Image,
    Likely,
    Message,
    Token,
    Usage,
    parse_chat,
    parse_completion,
    request_json,
    server_sent_events,
)

DATA_URL = "data:image/png;base64,AAAA"

common = {
    "max_tokens": st.integers(0, 100_000),
    "document": st.text(max_size=8),
    "priority": st.sampled_from(PRIORITIES),
    "stop": st.lists(st.text(min_size=1, max_size=4), max_size=3).map(tuple),
    "temperature": st.floats(0, 2),
}
segments = st.text(max_size=8) | st.builds(Token, st.sampled_from(["fim_prefix", "file_sep"]))
prompts = st.lists(segments, min_size=1, max_size=4).map(tuple)
images = st.builds(Image, st.sampled_from(["image/png", "image/svg+xml"]), st.text("aZ9+/="))
messages = st.builds(
    Message,
    st.sampled_from(["system", "user"]),
    st.text(max_size=8),
    st.lists(images, max_size=2).map(tuple),
)
completions = prompts.flatmap(
    lambda prompt: st.builds(
        CompletionRequest,
        prompt=st.just(prompt),
        trunk=st.integers(0, len(prompt)),
        heal=st.booleans(),
        avoid=st.lists(st.text(max_size=4), max_size=2).map(tuple),
        likely=st.lists(st.builds(Likely, st.text(max_size=4), st.floats(0, 9)), max_size=2).map(
            tuple
        ),
        **common,
    )
)
chats = st.builds(
    ChatRequest,
    messages=st.lists(messages, min_size=1, max_size=3).map(tuple),
    thinking=st.booleans(),
    **common,
)


@settings(deadline=None)
@given(completions)
def test_a_completion_request_arrives_as_it_was_sent(request):
    assert parse_completion(json.loads(json.dumps(request_json(request)))) == request


@settings(deadline=None)
@given(chats)
def test_a_chat_request_arrives_as_it_was_sent(request):
    assert parse_chat(json.loads(json.dumps(request_json(request)))) == request


@pytest.mark.parametrize(
    ("parse", "body", "request_"),
    [
        pytest.param(
            parse_completion,
            {"prompt": "a"},
            CompletionRequest(("a",), max_tokens=256, trunk=1),
            id="a prompt that is a text",
        ),
        pytest.param(
            parse_completion,
            {"prompt": "a", "stop": "b", "temperature": 1, "model": "x", "n": 1},
            CompletionRequest(("a",), max_tokens=256, trunk=1, stop=("b",), temperature=1.0),
            id="one stop text, and fields that nobody knows",
        ),
        pytest.param(
            parse_completion,
            {"prompt": "a", "stop": ["", "b"]},
            CompletionRequest(("a",), max_tokens=256, trunk=1, stop=("b",)),
            id="an empty stop text stops nothing",
        ),
        pytest.param(
            parse_completion,
            {"prompt": "a", "stop": None},
            CompletionRequest(("a",), max_tokens=256, trunk=1),
            id="no stop texts",
        ),
        pytest.param(
            parse_chat,
            {
                "messages": [
                    {
                        "content": [
                            {"type": "text", "text": "a"},
                            {"type": "image_url", "image_url": {"url": DATA_URL, "detail": "low"}},
                            {"type": "text", "text": "b"},
                        ]
                    }
                ]
            },
            ChatRequest((Message("user", "ab", (Image("image/png", "AAAA"),)),), max_tokens=256),
            id="an image between texts",
        ),
        pytest.param(
            parse_chat,
            {"messages": [{"content": "a"}], "chat_template_kwargs": None},
            ChatRequest((Message("user", "a"),), max_tokens=256),
            id="a message without a role",
        ),
    ],
)
def test_a_foreign_clients_body_is_understood(parse, body, request_):
    assert parse(body) == request_


def check(parse, body, says):
    with pytest.raises(ValueError, match=re.escape(says)) as caught:
        parse(body)
    assert str(caught.value).endswith(".")


GOOD = {"prompt": "a", "messages": [{"role": "user", "content": "a"}]}


@pytest.mark.parametrize(
    ("parse", "body", "says"),
    [
        pytest.param(parse_completion, {}, "`prompt`", id="no prompt"),
        pytest.param(parse_completion, {"prompt": 7}, "`prompt`", id="a number as prompt"),
        pytest.param(parse_completion, {"prompt": []}, "`prompt`", id="an empty prompt"),
        pytest.param(parse_completion, {"prompt": ["a", 7]}, "segment", id="a number as segment"),
        pytest.param(parse_completion, {"prompt": [{"token": 7}]}, "segment", id="a bad token"),
        pytest.param(parse_completion, {"prompt": [{}]}, "segment", id="a segment without token"),
        pytest.param(parse_completion, {"prompt": "a", "trunk": 2}, "`trunk`", id="a long trunk"),
        pytest.param(parse_completion, {"prompt": "a", "trunk": -1}, "`trunk`", id="trunk below 0"),
        pytest.param(parse_completion, {"prompt": "a", "trunk": "1"}, "`trunk`", id="a text trunk"),
        pytest.param(parse_chat, {}, "`messages`", id="no messages"),
        pytest.param(parse_chat, {"messages": []}, "`messages`", id="empty messages"),
        pytest.param(parse_chat, {"messages": {"content": "a"}}, "`messages`", id="one message"),
        pytest.param(parse_chat, {"messages": ["a"]}, "Each message", id="a text as message"),
        pytest.param(parse_chat, {"messages": [{"role": "user"}]}, "`content`", id="no content"),
        pytest.param(
            parse_chat, {"messages": [{"content": ["a"]}]}, "a list of parts", id="texts as content"
        ),
        pytest.param(
            parse_chat,
            {"messages": [{"content": [{"text": "a"}]}]},
            "`content`",
            id="a part of no type",
        ),
        pytest.param(
            parse_chat,
            {"messages": [{"content": [{"type": "image_url", "image_url": DATA_URL}]}]},
            "data URL in base64; nothing is fetched",
            id="an image without a url",
        ),
        pytest.param(
            parse_chat,
            {
                "messages": [
                    {"content": [{"type": "image_url", "image_url": {"url": "http://e/b.png"}}]}
                ]
            },
            "data URL in base64; nothing is fetched",
            id="an image elsewhere",
        ),
        pytest.param(
            parse_chat, {**GOOD, "chat_template_kwargs": "x"}, "`chat_template_kwargs`", id="kwargs"
        ),
    ],
)
def test_a_bad_body_is_answered_with_a_sentence(parse, body, says):
    check(parse, body, says)


@pytest.mark.parametrize("parse", [parse_completion, parse_chat])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("max_tokens", -1, id="tokens below 0"),
        pytest.param("max_tokens", "9", id="tokens as text"),
        pytest.param("max_tokens", 1.5, id="half a token"),
        pytest.param("max_tokens", None, id="tokens as null"),
        pytest.param("stop", 7, id="a number as stop text"),
        pytest.param("stop", ["a", 7], id="a number among stop texts"),
        pytest.param("priority", "high", id="an unknown priority"),
        pytest.param("priority", None, id="priority as null"),
        pytest.param("priority", ["edit"], id="a list of priorities"),
        pytest.param("temperature", -0.1, id="temperature below 0"),
        pytest.param("temperature", "0", id="temperature as text"),
        pytest.param("temperature", float("nan"), id="temperature NaN, which Python's JSON reads"),
    ],
)
def test_a_bad_common_field_is_answered_with_its_name(parse, name, value):
    check(parse, {**GOOD, name: value}, f"`{name}`")


def test_events_end_at_done_and_other_lines_are_skipped():
    lines = [
        ": hello",
        "",
        'data: {"a": 1}',
        "event: x",
        'data:{"a": 2}',
        "data: [DONE]",
        "data: {",
    ]
    assert list(server_sent_events(iter(lines))) == [{"a": 1}, {"a": 2}]


def test_what_the_cache_had_is_not_evaluated():
    assert Usage(prompt_tokens=10, cached_tokens=7).evaluated_tokens == 3
