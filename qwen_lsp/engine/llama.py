"""llama.cpp as the engine has it: a model, its vocabulary, and one decoding context.

It wraps the low-level API, because the high-level one clears the cache where a hybrid model cannot
roll back and inserts token 0 for the fill-in-the-middle tokens. Nothing here knows HTTP, documents
or prompts. A `Context` belongs to one thread; llama.cpp is not thread-safe per context.
"""

import ctypes
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import llama_cpp
import numpy as np
import numpy.typing as npt
from llama_cpp import llama_cpp as lib

from qwen_lsp.errors import ModelError, NoRoom

log = logging.getLogger(__name__)

Tokens = npt.NDArray[np.int32]
Scores = npt.NDArray[np.float32]

# The binding's version names the llama.cpp build it carries.
BUILD = f"llama-cpp-python {llama_cpp.__version__}"
BATCH = 512  # tokens: llama.cpp's own default for n_ubatch
GGML_LOG_WARN, GGML_LOG_ERROR = 3, 4
KV_TYPES = {"f16": llama_cpp.GGML_TYPE_F16, "q8_0": llama_cpp.GGML_TYPE_Q8_0}
NO_KV_SLOT, ABORTED = 1, 2  # answers of llama_decode

_CONTROL_TOKENS: dict[str, Callable[[Any], int]] = {
    "fim_prefix": lib.llama_vocab_fim_pre,
    "fim_suffix": lib.llama_vocab_fim_suf,
    "fim_middle": lib.llama_vocab_fim_mid,
    "repo_name": lib.llama_vocab_fim_rep,
    "file_sep": lib.llama_vocab_fim_sep,
}


class KvFull(Exception):
    """No free cell for the batch; free a sequence and decode again."""


class Aborted(Exception):
    """`interrupt()` stopped the batch; none of its tokens were evaluated."""


@dataclass(frozen=True, slots=True)
class ContextShape:
    """How a context is made.

    Window in tokens, sequences, threads, rollback snapshots, what the cache is kept in, and YaRN's
    factor, 1 for none.
    """

    window: int
    sequences: int
    threads: int
    batch_threads: int
    rollback: int = 0
    kv_type: str = "f16"
    stretch: float = 1.0


