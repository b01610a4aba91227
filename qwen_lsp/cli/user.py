"""What the user has: their settings, and the engine that these name."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import click

from qwen_lsp import locations
from qwen_lsp.inference import opening
from qwen_lsp.inference.engine import AnyEngine
from qwen_lsp.models import catalogue, store
from qwen_lsp.settings import Settings, read_toml, resolve

T = TypeVar("T")


def user_settings() -> Settings:
    """Return the settings of the user's file; bad values are reported on standard error."""
    source, problems = read_toml(locations.user_settings_file(), trusted=True)
    settings, bad_values = resolve(catalogue.DEFAULT_MODEL, [source])
    for problem in (*problems, *bad_values):
        click.echo(f"qwen-lsp: {problem}", err=True)
    return settings


def open_engine(*, edits: bool = False) -> AnyEngine:
    """Return the engine of the user's settings: for completions, or for `edits` and the rest."""
    settings = user_settings()
    return opening.open_engine(opening.for_edits(settings) if edits else settings, store.resolve)


def run_with_engine(work: Callable[[AnyEngine], Awaitable[T]], *, edits: bool = False) -> T:
    """Run work with the user's engine; the engine itself stays for what comes next."""

    async def run() -> T:
        engine = open_engine(edits=edits)
        try:
            return await work(engine)
        finally:
            await engine.close()

    return asyncio.run(run())
