"""What a model sees: images become rows of numbers that stand in a prompt where tokens do.

A projector, a file of its own, makes the rows; llama.cpp's library mtmd runs it. It is loaded with
the first image, since it takes some hundred megabytes. Belongs to the decode thread. A call of the
library cannot be interrupted: while an image is read, for seconds on a processor alone, nothing
else is answered.
"""

import base64
import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from llama_cpp import llama_cpp as lib
from llama_cpp import mtmd_cpp as mtmd

from qwen_lsp.engine.image_size import is_bomb, size_of
from qwen_lsp.engine.llama import Context, Model, Tokens, route_log
from qwen_lsp.errors import ModelError
from qwen_lsp.models.machine import look
from qwen_lsp.wire import Image

# Of an image as it comes. For a while its decoder has it several times: a large JPEG takes 750 MB.
MOST_PIXELS, MOST_BYTES = 50_000_000, 200_000_000
# A row stands for about 32 by 32 pixels; what would have more is made smaller. With fewer than the
# least no text in an image could be read; llama.cpp makes no more than the most for Qwen's models.
LEAST_ROWS, MOST_ROWS = 256, 4096
GB = 1e9
IMAGE = -1  # no token has this id
# Where no program is. The library would ask ffprobe, if there is one, of what it cannot read.
NO_PROGRAMS = b"/dev/null"


@dataclass(frozen=True, slots=True)
class Rows:
    """An image, or a part of one, as the model reads it.

    Attributes:
        numbers: a row for each place that a token would take.
        positions: of each row: in one dimension, or in four of which three count (time, height and
            width). They are relative to where the image begins.
        length: by how many positions the text goes on behind them. A model with positions in
            several dimensions counts an image's longer side, not its rows. Of a part that is not
            the image's end it is 0.
    """

    numbers: npt.NDArray[np.float32]
    positions: npt.NDArray[np.int32]
    length: int

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, part: slice) -> "Rows":
        start, end, _ = part.indices(len(self))
        length = self.length if end == len(self) else 0
        return Rows(self.numbers[start:end], self.positions[:, start:end], length)

    @property
    def ids(self) -> Tokens:
        """What stands for them among a sequence's ids: one for each position."""
        return np.full(self.length, IMAGE, np.int32)


