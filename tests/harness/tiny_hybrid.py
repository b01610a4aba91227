"""Small random models: one of the hybrid Qwen3.5 architecture, and a dense one like Qwen3.

Three of the hybrid's four layers keep a recurrent state (a gated delta net), which cannot be
rolled back, and one attends: what the engine has to care about in a hybrid model is all there. The
words of both are noise, but each depends on the whole prompt, and hardly on how it was batched, so
a cache that mixes anything up shows in the scores. Vocabulary and chat template are another
model's. Tensors are named and shaped as llama.cpp's `qwen35` and `qwen3` have them.
"""

import struct
from pathlib import Path
from typing import Any

import numpy as np
from gguf import GGMLQuantizationType, GGUFWriter, quants

LAYERS, ATTENTION_EVERY = 4, 4  # the latter in the hybrid
WIDTH, FEED_FORWARD = 64, 128
HEADS, KV_HEADS, HEAD = 2, 1, 32  # of attention
STATE, KEY_HEADS, VALUE_HEADS, CONVOLUTION = 32, 2, 4, 4  # of the delta net
WINDOW = 262_144  # tokens: the real models' own

KEYS, VALUES = STATE * KEY_HEADS, STATE * VALUE_HEADS


def build(vocabulary_of: Path, target: Path, *, dense: bool = False) -> None:
    """Write a model to `target`; its vocabulary is that of another Qwen model's file."""
    writer = GGUFWriter(target, "qwen3" if dense else "qwen35")
    _add_shape(writer)
    if not dense:
        _add_hybrid_shape(writer)
    source = _read_metadata(vocabulary_of)
    _add_vocabulary(writer, source)
    _Weights(writer, len(source["tokenizer.ggml.tokens"]), dense).add()
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _add_shape(writer: GGUFWriter) -> None:
    writer.add_name("tiny random model")
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


def _add_hybrid_shape(writer: GGUFWriter) -> None:
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


class _Weights:
    """Fills a model with noise, the same every time."""

    def __init__(self, writer: GGUFWriter, vocabulary: int, dense: bool) -> None:
        self._writer = writer
        self._vocabulary = vocabulary
        self._dense = dense
        self._random = np.random.default_rng(0)

    def add(self) -> None:
        # The two tables of words are nearly all of the file.
        words = self._random.standard_normal((self._vocabulary, WIDTH), dtype=np.float32)
        packed = quants.quantize(words * np.float32(0.2), GGMLQuantizationType.Q8_0)
        self._writer.add_tensor("token_embd.weight", packed, raw_dtype=GGMLQuantizationType.Q8_0)
        # Not the same words again, or a random model repeats its input; and not packed, since that
        # would round small differences of two states away.
        words = self._random.standard_normal((self._vocabulary, WIDTH), dtype=np.float32)
        self._writer.add_tensor("output.weight", words.astype(np.float16))
        self._constant("output_norm.weight", WIDTH)
        for layer in range(LAYERS):
            block = f"blk.{layer}."
            self._constant(f"{block}attn_norm.weight", WIDTH)
            if self._dense or (layer + 1) % ATTENTION_EVERY == 0:
                self._add_attention(block)
            else:
                self._add_delta_net(block)
            before = "ffn_norm" if self._dense else "post_attention_norm"
            self._constant(f"{block}{before}.weight", WIDTH)
            self._noise(f"{block}ffn_gate.weight", FEED_FORWARD, WIDTH)
            self._noise(f"{block}ffn_up.weight", FEED_FORWARD, WIDTH)
            self._noise(f"{block}ffn_down.weight", WIDTH, FEED_FORWARD)

    def _add_attention(self, block: str) -> None:
        # The hybrid's is twice as wide as its heads: the second half gates them.
        queries = HEAD * HEADS if self._dense else 2 * HEAD * HEADS
        self._noise(f"{block}attn_q.weight", queries, WIDTH)
        self._noise(f"{block}attn_k.weight", HEAD * KV_HEADS, WIDTH)
        self._noise(f"{block}attn_v.weight", HEAD * KV_HEADS, WIDTH)
        self._noise(f"{block}attn_output.weight", WIDTH, HEAD * HEADS)
        # So that it looks at single tokens, near or far, not at the mean of all.
        self._constant(f"{block}attn_q_norm.weight", HEAD, 2)
        self._constant(f"{block}attn_k_norm.weight", HEAD, 2)

    def _add_delta_net(self, block: str) -> None:
        self._noise(f"{block}attn_qkv.weight", 2 * KEYS + VALUES, WIDTH)
        self._noise(f"{block}attn_gate.weight", VALUES, WIDTH)
        self._noise(f"{block}ssm_conv1d.weight", 2 * KEYS + VALUES, CONVOLUTION)
        self._noise(f"{block}ssm_dt.bias", VALUE_HEADS)
        # How fast each head forgets: slowly, or early tokens would not matter.
        decay = np.linspace(-0.2, -0.01, VALUE_HEADS, dtype=np.float32)
        self._writer.add_tensor(f"{block}ssm_a", decay)
        self._noise(f"{block}ssm_beta.weight", VALUE_HEADS, WIDTH)
        self._noise(f"{block}ssm_alpha.weight", VALUE_HEADS, WIDTH)
        self._constant(f"{block}ssm_norm.weight", STATE)
        self._noise(f"{block}ssm_out.weight", WIDTH, VALUES)

    def _noise(self, name: str, *shape: int) -> None:
        values = self._random.standard_normal(shape, dtype=np.float32)
        self._writer.add_tensor(name, values * np.float32(0.3))

    def _constant(self, name: str, size: int, value: float = 1) -> None:
        self._writer.add_tensor(name, np.full(size, value, np.float32))


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
