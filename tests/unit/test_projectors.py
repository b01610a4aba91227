"""Which projector belongs to a model's file, by the names that publishers give."""

import pytest
from click.testing import CliRunner

from qwen_lsp.cli.models import model as model_command
from qwen_lsp.models.projectors import projector_of
from tests.harness.small_gguf import build


@pytest.mark.parametrize(
    ("model", "beside", "expected"),
    [
        pytest.param("Qwen3.5-2B-Q4_K_M", [], None, id="none"),
        pytest.param("Qwen3.5-2B-Q4_K_M", ["Qwen3.5-2B-Q8_0"], None, id="only another model"),
        pytest.param("Qwen3.5-2B-Q4_K_M", ["mmproj-F16"], "mmproj-F16", id="the hub's way"),
        pytest.param(
            "Qwen3.5-2B-Q4_K_M",
            ["mmproj-BF16", "mmproj-F16", "mmproj-F32", "mmproj-Q8_0"],
            "mmproj-F16",
            id="the usual precision of several",
        ),
        pytest.param(
            "Qwen3.5-2B-Q4_K_M",
            ["mmproj-Qwen3.5-0.8B-f16", "mmproj-Qwen3.5-2B-bf16"],
            "mmproj-Qwen3.5-2B-bf16",
            id="the model's own of several",
        ),
        pytest.param("Qwen3.5-2B-Q4_K_M", ["mmproj-sees"], "mmproj-sees", id="any name, alone"),
        pytest.param(
            "Qwen3.5-2B-Q4_K_M",
            ["Qwen3.5-0.8B-Q4_K_M", "mmproj-Qwen3.5-0.8B-F16"],
            None,
            id="another model's",
        ),
        pytest.param(
            "Qwen3.5-2B-Q4_K_M",
            ["Qwen3.5-0.8B-Q4_K_M", "mmproj-Qwen3.5-0.8B-F16", "mmproj-Qwen3.5-2B-Q8_0"],
            "mmproj-Qwen3.5-2B-Q8_0",
            id="the model's own beside another's",
        ),
        pytest.param(
            "Qwen3.5-2B-Q4_K_M",
            ["Qwen3.5-0.8B-Q4_K_M", "mmproj-F16", "mmproj-model-f16", "mmproj"],
            None,
            id="of several models, one that does not say whose it is",
        ),
        pytest.param(
            "Qwen3.5-2B-Q4_K_M",
            ["Qwen3.5-2B-Q8_0", "Qwen3.5-2B-BF16", "mmproj-F16"],
            "mmproj-F16",
            id="beside other quantisations of the model",
        ),
        pytest.param(
            "Qwen3.5-2B-Q4_K_M-00001-of-00002",
            ["Qwen3.5-2B-Q4_K_M-00002-of-00002", "mmproj-sees"],
            "mmproj-sees",
            id="a split model",
        ),
        pytest.param(
            "Qwen2.5-VL-7B-Instruct-Q4_K_M",
            ["Qwen2.5-VL-7B-Instruct-mmproj-f16"],
            "Qwen2.5-VL-7B-Instruct-mmproj-f16",
            id="its kind behind the model's name",
        ),
    ],
)
def test_a_projector_is_found_beside_its_model(tmp_path, model, beside, expected):
    for name in (model, *beside):
        (tmp_path / f"{name}.gguf").write_bytes(b"GGUF")
    found = projector_of(tmp_path / f"{model}.gguf")
    assert (found and found.stem) == expected


def test_show_names_it(tmp_path):
    path = build(tmp_path / "some.gguf")
    shown = CliRunner().invoke(model_command, ["show", str(path)]).output
    assert "projector        ?" in shown
    (tmp_path / "mmproj-f16.gguf").write_bytes(b"GGUF")
    shown = CliRunner().invoke(model_command, ["show", str(path)]).output
    assert f"projector        {tmp_path}/mmproj-f16.gguf" in shown
