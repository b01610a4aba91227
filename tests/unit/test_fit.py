"""The arithmetic of what fits and how long it takes, against published figures.

The figures are those that the models' makers and llama.cpp's own log give.
"""

from dataclasses import replace

import pytest

from qwen_lsp.models import catalogue, fit
from qwen_lsp.models.fit import COMPLETION, MIB, Speed, Weights, Work
from qwen_lsp.models.machine import Device, Machine

GIB = 1 << 30


def shape_of(name):
    return catalogue.find(name).shape


def weights_of(name):
    model = catalogue.find(name)
    return Weights(model.bytes, model.context, model.shape)


SMALL = weights_of("qwen2.5-coder-0.5b-instruct-q4_k_m")
MIDDLE = weights_of("qwen2.5-coder-7b-instruct-q4_k_m")
HYBRID = weights_of("qwen3.5-4b-q4_k_m")


@pytest.mark.parametrize(
    ("name", "billions", "without_words"),
    [
        # The makers count the words of the small ones once, and their files hold them twice.
        ("qwen2.5-coder-0.5b-instruct-q4_k_m", 0.49, 0.36),
        ("qwen2.5-coder-1.5b-instruct-q4_k_m", 1.54, 1.31),
        ("qwen2.5-coder-3b-instruct-q4_k_m", 3.09, 2.77),
        ("qwen2.5-coder-7b-instruct-q4_k_m", 7.61, 6.53),
        ("qwen2.5-coder-14b-instruct-q4_k_m", 14.7, 13.1),
        ("qwen3.5-0.8b-q4_k_m", 0.75239, None),
        ("qwen3.5-9b-q4_k_m", 8.95, None),
        ("qwen3-coder-30b-a3b-instruct-q4_k_m", 30.5, 29.9),
    ],
)
def test_parameters_are_those_that_are_published(name, billions, without_words):
    shape = shape_of(name)
    tables = 1 if billions < 5 else shape.tables
    counted = shape.parameters - (shape.tables - tables) * shape.output_parameters
    assert counted == pytest.approx(billions * 1e9, rel=0.015)
    if without_words is not None:
        layers = shape.parameters - shape.tables * shape.output_parameters
        assert layers == pytest.approx(without_words * 1e9, rel=0.015)


def test_a_token_goes_through_a_tenth_of_a_mixture():
    shape = shape_of("qwen3-coder-30b-a3b-instruct-q4_k_m")
    # Published as 3.3 billion that are active, with the words coming in and going out.
    active = shape.active_parameters + 2 * shape.output_parameters
    assert active == pytest.approx(3.3e9, rel=0.05)


@pytest.mark.parametrize(
    ("name", "tokens", "mib"),
    [
        ("qwen2.5-coder-0.5b-instruct-q4_k_m", 131_072, 1.5 * 1024),
        ("qwen2.5-coder-1.5b-instruct-q4_k_m", 131_072, 3.5 * 1024),
        ("qwen2.5-coder-7b-instruct-q4_k_m", 131_072, 7.0 * 1024),
        # As llama.cpp reports it: 262144 cells, 6 layers.
        ("qwen3.5-0.8b-q4_k_m", 262_144, 3072.0),
    ],
)
def test_the_cache_takes_what_is_published(name, tokens, mib):
    assert tokens * shape_of(name).kv_bytes_per_token("f16") == pytest.approx(mib * MIB)


def test_a_cache_in_q8_0_takes_half_and_the_scales():
    shape = SMALL.shape
    assert shape.kv_bytes_per_token("q8_0") / shape.kv_bytes_per_token("f16") == 17 / 32


def test_a_hybrid_models_state_takes_what_llama_cpp_reports():
    # "R (f32): 5.06 MiB, S (f32): 72.00 MiB" for four sequences.
    four = 4 * shape_of("qwen3.5-0.8b-q4_k_m").recurrent_bytes / MIB
    assert four == pytest.approx(77.06, abs=0.01)
    assert SMALL.shape.recurrent_bytes == 0


