"""The engine's own HTTP: OpenAI's shapes, refusals, and hanging up. The real model answers."""

import asyncio
import base64
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx2
import pytest

from qwen_lsp import wire
from qwen_lsp.inference import spawn
from qwen_lsp.inference.client import EngineClient
from qwen_lsp.inference.engine import Engine
from qwen_lsp.text import Span
from tests.harness import tiny_hybrid, tiny_projector

FIM = [
    {"token": "fim_prefix"},
    "def add(a, b):\n",
    {"token": "fim_suffix"},
    "\n\nprint(add(1, 2))\n",
    {"token": "fim_middle"},
    "    return ",
]


@pytest.fixture
def tiny_model(model_path: Path, tmp_path: Path) -> Path:
    """A random hybrid model of a test's own, so that it has an engine of its own."""
    path = tmp_path / "tiny-hybrid.gguf"
    tiny_hybrid.build(model_path, path)
    return path


@pytest.fixture
async def tiny_http(tiny_model):
    """A client of an engine that has the tiny model; its projector is what a test puts there."""
    engine = Engine(lambda: tiny_model, idle_minutes=30)
    transport = httpx2.AsyncHTTPTransport(uds=str(spawn.socket_path(tiny_model)))
    async with httpx2.AsyncClient(
        transport=transport, base_url="http://engine", timeout=120
    ) as client:
        yield engine, client
        await client.post(wire.SHUTDOWN)
    await engine.close()


def image_chat(data: bytes) -> dict[str, Any]:
    url = f"data:image/png;base64,{base64.b64encode(data).decode()}"
    image = {"type": "image_url", "image_url": {"url": url}}
    content = [image, {"type": "text", "text": "What is it?"}]
    return {"messages": [{"role": "user", "content": content}], "max_tokens": 4}


async def test_a_model_with_a_projector_answers_about_an_image(tiny_http, tiny_model):
    tiny_projector.build(tiny_model.parent / "mmproj-tiny-f16.gguf")
    engine, client = tiny_http
    await engine.ready()
    assert engine.health.extra["projector"] == "mmproj-tiny-f16.gguf"
    told, other = tiny_projector.png(1), tiny_projector.png(2)
    answers = [
        (await client.post(wire.CHAT, json=image_chat(data))).json() for data in (told, told, other)
    ]
    texts = [answer["choices"][0]["message"]["content"] for answer in answers]
    assert texts[0] == texts[1] != texts[2]
    assert all(answer["usage"]["prompt_tokens"] > 12 for answer in answers)
    refused = await client.post(wire.CHAT, json=image_chat(told[:100]))
    assert (refused.status_code, "cannot be read" in refused.text) == (400, True)


async def test_a_model_without_a_projector_says_that_it_sees_nothing(tiny_http):
    engine, client = tiny_http
    await engine.ready()
    answer = await client.post(wire.CHAT, json=image_chat(tiny_projector.png(1)))
    assert answer.status_code == 503
    assert "tiny-hybrid cannot see images: there is no projector" in answer.text


@pytest.fixture
async def http(model_path: Path):
    """A plain HTTP client on the running engine's socket."""
    engine = Engine(lambda: model_path, idle_minutes=30)
    await engine.ready()
    await engine.close()
    transport = httpx2.AsyncHTTPTransport(uds=str(spawn.socket_path(model_path)))
    async with httpx2.AsyncClient(
        transport=transport, base_url="http://engine", timeout=120
    ) as client:
        yield client


async def test_a_completion_in_openais_shape(http):
    body = {"prompt": "The capital of France is", "max_tokens": 3}
    answer = (await http.post(wire.COMPLETIONS, json=body)).json()
    assert answer["object"] == "text_completion"
    assert "Paris" in answer["choices"][0]["text"]
    assert answer["choices"][0]["finish_reason"] == "length"
    assert len(answer["choices"][0]["logprobs"]["token_logprobs"]) == 3
    usage = answer["usage"]
    assert usage["prompt_tokens"] == 5
    assert usage["completion_tokens"] == 3
    assert usage["total_tokens"] == 8


