"""What every engine has to do, whoever made it."""

import asyncio
import base64
from contextlib import aclosing

import pytest

from qwen_lsp import wire
from qwen_lsp.context.qwen import CONTROL_TEXTS
from qwen_lsp.errors import EngineError
from qwen_lsp.inference.by_url.engine import UrlEngine
from qwen_lsp.inference.by_url.host import Address
from qwen_lsp.text import Span
from qwen_lsp.wire import Token
from tests.harness.recorded_engines import endless
from tests.harness.tiny_projector import png

ABOVE = "def add(a, b):\n"
BELOW = "\n\nprint(add(1, 2))\n"


def hole(typed="    return ", above=ABOVE, **options):
    """Return a completion laid out like the server's."""
    prompt = (
        *(Token("repo_name"), "sample\n", Token("file_sep"), "other.py\nLIMIT = 3\n"),
        *(Token("file_sep"), "add.py\n", Token("fim_prefix"), above),
        *(Token("fim_suffix"), BELOW, Token("fim_middle"), typed),
    )
    options = {"max_tokens": 16, "stop": ("\n", *CONTROL_TEXTS), "heal": True, **options}
    return wire.CompletionRequest(prompt, trunk=len(prompt) - 2, document="add.py#0", **options)


def chat(content="Answer with the word yes.", **options):
    return wire.ChatRequest((wire.Message("user", content),), **{"max_tokens": 8, **options})


async def ask(subject, request):
    """Return an answer's pieces and its end."""
    async with aclosing(subject.engine.answer(request)) as events:
        *pieces, end = [event async for event in events]
    assert isinstance(end, wire.End)
    return [piece.text for piece in pieces], end


async def test_it_says_what_it_is(subject):
    await subject.engine.ready()
    health = subject.engine.health
    assert (health.state, health.fills_in_the_middle) == ("ready", True)
    assert "qwen2.5-coder" in health.model.lower()
    assert health.window >= 4096


async def test_it_fills_the_hole(subject):
    pieces, end = await ask(subject, hole())
    assert "".join(pieces) == "a + b"
    assert end.reason == "stop"


async def test_what_it_writes_comes_in_pieces(subject):
    pieces, _end = await ask(subject, hole())
    assert len(pieces) > 1


async def test_it_stops_where_it_is_told_to(subject):
    pieces, end = await ask(subject, hole(stop=(" b",)))
    assert "".join(pieces) == "a +"
    assert end.reason == "stop"


async def test_it_stops_at_the_limit(subject):
    pieces, end = await ask(subject, hole(max_tokens=2))
    assert "".join(pieces) == "a +"
    assert end.reason == "length"


async def test_it_tells_how_sure_it_is(subject):
    async with aclosing(subject.engine.answer(hole())) as events:
        pieces = [event async for event in events if isinstance(event, wire.Piece)]
    assert all(-1 < number <= 0 for piece in pieces for number in piece.logprobs)
    assert pieces[0].logprobs


async def test_a_typed_blank_is_neither_lost_nor_said_twice(subject):
    # The recorded ones begin with a word, like a model that was not told of the blank.
    with_blank, _ = await ask(subject, hole("    return "))
    assert "".join(with_blank) == "a + b"


async def test_evaluating_ahead_says_nothing(subject):
    pieces, _end = await ask(subject, hole(max_tokens=0, priority="warm"))
    assert "".join(pieces) in ("", "a", "1")


async def test_hanging_up_ends_the_work(subject):
    if subject.recorded is not None:
        subject.recorded.scripts.append(endless())
    request = chat("Count from one to a thousand in words.", max_tokens=4000, priority="explain")
    stream = subject.engine.answer(request)
    assert isinstance(await anext(stream), wire.Piece)
    assert await subject.working() == 1
    await stream.aclose()
    async with asyncio.timeout(60):
        while await subject.working():
            await asyncio.sleep(0.02)


async def test_a_chat_is_streamed(subject):
    pieces, end = await ask(subject, chat())
    assert "".join(pieces).lower().startswith("yes")
    assert len(pieces) > 1
    assert end.reason in ("stop", "length")