class Model:
    """A loaded GGUF model and its vocabulary, with or without a LoRA adapter."""

    def __init__(
        self,
        path: Path,
        *,
        extra_buffers: bool,
        gpu_layers: int = -1,
        adapter: Path | None = None,
        on_progress: Callable[[float], None] = lambda _share: None,
    ) -> None:
        """Load the weights; `on_progress` gets the loaded share, 0 to 1.

        `extra_buffers` off is the mode that survives where AMX is reported but not permitted.
        `gpu_layers` is how many go to a graphics processor, if there is one; -1 for all.
        `adapter` is applied in every context of the model.

        Raises:
            ModelError: llama.cpp cannot load the file, or the adapter for it.
        """
        self._log = route_log()
        self._log.last_error = ""
        lib.llama_backend_init()
        params = lib.llama_model_default_params()
        params.use_extra_bufts = extra_buffers
        params.n_gpu_layers = gpu_layers

        def report(share: float, _data: Any) -> bool:
            on_progress(share)
            return True

        # Kept on self: ctypes does not keep a callback alive.
        self._progress = lib.llama_progress_callback(report)
        params.progress_callback = self._progress
        self.path = path
        self._model = lib.llama_model_load_from_file(str(path).encode(), params)
        if not self._model:
            raise ModelError(
                f"{path} cannot be loaded ({self._log.last_error or 'llama.cpp gave no reason'}); "
                "run `qwen-lsp model verify`, or pull the model again."
            )
        self._adapter = self._load_adapter(adapter) if adapter is not None else None
        self._vocab = lib.llama_model_get_vocab(self._model)
        self.vocabulary_size: int = lib.llama_vocab_n_tokens(self._vocab)
        self.trained_window: int = lib.llama_model_n_ctx_train(self._model)
        self.is_hybrid = bool(
            lib.llama_model_is_hybrid(self._model) or lib.llama_model_is_recurrent(self._model)
        )
        template = lib.llama_model_chat_template(self._model, None)
        self.chat_template: str = template.decode() if template else ""
        self._pieces: dict[int, bytes] = {}

    @property
    def handle(self) -> Any:
        """llama.cpp's pointer to it."""
        return self._model

    def control_token(self, name: str) -> int | None:
        """Return the id of a fill-in-the-middle control token, None if the model has none."""
        token = _CONTROL_TOKENS[name](self._vocab)
        return token if token >= 0 else None

    @property
    def fills_in_the_middle(self) -> bool:
        """Whether the vocabulary has the three tokens that filling in the middle needs."""
        return all(
            self.control_token(name) is not None
            for name in ("fim_prefix", "fim_suffix", "fim_middle")
        )

    def tokenize(self, text: str, *, special: bool) -> Tokens:
        """Return the ids of a text; only with `special` may it contain control tokens."""
        data = text.encode("utf-8", errors="replace")
        room = len(data) + 8
        buffer = (lib.llama_token * room)()
        count = lib.llama_tokenize(self._vocab, data, len(data), buffer, room, False, special)
        return np.ctypeslib.as_array(buffer)[:count].astype(np.int32)

    def piece(self, token: int) -> bytes:
        """Return the bytes of a token; they may be part of a UTF-8 character."""
        cached = self._pieces.get(token)
        if cached is None:
            buffer = ctypes.create_string_buffer(256)
            size = lib.llama_token_to_piece(self._vocab, token, buffer, 256, 0, True)
            cached = self._pieces[token] = buffer.raw[: max(size, 0)]
        return cached

    def ends_text(self, token: int) -> bool:
        """Whether a token ends an answer: end of generation, or any control token."""
        return bool(
            lib.llama_vocab_is_eog(self._vocab, token)
            or lib.llama_vocab_is_control(self._vocab, token)
        )

    def _load_adapter(self, path: Path) -> Any:
        # Before any context is made: a context has room for what the model's adapters compute.
        self._log.last_error = ""
        adapter = lib.llama_adapter_lora_init(self._model, str(path).encode())
        if not adapter:
            self.close()
            # It says which function of its own failed in what, and then why.
            why = self._log.last_error.split(": ", 2)[-1] or "llama.cpp gave no reason"
            raise ModelError(
                f"The adapter {path} cannot be used with {self.path} ({why}): name the model that "
                "it was made for, get the file again, or remove `engine.adapter`."
            )
        return adapter

    def close(self) -> None:
        """Free the weights, and the adapter with them."""
        if self._model:
            lib.llama_model_free(self._model)
            self._model = None

    def open_context(self, shape: ContextShape) -> "Context":
        """Make a context.

        Raises:
            NoRoom: there is not enough memory for it.
        """
        return Context(self, self._model, shape, self._adapter)


