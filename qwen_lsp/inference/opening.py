"""Which engine the settings name: our own, or one that the user already runs."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from qwen_lsp.inference.by_url.engine import UrlEngine
from qwen_lsp.inference.by_url.host import Address
from qwen_lsp.inference.engine import AnyEngine, Engine
from qwen_lsp.settings import Settings


def open_engine(settings: Settings, find_model: Callable[[str], Path], **hooks: Any) -> AnyEngine:
    """Return the engine of the settings; nothing is started or asked before it is needed.

    Args:
        settings: of the user.
        find_model: returns the file of a model by its name or path.
        hooks: who hears what, as `Engine` has them.
    """
    if not settings.engine_url:
        return Engine(
            partial(find_model, settings.model),
            settings.engine_idle_minutes,
            keeps_cache=settings.engine_keep_cache,
            **hooks,
        )
    urls = [one for one in (settings.engine_url, settings.engine_fallback_url) if one]
    return UrlEngine([_address(url, settings) for url in urls], **hooks)


def engine_facts(settings: Settings) -> tuple[object, ...]:
    """Return what an engine was opened for: when it changes, another one is needed."""
    return (
        settings.model,
        settings.engine_idle_minutes,
        settings.engine_keep_cache,
        *(_address(url, settings) for url in (settings.engine_url, settings.engine_fallback_url)),
    )


def _address(url: str, settings: Settings) -> Address:
    return Address(
        url,
        kind=settings.engine_kind,
        model=settings.engine_model,
        key_file=settings.engine_key_file,
        patience_s=settings.engine_timeout_seconds,
    )
