"""Which model is recommended on which machine, and what the command says of it."""

import json
from dataclasses import replace

import pytest
from click.testing import CliRunner

from qwen_lsp.cli.models import model as model_command
from qwen_lsp.models import catalogue, fit
from qwen_lsp.models.catalogue import MODELS
from qwen_lsp.models.fit import Speed, Weights
from qwen_lsp.models.machine import Device, Machine
from qwen_lsp.models.recommend import COMPLETION_MS, Here, advise
from tests.harness.small_gguf import build

GIB = 1 << 30
DEFAULT = catalogue.find(catalogue.DEFAULT_MODEL)
LAPTOP = Machine(16 * GIB, 12 * GIB, 2)
SLOW, MIDDLING, FAST = Speed(150, 20), Speed(800, 60), Speed(20_000, 400)


def advice(machine, speed, installed=None):
    weights = Weights(DEFAULT.bytes, DEFAULT.context, DEFAULT.shape)
    here = Here(machine, speed, weights, {True: 18, False: 30})
    return advise(MODELS, installed or {}, here)


def with_gpu(gib):
    return replace(LAPTOP, devices=(Device("GPU", gib * GIB, gib * GIB),))


@pytest.mark.parametrize(
    ("machine", "speed", "completion", "edit"),
    [
        pytest.param(
            LAPTOP,
            SLOW,
            "qwen2.5-coder-0.5b-instruct-q4_k_m",
            "qwen2.5-coder-1.5b-instruct-q4_k_m",
            id="a slow laptop",
        ),
        pytest.param(
            replace(LAPTOP, available=2 * GIB),
            SLOW,
            "qwen2.5-coder-0.5b-instruct-q4_k_m",
            "qwen2.5-coder-0.5b-instruct-q4_k_m",
            id="no room for two",
        ),
        pytest.param(
            LAPTOP,
            MIDDLING,
            "qwen2.5-coder-1.5b-instruct-q4_k_m",
            "qwen3.5-4b-q4_k_m",
            id="a fast laptop",
        ),
        pytest.param(
            with_gpu(80),
            FAST,
            "qwen3-coder-30b-a3b-instruct-q4_k_m",
            "qwen3-coder-30b-a3b-instruct-q4_k_m",
            id="a large graphics processor",
        ),
        pytest.param(
            with_gpu(12),
            FAST,
            "qwen2.5-coder-14b-instruct-q4_k_m",
            "qwen2.5-coder-14b-instruct-q4_k_m",
            id="a usual graphics processor",
        ),
        pytest.param(
            LAPTOP,
            Speed(5, 0.5),
            "qwen2.5-coder-0.5b-instruct-q4_k_m",
            "qwen2.5-coder-0.5b-instruct-q4_k_m",
            id="too slow for all: the quickest",
        ),
        pytest.param(replace(LAPTOP, available=GIB // 2), SLOW, "", "", id="nothing fits"),
    ],
)
def test_the_strongest_model_that_is_quick_enough_is_picked(machine, speed, completion, edit):
    found = advice(machine, speed)
    assert (found.completion, found.edit) == (completion, edit)


def test_a_model_that_may_not_be_used_at_work_is_shown_and_never_picked():
    restricted = {model.name for model in MODELS if model.terms}
    # As fast as it takes for the restricted ones to be the largest that are quick enough.
    found = advice(LAPTOP, Speed(960, 72))
    rows = {row.name: row for row in found.rows}
    assert restricted
    assert all(rows[name].fits for name in restricted)
    assert any(rows[name].completion_ms < COMPLETION_MS for name in restricted)
    assert found.completion == "qwen2.5-coder-1.5b-instruct-q4_k_m"


def test_each_model_is_a_row_with_what_it_takes():
    found = advice(LAPTOP, SLOW, installed={DEFAULT.name: "ollama:qwen2.5-coder:0.5b"})
    assert [row.name for row in found.rows] == [model.name for model in MODELS]
    first = found.rows[0]
    assert first.here_as == "ollama:qwen2.5-coder:0.5b"
    assert first.completion_ms == fit.COMPLETION.milliseconds(SLOW)
    assert first.edit_ms == fit.EDIT.milliseconds(SLOW)
    assert first.windows == {"f16": 32_768, "q8_0": 32_768}
    assert not found.rows[1].here_as
    assert all(one.windows["q8_0"] >= one.windows["f16"] for one in found.rows)
    assert not found.rows[-1].fits


@pytest.fixture
def nothing_installed(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    # Nor anything of other programs.
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("OLLAMA_MODELS", "HF_HOME", "HF_HUB_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("nothing_installed")
def test_without_a_model_the_command_reckons_and_says_so():
    result = CliRunner().invoke(model_command, ["recommend"])
    assert result.exit_code == 0
    assert "not measured, since no model could be tried" in result.stdout
    lines = {line.split()[0]: line for line in result.stdout.splitlines() if line}
    assert set(lines) >= {model.name for model in MODELS}
    assert "for completions" in result.stdout
    assert '`model = "' in result.stdout


@pytest.mark.usefixtures("nothing_installed")
def test_the_recommendation_as_json_has_a_stable_shape():
    found = json.loads(CliRunner().invoke(model_command, ["recommend", "--json"]).stdout)
    assert set(found) == {"machine", "speed", "models", "completion", "edit"}
    assert set(found["machine"]) == {"memory", "available", "cores", "devices"}
    assert set(found["speed"]) == {"prefill_per_s", "decode_per_s", "measured_with"}
    assert found["speed"]["measured_with"] is None
    assert set(found["models"][0]) == {
        *("name", "here_as", "completion_ms", "edit_ms", "windows", "memory", "fits"),
    }
    assert found["completion"] in {one["name"] for one in found["models"]}


@pytest.mark.parametrize(
    ("file", "as_coder"),
    [
        ("Qwen2.5-Coder-0.5B-Q4_K_M.gguf", "lmstudio:Qwen2.5-Coder-0.5B-Q4_K_M"),
        # The same shape, made for everything.
        ("Qwen2.5-0.5B-Q4_K_M.gguf", ""),
    ],
)
@pytest.mark.usefixtures("nothing_installed")
def test_a_model_that_another_program_has_need_not_be_fetched(tmp_path, file, as_coder):
    build(tmp_path / ".lmstudio/models/owner/Some" / file)
    found = json.loads(CliRunner().invoke(model_command, ["recommend", "--json"]).stdout)
    rows = {row["name"]: row["here_as"] for row in found["models"]}
    assert rows[DEFAULT.name] == as_coder
    assert not rows["qwen2.5-coder-0.5b-instruct-q8_0"]
