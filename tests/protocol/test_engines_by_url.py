"""Engines by URL when they fail: one clear message, no hang, no completion, no edit.

The server is a real one over stdio, its engine a recorded one behind a real socket.
"""

import asyncio
import json
import os
import re
from collections.abc import AsyncIterator, Callable
from itertools import pairwise

import pytest
from pygls.exceptions import JsonRpcException

from qwen_lsp import locations, wire
from qwen_lsp.errors import EngineUnusable
from qwen_lsp.inference.by_url.engine import UrlEngine
from qwen_lsp.inference.by_url.host import Address
from qwen_lsp.text import Span
from tests.harness import certificates
from tests.harness.http_server import Asked, Fault
from tests.harness.recorded_engines import HANG, LlamaServer, Ollama, OpenAi, Vllm

CODE = "def add(a, b):\n    return │\n"
KEY = "a-very-secret-key"
PATIENCE_S = 2.0
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"


def writes(path: str) -> bool:
    return path.endswith(("completions", "generate", "chat"))


@pytest.fixture
async def start() -> AsyncIterator[Callable[..., object]]:
    """A function that starts recorded engines; they are stopped at the end."""
    started = []

    async def begin(server, tls=None):
        await server.start(tls)
        started.append(server)
        return server

    yield begin
    for server in started:
        await server.stop()


async def open_on(open_editor, *servers, env=None, **engine):
    urls = dict(zip(("url", "fallbackUrl"), (one.url for one in servers), strict=False))
    return await open_editor(
        options={"engine": {**urls, **engine}, "index": {"enabled": False}},
        env={**os.environ, **(env or {})},
        server=("-m", "qwen_lsp", "serve", "--log-level", "DEBUG"),
    )


async def check_failure(editor, says):
    """Nothing is offered, an edit is refused, and each says why, once."""
    uri, marks = editor.open("add.py", CODE)
    assert await editor.complete(uri, marks.cursor) == []
    assert await editor.complete(uri, marks.cursor) == []
    with pytest.raises(JsonRpcException, match=re.escape(says)):
        await editor.edit(uri, Span(0, 20), "add a docstring")
    assert [says in one for one in editor.messages] == [True], editor.messages
    assert editor.messages[0].endswith(".")
    status = await editor.status()
    assert status.engine.state == "failed"
    assert says in status.engine.message


async def works(editor, name="works.py") -> bool:
    uri, marks = editor.open(name, CODE)
    return [item.insert_text for item in await editor.complete(uri, marks.cursor)] == ["a + b"]


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        pytest.param(
            Fault(404, {"error": {"message": "The model `x` does not exist."}}, hits=writes),
            "HTTP 404: The model `x` does not exist",
            id="404 model",
        ),
        pytest.param(
            Fault(429, {}, {"Retry-After": "300"}, hits=writes),
            "takes no more requests for now (HTTP 429)",
            id="429",
        ),
        pytest.param(
            Fault(500, {"error": {"message": "CUDA out of memory"}}, hits=writes),
            "failed (HTTP 500: CUDA out of memory)",
            id="500",
        ),
        pytest.param(
            Fault(302, "", {"Location": "https://elsewhere.example.com/"}),
            "sends us elsewhere (HTTP 302)",
            id="a redirect",
        ),
        pytest.param(
            Fault(200, "<html>Sign in</html>"), "does not answer as an engine", id="a sign-in page"
        ),
        pytest.param(
            Fault(200, "<html>Sign in</html>", hits=writes),
            "broke off in the middle",
            id="a sign-in page later",
        ),
        pytest.param(Fault(is_silent=True), "did not answer within", id="half-open connection"),
        pytest.param(
            Fault(is_silent=True, hits=writes), "did not answer within", id="half-open later"
        ),
        pytest.param(Fault(drip=(HEAD, 0.2)), "did not answer within", id="slow loris"),
        pytest.param(
            Fault(drip=(HEAD + b": ping\n\n" * 99, 0.01), hits=writes),
            "did not answer within",
            id="slow loris in the answer",
        ),
        pytest.param(
            Fault(after_pieces=1, hits=writes),
            "broke off in the middle of an answer",
            id="host down in the middle of an answer",
        ),
    ],
)
async def test_a_fault_is_said_once_and_nothing_else_happens(open_editor, start, fault, says):
    server = await start(Vllm())
    server.fault = fault
    options = {"timeoutSeconds": PATIENCE_S} if fault.is_silent or fault.drip else {}
    editor = await open_on(open_editor, server, kind="vllm", **options)
    await check_failure(editor, says)