async def test_an_image_goes_where_the_engine_takes_it_or_is_refused(subject):
    image = wire.Image("image/png", base64.b64encode(png(1, 8, 8)).decode())
    message = wire.Message("user", "Answer with the word yes.", (image,))
    request = wire.ChatRequest((message,), max_tokens=8)
    if subject.recorded is None:  # the model has no projector
        with pytest.raises(EngineError, match=r"image|mmproj|multimodal"):
            await ask(subject, request)
        return
    pieces, _end = await ask(subject, request)
    assert "".join(pieces).lower().startswith("yes")
    [sent] = subject.recorded.requests[-1].body["messages"]
    if subject.kind == "ollama":
        assert sent["images"] == [image.base64]
        assert sent["content"] == message.content
    else:
        url = f"data:image/png;base64,{image.base64}"
        assert sent["content"] == [
            {"type": "image_url", "image_url": {"url": url}},
            {"type": "text", "text": message.content},
        ]


async def test_control_tokens_in_a_text_stay_text(subject):
    # Acting, each of these would end the code above, or begin another task.
    above = "".join(f"# {text}\n" for text in CONTROL_TEXTS) + ABOVE
    pieces, _end = await ask(subject, hole(above=above))
    assert "".join(pieces) == "a + b"
    if subject.recorded is not None:
        prompt = subject.recorded.requests[-1].body["prompt"]
        for text in CONTROL_TEXTS:
            expected = text.strip("<|>") in ("fim_prefix", "fim_suffix", "fim_middle", "repo_name")
            assert prompt.count(text) == (2 if "file_sep" in text else expected), text


async def test_half_a_character_is_no_reason_to_refuse(subject):
    pieces, _end = await ask(subject, hole(above='HALF = "\ud83d"\n' + ABOVE))
    assert "".join(pieces) == "a + b"


async def test_tokens_are_counted_or_estimated_and_it_says_which(subject):
    await subject.engine.ready()
    counts = await subject.engine.count_tokens(["x = 1", "", "half \ud83d", "x = 1"])
    assert subject.engine.counts_exactly == (subject.kind not in ("ollama", "openai"))
    if subject.recorded is None:
        assert counts[0] == counts[3] == 4
        assert counts[1] == 0
        assert counts[2] in (2, 3)
    else:
        assert counts == [5, 0, 3, 5] if subject.kind == "vllm" else [3, 0, 2, 3]


async def test_a_prompt_that_is_too_long_is_refused_with_a_sentence(subject):
    with pytest.raises(EngineError, match=r"(?i)context|window"):
        await ask(subject, hole(above="word " * 40_000))
    assert (await ask(subject, hole()))[1].reason == "stop"


async def test_a_model_that_is_not_there_is_named_with_those_that_are(subject):
    if subject.kind == "ours":
        return  # of ours there is one model, which is a file
    [url] = [subject.options["engine"]["url"]]
    engine = UrlEngine([Address(url, model="no-such-model")])
    with pytest.raises(EngineError, match=r"no model no-such-model, only .*(?i:qwen2.5-coder)"):
        await engine.ready()
    assert engine.health.state == "failed"
    await engine.close()


@pytest.mark.parametrize("tail", ["", "/", "/v1", "/v1/"])
async def test_an_address_may_end_as_people_write_it(subject, tail):
    if subject.kind == "ours":
        return
    engine = UrlEngine([Address(subject.options["engine"]["url"] + tail)])
    await engine.ready()
    await engine.close()


async def test_it_serves_an_editor(subject, open_editor):
    editor = await open_editor(options={**subject.options, "index": {"enabled": False}})
    uri, marks = editor.open("add.py", "def add(a, b):\n    return │\n\n\nprint(add(1, 2))\n")
    [item] = await editor.complete(uri, marks.cursor)
    assert item.insert_text == "a + b"
    explaining = asyncio.create_task(editor.explain(uri, Span(0, 14)))
    await editor.until(lambda: bool(editor.told("explanation")), "the first words")
    if subject.recorded is None:
        explaining.cancel()  # a real model has much to say
    else:
        assert await explaining == "Yes."
        subject.recorded.scripts.append(
            ["```python\n", "def add(a, b):\n", "    return a - b\n", "```"]
        )
        answer = await editor.edit(uri, Span(0, 29), "subtract")
        assert "a - b" in editor.after(uri, answer.edit)
    status = await editor.status()
    assert status.engine.state == "ready"
    where = "this machine" if subject.kind == "ours" else subject.options["engine"]["url"][7:]
    assert status.engine.where == where
    assert editor.messages == []
