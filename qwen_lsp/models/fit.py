"""Which model fits a machine, with how long a context, and how long it takes: arithmetic only.

Memory: a model takes its file's length, for each token of the window what `shape.py` says, for each
sequence of a hybrid model its fixed state, and for computing a table of scores for a batch.

Time: evaluating a prompt multiplies, so a token costs by the parameters it goes through. Writing an
answer reads memory: for each token all those parameters once, in the bytes they are stored in, the
table of words, and what is cached of the context. What one model was measured to take gives what
another one takes by the ratio of the two costs. Nothing here is measured or read.
"""

from dataclasses import dataclass

from qwen_lsp.models.machine import Device, Machine
from qwen_lsp.models.shape import Shape

MIB = 1 << 20
# Beside weights and cache: llama.cpp's own, Python, and what lies on the shelf of parked trunks.
OVERHEAD = 300 * MIB
BATCH = 512  # tokens evaluated at once, whose scores may all be asked for
# Of the memory that is free now: the rest is for the editor, what it builds, and what is to come.
SHARE_OF_MEMORY, SHARE_OF_DEVICE = 0.7, 0.9
# Windows in tokens. Below the smallest one the server cannot work: a completion's prompt takes up
# to 4,000. The usual one holds several documents, or a file that is explained, and costs the
# default model 200 MB; it is exceeded only where a longer prompt is evaluated in half a minute.
SMALLEST_WINDOW, USUAL_WINDOW = 4096, 16_384
PATIENCE_S = 30.0
WINDOW_STEP = 1024
CONTEXT = 1500  # tokens: what lies behind a completion as a rule


@dataclass(frozen=True, slots=True)
class Weights:
    """What of a model file the arithmetic needs; `context` is the longest window, in tokens."""

    bytes: int
    context: int
    shape: Shape

    @property
    def bytes_per_token(self) -> float:
        """Bytes that are read for each token of an answer."""
        shape = self.shape
        stored = self.bytes / shape.parameters
        read = stored * (shape.active_parameters + shape.output_parameters)
        return read + CONTEXT * shape.kv_bytes_per_token("f16") + shape.recurrent_bytes


@dataclass(frozen=True, slots=True)
class Speed:
    """Tokens per second of evaluating a prompt and of writing an answer."""

    prefill_per_s: float
    decode_per_s: float

    def of_another(self, measured: Weights, other: Weights) -> "Speed":
        """Return another model's speed on the machine where `measured` has this one."""
        costs = measured.shape.active_parameters / other.shape.active_parameters
        return Speed(
            self.prefill_per_s * costs,
            self.decode_per_s * measured.bytes_per_token / other.bytes_per_token,
        )


@dataclass(frozen=True, slots=True)
class Work:
    """What is asked of a model: tokens of the prompt not evaluated yet, and of the answer.

    `steps` are what a request costs besides, in tokens of an answer: the few new tokens of a
    prompt that is evaluated already are one batch, about as slow as that many single ones.
    """

    prompt: int
    answer: int
    steps: float = 0.0

    def milliseconds(self, speed: Speed) -> float:
        """Return how long it takes."""
        written = (self.answer + self.steps) / speed.decode_per_s
        return 1000 * (self.prompt / speed.prefill_per_s + written)


# The rest of a line behind its first characters, in a warm document: six tokens at the median of
# those that `python -m tests.bench recommend` asks for, behind one small batch of the prompt.
COMPLETION = Work(prompt=0, answer=6, steps=2)
# Twenty lines of ten tokens: the code around them is read, and all of them are written again.
EDIT = Work(prompt=600, answer=200)

# How fast a machine is that nobody measured, per core, and up to how many cores writing gains: it
# waits for the memory. Of a 2-core virtual machine with Qwen2.5-Coder 0.5B Q4_K_M.
UNMEASURED = Speed(prefill_per_s=80, decode_per_s=10)
MOST_CORES_WRITING = 4


def unmeasured(cores: int) -> Speed:
    """Return what the default model does on so many cores of the usual kind."""
    return Speed(
        UNMEASURED.prefill_per_s * cores,
        UNMEASURED.decode_per_s * min(cores, MOST_CORES_WRITING),
    )


def needed(weights: Weights, window: int, kv_type: str, sequences: int = 1) -> int:
    """Return the bytes of memory that a loaded model takes."""
    shape = weights.shape
    cache = window * shape.kv_bytes_per_token(kv_type) + sequences * shape.recurrent_bytes
    scores = BATCH * shape.vocabulary * 4
    return round(weights.bytes + cache + scores + OVERHEAD)


def least(weights: Weights, window: int, kv_type: str, sequences: int = 1) -> int:
    """Return the bytes without which a model cannot be loaded, whatever else goes well."""
    shape = weights.shape
    cache = window * shape.kv_bytes_per_token(kv_type) + sequences * shape.recurrent_bytes
    return round(weights.bytes + cache)


def longest_window(weights: Weights, room: float, kv_type: str, sequences: int = 1) -> int:
    """Return the longest window that fits into `room` bytes, at most the model's; 0 for none."""
    left = room - needed(weights, 0, kv_type, sequences)
    window = min(weights.context, int(left / weights.shape.kv_bytes_per_token(kv_type)))
    window = window // WINDOW_STEP * WINDOW_STEP
    return window if window >= min(SMALLEST_WINDOW, weights.context) else 0


def room_on(machine: Machine) -> float:
    """Return the bytes that a model may take there: of the device, if there is one that helps."""
    return max(_room_of(machine.best_device), SHARE_OF_MEMORY * machine.available)


def _room_of(device: Device | None) -> float:
    return 0.0 if device is None else SHARE_OF_DEVICE * device.free


def useful_window(prefill_per_s: float) -> int:
    """Return how long a window can be filled within the patience of a user."""
    return max(USUAL_WINDOW, int(prefill_per_s * PATIENCE_S) // WINDOW_STEP * WINDOW_STEP)