async def test_a_host_that_is_not_there(open_editor):
    server = Vllm()
    await server.start()
    await server.stop()
    editor = await open_on(open_editor, server)
    await check_failure(editor, "cannot be reached (Connection refused)")


@pytest.mark.parametrize(
    "case",
    [
        pytest.param((1, False, "is not to be trusted (self"), id="self-signed"),
        pytest.param((-1, True, "is not to be trusted (certificate has expired)"), id="expired"),
    ],
)
async def test_a_bad_certificate(open_editor, start, tmp_path, case):
    days, is_trusted, says = case
    context, certificate = certificates.tls(tmp_path, days=days)
    server = await start(Vllm(), context)
    env = {"SSL_CERT_FILE": str(certificate)} if is_trusted else {}
    editor = await open_on(open_editor, server, env=env)
    await check_failure(editor, says)
    assert server.asked == []


async def test_a_good_certificate(open_editor, start, tmp_path):
    context, certificate = certificates.tls(tmp_path, days=1)
    server = await start(Vllm(), context)
    editor = await open_on(open_editor, server, env={"SSL_CERT_FILE": str(certificate)})
    assert await works(editor)


async def test_a_proxy_that_refuses(open_editor, start):
    proxy = await start(Vllm())
    proxy.fault = Fault(403, "")
    editor = await open_editor(
        options={"engine": {"url": "https://gpu.example.com/v1"}, "index": {"enabled": False}},
        env={**os.environ, "HTTPS_PROXY": proxy.url, "NO_PROXY": ""},
    )
    await check_failure(editor, "The proxy before gpu.example.com does not let us through (403")
    assert {(one.method, one.path) for one in proxy.asked} == {("CONNECT", "gpu.example.com:443")}


async def test_a_proxy_is_asked_for_other_machines_only(open_editor, start):
    server, proxy = await start(Vllm()), await start(Vllm())
    editor = await open_on(open_editor, server, env={"HTTP_PROXY": proxy.url})
    assert await works(editor)
    assert proxy.asked == []


@pytest.mark.parametrize("is_file", [True, False], ids=["file", "variable"])
async def test_a_wrong_key_is_said_and_never_shown(open_editor, start, tmp_path, is_file):
    server = await start(OpenAi(key="another-key"))
    file = tmp_path / "key"
    file.write_text(f"{KEY}\n")
    options = {"keyFile": str(file)} if is_file else {}
    env = {} if is_file else {"QWEN_LSP_API_KEY": KEY}
    editor = await open_on(open_editor, server, env=env, **options)
    await check_failure(editor, "does not accept the API key (HTTP 401)")
    status = await editor.status()
    shown = "\n".join([*editor.log, *editor.messages, str(status)])
    assert server.asked[0].headers["authorization"] == f"Bearer {KEY}"
    assert KEY not in shown


async def test_what_an_engine_says_of_the_key_is_not_passed_on(open_editor, start):
    server = await start(OpenAi(key=KEY))
    server.fault = Fault(500, {"error": {"message": f"no quota for {KEY}"}}, hits=writes)
    editor = await open_on(open_editor, server, env={"QWEN_LSP_API_KEY": KEY})
    await check_failure(editor, "no quota for …")
    assert KEY not in "\n".join([*editor.log, *editor.messages])


async def test_a_key_that_is_put_right_is_used_without_a_restart(open_editor, start, tmp_path):
    server = await start(Vllm(key=KEY))
    file = tmp_path / "key"
    file.write_text("wrong")
    editor = await open_on(open_editor, server, keyFile=str(file))
    await check_failure(editor, "does not accept the API key")
    file.write_text(KEY)
    await until_works(editor)


async def test_a_key_file_that_is_not_there(open_editor, start, tmp_path):
    server = await start(Vllm())
    editor = await open_on(open_editor, server, keyFile=str(tmp_path / "none"))
    await check_failure(editor, "cannot be read (No such file or directory)")
    assert server.asked == []


async def test_a_busy_engine_is_left_alone_for_as_long_as_it_asks(start):
    server = await start(Vllm())
    server.fault = Fault(429, {}, {"Retry-After": "300"}, hits=writes)
    engine = UrlEngine([Address(server.url)])
    host = await engine.ready()
    request = wire.CompletionRequest(("x",), 4)
    for _ in range(2):
        with pytest.raises(EngineUnusable, match="HTTP 429"):
            await anext(engine.answer(request))
    assert len(server.requests) == 1
    assert host.rest_s > 200
    await engine.close()


