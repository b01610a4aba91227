"""`qwen-lsp doctor`: everything that could be wrong, each with what to do."""

import asyncio
import platform
import shutil
import sys
from collections.abc import Callable  # noqa: TC003
from importlib.metadata import PackageNotFoundError, version

import click

from qwen_lsp import __version__, locations
from qwen_lsp.cli.engine import COMPLETES_BY_CHAT, how_it_is_loaded
from qwen_lsp.cli.user import open_engine, user_settings
from qwen_lsp.errors import QwenLspError
from qwen_lsp.inference import spawn
from qwen_lsp.models import fit, gguf, store
from qwen_lsp.models.machine import look

PACKAGES = ("pygls", "lsprotocol", "llama-cpp-python", "httpx2", "h11", "jinja2", "numpy")
SMALLEST_FREE_DISK = 500_000_000  # bytes


@click.command()
def doctor() -> None:
    """Check this installation; exit code 1 if something needs doing."""
    checks = (_program, _packages, _folders, _settings, _model, _memory, _disk, _engine)
    failed = 0
    for check in checks:
        try:
            click.echo(f"ok    {check()}")
        except QwenLspError as error:
            failed += 1
            click.echo(f"WRONG {error}")
    if failed:
        sys.exit(1)


def _program() -> str:
    return f"qwen-lsp {__version__}, Python {platform.python_version()}, {platform.machine()}"


def _packages() -> str:
    found = []
    for name in PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError as error:
            raise QwenLspError(f"{name} is not installed; install qwen-lsp again.") from error
    return ", ".join(found)


def _folders() -> str:
    folders: tuple[Callable[[], object], ...] = (
        locations.models_dir,
        locations.cache_dir,
        locations.log_dir,
        locations.runtime_dir,
    )
    try:
        return "folders: " + ", ".join(str(folder()) for folder in folders)
    except OSError as error:
        raise QwenLspError(
            f"{error.filename} cannot be used ({error.strerror}); check its owner and rights."
        ) from error


def _settings() -> str:
    settings = user_settings()
    what = f"engine {settings.engine_url}" if settings.engine_url else f"model {settings.model}"
    return f"settings: {what}, from {locations.user_settings_file()}"


def _model() -> str:
    settings = user_settings()
    if settings.engine_url:
        return "model file: none is needed, `engine.url` names an engine that has its own"
    path = store.resolve(settings.model)
    facts = gguf.read(path)
    context = "?" if facts.context is None else f"{facts.context:,}"
    return (
        f"model file: {path}, {facts.bytes / 1e6:,.0f} MB, {facts.architecture}, "
        f"{facts.quantisation or 'unknown quantisation'}, window up to {context} tokens"
    )


def _memory() -> str:
    settings, machine = user_settings(), look()
    if settings.engine_url:
        return f"memory: {machine.available / 1e9:.1f} GB free, of which the engine may need none"
    facts = gguf.read(store.resolve(settings.model))
    needed = facts.bytes + fit.OVERHEAD
    if facts.shape is not None and facts.context is not None:
        weights = fit.Weights(facts.bytes, facts.context, facts.shape)
        needed = fit.least(weights, fit.SMALLEST_WINDOW, "f16") + fit.OVERHEAD
    # A running engine has its share already.
    if machine.available < needed and not spawn.running():
        raise QwenLspError(
            f"{machine.available / 1e9:.1f} GB of memory are free and the model needs "
            f"{needed / 1e9:.1f}; close other programs or choose a smaller model "
            "(`qwen-lsp model recommend`)."
        )
    return f"memory: {machine.available / 1e9:.1f} of {machine.memory / 1e9:.1f} GB free"


def _disk() -> str:
    free = shutil.disk_usage(locations.cache_dir()).free
    if free < SMALLEST_FREE_DISK:
        raise QwenLspError(f"Only {free / 1e6:.0f} MB of disk are free; make room.")
    return f"disk: {free / 1e9:.1f} GB free"


def _engine() -> str:
    async def ask() -> str:
        engine = open_engine()
        try:
            health = await (await engine.ready()).health()
            where = engine.where
        finally:
            await engine.close()
        fim = "it fills in the middle" if health.fills_in_the_middle else COMPLETES_BY_CHAT
        loaded = f"; {how_it_is_loaded(health)}" if health.extra else ""
        return (
            f"engine: {health.model} is loaded, window {health.window} tokens{loaded}; {fim}; "
            f"code goes to {where}"
        )

    return asyncio.run(ask())
