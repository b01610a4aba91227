"""Small GGUF files with real headers and hardly any weights, for what is read of a header."""

from pathlib import Path

import numpy as np
from gguf import GGUFWriter

FIM = ["<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"]
# Of Qwen2.5-Coder 0.5B, as its file has them.
SHAPE = {
    "block_count": 24,
    "embedding_length": 896,
    "feed_forward_length": 4864,
    "attention.head_count": 14,
    "attention.head_count_kv": 2,
}


def build(
    path: Path,
    *,
    architecture: str = "qwen2",
    kind: str = "model",
    context: int | None = 32768,
    words: list[str] | None = None,
    numbers: dict[str, int] | None = None,
    licence: str | None = None,
    template: str = "",
    has_output: bool = False,
) -> Path:
    """Write a file whose header is that of a model; returns its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = GGUFWriter(path, architecture)
    writer.add_type(kind)
    writer.add_name("a small model")
    writer.add_file_type(15)
    if licence is not None:
        writer.add_license(licence)
    if context is not None:
        writer.add_context_length(context)
    for key, value in (SHAPE if numbers is None else numbers).items():
        writer.add_uint32(f"{architecture}.{key}", value)
    if words is None:
        words = ["a", "b", *FIM]
    writer.add_token_list(words)
    writer.add_token_types([1] * len(words))
    if template:
        writer.add_chat_template(template)
    writer.add_tensor("token_embd.weight", np.zeros((8, 32), np.float32))
    if has_output:
        writer.add_tensor("output.weight", np.zeros((8, 32), np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
