"""LoRA adapters by the setting `engine.adapter`: engines, kept caches and editors with one."""

import asyncio
import json
import subprocess
import sys
from dataclasses import dataclass

import pytest

from qwen_lsp import wire
from qwen_lsp.errors import ModelError
from qwen_lsp.inference import spawn
from qwen_lsp.inference.opening import engine_facts, for_edits, open_engine
from qwen_lsp.models import store
from qwen_lsp.settings import Settings
from tests.harness import small_adapter, tiny_hybrid

LIMIT_S = 280
REQUEST = wire.CompletionRequest(
    prompt=("".join(f"value_{number} = {number} * factor\n" for number in range(60)), "value"),
    trunk=1,
    max_tokens=8,
    document="values",
)


@dataclass(frozen=True)
class Answer:
    text: str
    evaluated_tokens: int


@pytest.fixture(scope="module")
def model(model_path, tmp_path_factory):
    """A random model of these tests' own, so that its engines are theirs."""
    path = tmp_path_factory.mktemp("model") / "tiny.gguf"
    tiny_hybrid.build(model_path, path, dense=True)
    return path


@pytest.fixture
def adapter(tmp_path):
    return small_adapter.build(tmp_path / "team.gguf")


def run(*arguments):
    command = [sys.executable, "-m", "qwen_lsp", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


async def ask(model, adapter=""):
    """Return what the engine answers that these settings name."""
    settings = Settings(model=str(model), engine_adapter=str(adapter))
    engine = open_engine(settings, store.resolve)
    text = ""
    try:
        async for event in engine.answer(REQUEST):
            if isinstance(event, wire.End):
                return Answer(text, event.usage.evaluated_tokens)
            text += event.text
    finally:
        await engine.close()


async def test_an_engine_with_an_adapter_is_another_one_and_each_keeps_its_own_prompts(
    model, adapter
):
    plain, adapted = await ask(model), await ask(model, adapter)
    assert plain.text != adapted.text
    assert min(plain.evaluated_tokens, adapted.evaluated_tokens) > 300
    sockets = {spawn.socket_path(model), spawn.socket_path(model, adapter)}
    assert len(sockets) == 2
    assert sockets <= set(spawn.running())
    assert (await ask(model, adapter)).text == adapted.text
    run("engine", "stop")
    for before, now in ((plain, await ask(model)), (adapted, await ask(model, adapter))):
        assert now.text == before.text
        assert now.evaluated_tokens <= 3


async def test_an_engine_for_an_older_adapter_is_replaced(model, adapter):
    old = spawn.ensure_running(model, 30, keeps_cache=False, adapter=adapter)
    small_adapter.build(adapter, strength=0)
    new = spawn.ensure_running(model, 30, keeps_cache=False, adapter=adapter)
    assert new != old
    async with asyncio.timeout(LIMIT_S):
        while old.exists():
            await asyncio.sleep(0.05)  # nothing tells of it
    assert new in spawn.running()


@pytest.mark.parametrize("name", ["none.gguf", "", "~nobody-has-this-name/team.gguf"])
async def test_an_adapter_that_is_not_there_is_one_sentence(model, tmp_path, name):
    path = name if name.startswith("~") else str(tmp_path / name)
    with pytest.raises(ModelError, match="There is no adapter at") as caught:
        await ask(model, path)
    assert path.rstrip("/") in str(caught.value)
    assert "correct `engine.adapter`, or remove it." in str(caught.value)


@pytest.mark.parametrize(
    ("edit_model", "adapter"), [("", "/team.gguf"), ("small", "/team.gguf"), ("large", "")]
)
def test_another_model_for_edits_does_not_get_the_adapter(edit_model, adapter):
    settings = Settings(model="small", edit_model=edit_model, engine_adapter="/team.gguf")
    assert for_edits(settings).engine_adapter == adapter


def test_another_adapter_needs_another_engine():
    plain, adapted = Settings(model="x"), Settings(model="x", engine_adapter="/team.gguf")
    assert engine_facts(plain) != engine_facts(adapted)


async def test_an_editor_gets_the_adapter_of_the_users_settings(
    open_editor, model, adapter, monkeypatch
):
    monkeypatch.setenv("HOME", str(adapter.parent))
    editor = await open_editor(
        options={"model": str(model), "index": {"enabled": False}},
        # It comes after the start, so there was an engine without it before.
        configuration={"engine": {"adapter": "~/team.gguf"}},
    )
    uri, marks = editor.open("maths.py", "def add(a, b):\n    return a + b\n\nx = │\n")
    async with asyncio.timeout(LIMIT_S):
        while not (status := await editor.status()).engine.adapter and not editor.messages:
            await editor.complete(uri, marks.cursor)  # what a random model offers means nothing
    assert editor.messages == []
    assert (status.engine.state, status.engine.model) == ("ready", model.stem)
    assert status.engine.adapter == "team.gguf"
    assert "adapter team.gguf" in run("engine", "status")
    lines = map(json.loads, run("engine", "status", "--json").splitlines())
    socket = str(spawn.socket_path(model, adapter))
    assert "team.gguf" in [one["extra"]["adapter"] for one in lines if one["socket"] == socket]


async def test_an_editor_with_an_adapter_that_cannot_be_used_lives_on(
    open_editor, scripted, tmp_path
):
    options = {"model": str(scripted.model), "index": {"enabled": False}}
    engine = {"adapter": str(tmp_path / "none.gguf")}
    editor = await open_editor(options={**options, "engine": engine})
    uri, marks = editor.open("x.py", "hello│")
    assert await editor.complete(uri, marks.cursor) == []
    [message] = editor.messages
    assert "There is no adapter at" in message
    status = await editor.status()
    assert (status.engine.state, status.engine.adapter) == ("failed", "")


async def test_a_workspace_names_no_adapter(open_editor, scripted, adapter, workspace):
    (workspace / ".qwen-lsp.toml").write_text(f'engine.adapter = "{adapter}"\n')
    editor = await open_editor(options={"model": str(scripted.model), "index": {"enabled": False}})
    scripted.scripts.append(["_there"])
    uri, marks = editor.open("x.py", "hello│")
    [item] = await editor.complete(uri, marks.cursor)
    assert item.insert_text == "_there"
    [message] = editor.messages
    assert "a workspace may not set `engine.adapter`" in message