async def test_a_chat_in_openais_shape(http):
    body = {"messages": [{"role": "user", "content": "Answer with the word yes."}]}
    answer = (await http.post(wire.CHAT, json={**body, "max_tokens": 5})).json()
    message = answer["choices"][0]["message"]
    assert message["role"] == "assistant"
    assert message["content"].lower().startswith("yes")


async def test_a_stream_is_server_sent_events_and_ends_with_done(http):
    body = {"prompt": "One, two,", "max_tokens": 3, "stream": True}
    lines = (await http.post(wire.COMPLETIONS, json=body)).text.split("\n\n")
    assert all(line.startswith("data: ") for line in lines if line)
    assert lines[-2] == "data: [DONE]"


async def test_a_structured_prompt_fills_the_middle_and_is_healed(http):
    body = {"prompt": FIM, "trunk": 4, "max_tokens": 8, "heal": True, "stop": ["\n"]}
    answer = (await http.post(wire.COMPLETIONS, json=body)).json()
    assert answer["choices"][0]["text"] == "a + b"


async def test_typing_on_evaluates_only_what_is_new(http):
    async def evaluated(line: str) -> int:
        # A text of its own: what another document has in the cache would be shared.
        prompt = [FIM[0], "def plus(left, right):\n    ...\n\n\n", *FIM[1:-1], line]
        body = {"prompt": prompt, "trunk": 5, "max_tokens": 4, "document": "typing", "heal": True}
        usage = (await http.post(wire.COMPLETIONS, json=body)).json()["usage"]
        return usage["prompt_tokens"] - usage["prompt_tokens_details"]["cached_tokens"]

    first = await evaluated("    ret")
    later = [await evaluated("    return a"[:end]) for end in range(8, 13)]
    assert first > 10
    assert max(later) <= 2, later


