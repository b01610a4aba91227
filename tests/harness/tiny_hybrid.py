"""A small random model of the hybrid Qwen3.5 architecture, for what real ones are too big for.

Three of its four layers keep a recurrent state (a gated delta net), which cannot be rolled back, and
one attends: what the engine has to care about in a hybrid model is all there. Its words are noise,
but each depends on the whole prompt, so a cache that mixes something up changes the answer.
Vocabulary and chat template are another model's. The architecture's tensors are named and shaped as
in llama.cpp's `qwen35`.
"""

import struct
from pathlib import Path
from typing import Any

import numpy as np
from gguf import GGMLQuantizationType, GGUFWriter, quants

LAYERS, ATTENTION_EVERY = 4, 4
WIDTH, FEED_FORWARD = 64, 128
HEADS, KV_HEADS, HEAD = 2, 1, 32  # of attention
STATE, KEY_HEADS, VALUE_HEADS, CONVOLUTION = 32, 2, 4, 4  # of the delta net
WINDOW = 262_144  # tokens: the real models' own

KEYS, VALUES = STATE * KEY_HEADS, STATE * VALUE_HEADS


def build(vocabulary_of: Path, target: Path) -> None:
    """Write the model to `target`; the vocabulary is that of another Qwen model's file."""
    writer = GGUFWriter(target, "qwen35")
    _add_shape(writer)
    _add_vocabulary(writer, (source := _read_metadata(vocabulary_of)))
    _add_weights(writer, len(source["tokenizer.ggml.tokens"]))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _add_shape(writer: GGUFWriter) -> None:
    writer.add_name("tiny random hybrid")
    writer.add_context_length(WINDOW)
    writer.add_block_count(LAYERS)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(FEED_FORWARD)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_key_length(HEAD)
    writer.add_value_length(HEAD)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_freq_base(1e7)
    writer.add_rope_dimension_count(16)
    writer.add_rope_dimension_sections([4, 2, 2, 0])
    writer.add_full_attention_interval(ATTENTION_EVERY)
    writer.add_ssm_conv_kernel(CONVOLUTION)
    writer.add_ssm_state_size(STATE)
    writer.add_ssm_inner_size(VALUES)
    writer.add_ssm_group_count(KEY_HEADS)
    writer.add_ssm_time_step_rank(VALUE_HEADS)


def _add_vocabulary(writer: GGUFWriter, source: dict[str, Any]) -> None:
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(source["tokenizer.ggml.tokens"])
    writer.add_token_types(source["tokenizer.ggml.token_type"])
    writer.add_token_merges(source["tokenizer.ggml.merges"])
    writer.add_eos_token_id(source["tokenizer.ggml.eos_token_id"])
    writer.add_pad_token_id(source["tokenizer.ggml.padding_token_id"])
    writer.add_add_bos_token(False)
    writer.add_chat_template(source["tokenizer.chat_template"].decode())


def _add_weights(writer: GGUFWriter, vocabulary: int) -> None:
    random = np.random.default_rng(0)

    def noise(name: str, *shape: int, scale: float = 0.3) -> None:
        writer.add_tensor(name, random.standard_normal(shape, dtype=np.float32) * scale)

    def ones(name: str, size: int, scale: float = 1) -> None:
        writer.add_tensor(name, np.full(size, scale, np.float32))

    # These two are nearly all of the file.
    embedding = random.standard_normal((vocabulary, WIDTH), dtype=np.float32) * np.float32(0.2)
    packed = quants.quantize(embedding, GGMLQuantizationType.Q8_0)
    writer.add_tensor("token_embd.weight", packed, raw_dtype=GGMLQuantizationType.Q8_0)
    # Not the embedding again, or a random model repeats its input; and not packed, since that would
    # round small differences of two states away.
    output = random.standard_normal((vocabulary, WIDTH), dtype=np.float32)
    writer.add_tensor("output.weight", output.astype(np.float16))
    ones("output_norm.weight", WIDTH)
    for layer in range(LAYERS):
        block = f"blk.{layer}."
        ones(f"{block}attn_norm.weight", WIDTH)
        ones(f"{block}post_attention_norm.weight", WIDTH)
        if (layer + 1) % ATTENTION_EVERY == 0:
            # Twice as wide as the heads: the second half gates them.
            noise(f"{block}attn_q.weight", 2 * HEAD * HEADS, WIDTH)
            noise(f"{block}attn_k.weight", HEAD * KV_HEADS, WIDTH)
            noise(f"{block}attn_v.weight", HEAD * KV_HEADS, WIDTH)
            noise(f"{block}attn_output.weight", WIDTH, HEAD * HEADS)
            # So that it looks at single tokens, near or far, not at the mean of all.
            ones(f"{block}attn_q_norm.weight", HEAD, 2)
            ones(f"{block}attn_k_norm.weight", HEAD, 2)
        else:
            noise(f"{block}attn_qkv.weight", 2 * KEYS + VALUES, WIDTH)
            noise(f"{block}attn_gate.weight", VALUES, WIDTH)
            noise(f"{block}ssm_conv1d.weight", 2 * KEYS + VALUES, CONVOLUTION)
            noise(f"{block}ssm_dt.bias", VALUE_HEADS)
            # How fast each head forgets: slowly, or early tokens would not matter.
            decay = np.linspace(-0.2, -0.01, VALUE_HEADS, dtype=np.float32)
            writer.add_tensor(f"{block}ssm_a", decay)
            noise(f"{block}ssm_beta.weight", VALUE_HEADS, WIDTH)
            noise(f"{block}ssm_alpha.weight", VALUE_HEADS, WIDTH)
            ones(f"{block}ssm_norm.weight", STATE)
            noise(f"{block}ssm_out.weight", WIDTH, VALUES)
        noise(f"{block}ffn_gate.weight", FEED_FORWARD, WIDTH)
        noise(f"{block}ffn_up.weight", FEED_FORWARD, WIDTH)
        noise(f"{block}ffn_down.weight", WIDTH, FEED_FORWARD)


def _read_metadata(path: Path) -> dict[str, Any]:
    """Return a GGUF file's keys and values, texts as bytes; `gguf`'s own reader takes 10 s."""
    with path.open("rb") as file:

        def number(code: str) -> Any:
            return struct.unpack(f"<{code}", file.read(struct.calcsize(code)))[0]

        def text() -> bytes:
            return file.read(number("Q"))

        def value(kind: int) -> Any:
            if kind == 8:
                return text()
            if kind == 9:
                kind, count = number("I"), number("Q")
                return [value(kind) for _ in range(count)]
            return number("BbHhIif?__Qqd"[kind])

        assert file.read(4) == b"GGUF"
        _version, _tensors, count = number("I"), number("Q"), number("Q")
        return {text().decode(): value(number("I")) for _ in range(count)}