async def test_an_engine_that_loads_is_waited_for(open_editor, start):
    server = await start(Vllm())
    loading = {"error": {"message": "Loading model", "type": "unavailable_error", "code": 503}}
    server.fault = Fault(503, loading)
    editor = await open_on(open_editor, server, kind="vllm")
    uri, marks = editor.open("add.py", CODE)
    asked = asyncio.create_task(editor.complete(uri, marks.cursor))
    await server.until(lambda: len(server.asked) >= 2, "that it is asked again")
    assert (await editor.status()).engine.state == "loading"
    server.fault = None
    assert [item.insert_text for item in await asked] == ["a + b"]
    assert editor.messages == []


async def until_works(editor) -> None:
    """Ask until the engine is tried again, which is when it has rested."""
    async with asyncio.timeout(60):
        number = 0
        while not await works(editor, f"again{number}.py"):
            number += 1
            await asyncio.sleep(0.1)  # nothing tells when it has rested


async def test_another_engine_takes_over_and_the_first_one_returns(open_editor, start):
    first, second = await start(Vllm()), await start(Ollama())
    editor = await open_on(open_editor, first, second)
    assert await works(editor)
    assert (await editor.status()).engine.where == first.url[7:]
    first.fault = Fault(503, {"error": {"message": "draining"}})
    assert await works(editor, "two.py")
    assert (await editor.status()).engine.where == second.url[7:]
    assert second.requests
    first.fault = None
    async with asyncio.timeout(60):
        number = 0
        while (await editor.status()).engine.where != first.url[7:]:
            assert await works(editor, f"again{number}.py")
            number += 1
            await asyncio.sleep(0.1)  # nothing tells when it has rested
    assert editor.messages == []


async def test_an_engine_that_is_down_from_the_start_is_passed_over(open_editor, start):
    first, second = Vllm(), await start(Vllm())
    await first.start()
    await first.stop()
    editor = await open_on(open_editor, first, second)
    assert await works(editor)
    assert editor.messages == []


async def test_an_answer_that_broke_off_is_not_patched_together(open_editor, start):
    first, second = await start(Vllm()), await start(Vllm())
    first.fault = Fault(after_pieces=2, hits=writes)
    editor = await open_on(open_editor, first, second)
    uri, _marks = editor.open("add.py", CODE)
    with pytest.raises(JsonRpcException, match="broke off in the middle of an answer"):
        await editor.edit(uri, Span(0, 20), "add a docstring")
    assert second.requests == []
    assert await works(editor)
    assert second.requests


async def test_when_both_fail_the_first_ones_reason_is_said(open_editor, start):
    first, second = await start(Vllm()), await start(Vllm())
    first.fault, second.fault = Fault(500, {"error": "one"}), Fault(500, {"error": "two"})
    editor = await open_on(open_editor, first, second, kind="vllm")
    await check_failure(editor, "failed (HTTP 500: one)")


async def test_a_cancelled_completion_ends_the_engines_work(open_editor, start):
    server = await start(Vllm())
    server.scripts.append(["a", HANG])
    editor = await open_on(open_editor, server)
    uri, marks = editor.open("add.py", CODE)
    asked = asyncio.create_task(editor.complete(uri, marks.cursor))
    await server.until(lambda: bool(server.requests), "the question")
    editor.change(uri, Span(0, 0), "# from another place\n")
    server.scripts.append(["other"])
    await editor.complete(uri, marks.cursor + 21)
    await server.until(lambda: server.hang_ups == 1, "that it is hung up on")
    await asked


LONG = "".join(f"def add_{number}(a, b):\n    return a + b\n\n\n" for number in range(60))


async def test_who_types_gets_an_answer_to_a_short_prompt_until_the_long_one_is_evaluated(
    open_editor, start
):
    server = await start(Ollama())
    editor = await open_on(open_editor, server)
    uri, marks = editor.open("add.py", f"{LONG}def add(a, b):\n    return │\n")
    await editor.complete(uri, marks.cursor, is_automatic=True)
    await server.until(lambda: len(server.requests) > 1, "the whole prompt")
    editor.change(uri, Span(marks.cursor, marks.cursor), "(")
    await editor.complete(uri, marks.cursor + 1, is_automatic=True)
    assert [is_whole(one) for one in server.requests] == [False, True, True]
    limits = [one.body["options"]["num_predict"] for one in server.requests]
    assert limits[1] == 1 < limits[0]