async def test_a_prompt_that_is_too_long_is_refused_with_the_limit(http):
    answer = await http.post(wire.COMPLETIONS, json={"prompt": "word " * 40_000, "max_tokens": 1})
    assert answer.status_code == 400
    assert "window holds 16384" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (wire.COMPLETIONS, b"{"),
        (wire.COMPLETIONS, b"[]"),
        (wire.COMPLETIONS, b"{}"),
        (wire.COMPLETIONS, b'{"prompt": "a", "max_tokens": -1}'),
        (wire.COMPLETIONS, b'{"prompt": [{"token": "no_such"}]}'),
        (wire.CHAT, b'{"messages": []}'),
        (wire.TOKENIZE, b'{"texts": [1]}'),
    ],
)
async def test_a_bad_body_is_refused_with_a_sentence(http, path, body):
    answer = await http.post(path, content=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"]


async def test_an_unknown_path_is_not_found(http):
    assert (await http.get("/v1/embeddings")).status_code == 404


async def test_models_names_the_model_and_its_window(http):
    [model] = (await http.get(wire.MODELS)).json()["data"]
    assert model["id"].startswith("qwen2.5-coder-0.5b")
    assert model["max_model_len"] == 16_384


async def test_the_engine_counts_the_tokens_of_texts(model_path):
    engine = Engine(lambda: model_path, idle_minutes=30)
    await engine.ready()
    texts = ["x = 1", "", "half \ud83d", "x = 1"]
    assert await engine.count_tokens(texts) == [4, 0, 2, 4]
    await engine.close()


async def test_without_an_engine_tokens_are_estimated_and_none_is_started(tiny_model):
    assert await Engine(lambda: tiny_model, 30).count_tokens(["x = 1"]) == [3]
    assert not spawn.socket_path(tiny_model).exists()


async def test_an_engine_that_counts_no_tokens_is_not_missed(scripted):
    engine = Engine(lambda: scripted.model, idle_minutes=30)
    await engine.ready()
    assert await engine.count_tokens(["x = 1"]) == [3]
    await engine.close()


async def test_hanging_up_ends_the_job_for_those_who_wait(http, model_path):
    # On one document two edits run one after the other, so the second one waits for the first.
    client = EngineClient(spawn.socket_path(model_path))
    request = wire.ChatRequest(
        messages=(wire.Message("user", "Count from one to a thousand in words."),),
        max_tokens=4000,
        document="same",
    )
    stream = client.stream(request)
    assert isinstance(await anext(stream), wire.Piece)
    waiting = asyncio.create_task(
        http.post(
            wire.CHAT,
            json={
                "messages": [{"role": "user", "content": "Answer with the word yes."}],
                "max_tokens": 3,
                "document": "same",
            },
        )
    )
    await stream.aclose()
    answer = (await waiting).json()
    assert answer["choices"][0]["message"]["content"].lower().startswith("yes")
    await client.close()


async def test_a_trunk_comes_back_from_disk_after_a_restart(model_path):
    text = "".join(f"value_{number} = {number} * factor\n" for number in range(60))
    request = wire.CompletionRequest(
        prompt=(wire.Token("fim_prefix"), text, wire.Token("fim_suffix"), wire.Token("fim_middle")),
        trunk=2,
        max_tokens=4,
        document="restart",
    )

    async def ask() -> tuple[str, wire.Usage]:
        engine = Engine(lambda: model_path, idle_minutes=30)
        answer, usage = "", wire.Usage()
        async for event in engine.answer(request):
            if isinstance(event, wire.End):
                usage = event.usage
            else:
                answer += event.text
        await engine.close()
        return answer, usage

    cold, first = await ask()
    subprocess.run([sys.executable, "-m", "qwen_lsp", "engine", "stop"], check=True)
    restored, second = await ask()
    assert first.evaluated_tokens > 300
    assert second.evaluated_tokens <= 3
    assert restored == cold


async def test_an_engine_leaves_when_nobody_asks(tiny_model):
    await _until_gone(spawn.ensure_running(tiny_model, 0.001, keeps_cache=False))


async def test_an_engine_that_nobody_needs_leaves_for_another_model(tiny_model, model_path):
    subprocess.run([sys.executable, "-m", "qwen_lsp", "engine", "stop"], check=True)
    assert await asyncio.to_thread(spawn.make_room, model_path) == "none"
    socket = spawn.ensure_running(tiny_model, 30, keeps_cache=False)
    client = EngineClient(socket)
    while (await client.health()).state == "loading":
        await asyncio.sleep(0.05)
    await client.count_tokens(["x = 1"])
    assert await asyncio.to_thread(spawn.make_room, model_path) == "needed"  # just now
    while (room := await asyncio.to_thread(spawn.make_room, model_path)) == "needed":
        await asyncio.sleep(0.5)
    await client.close()
    assert room == "made"
    assert socket not in spawn.running()


async def test_an_engine_imports_nothing_from_the_folder_it_is_started_in(
    tiny_model, tmp_path, monkeypatch
):
    for name in ("json.py", "qwen_lsp.py", "click.py"):
        (tmp_path / name).write_text("import os\nos._exit(3)\n")
    monkeypatch.chdir(tmp_path)
    client = EngineClient(spawn.ensure_running(tiny_model, 30, keeps_cache=False))
    while (health := await client.health()).state == "loading":
        await asyncio.sleep(0.05)
    assert health.state == "ready"
    await client.shut_down()
    await client.close()


async def test_an_engine_for_an_older_file_is_replaced(tiny_model):
    old = spawn.ensure_running(tiny_model, 30, keeps_cache=False)
    os.utime(tiny_model, ns=(0, 0))
    new = spawn.ensure_running(tiny_model, 30, keeps_cache=False)
    assert new != old
    await _until_gone(old)
    client = EngineClient(new)
    assert (await client.health()).state != "failed"
    await client.shut_down()
    await client.close()


async def test_a_hybrid_model_serves_an_editor(open_editor, tiny_model):
    editor = await open_editor(options={"model": str(tiny_model)})
    uri, marks = editor.open("maths.py", "def add(a, b):\n    return a + b\n\nx = │\n")
    for at, typed in enumerate("add(1", marks.cursor):
        await editor.complete(uri, at)  # what a random model offers means nothing
        editor.change(uri, Span(at, at), typed)
    status = await editor.status()
    assert (status.engine.state, status.engine.model) == ("ready", tiny_model.stem)
    client = EngineClient(spawn.socket_path(tiny_model))
    assert (await client.metrics())["prompt_tokens_reused_total"] > 0
    await client.shut_down()
    await client.close()


async def _until_gone(socket: Path) -> None:
    async with asyncio.timeout(60):
        while socket.exists():
            await asyncio.sleep(0.05)
