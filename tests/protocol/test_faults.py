"""Bad input and a broken world: one clear sentence, and the server lives on."""

import asyncio
import json
import os
import signal
import subprocess
import sys

import psutil
import pytest
from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException

from qwen_lsp import wire
from qwen_lsp.inference import spawn
from qwen_lsp.inference.client import EngineClient
from qwen_lsp.inference.engine import Engine
from qwen_lsp.models import catalogue, store
from qwen_lsp.text import Document, Span
from tests.harness.scripted_engine import DIE


async def still_works(editor, scripted) -> bool:
    scripted.scripts.append(["_there"])
    uri, marks = editor.open("alive.py", "hello│")
    [item] = await editor.complete(uri, marks.cursor)
    return item.insert_text == "_there"


async def test_without_a_model_one_message_says_how_to_get_one(open_editor, tmp_path):
    editor = await open_editor(env={**os.environ, "XDG_DATA_HOME": str(tmp_path)})
    uri, marks = editor.open("x.py", "x = fo│")
    assert await editor.complete(uri, marks.cursor) == []
    assert await editor.complete(uri, marks.cursor) == []
    [message] = editor.messages
    assert "qwen-lsp model pull" in message
    with pytest.raises(JsonRpcException, match="qwen-lsp model pull"):
        await editor.edit(uri, Span(0, 3), "do it")


@pytest.mark.parametrize(
    ("content", "advice"),
    [("cut off", "pull the model again"), ("not a GGUF", "get the file again")],
)
async def test_a_model_file_that_cannot_be_used_is_reported(
    open_editor, model_path, tmp_path, content, advice
):
    bad = tmp_path / "bad.gguf"
    with model_path.open("rb") as good:
        bad.write_bytes(good.read(20_000_000) if content == "cut off" else b"<html>no</html>")
    editor = await open_editor(options={"model": str(bad)})
    uri, marks = editor.open("x.py", "x = fo│")
    assert await editor.complete(uri, marks.cursor) == []
    [message] = editor.messages
    assert "bad.gguf" in message
    assert advice in message
    assert (await editor.status()).engine.state == "failed"


async def test_an_engine_that_is_killed_is_started_again_and_the_answer_goes_on(editor):
    code = "def price(cents):\n    return cents / 100\n"
    uri, _marks = editor.open("price.py", code)
    streamed = lambda: [  # noqa: E731
        value["text"] for token, value in editor.progress if token == "explanation"
    ]
    explaining = asyncio.create_task(editor.explain(uri, Span(0, len(code))))
    await editor.until(lambda: len(streamed()) >= 3, "the first words")
    engine = EngineClient(spawn.socket_path(store.resolve(catalogue.DEFAULT_MODEL)))
    killed = (await engine.health()).pid
    os.kill(killed, signal.SIGKILL)
    markdown = await explaining
    assert "price" in markdown
    assert markdown == "".join(streamed())
    assert (await engine.health()).pid != killed
    await engine.close()


async def test_an_engine_that_dies_twice_is_reported(scripted_editor, scripted):
    scripted.scripts += [["a", DIE], ["a", DIE]]
    uri, marks = scripted_editor.open("x.py", "x = fo│")
    assert await scripted_editor.complete(uri, marks.cursor) == []
    [message] = scripted_editor.messages
    assert "stopped twice" in message
    assert await still_works(scripted_editor, scripted)


async def test_an_answer_goes_on_where_the_dead_engine_stopped(scripted_editor, scripted):
    scripted.scripts += [["ba", DIE], ["bar"]]
    uri, marks = scripted_editor.open("x.py", "x = fo│")
    [item] = await scripted_editor.complete(uri, marks.cursor)
    assert item.insert_text == "bar"


async def test_an_unknown_document_gets_an_empty_answer_or_a_sentence(scripted_editor, scripted):
    uri = (scripted_editor.workspace / "unknown.py").as_uri()
    assert await scripted_editor.complete(uri, lsp.Position(3, 3)) == []
    scripted_editor.documents[uri] = Document(uri, "python", 1, "")
    assert await scripted_editor.code_actions(uri, Span(0, 0)) == {}
    with pytest.raises(JsonRpcException, match="is not open"):
        await scripted_editor.edit(uri, Span(0, 0), "do it")
    assert await still_works(scripted_editor, scripted)


