"""Small random LoRA adapters for the models of `tiny_hybrid.py`: each changes what they say."""

from pathlib import Path

import numpy as np
from gguf import GGUFWriter

from tests.harness.tiny_hybrid import FEED_FORWARD, LAYERS, WIDTH

RANK = 4


def build(
    path: Path,
    *,
    architecture: str = "qwen3",
    width: int = WIDTH,
    strength: float = 0.3,
    kind: str = "adapter",
) -> Path:
    """Write an adapter and return its path; one with a `strength` of 0 changes nothing."""
    path.parent.mkdir(exist_ok=True)
    writer = GGUFWriter(path, architecture)
    writer.add_type(kind)
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", RANK)
    random = np.random.default_rng(0)
    for layer in range(LAYERS):
        shapes = {"lora_a": (RANK, FEED_FORWARD), "lora_b": (width, RANK)}
        for part, shape in shapes.items():
            values = random.standard_normal(shape, dtype=np.float32) * np.float32(strength)
            writer.add_tensor(f"blk.{layer}.ffn_down.weight.{part}", values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
