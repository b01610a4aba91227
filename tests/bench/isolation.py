"""A running engine of the bench's own, beside whatever the user has running."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager
from pathlib import Path

import httpx2

from qwen_lsp import locations, wire
from qwen_lsp.cli.user import user_settings
from qwen_lsp.inference import spawn
from qwen_lsp.inference.client import EngineClient, samples_of
from qwen_lsp.inference.engine import Engine
from qwen_lsp.models import catalogue, store


@contextmanager
def own_folders(model: str = catalogue.DEFAULT_MODEL) -> Iterator[Path]:
    """Give this process and its children folders of their own, and settings that name a model.

    The models stay the user's.
    """
    # Directly under the temporary folder: a Unix socket's path holds about 100 characters.
    folder = Path(tempfile.mkdtemp(prefix="qb"))
    before = dict(os.environ)
    for name in ("RUNTIME_DIR", "CONFIG_HOME", "STATE_HOME", "CACHE_HOME"):
        (folder / name.lower()).mkdir(mode=0o700)
        os.environ[f"XDG_{name}"] = str(folder / name.lower())
    settings = locations.user_settings_file()
    settings.parent.mkdir()
    settings.write_text(f"model = {model!r}\n")
    try:
        yield folder
    finally:
        stop_engines()
        os.environ.clear()
        os.environ.update(before)
        shutil.rmtree(folder)


def stop_engines() -> None:
    """Stop the engines of these folders and wait until they are gone."""
    command = [sys.executable, "-m", "qwen_lsp", "engine", "stop"]
    subprocess.run(command, check=True, capture_output=True)


def model_path() -> Path:
    """Return the file of the model that the settings name."""
    return store.resolve(user_settings().model)


@asynccontextmanager
async def running_engine(*, keeps_cache: bool = True) -> AsyncIterator[EngineClient]:
    """Start the engine, wait until the model is loaded, and close the client at the end."""
    engine = Engine(model_path, idle_minutes=30, keeps_cache=keeps_cache)
    yield await engine.ready()
    await engine.close()


async def answer(
    client: EngineClient, request: wire.CompletionRequest | wire.ChatRequest
) -> tuple[str, wire.End]:
    """Return the whole answer to a request, and its end."""
    text, end = "", None
    async with aclosing(client.stream(request)) as events:
        async for event in events:
            if isinstance(event, wire.End):
                end = event
            else:
                text += event.text
    assert end is not None
    return text, end


def metrics() -> dict[str, float]:
    """Return the engine's metrics, by name with labels."""
    transport = httpx2.HTTPTransport(uds=str(spawn.socket_path(model_path())))
    with httpx2.Client(transport=transport, base_url="http://engine", timeout=30) as client:
        return samples_of(client.get(wire.METRICS).text)
