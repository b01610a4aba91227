"""`qwen-lsp engine`: look at the shared engine, start and stop it."""

import asyncio
import json
import logging
import os
import sys
import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import click
import psutil

from qwen_lsp.errors import ModelError, QwenLspError
from qwen_lsp.wire import Health

STOP_LIMIT_S = 10.0
# Of a model without tokens for filling in the middle.
COMPLETES_BY_CHAT = "it cannot fill in the middle, so it completes by chat: slower, and less exact"


@click.group()
def engine() -> None:
    """The process that holds the model: status, start, stop."""


@engine.command()
@click.option("--model", type=click.Path(path_type=Path), required=True)
@click.option("--socket", type=click.Path(path_type=Path), required=True)
@click.option("--idle-minutes", type=float, default=30.0, show_default=True)
@click.option("--keep-cache/--no-keep-cache", default=True, help="Keep the KV cache on disk.")
@click.option("--adapter", type=click.Path(path_type=Path), help="A LoRA adapter for the model.")
def run(
    model: Path, socket: Path, idle_minutes: float, keep_cache: bool, adapter: Path | None
) -> None:
    """Load a model file and serve it on a Unix socket; editors start this by themselves."""
    from qwen_lsp.cli.user import user_settings
    from qwen_lsp.engine import http
    from qwen_lsp.engine.plan import Wishes
    from qwen_lsp.engine.service import Service

    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s"
    )

    os.chdir("/")  # it outlives the folder it was started in
    # Read here and not told by a window, since all windows share the engine.
    settings = user_settings()
    kv_type = "" if settings.engine_kv_type == "auto" else settings.engine_kv_type
    wishes = Wishes(settings.engine_context, kv_type, settings.engine_gpu_layers)

    async def serve() -> None:
        service = Service(
            model, idle_minutes, keeps_cache=keep_cache, adapter=adapter, wishes=wishes
        )
        await http.serve(service, socket)

    asyncio.run(serve())


@engine.command(hidden=True)
@click.option("--model", type=click.Path(path_type=Path), required=True)
@click.option("--extra-buffers/--no-extra-buffers", default=True)
def probe(model: Path, extra_buffers: bool) -> None:
    """Decode a few tokens in this process, which may die of it."""
    from qwen_lsp.engine.probe import CANNOT_LOAD, decode_once

    try:
        decode_once(model, extra_buffers=extra_buffers)
    except ModelError as error:
        click.echo(str(error), err=True)
        sys.exit(CANNOT_LOAD)


@engine.command(hidden=True)
@click.option("--model", type=click.Path(path_type=Path))
def measure(model: Path | None) -> None:
    """Print what llama.cpp can use here, and how fast the model is; native code may die of it."""
    from qwen_lsp.engine import speeds
    from qwen_lsp.engine.devices import devices
    from qwen_lsp.engine.probe import extra_buffers_work

    found: dict[str, object] = {"devices": [asdict(one) for one in devices()], "speed": None}
    if model is not None:
        extra_buffers = extra_buffers_work(model)
        found["speed"] = asdict(speeds.measure(model, extra_buffers=extra_buffers))
    click.echo(json.dumps(found))


@engine.command()
def start() -> None:
    """Start the engine for the model of the settings, and wait until it is loaded."""
    from qwen_lsp.cli.user import open_engine

    async def wait() -> str:
        shared = open_engine()
        client = await shared.ready()
        model = (await client.health()).model
        await shared.close()
        return model

    click.echo(f"The engine is ready with {asyncio.run(wait())}.")


@engine.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per engine.")
def status(as_json: bool) -> None:
    """Show the running engines, and the one of the setting `engine.url`."""
    from qwen_lsp.cli.user import user_settings
    from qwen_lsp.inference import spawn
    from qwen_lsp.inference.client import EngineClient

    async def ask(socket: Path) -> tuple[Health, dict[str, float]]:
        client = EngineClient(socket)
        try:
            return await client.health(), await client.metrics()
        finally:
            await client.close()

    sockets, is_by_url = spawn.running(), bool(user_settings().engine_url)
    if is_by_url:
        _show_engine_by_url(as_json=as_json)
    if not sockets and not as_json and not is_by_url:
        click.echo("No engine is running; an editor or `qwen-lsp engine start` starts it.")
    for socket in sockets:
        health, metrics = asyncio.run(ask(socket))
        memory = psutil.Process(health.pid).memory_info().rss if health.pid else 0
        if as_json:
            fields = {**asdict(health), "memory_bytes": memory, "socket": str(socket)}
            click.echo(json.dumps({**fields, "metrics": metrics}))
        else:
            click.echo(_describe(health, metrics, memory))