class Sight:
    """Makes rows of images for one model."""

    def __init__(self, model: Model, projector: Path | None, *, threads: int, on_gpu: bool) -> None:
        self._model = model
        self._projector = projector
        self._threads = threads
        self._on_gpu = on_gpu
        self._handle: Any = None
        self._log = route_log()

    def see(self, image: Image, rows: float) -> list[Tokens | Rows]:
        """Return an image as the model reads it: rows, and the tokens that belong around them.

        Args:
            image: of the request.
            rows: most that an image may have, as far as that is sensible; the first one's counts.

        Raises:
            ModelError: the model cannot see, or its projector cannot be used.
            ValueError: this is no image that can be read.
        """
        if self._handle is None:
            self._handle = self._load(int(max(LEAST_ROWS, min(MOST_ROWS, rows))))
        try:
            data = base64.b64decode(image.base64, validate=True)
        except ValueError:
            data = b""
        with self._bitmap(data) as bitmap, self._chunks(bitmap) as chunks:
            count = mtmd.mtmd_input_chunks_size(chunks)
            return [self._read(mtmd.mtmd_input_chunks_get(chunks, at)) for at in range(count)]

    def close(self) -> None:
        """Free the projector."""
        if self._handle is not None:
            mtmd.mtmd_free(self._handle)
            self._handle = None

    def _load(self, rows: int) -> Any:
        name, path = self._model.path.stem, self._projector
        if path is None:
            raise ModelError(
                f"{name} cannot see images: there is no projector (mmproj-….gguf) beside its file; "
                "put it there if the model has one, or choose a model that has."
            )
        size, free = path.stat().st_size, look().available
        if size > free and not self._on_gpu:
            raise ModelError(
                f"{path.name}, with which {name} sees, needs about {size / GB:.1f} GB of memory "
                f"and {free / GB:.1f} GB are free: close other programs."
            )
        self._log.last_error = ""
        mtmd.mtmd_helper_log_set(self._log.callback, None)
        params = mtmd.mtmd_context_params_default()
        params.use_gpu = self._on_gpu
        params.n_threads = self._threads
        params.image_max_tokens = rows
        params.print_timings = params.warmup = False
        handle = mtmd.mtmd_init_from_file(str(path).encode(), self._model.handle, params)
        if not handle:
            raise ModelError(
                f"{path.name} cannot be used with {name} "
                f"({self._log.last_error or 'llama.cpp gave no reason'}); put the projector beside "
                "it that belongs to it."
            )
        if not mtmd.mtmd_support_vision(handle):
            mtmd.mtmd_free(handle)
            raise ModelError(f"{path.name} lets {name} hear, not see; put another beside it.")
        return handle

    @contextmanager
    def _bitmap(self, data: bytes) -> Iterator[Any]:
        """Decode an image, once its size is known to be bearable."""
        unreadable = "The image cannot be read: it is damaged, or no PNG, JPEG, GIF or BMP file."
        size = size_of(data)
        if size is None:
            raise ValueError(unreadable)
        if size.pixels > MOST_PIXELS or size.bytes > MOST_BYTES:
            raise ValueError(
                f"The image has {size.width:,} by {size.height:,} pixels of {size.bits} bits, and "
                f"at most {MOST_PIXELS:,}, or {MOST_BYTES // 1_000_000} MB of them, can be read; "
                "make it smaller."
            )
        if is_bomb(data, size):
            raise ValueError(unreadable)
        options = mtmd.mtmd_helper_init_opt_default()
        options.video_params.ffmpeg_bin_dir = NO_PROGRAMS
        buffer = (ctypes.c_uint8 * len(data)).from_buffer_copy(data)
        bitmap = mtmd.mtmd_helper_bitmap_init_from_buf(
            self._handle, buffer, len(data), False, options
        )
        with _freed(bitmap, mtmd.mtmd_bitmap_free):
            if not bitmap or mtmd.mtmd_bitmap_is_audio(bitmap):
                raise ValueError(unreadable)
            yield bitmap

    @contextmanager
    def _chunks(self, bitmap: Any) -> Iterator[Any]:
        part = mtmd.mtmd_input_part(None, bitmap)
        parts = (ctypes.POINTER(mtmd.mtmd_input_part) * 1)(ctypes.pointer(part))
        with _freed(mtmd.mtmd_input_chunks_init(), mtmd.mtmd_input_chunks_free) as chunks:
            if mtmd.mtmd_tokenize_from_parts(self._handle, chunks, parts, 1, False) != 0:
                raise ValueError("The image cannot be made ready for the model; try another one.")
            yield chunks

    def _read(self, chunk: Any) -> Tokens | Rows:
        count = mtmd.mtmd_input_chunk_get_n_tokens(chunk)
        if mtmd.mtmd_input_chunk_get_type(chunk) == mtmd.MTMD_INPUT_CHUNK_TYPE_TEXT:
            tokens = mtmd.mtmd_input_chunk_get_tokens_text(chunk, ctypes.c_size_t())
            return np.ctypeslib.as_array(tokens, shape=(count,)).astype(np.int32)
        if mtmd.mtmd_decode_use_non_causal(self._handle, chunk):
            raise ModelError(
                f"{self._model.path.stem} reads images in a way that qwen-lsp does not know; "
                "choose one of the Qwen models."
            )
        if (answer := mtmd.mtmd_encode_chunk(self._handle, chunk)) != 0:
            raise RuntimeError(f"mtmd_encode_chunk answered {answer}")
        width = lib.llama_model_n_embd_inp(self._model.handle)
        rows = np.ctypeslib.as_array(mtmd.mtmd_get_output_embd(self._handle), shape=(count, width))
        # A copy, since the next image takes the same place.
        return Rows(rows.copy(), self._positions(chunk), mtmd.mtmd_input_chunk_get_n_pos(chunk))

    def _positions(self, chunk: Any) -> npt.NDArray[np.int32]:
        count = mtmd.mtmd_input_chunk_get_n_tokens(chunk)
        if not mtmd.mtmd_decode_use_mrope(self._handle):
            return np.arange(count, dtype=np.int32)[np.newaxis]
        places = (mtmd.mtmd_decoder_pos * count)()
        image = mtmd.mtmd_input_chunk_get_tokens_image(chunk)
        mtmd.mtmd_helper_image_get_decoder_pos(image, 0, places)
        return np.array([(one.t, one.y, one.x, one.z) for one in places], np.int32).T


def decode_rows(context: Context, rows: Rows, position: int, sequence: int) -> None:
    """Evaluate at most BATCH rows of one image on a sequence; no logits are kept.

    Args:
        context: where.
        rows: of the image.
        position: where the image begins in the sequence, however many of its rows are there.
        sequence: which one they are appended to.

    Raises:
        KvFull, Aborted: as `Context.decode`; nothing was evaluated.
    """
    count = len(rows)
    positions = np.array(rows.positions, order="C")
    positions[:3] += position  # the fourth is not used
    numbers = np.ascontiguousarray(rows.numbers)
    own = (lib.llama_seq_id * 1)(sequence)
    pointer = ctypes.POINTER(lib.llama_seq_id)
    context.decode_batch(
        lib.llama_batch(
            n_tokens=count,
            token=None,
            embd=numbers.ctypes.data_as(ctypes.POINTER(ctypes.c_float)),
            pos=positions.ctypes.data_as(ctypes.POINTER(lib.llama_pos)),
            n_seq_id=(ctypes.c_int32 * count)(*[1] * count),
            seq_id=(pointer * (count + 1))(*[ctypes.cast(own, pointer)] * count),
            logits=(ctypes.c_int8 * count)(),
        )
    )


@contextmanager
def _freed(handle: Any, free: Callable[[Any], None]) -> Iterator[Any]:
    try:
        yield handle
    finally:
        if handle:
            free(handle)
