"""How fast a model is here: measured in three seconds when asked, and remembered from real work."""

import time
from importlib import resources
from pathlib import Path

from qwen_lsp.engine.llama import Context, ContextShape, Model, Tokens
from qwen_lsp.engine.remembered import Remembered
from qwen_lsp.models.fit import Speed
from qwen_lsp.models.machine import usable_cores

WINDOW = 2048  # tokens
CHUNK = 128  # tokens: what the engine evaluates at a time on a machine without a GPU
SMALLEST = 16  # tokens: what a slow machine evaluates at a time
SECONDS = 1.5  # for each of the two
LEAST_WRITTEN = 3  # tokens

_remembered = Remembered("speeds.json")


def remembered(model: Path) -> Speed | None:
    """Return what the model did when it was last at work here; None if it never was."""
    try:
        prefill_per_s, decode_per_s = _remembered.get(model)
        return Speed(float(prefill_per_s), float(decode_per_s))
    except (TypeError, ValueError):
        return None


def remember(model: Path, speed: Speed) -> None:
    """Keep a speed for the next start."""
    _remembered.put(model, [speed.prefill_per_s, speed.decode_per_s])


def measure(path: Path, *, extra_buffers: bool) -> Speed:
    """Return the speed of evaluating code and of writing behind it, in about three seconds.

    Raises:
        ModelError: the model cannot be loaded.
    """
    model = Model(path, extra_buffers=extra_buffers)
    threads = usable_cores()
    context = model.open_context(ContextShape(WINDOW, 1, threads, threads))
    code = resources.files("qwen_lsp").joinpath("engine/llama.py").read_text("utf-8")
    tokens = model.tokenize(code, special=False)[: WINDOW - CHUNK]
    # The first batch also waits for the weights to come from the disk; the second shows how many
    # tokens a batch may have that takes no longer than half the time.
    done, seconds = 0, 0.0
    for _ in range(2):
        seconds = _timed(context, tokens[done : done + SMALLEST], done)
        done += SMALLEST
    size = max(SMALLEST, min(CHUNK, int(SMALLEST / seconds * SECONDS / 2)))
    begun, seconds = done, 0.0
    while seconds < SECONDS and done + size <= len(tokens):
        seconds += _timed(context, tokens[done : done + size], done)
        done += size
    prefill_per_s = (done - begun) / seconds
    written, start = 0, time.perf_counter()
    while written < LEAST_WRITTEN or (
        time.perf_counter() - start < SECONDS and done + written < WINDOW
    ):
        context.decode([int(context.logits().argmax())], done + written, 0)
        written += 1
    decode_per_s = written / (time.perf_counter() - start)
    context.close()
    model.close()
    return Speed(prefill_per_s, decode_per_s)


def _timed(context: Context, tokens: Tokens, position: int) -> float:
    start = time.perf_counter()
    context.decode(tokens, position, 0)
    context.logits()  # what a graphics processor does is done only now
    return time.perf_counter() - start
