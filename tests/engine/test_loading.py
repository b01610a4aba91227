"""How a model is loaded: the kinds of cache work, and what cannot be is refused with a sentence."""

import asyncio
from contextlib import asynccontextmanager

import numpy as np
import pytest

from qwen_lsp.engine import speeds
from qwen_lsp.engine.devices import devices
from qwen_lsp.engine.llama import ContextShape
from qwen_lsp.engine.plan import Wishes
from qwen_lsp.engine.service import Service
from qwen_lsp.models.fit import Speed
from tests.harness.bare_engine import ABOVE

LIMIT_S = 280


def scores(loaded, **options):
    """Return the scores behind a text, and the state of the cache behind them."""
    context = loaded.model.open_context(ContextShape(2048, 1, 1, 1, **options))
    context.decode(loaded.model.tokenize(ABOVE, special=False), 0, 0)
    found = context.logits().copy()
    state = context.state(0)
    context.close()
    return found, state


def test_a_packed_cache_gives_nearly_the_same_scores_in_half_the_room(loaded):
    plain, state = scores(loaded)
    packed, packed_state = scores(loaded, kv_type="q8_0")
    assert not np.array_equal(plain, packed)
    assert np.abs(plain - packed).max() < 0.1 * np.abs(plain).max()
    assert len(packed_state) < len(state)


def test_a_state_of_another_kind_of_cache_is_not_taken(dense):
    _, state = scores(dense)
    context = dense.model.open_context(ContextShape(2048, 1, 1, 1, kv_type="q8_0"))
    assert not context.restore(0, state)
    context.close()


def test_a_stretched_window_changes_how_places_are_told_apart(dense):
    plain, _ = scores(dense)
    stretched, _ = scores(dense, stretch=4.0)
    assert np.isfinite(stretched).all()
    assert not np.array_equal(plain, stretched)


def test_the_devices_are_graphics_processors_only():
    # The processor itself is one of llama.cpp's devices too.
    assert all(device.memory > 0 for device in devices())


@asynccontextmanager
async def loaded_service(path, adapter=None, **wishes):
    """Give a service that has loaded its model, or has not been able to."""
    service = Service(
        path, idle_minutes=1, keeps_cache=False, adapter=adapter, wishes=Wishes(**wishes)
    )
    running = asyncio.create_task(service.run())
    async with asyncio.timeout(LIMIT_S):
        while service.health().state == "loading":
            await asyncio.sleep(0.02)  # nothing tells of it
    yield service
    service.leaving.set()
    await running
    await service.close()


async def test_what_the_user_sets_is_how_it_is_loaded_and_shown(dense):
    async with loaded_service(dense.model.path, context=4096, kv_type="q8_0") as service:
        health = service.health()
        assert (health.state, health.window) == ("ready", 4096)
        assert health.extra["kv_type"] == "q8_0"
        assert health.extra["flash_attention"] is True
        assert health.extra["gpu_layers"] == 0
        assert health.extra["yarn"] == 1


async def test_a_window_that_the_model_does_not_have_is_refused_before_loading(dense):
    async with loaded_service(dense.model.path, context=10**7) as service:
        assert service.health().state == "failed"
        assert "has a window of at most 262,144 tokens" in service.health().message


async def test_a_file_that_is_no_model_is_refused_with_a_sentence(tmp_path):
    path = tmp_path / "page.gguf"
    path.write_text("<!doctype html>")
    async with loaded_service(path) as service:
        assert service.health().state == "failed"
        assert "is not a GGUF model file" in service.health().message


@pytest.mark.parametrize("kept", [None, "fast", [1], ["a", "b"]])
def test_a_speed_that_is_not_known_or_damaged_is_none(dense, kept):
    if kept is not None:
        speeds._remembered.put(dense.model.path, kept)
    assert speeds.remembered(dense.model.path) is None


def test_a_speed_is_known_at_the_next_start(dense):
    speeds.remember(dense.model.path, Speed(123.0, 4.5))
    assert speeds.remembered(dense.model.path) == Speed(123.0, 4.5)


def test_a_measurement_ends_by_itself_and_is_a_speed(dense):
    speed = speeds.measure(dense.model.path, extra_buffers=False)
    assert speed.prefill_per_s > 0
    assert speed.decode_per_s > 0