def _show_engine_by_url(*, as_json: bool) -> None:
    """Print what answers at the address of the settings, or why nothing does."""
    from qwen_lsp.cli.user import open_engine

    async def ask() -> tuple[Health, str]:
        engine = open_engine()
        try:
            with suppress(QwenLspError):
                await engine.ready()
            return engine.health, engine.where
        finally:
            await engine.close()

    health, where = asyncio.run(ask())
    if as_json:
        click.echo(json.dumps({**asdict(health), "where": where}))
    elif health.state == "ready":
        fim = "" if health.fills_in_the_middle else f"\n  {COMPLETES_BY_CHAT}"
        click.echo(
            f"{health.model}: {health.state}, window {health.window} tokens, {health.build}; "
            f"code goes to {where}{fim}"
        )
    else:
        click.echo(f"{where}: {health.state}; {health.message}")


def _describe(health: Health, metrics: dict[str, float], memory: int) -> str:
    """Say on a few lines what an engine is and does; `memory` in bytes."""
    evaluated = metrics.get("prompt_tokens_evaluated_total", 0)
    reused = metrics.get("prompt_tokens_reused_total", 0)
    share = reused / (evaluated + reused) if evaluated + reused else 0.0
    text = (
        f"{health.model}: {health.state}, window {health.window} tokens, "
        f"{memory / 1e6:.0f} MB, process {health.pid}, {health.build}"
    )
    if health.state == "ready" and not health.fills_in_the_middle:
        text += f"\n  {COMPLETES_BY_CHAT}"
    if health.state == "ready" and health.extra:
        text += f"\n  {how_it_is_loaded(health)}"
    if not metrics:
        return text
    return (
        f"{text}\n"
        f"  speed: {metrics['prefill_tokens_per_second']:.0f} prompt tokens/s, "
        f"{metrics['decode_tokens_per_second']:.0f} answer tokens/s\n"
        f"  cache: {metrics['trunks']:.0f} documents with {metrics['trunk_tokens']:.0f} tokens; "
        f"{share:.0%} of all prompt tokens came from it\n"
        f"  requests: {metrics.get('requests_total', 0):.0f} ended, "
        f"{metrics['requests_waiting']:.0f} waiting or running"
    )


def how_it_is_loaded(health: Health) -> str:
    """Say what was decided when the model was loaded."""
    layers = {0: "no layers on a GPU", -1: "all layers on the GPU"}
    parts = [
        f"cache in {health.extra['kv_type']}",
        f"flash attention {'on' if health.extra['flash_attention'] else 'off'}",
        layers.get(health.extra["gpu_layers"], f"{health.extra['gpu_layers']} layers on the GPU"),
        f"{health.extra['threads']} threads",
    ]
    if health.extra.get("projector"):
        parts.append(f"sees images with {health.extra['projector']}")
    if health.extra["yarn"] > 1:
        parts.append(f"window stretched {health.extra['yarn']:g} times by YaRN")
    if adapter := health.extra.get("adapter"):  # an engine of an older build says nothing of it
        parts.append(f"adapter {adapter}")
    return ", ".join(parts)


@engine.command()
def stop() -> None:
    """Stop all engines of this user; editors start them again when needed."""
    from qwen_lsp.inference import spawn
    from qwen_lsp.inference.client import EngineClient

    async def end(socket: Path) -> int:
        client = EngineClient(socket)
        pid = (await client.health()).pid
        await client.shut_down()
        await client.close()
        return pid

    for socket in spawn.running():
        _wait_for_exit(asyncio.run(end(socket)))
        socket.unlink(missing_ok=True)
        click.echo("Stopped.")


def _wait_for_exit(pid: int) -> None:
    try:
        process = psutil.Process(pid)
        deadline = time.monotonic() + STOP_LIMIT_S
        # A process that this one started stays as a zombie until it is waited for.
        while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
            if time.monotonic() > deadline:
                process.kill()
            time.sleep(0.02)
    except psutil.NoSuchProcess:
        return