async def test_an_engine_with_several_slots_evaluates_it_in_steps(open_editor, start):
    server = await start(LlamaServer())
    editor = await open_on(open_editor, server)
    uri, marks = editor.open("add.py", f"{LONG}def add(a, b):\n    return │\n")
    await editor.complete(uri, marks.cursor, is_automatic=True)
    await server.until(lambda: is_whole(server.requests[-1]), "the whole prompt")
    editor.change(uri, Span(marks.cursor, marks.cursor), "(")
    await editor.complete(uri, marks.cursor + 1, is_automatic=True)
    first, *steps, last = server.requests
    assert [is_whole(one) for one in (first, steps[0], steps[-1], last)] == [0, 0, 1, 1]
    assert len(steps) > 2
    for one, longer in pairwise(one.body["prompt"] for one in (*steps, last)):
        assert longer.startswith(one)
    assert {one.body["max_tokens"] for one in steps} == {1}
    assert last.body["max_tokens"] > 1


def is_whole(asked: Asked) -> bool:
    return "add_9(" in asked.body["prompt"] and "<|fim_suffix|>" in asked.body["prompt"]


@pytest.mark.parametrize(
    ("script", "typed", "at"),
    [
        pytest.param(["a", HANG], "(", 0, id="while it writes"),
        pytest.param([HANG], "", -len("\n    return "), id="before it said anything"),
    ],
)
async def test_a_prompt_is_asked_for_when_the_cancelled_one_is_let_go(
    open_editor, start, script, typed, at
):
    server = await start(Ollama())
    server.scripts = [script]
    editor = await open_on(open_editor, server)
    uri, marks = editor.open("add.py", CODE)
    other, other_marks = editor.open("other.py", CODE)
    cancelled = asyncio.create_task(editor.complete(uri, marks.cursor))
    await server.until(lambda: len(server.requests) == 1, "the first prompt")
    server.may_end.clear()
    editor.change(uri, Span(marks.cursor, marks.cursor), typed)
    newer = asyncio.create_task(editor.complete(uri, marks.cursor + at + len(typed)))
    await server.until(lambda: server.hang_ups == 1, "the end of the first request")
    # By the time another document's is answered, it would have been asked.
    assert await editor.complete(other, other_marks.cursor) != []
    ends = ("return (", "add(a, b):")
    assert not any(one.body["prompt"].endswith(ends) for one in server.requests)
    server.may_end.set()
    await newer
    assert any(one.body["prompt"].endswith(ends) for one in server.requests)
    await cancelled


@pytest.mark.parametrize("kind", [Ollama, LlamaServer])
async def test_who_asks_gets_the_answer_to_the_whole_prompt(open_editor, start, kind):
    server = await start(kind())
    editor = await open_on(open_editor, server)
    uri, marks = editor.open("add.py", f"{LONG}def add(a, b):\n    return │\n")
    await editor.complete(uri, marks.cursor)
    *steps, asked = (one.body["prompt"] for one in server.requests)
    assert is_whole(server.requests[-1])
    assert all(asked.startswith(one) for one in steps)


async def test_a_workspace_cannot_send_code_elsewhere(open_editor, start, scripted, workspace):
    server = await start(Vllm())
    settings = {
        "url": server.url,
        "fallbackUrl": server.url,
        "kind": "vllm",
        "model": server.model,
        "keyFile": "/etc/hostname",
        "timeoutSeconds": 1.0,
    }
    lines = [f"engine.{name} = {json.dumps(value)}\n" for name, value in settings.items()]
    (workspace / ".qwen-lsp.toml").write_text("".join(lines))
    editor = await open_editor(options={"model": str(scripted.model), "index": {"enabled": False}})
    scripted.scripts.append(["_there"])
    uri, marks = editor.open("x.py", "hello│")
    [item] = await editor.complete(uri, marks.cursor)
    assert item.insert_text == "_there"
    assert (await editor.status()).engine.where == "this machine"
    assert len(editor.messages) == len(settings)
    for name, message in zip(settings, editor.messages, strict=True):
        assert f"a workspace may not set `engine.{name}`" in message
    assert server.asked == []


@pytest.mark.parametrize("source", ["user file", "editor"])
async def test_the_user_may_set_it_anywhere_else(open_editor, start, source):
    server = await start(Vllm())
    engine, file = {"engine": {"url": server.url}}, locations.user_settings_file()
    file.parent.mkdir(parents=True, exist_ok=True)
    if source == "user file":
        file.write_text(f'engine.url = "{server.url}"\n')
    try:
        editor = await open_editor(
            options={"index": {"enabled": False}},
            configuration=engine if source == "editor" else None,
        )
        async with asyncio.timeout(60):
            while (await editor.status()).engine.where != server.url[7:]:
                await asyncio.sleep(0.02)  # the editor's settings are asked for after the start
        assert await works(editor)
    finally:
        file.unlink(missing_ok=True)