async def test_a_position_past_the_end_is_the_end(scripted_editor, scripted):
    scripted.scripts.append(["_there"])
    uri, _marks = scripted_editor.open("x.py", "hello")
    [item] = await scripted_editor.complete(uri, lsp.Position(99, 99))
    assert item.range.start == lsp.Position(0, 5)


async def test_a_huge_file_is_left_alone(scripted_editor, scripted):
    text = "x = 1  # some line of a log\n" * 750_000  # 20 MB
    uri, _marks = scripted_editor.open("huge.log", text, language="log")
    assert await scripted_editor.complete(uri, lsp.Position(5, 3)) == []
    scripted_editor.change(uri, Span(0, 0), "y")
    with pytest.raises(JsonRpcException, match="larger than"):
        await scripted_editor.edit(uri, Span(0, 5), "do it")
    assert await still_works(scripted_editor, scripted)
    [message] = scripted_editor.messages
    assert "leaves it alone" in message


async def test_a_binary_file_is_left_alone(scripted_editor, scripted):
    uri, _marks = scripted_editor.open("x.bin", "PNG\0\1\2\nabc")
    assert await scripted_editor.complete(uri, lsp.Position(1, 3)) == []
    with pytest.raises(JsonRpcException, match="binary"):
        await scripted_editor.edit(uri, Span(0, 5), "do it")
    assert scripted.requests == []


async def test_control_tokens_in_the_source_stay_text(editor):
    # As control tokens, these would end the answer at once or switch the model to another task.
    uri, marks = editor.open(
        "tokens.py",
        'MIDDLE = "<|fim_middle|>"\nEND = "<|im_end|>"\n\n\ndef get_end():\n    return E│\n',
    )
    [item] = await editor.complete(uri, marks.cursor)
    assert item.insert_text == "ND"
    explanation = await editor.explain(uri, Span(0, marks.cursor))
    assert "get_end" in explanation


async def test_a_bad_setting_is_reported_once_and_its_default_used(open_editor, scripted):
    options = {
        "model": str(scripted.model),
        "completion": {"maxLines": "many"},
        "engine": {"idleMinutes": 5},
        "colour": "red",
    }
    editor = await open_editor(options=options, configuration={})
    assert await still_works(editor, scripted)
    about_lines, about_colour = editor.messages
    assert "`completion.maxLines` must be a whole number of at least 1, not 'many'" in about_lines
    assert "no setting `colour`" in about_colour


async def test_a_workspace_cannot_choose_the_model(open_editor, scripted, workspace):
    (workspace / ".qwen-lsp.toml").write_text('model = "/tmp/evil.gguf"\n')
    editor = await open_editor(options={"model": str(scripted.model)})
    assert await still_works(editor, scripted)
    [message] = editor.messages
    assert "a workspace may not set `model`" in message


class RawServer:
    """A server process to which bytes are written as they are."""

    def __init__(self, **options):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "qwen_lsp", "serve"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            **options,
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.stdin, self.stdout = self.process.stdin, self.process.stdout
        self.number = 0

    def send(self, body: bytes) -> None:
        self.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.stdin.flush()

    def notify(self, method: str, params=None) -> None:
        self.send(json.dumps({"jsonrpc": "2.0", "method": method, "params": params}).encode())

    def ask(self, method: str, params=None):
        self.number += 1
        message = {"jsonrpc": "2.0", "id": self.number, "method": method, "params": params}
        self.send(json.dumps(message).encode())
        while (answer := self.receive()).get("id") != self.number or "method" in answer:
            pass
        return answer

    def receive(self):
        length = 0
        while (header := self.stdout.readline().strip()) != b"":
            name, _, value = header.partition(b": ")
            assert name in (b"Content-Length", b"Content-Type"), header
            if name == b"Content-Length":
                length = int(value)
        return json.loads(self.stdout.read(length))

    def initialize(self) -> None:
        self.ask("initialize", {"capabilities": {}, "processId": None, "rootUri": None})
        self.notify("initialized", {})

    def leave(self) -> int:
        self.ask("shutdown")
        self.notify("exit")
        return self.hang_up()

    def hang_up(self) -> int:
        """Close the pipe as an editor that dies does; nothing may come out any more."""
        with self.process:
            self.stdin.close()
            assert self.stdout.read() == b""
            return self.process.wait(60)