def test_a_model_of_the_same_cost_is_as_fast():
    speed = Speed(200, 20)
    assert speed.of_another(SMALL, SMALL) == speed


def test_a_prompt_costs_by_parameters_and_an_answer_by_bytes():
    exact = weights_of("qwen2.5-coder-0.5b-instruct-q8_0")
    other = Speed(200, 20).of_another(SMALL, exact)
    assert other.prefill_per_s == 200
    assert other.decode_per_s == pytest.approx(20 * SMALL.bytes / exact.bytes, rel=0.03)


def test_a_mixture_answers_like_a_small_model():
    mixture = weights_of("qwen3-coder-30b-a3b-instruct-q4_k_m")
    speed = Speed(200, 20)
    assert speed.of_another(SMALL, mixture).decode_per_s > 2 * (
        speed.of_another(SMALL, MIDDLE).decode_per_s
    )


def test_work_takes_the_sum_of_its_parts():
    assert Work(prompt=400, answer=50).milliseconds(Speed(200, 20)) == 4500
    assert Work(prompt=0, answer=10, steps=2).milliseconds(Speed(200, 20)) == 600
    assert COMPLETION.milliseconds(Speed(400, 40)) == COMPLETION.milliseconds(Speed(200, 20)) / 2


def test_what_is_needed_grows_with_window_and_sequences():
    at = fit.needed(HYBRID, 4096, "f16")
    assert fit.needed(HYBRID, 8192, "f16") - at == 4096 * HYBRID.shape.kv_bytes_per_token("f16")
    assert fit.needed(HYBRID, 4096, "f16", 18) - at == 17 * HYBRID.shape.recurrent_bytes
    assert fit.least(HYBRID, 4096, "f16") < at


@pytest.mark.parametrize("kv_type", ["f16", "q8_0"])
def test_the_longest_window_is_the_last_one_that_fits(kv_type):
    room = fit.needed(MIDDLE, 10_000, kv_type)
    window = fit.longest_window(MIDDLE, room, kv_type)
    assert window == 9 * 1024
    assert fit.needed(MIDDLE, window, kv_type) <= room
    assert fit.needed(MIDDLE, window + fit.WINDOW_STEP, kv_type) > room


def test_no_window_is_longer_than_the_model_has_it():
    assert fit.longest_window(SMALL, 100 * GIB, "f16") == 32_768
    assert fit.longest_window(replace(SMALL, context=2048), 100 * GIB, "f16") == 2048


def test_a_window_too_short_to_work_with_is_none():
    room = fit.needed(MIDDLE, fit.SMALLEST_WINDOW - 1, "f16")
    assert fit.longest_window(MIDDLE, room, "f16") == 0
    assert fit.longest_window(MIDDLE, room, "q8_0") > 0


@pytest.mark.parametrize(
    ("prefill_per_s", "window"),
    [(0, 16_384), (200, 16_384), (500, 16_384), (2000, 58 * 1024)],
)
def test_a_window_is_useful_as_far_as_it_can_be_filled(prefill_per_s, window):
    assert fit.useful_window(prefill_per_s) == window


def test_a_graphics_processor_counts_where_it_has_more_room():
    plain = Machine(16 * GIB, 8 * GIB, 4)
    large = Device("large", 24 * GIB, 20 * GIB)
    small = Device("small", 2 * GIB, GIB)
    assert fit.room_on(plain) == fit.SHARE_OF_MEMORY * 8 * GIB
    assert fit.room_on(replace(plain, devices=(small,))) == fit.room_on(plain)
    assert fit.room_on(replace(plain, devices=(small, large))) == fit.SHARE_OF_DEVICE * 20 * GIB


def test_more_cores_are_reckoned_to_help_until_memory_is_what_it_waits_for():
    two, four, sixteen = (fit.unmeasured(cores) for cores in (2, 4, 16))
    assert two.decode_per_s < four.decode_per_s == sixteen.decode_per_s
    assert two.prefill_per_s < four.prefill_per_s < sixteen.prefill_per_s
