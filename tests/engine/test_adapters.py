"""LoRA adapters: what they change, and what is said of one that cannot be used."""

import os
import re

import numpy as np
import pytest

from qwen_lsp.engine.llama import ContextShape, Model
from qwen_lsp.models import gguf
from tests.engine.test_loading import loaded_service
from tests.harness import small_adapter
from tests.harness.bare_engine import ABOVE

TERABYTE = 10**12


def scores(path, adapter=None):
    """Return a model's scores behind a text."""
    model = Model(path, extra_buffers=False, adapter=adapter)
    context = model.open_context(ContextShape(2048, 1, 1, 1))
    context.decode(model.tokenize(ABOVE, special=False), 0, 0)
    found = context.logits().copy()
    context.close()
    model.close()
    return found


def test_an_adapter_changes_what_comes_next_and_one_of_zeros_changes_nothing(loaded, tmp_path):
    path = loaded.model.path
    architecture = gguf.read(path).architecture
    plain = scores(path)
    adapted = scores(path, small_adapter.build(tmp_path / "a.gguf", architecture=architecture))
    zeros = small_adapter.build(tmp_path / "zeros.gguf", architecture=architecture, strength=0)
    assert adapted.argmax() != plain.argmax()
    assert np.array_equal(scores(path, zeros), plain)


async def test_an_adapter_that_fits_is_shown(dense, tmp_path):
    adapter = small_adapter.build(tmp_path / "team.gguf")
    async with loaded_service(dense.model.path, adapter=adapter) as service:
        assert (service.health().state, service.health().extra["adapter"]) == ("ready", "team.gguf")
    async with loaded_service(dense.model.path) as service:
        assert service.health().extra["adapter"] == ""


def not_there(path):
    assert not path.exists()


def no_gguf(path):
    path.write_text("<!doctype html>")


def a_model(path):
    small_adapter.build(path, kind="model")


def of_another_architecture(path):
    small_adapter.build(path, architecture="llama")


def of_another_size(path):
    small_adapter.build(path, width=32)


def cut_short(path):
    small_adapter.build(path)
    os.truncate(path, path.stat().st_size // 2)


def too_large(path):
    small_adapter.build(path)
    os.truncate(path, TERABYTE)  # takes no room on the disk


@pytest.mark.parametrize(
    ("write", "says"),
    [
        (not_there, "cannot be read"),
        (no_gguf, "is not a GGUF model file"),
        (a_model, "is not a LoRA adapter (it says 'model')"),
        (of_another_architecture, "is for llama models and {model} is a qwen3 model"),
        (of_another_size, "cannot be used with {model} (tensor 'blk.0.ffn_down.weight' has"),
        (cut_short, "cannot be used with {model} ("),
        (too_large, "tiny-dense.gguf with the adapter team.gguf needs about 1000.0 GB of memory"),
    ],
)
async def test_an_adapter_that_cannot_be_used_is_one_sentence(dense, tmp_path, write, says):
    adapter = tmp_path / "team.gguf"
    write(adapter)
    async with loaded_service(dense.model.path, adapter=adapter) as service:
        health = service.health()
    assert health.state == "failed"
    assert says.format(model=dense.model.path) in health.message
    assert "team.gguf" in health.message
    assert re.fullmatch(r"[^\n]+\.", health.message)
    assert not re.search(r"[.?!] [A-Z]", health.message), health.message