class Context:
    """The KV cache and the decoder. Sequences are numbered 0 to `shape.sequences` - 1."""

    def __init__(self, model: Model, handle: Any, shape: ContextShape, adapter: Any) -> None:
        params = lib.llama_context_default_params()
        params.n_ctx = shape.window
        params.n_batch = params.n_ubatch = BATCH
        params.n_seq_max = shape.sequences
        params.kv_unified = True  # a fork then shares its trunk's cells instead of copying them
        params.n_threads = shape.threads
        params.n_threads_batch = shape.batch_threads
        params.n_rs_seq = shape.rollback
        params.type_k = params.type_v = KV_TYPES[shape.kv_type]
        if shape.stretch > 1:
            params.rope_scaling_type = lib.LLAMA_ROPE_SCALING_TYPE_YARN
            params.rope_freq_scale = 1 / shape.stretch
            params.yarn_orig_ctx = model.trained_window
        # Without a GPU a batch costs by what the whole cache holds, not by its own sequence.
        self.attends_to_all = not lib.llama_supports_gpu_offload()
        if shape.kv_type != "f16":
            params.flash_attn_type = lib.LLAMA_FLASH_ATTN_TYPE_ENABLED  # it has no other way
        elif self.attends_to_all:
            # On CPUs llama.cpp's flash attention takes one token after the other: behind 1,500
            # tokens a batch of 32 took 930 ms with it and 326 ms without (2 cores, 0.5B).
            params.flash_attn_type = lib.LLAMA_FLASH_ATTN_TYPE_DISABLED
        self.flash_attention = params.flash_attn_type != lib.LLAMA_FLASH_ATTN_TYPE_DISABLED
        self.model = model
        self.shape = shape
        self._context = lib.llama_init_from_model(handle, params)
        if not self._context:
            raise NoRoom(
                f"There is not enough memory for a window of {shape.window} tokens; "
                "close other programs or choose a smaller model."
            )
        if adapter is not None:
            adapters = (lib.llama_adapter_lora_p_ctypes * 1)(adapter)
            lib.llama_set_adapters_lora(self._context, adapters, 1, (ctypes.c_float * 1)(1.0))
        self._memory = lib.llama_get_memory(self._context)
        # A hybrid model cannot drop the half of a batch that an abort leaves in its state.
        self.can_interrupt = not model.is_hybrid
        self._interrupt_flag = (ctypes.c_uint8 * 2)()
        if self.can_interrupt:
            self._install_interrupt()
        self._batch = lib.llama_batch_init(BATCH, 0, 1)

    @property
    def handle(self) -> Any:
        """llama.cpp's pointer to it."""
        return self._context

    def decode(
        self, tokens: Sequence[int] | Tokens, position: int, sequence: int, *, logits: str = "last"
    ) -> None:
        """Evaluate at most BATCH tokens of one sequence, the first at `position` (0-based).

        Args:
            tokens: the ids.
            position: of the first token in the sequence.
            sequence: which one they are appended to.
            logits: "none", "last" or "all": for which tokens `logits()` works afterwards.

        Raises:
            KvFull: no free cells; nothing was evaluated.
            Aborted: another thread called `interrupt()`; nothing was evaluated.
            RuntimeError: llama.cpp refused the batch, which is a bug.
        """
        batch = self._batch
        last = len(tokens) - 1
        batch.n_tokens = len(tokens)
        for index, token in enumerate(tokens):
            batch.token[index] = int(token)
            batch.pos[index] = position + index
            batch.n_seq_id[index] = 1
            batch.seq_id[index][0] = sequence
            batch.logits[index] = logits == "all" or (logits == "last" and index == last)
        self.decode_batch(batch)

    def decode_batch(self, batch: lib.llama_batch) -> None:
        """Evaluate a batch of llama.cpp's own; raises as `decode`."""
        answer = lib.llama_decode(self._context, batch)
        if answer == NO_KV_SLOT:
            raise KvFull
        if answer == ABORTED:
            raise Aborted
        if answer != 0:
            raise RuntimeError(f"llama_decode answered {answer}")
        # A graphics processor is still at work then, and whoever takes the time counts none of it.
        lib.llama_synchronize(self._context)

    def interrupt(self) -> None:
        """Stop the batch that is being decoded, within one operation of its graph (any thread)."""
        self._interrupt_flag[0] = 1

    def clear_interrupt(self) -> None:
        """Forget an interrupt that came between two batches."""
        self._interrupt_flag[0] = 0

    def logits(self, index: int = -1) -> npt.NDArray[np.float32]:
        """Return the scores after the batch's token `index`: a view, valid until `decode`."""
        pointer = lib.llama_get_logits_ith(self._context, index)
        return np.ctypeslib.as_array(pointer, shape=(self.model.vocabulary_size,))

    def cut(self, sequence: int, length: int) -> bool:
        """Keep the first `length` tokens of a sequence; False if the model cannot roll back."""
        return bool(lib.llama_memory_seq_rm(self._memory, sequence, length, -1))

    def clear(self, sequence: int) -> None:
        """Forget a sequence; its cells are free unless another sequence shares them."""
        lib.llama_memory_seq_rm(self._memory, sequence, -1, -1)

    def fork(self, source: int, target: int) -> None:
        """Make `target` the same as `source`, sharing its cells."""
        self.clear(target)
        lib.llama_memory_seq_cp(self._memory, source, target, -1, -1)

    def state(self, sequence: int) -> bytes:
        """Return all that the cache holds of a sequence."""
        return self._read_state(sequence, lib.LLAMA_STATE_SEQ_FLAGS_NONE)

    def state_size(self, sequence: int) -> int:
        """Return how many bytes `state` would give, without reading them."""
        return int(lib.llama_state_seq_get_size_ext(self._context, sequence, 0))

    def restore(self, sequence: int, state: bytes) -> bool:
        """Fill a sequence from a state; False, and an empty sequence, if there is no room."""
        self.clear(sequence)
        is_read = self._write_state(sequence, state, lib.LLAMA_STATE_SEQ_FLAGS_NONE)
        if not is_read:
            self.clear(sequence)
        return is_read

    def checkpoint(self, sequence: int) -> bytes:
        """Return what a hybrid model needs to come back to a sequence as it is now."""
        return self._read_state(sequence, lib.LLAMA_STATE_SEQ_FLAGS_PARTIAL_ONLY)

    def go_back(self, sequence: int, length: int, checkpoint: bytes) -> bool:
        """Shorten a sequence to where a checkpoint of it was taken; False if that failed."""
        flags = lib.LLAMA_STATE_SEQ_FLAGS_PARTIAL_ONLY
        return self._write_state(sequence, checkpoint, flags) and self.cut(sequence, length)

    def _read_state(self, sequence: int, flags: int) -> bytes:
        size = lib.llama_state_seq_get_size_ext(self._context, sequence, flags)
        buffer = (ctypes.c_uint8 * size)()
        written = lib.llama_state_seq_get_data_ext(self._context, buffer, size, sequence, flags)
        return bytes(memoryview(buffer)[:written])

    def _write_state(self, sequence: int, state: bytes, flags: int) -> bool:
        size = len(state)
        buffer = (ctypes.c_uint8 * size).from_buffer_copy(state)
        read: int = lib.llama_state_seq_set_data_ext(self._context, buffer, size, sequence, flags)
        return read > 0

    def _install_interrupt(self) -> None:
        # llama.cpp asks the callback after each operation of the graph. A Python callback would
        # take the GIL hundreds of times a batch, so C's strlen answers: the flag is a string that
        # is empty (0, go on) or one byte long (1, stop).
        strlen = ctypes.CDLL(None).strlen
        self._abort = ctypes.cast(strlen, lib.ggml_abort_callback)
        lib.llama_set_abort_callback(
            self._context, self._abort, ctypes.cast(self._interrupt_flag, ctypes.c_void_p)
        )

    def close(self) -> None:
        """Free the cache."""
        if self._context:
            lib.llama_batch_free(self._batch)
            lib.llama_free(self._context)
            self._context = None


class _LogRoute:
    """Sends llama.cpp's log to ours and remembers its last error for the user's sentence."""

    def __init__(self) -> None:
        self.last_error = ""
        self.callback = lib.llama_log_callback(self._write)
        lib.llama_log_set(self.callback, None)

    def _write(self, level: int, text: bytes, _data: Any) -> None:
        line = text.decode(errors="replace").strip()
        if level == GGML_LOG_ERROR:
            # The first error names the cause, later ones only say that loading failed.
            self.last_error = self.last_error or line
            log.error("%s", line)
        elif level == GGML_LOG_WARN:
            log.warning("%s", line)
        else:
            log.debug("%s", line)


@cache
def route_log() -> _LogRoute:
    """Return where llama.cpp's log goes."""
    # One for the process: llama.cpp goes on calling it after the model that it was set for.
    return _LogRoute()