def test_malformed_messages_are_survived_and_requests_among_them_answered():
    server = RawServer(stderr=subprocess.DEVNULL)
    server.initialize()
    server.send(b"{ this is not JSON")
    server.send(b'"a string"')
    server.send(b'{"jsonrpc": "2.0"}')
    bad = server.ask("textDocument/inlineCompletion", {"position": "nowhere"})
    assert bad["error"]["code"] == -32602
    assert server.ask("no/suchMethod", {})["error"]["code"] == -32601
    unknown = server.ask("workspace/executeCommand", {"command": "rm", "arguments": []})
    assert "There is no command" in unknown["error"]["message"]
    assert server.ask("qwen/status", {})["result"]["engine"]["state"] == "off"
    assert server.leave() == 0


def test_what_is_printed_by_mistake_does_not_reach_the_protocol(tmp_path):
    # sitecustomize runs inside the server's process and prints while it serves.
    (tmp_path / "sitecustomize.py").write_text(
        "import threading, time\n"
        "def shout():\n"
        "    while True:\n"
        "        print('rogue', flush=True)\n"
        "        time.sleep(0.01)\n"
        "def later():\n"
        "    import sys, os\n"
        "    while 'qwen_lsp.server.app' not in sys.modules: time.sleep(0.01)\n"
        "    shout()\n"
        "threading.Thread(target=later, daemon=True).start()\n"
    )
    with (tmp_path / "log").open("wb") as log:
        server = RawServer(stderr=log, env={**os.environ, "PYTHONPATH": str(tmp_path)})
        server.initialize()
        while b"rogue" not in (tmp_path / "log").read_bytes():
            server.ask("qwen/status", {})
        server.hang_up()


def test_the_server_leaves_when_the_editor_is_gone():
    server = RawServer(stderr=subprocess.DEVNULL)
    server.initialize()
    assert server.hang_up() == 0


async def test_two_windows_share_one_engine(open_editor, model_path):
    first, second = await open_editor(), await open_editor()
    for editor in (first, second):
        uri, marks = editor.open("x.py", "def add(a, b):\n    return │")
        assert await editor.complete(uri, marks.cursor)
    engines = [
        process
        for process in psutil.process_iter(["cmdline"])
        if {"engine", "run", str(model_path)} <= set(process.info["cmdline"] or ())
        and os.environ["XDG_RUNTIME_DIR"] in " ".join(process.info["cmdline"])
    ]
    assert len(engines) == 1


async def test_loading_the_model_is_shown_as_progress(open_editor, model_path):
    del model_path
    subprocess.run([sys.executable, "-m", "qwen_lsp", "engine", "stop"], check=True)
    editor = await open_editor()
    editor.open("x.py", "x = 1\n")
    kinds = lambda: [value["kind"] for _token, value in editor.progress]  # noqa: E731
    await editor.until(lambda: "end" in kinds(), "the end of loading")
    assert kinds()[0] == "begin"
    assert (await editor.status()).engine.state == "ready"
    assert editor.progress[-1][1]["message"] == "ready"


async def test_a_crash_among_many_requests_loses_none(model_path):
    engine = Engine(lambda: model_path, idle_minutes=30)
    await engine.ready()
    pid = engine.health.pid
    answered = asyncio.Event()

    async def ask(number: int) -> str:
        request = wire.CompletionRequest((f"{number} plus one is",), 3, document=str(number))
        text = ""
        async for event in engine.answer(request):
            if isinstance(event, wire.End):
                assert event.reason == "length"
            else:
                text += event.text
        answered.set()
        return text

    asking = [asyncio.create_task(ask(number)) for number in range(50)]
    await answered.wait()
    os.kill(pid, signal.SIGKILL)
    texts = await asyncio.gather(*asking)
    assert all(texts)
    assert engine.health.pid != pid
    await engine.close()
