"""Which engines the settings name: our own, or one that the user already runs.

There are two, which are the same one unless the user names another model for edits: one for
completions, and one for edits and explanations.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from qwen_lsp import wire
from qwen_lsp.errors import ModelError
from qwen_lsp.inference.busy import Busy
from qwen_lsp.inference.by_url.engine import UrlEngine
from qwen_lsp.inference.by_url.host import Address
from qwen_lsp.inference.engine import AnyEngine, Engine, Request
from qwen_lsp.settings import Settings

OnHealth = Callable[[wire.Health], None]
OnUsage = Callable[[Request, wire.Usage], None]


def open_engines(
    settings: Settings,
    find_model: Callable[[str], Path],
    on_health: tuple[OnHealth, OnHealth] = (lambda _: None, lambda _: None),
    on_busy: Callable[[bool], None] = lambda _is_busy: None,
    on_usage: OnUsage = lambda _request, _usage: None,
) -> tuple[AnyEngine, AnyEngine]:
    """Return the engine for completions, and that for edits and explanations.

    Nothing is started or asked before it is needed.

    Args:
        settings: of the user.
        find_model: returns the file of a model by its name or path.
        on_health: hears what becomes of the one, and of the other where there are two.
        on_busy: hears whether somebody waits for any of them.
        on_usage: hears what requests cost.
    """
    busy = Busy(on_busy)
    opened = partial(open_engine, find_model=find_model, busy=busy, on_usage=on_usage)
    completing = opened(settings, on_health=on_health[0])
    edits = for_edits(settings)
    if edits == settings:
        return completing, completing
    return completing, opened(edits, on_health=on_health[1])


def for_edits(settings: Settings) -> Settings:
    """Return the settings as they are for edits and explanations."""
    model = settings.edit_model
    if not model:
        return settings
    if settings.engine_url:
        return replace(settings, engine_model=model)
    if model == settings.model:
        return settings
    return replace(settings, model=model, engine_adapter="")  # which is for the other model


def engine_facts(settings: Settings) -> tuple[object, ...]:
    """Return what engines were opened for: when it changes, others are needed."""
    return (
        settings.model,
        settings.engine_adapter,
        settings.edit_model,
        settings.engine_idle_minutes,
        settings.engine_keep_cache,
        *(_address(url, settings) for url in (settings.engine_url, settings.engine_fallback_url)),
    )


def open_engine(
    settings: Settings,
    find_model: Callable[[str], Path],
    *,
    busy: Busy | None = None,
    on_health: OnHealth = lambda _health: None,
    on_usage: OnUsage = lambda _request, _usage: None,
) -> AnyEngine:
    """Return the engine for completions; for edits, of settings that are `for_edits`."""
    if settings.engine_url:
        urls = [one for one in (settings.engine_url, settings.engine_fallback_url) if one]
        addresses = [_address(url, settings) for url in urls]
        return UrlEngine(addresses, on_health=on_health, busy=busy, on_usage=on_usage)
    return Engine(
        partial(find_model, settings.model),
        settings.engine_idle_minutes,
        keeps_cache=settings.engine_keep_cache,
        find_adapter=partial(_find_adapter, settings.engine_adapter),
        on_health=on_health,
        busy=busy,
        on_usage=on_usage,
    )


def _find_adapter(setting: str) -> Path | None:
    """Return the file that `engine.adapter` names, None for none. What it holds the engine reads.

    Raises:
        ModelError: it is not there.
    """
    if not setting:
        return None
    try:
        path = Path(setting).expanduser()
        is_there = path.is_file()
    except (OSError, RuntimeError, ValueError):  # no such user's folder, or no path at all
        path, is_there = Path(setting), False
    if not is_there:
        raise ModelError(f"There is no adapter at {path}: correct `engine.adapter`, or remove it.")
    return path


def _address(url: str, settings: Settings) -> Address:
    return Address(
        url,
        kind=settings.engine_kind,
        model=settings.engine_model,
        key_file=settings.engine_key_file,
        patience_s=settings.engine_timeout_seconds,
    )
