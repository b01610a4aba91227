"""Finds out, in a process that may die, in which mode this build can decode on this machine.

Where the processor reports AMX but the machine does not let it be used, llama.cpp's default mode
dies with SIGSEGV in the first decode; without the extra buffer types the same build works. So each
mode is tried in a child process, once per build, model and machine, and the answer is remembered.
"""

import logging
import subprocess
import sys
from pathlib import Path

from qwen_lsp.engine.llama import ContextShape, Model
from qwen_lsp.engine.remembered import Remembered
from qwen_lsp.errors import ModelError

log = logging.getLogger(__name__)

PROBE_LIMIT_S = 300  # a 30B model from a cold disk; a hang must not last for ever
CANNOT_LOAD = 3  # the probe's exit code for a model that is at fault, not the machine

_remembered = Remembered("probes.json")


def extra_buffers_work(model: Path) -> bool:
    """Return whether the default mode works here; False means the careful mode does.

    Raises:
        ModelError: the model cannot be loaded, or no mode survives a decode.
    """
    known = _remembered.get(model)
    if not isinstance(known, bool):
        known = _try_modes(model)
        _remembered.put(model, known)
    return known


def decode_once(model_path: Path, *, extra_buffers: bool) -> None:
    """Load a model and decode a small batch and a single token: what the probe process does."""
    model = Model(model_path, extra_buffers=extra_buffers)
    context = model.open_context(ContextShape(window=256, sequences=1, threads=2, batch_threads=2))
    tokens = model.tokenize("def add(first, second):\n    return first", special=False)
    context.decode(tokens, 0, 0)
    context.decode(tokens[:1], len(tokens), 0)
    context.close()
    model.close()


def _try_modes(model: Path) -> bool:
    outcomes = []
    for extra_buffers in (True, False):
        command = [sys.executable, "-P", "-m", "qwen_lsp", "engine", "probe", "--model", str(model)]
        if not extra_buffers:
            command.append("--no-extra-buffers")
        try:
            result = subprocess.run(
                command, capture_output=True, text=True, timeout=PROBE_LIMIT_S, check=False
            )
        except subprocess.TimeoutExpired:
            outcomes.append("no answer")
            continue
        if result.returncode == 0:
            return extra_buffers
        if result.returncode == CANNOT_LOAD:
            raise ModelError(result.stderr.strip().splitlines()[-1])
        outcomes.append(f"exit code {result.returncode}")
        log.warning("Mode extra_buffers=%s: %s", extra_buffers, outcomes[-1])
    raise ModelError(
        f"llama.cpp cannot decode on this processor ({', '.join(outcomes)}); reinstall it with "
        'CMAKE_ARGS="-DGGML_NATIVE=OFF" pip install --force-reinstall --no-cache-dir '
        "--no-binary llama-cpp-python llama-cpp-python."
    )
