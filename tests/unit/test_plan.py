"""How a model is loaded: by rule from memory, limits and speed, and as the user set it."""

import re
from dataclasses import replace

import pytest

from qwen_lsp.engine.plan import ALL_LAYERS, Plan, Wishes, plan, plan_of_unknown
from qwen_lsp.errors import ModelError
from qwen_lsp.models import catalogue, fit
from qwen_lsp.models.fit import Weights
from qwen_lsp.models.machine import Device, Machine

GIB = 1 << 30
LAPTOP = Machine(24 * GIB, 20 * GIB, 2)


def weights_of(name):
    model = catalogue.find(name)
    return Weights(model.bytes, model.context, model.shape)


SMALL = weights_of("qwen2.5-coder-0.5b-instruct-q4_k_m")
MIDDLE = weights_of("qwen2.5-coder-7b-instruct-q4_k_m")
HYBRID = weights_of("qwen3.5-9b-q4_k_m")


def planned(weights, machine=LAPTOP, *, prefill_per_s=200.0, sequences=1, **wishes):
    return plan(
        "a model",
        weights,
        machine,
        Wishes(**wishes),
        stretched=catalogue.stretched(weights.shape),
        prefill_per_s=prefill_per_s,
        sequences=sequences,
    )


def refused(*args, **options):
    with pytest.raises(ModelError) as caught:
        planned(*args, **options)
    text = str(caught.value)
    assert text[-1] == "."
    assert not re.search(r"[.?!] [A-Z]|\n", text), text
    return text


def with_gpu(free, machine=LAPTOP):
    return replace(machine, devices=(Device("GPU", free, free),))


def tight(weights, window, kv_type="f16", sequences=1):
    """Return a machine whose memory holds this window under the rules, and not much more."""
    room = fit.needed(weights, window, kv_type, sequences) / fit.SHARE_OF_MEMORY
    return replace(LAPTOP, available=int(room) + 1)


def test_the_default_model_on_a_laptop_is_loaded_as_it_always_was():
    assert planned(SMALL) == Plan(window=16_384, kv_type="f16", gpu_layers=0, stretch=1)
    assert planned(SMALL).cache_format == ""


def test_a_fast_machine_gets_all_of_the_models_window():
    assert planned(SMALL, prefill_per_s=5000).window == 32_768
    assert planned(HYBRID, prefill_per_s=2000).window == 58 * 1024


def test_the_window_is_as_long_as_memory_allows():
    assert planned(MIDDLE, tight(MIDDLE, 9 * 1024)).window == 9 * 1024
    assert planned(MIDDLE, tight(MIDDLE, 9 * 1024)).kv_type == "f16"


def test_without_a_gpu_the_cache_is_packed_only_where_nothing_else_fits():
    assert planned(MIDDLE, tight(MIDDLE, fit.SMALLEST_WINDOW)).kv_type == "f16"
    packed = planned(MIDDLE, tight(MIDDLE, 5 * 1024, "q8_0"))
    assert (packed.kv_type, packed.window) == ("q8_0", 5 * 1024)
    assert packed.cache_format == "q8_0"


def test_with_a_gpu_the_cache_is_packed_for_the_window_that_is_useful():
    roomy = planned(MIDDLE, with_gpu(24 * GIB), prefill_per_s=5000)
    assert roomy == Plan(32_768, "f16", ALL_LAYERS)
    tighter = planned(MIDDLE, with_gpu(7 * GIB), prefill_per_s=5000)
    assert (tighter.kv_type, tighter.gpu_layers) == ("q8_0", ALL_LAYERS)
    assert 16_384 < tighter.window <= 32_768


def test_as_many_layers_as_fit_go_to_a_small_gpu():
    layers = planned(MIDDLE, with_gpu(4 * GIB)).gpu_layers
    assert 10 < layers < MIDDLE.shape.layers
    assert planned(MIDDLE, with_gpu(GIB // 2)).gpu_layers == 0


def test_a_hybrid_models_states_take_room_from_the_window():
    machine = tight(HYBRID, 40 * 1024)
    one = planned(HYBRID, machine, prefill_per_s=5000)
    many = planned(HYBRID, machine, prefill_per_s=5000, sequences=18)
    assert one.window - many.window >= 17 * HYBRID.shape.recurrent_bytes / 32_768


def test_what_cannot_fit_is_refused_before_it_is_loaded():
    text = refused(MIDDLE, replace(LAPTOP, available=4 * GIB))
    assert "a model needs about 4.8 GB of memory and 4.3 GB are free" in text
    assert "choose a smaller model" in text


def test_the_user_may_set_everything():
    wished = planned(SMALL, with_gpu(8 * GIB), context=8192, kv_type="q8_0", gpu_layers=5)
    assert wished == Plan(8192, "q8_0", 5)
    assert planned(SMALL, with_gpu(8 * GIB), gpu_layers=0).gpu_layers == 0


def test_a_window_that_does_not_fit_is_refused_with_what_to_do():
    machine = tight(MIDDLE, 8 * 1024)
    assert "set `engine.context` lower" in refused(MIDDLE, machine, context=131_072)


def test_yarn_stretches_a_window_only_when_it_is_asked_for():
    assert planned(MIDDLE, prefill_per_s=9000) == Plan(32_768)
    stretched = planned(MIDDLE, context=65_536)
    assert (stretched.window, stretched.stretch) == (65_536, 2)
    assert stretched.cache_format == "yarn 2"


@pytest.mark.parametrize(
    ("weights", "longest"), [(SMALL, "32,768"), (MIDDLE, "131,072"), (HYBRID, "262,144")]
)
def test_a_window_longer_than_the_model_can_is_refused(weights, longest):
    assert f"at most {longest} tokens" in refused(weights, context=1_000_000)


def test_a_model_of_an_unknown_kind_is_loaded_with_the_usual_window():
    assert plan_of_unknown("x", GIB, 100_000, LAPTOP, Wishes()) == Plan(16_384)
    assert plan_of_unknown("x", GIB, 8192, LAPTOP, Wishes()) == Plan(8192)
    assert plan_of_unknown("x", GIB, 8192, LAPTOP, Wishes(context=4096)) == Plan(4096)
    on_gpu = plan_of_unknown("x", 30 * GIB, 8192, with_gpu(40 * GIB), Wishes())
    assert on_gpu.gpu_layers == ALL_LAYERS
    with pytest.raises(ModelError, match=r"needs about 32\.2 GB"):
        plan_of_unknown("x", 30 * GIB, 8192, LAPTOP, Wishes())
    with pytest.raises(ModelError, match="at most 8,192 tokens"):
        plan_of_unknown("x", GIB, 8192, LAPTOP, Wishes(context=9000))
