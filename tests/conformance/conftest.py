"""Every engine there is, behind the same questions: real ones, and recorded ones."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from qwen_lsp.inference import spawn
from qwen_lsp.inference.by_url.engine import UrlEngine
from qwen_lsp.inference.by_url.host import Address
from qwen_lsp.inference.client import EngineClient
from qwen_lsp.inference.engine import AnyEngine, Engine
from tests.harness import recorded_engines
from tests.harness.real_llama_server import running_llama_server

RECORDED: dict[str, type[recorded_engines.Engine]] = {
    "ollama": recorded_engines.Ollama,
    "vllm": recorded_engines.Vllm,
    "openai": recorded_engines.OpenAi,
}
KINDS = ("ours", "llama-server", *RECORDED)


@dataclass
class Subject:
    """An engine that is tried.

    Attributes:
        kind: which one.
        engine: as the server uses it.
        options: what makes a server use it.
        working: how many answers it works on now.
        recorded: the server behind it, where that is a recorded one.
    """

    kind: str
    engine: AnyEngine
    options: dict[str, Any]
    working: Callable[[], Awaitable[int]]
    recorded: recorded_engines.Engine | None = None


@pytest.fixture(scope="session")
def llama_server(model_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    # One thread: two would wait for each other wherever another program is busy.
    with running_llama_server(model_path, tmp_path_factory.mktemp("llama-server"), 1) as url:
        yield url


@pytest.fixture(params=KINDS)
async def subject(request: pytest.FixtureRequest, model_path: Path) -> AsyncIterator[Subject]:
    kind = request.param
    if kind == "ours":
        found = await _ours(model_path)
    elif kind == "llama-server":
        found = _llama_server(request.getfixturevalue("llama_server"))
    else:
        found = await _recorded(kind)
    yield found
    await found.engine.close()
    if found.recorded is not None:
        await found.recorded.stop()


async def _ours(model_path: Path) -> Subject:
    engine = Engine(lambda: model_path, idle_minutes=30)

    async def working() -> int:
        client = EngineClient(spawn.socket_path(model_path))
        try:
            return int((await client.metrics())["requests_waiting"])
        finally:
            await client.close()

    return Subject("ours", engine, {}, working)


def _llama_server(url: str) -> Subject:
    async def working() -> int:
        async with httpx2.AsyncClient(base_url=url, trust_env=False) as client:
            slots = (await client.get("/slots")).json()
        return sum(slot["is_processing"] for slot in slots)

    # Two shared cores may be busy; this only ends what hangs.
    engine, options = UrlEngine([Address(url, patience_s=250)]), _options(url)
    options["engine"]["timeoutSeconds"] = 250
    return Subject("llama-server", engine, options, working)


async def _recorded(kind: str) -> Subject:
    server = RECORDED[kind]()
    await server.start()

    async def working() -> int:
        return len(server.requests) - server.hang_ups

    return Subject(kind, UrlEngine([Address(server.url)]), _options(server.url), working, server)


def _options(url: str) -> dict[str, Any]:
    return {"engine": {"url": url}}
