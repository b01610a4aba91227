"""A small random projector: what lets a text model see, of the kind that Qwen3.5's is.

An image becomes rows of noise that depend on each of its pixels, as wide as the tiny text models
are. Tensors are named and shaped as llama.cpp's `qwen3vl_merger` has them.
"""

import struct
import zlib
from pathlib import Path

import numpy as np
from gguf import GGUFWriter

from tests.harness import tiny_hybrid

LAYERS, WIDTH, FEED_FORWARD, HEADS = 1, 32, 64, 2
PATCH, MERGE = 16, 2  # pixels; patches a side that become one row
SIDE = 4  # patches a side of the image that the positions are for


def build(target: Path, *, width: int = tiny_hybrid.WIDTH) -> Path:
    """Write a projector for text models of a width to `target`, and return that."""
    writer = GGUFWriter(target, "clip")
    writer.add_type("mmproj")
    writer.add_name("tiny random projector")
    writer.add_clip_has_vision_encoder(True)
    writer.add_clip_projector_type("qwen3vl_merger")
    writer.add_vision_projection_dim(width)
    writer.add_vision_image_size(SIDE * PATCH)
    writer.add_vision_patch_size(PATCH)
    writer.add_vision_embedding_length(WIDTH)
    writer.add_vision_feed_forward_length(FEED_FORWARD)
    writer.add_vision_block_count(LAYERS)
    writer.add_vision_head_count(HEADS)
    writer.add_vision_attention_layernorm_eps(1e-6)
    writer.add_vision_image_mean([0.5, 0.5, 0.5])
    writer.add_vision_image_std([0.5, 0.5, 0.5])
    writer.add_vision_spatial_merge_size(MERGE)
    writer.add_vision_use_gelu(True)
    _Weights(writer, width).add()
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return target


class _Weights:
    """Fills a projector with noise, the same every time."""

    def __init__(self, writer: GGUFWriter, width: int) -> None:
        self._writer = writer
        self._width = width
        self._random = np.random.default_rng(0)

    def add(self) -> None:
        for name in ("v.patch_embd.weight", "v.patch_embd.weight.1"):
            self._noise(name, WIDTH, 3, PATCH, PATCH)
        self._noise("v.patch_embd.bias", WIDTH)
        self._noise("v.position_embd.weight", SIDE * SIDE, WIDTH)
        for layer in range(LAYERS):
            block = f"v.blk.{layer}."
            self._norm(f"{block}ln1")
            self._linear(f"{block}attn_qkv", WIDTH, 3 * WIDTH)
            self._linear(f"{block}attn_out", WIDTH, WIDTH)
            self._norm(f"{block}ln2")
            self._linear(f"{block}ffn_up", WIDTH, FEED_FORWARD)
            self._linear(f"{block}ffn_down", FEED_FORWARD, WIDTH)
        self._norm("v.post_ln")
        merged = WIDTH * MERGE * MERGE
        self._linear("mm.0", merged, merged)
        self._linear("mm.2", merged, self._width)

    def _linear(self, name: str, before: int, after: int) -> None:
        self._noise(f"{name}.weight", after, before)
        self._noise(f"{name}.bias", after)

    def _norm(self, name: str) -> None:
        self._writer.add_tensor(f"{name}.weight", np.ones(WIDTH, np.float32))
        self._writer.add_tensor(f"{name}.bias", np.zeros(WIDTH, np.float32))

    def _noise(self, name: str, *shape: int) -> None:
        values = self._random.standard_normal(shape, dtype=np.float32)
        self._writer.add_tensor(name, values * np.float32(0.2))


def png(seed: int, width: int = 96, height: int = 64) -> bytes:
    """Return a PNG of noise."""
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def chunk(kind: bytes, data: bytes) -> bytes:
    """Return a part of a PNG file."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
