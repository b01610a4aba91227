"""How long the language server takes to answer `initialize`, and how much memory it has then."""

import json
import statistics
import subprocess
import sys
import time

import psutil

from tests.bench.report import Figure, Report

RUNS = 10
MEMORY_MB = 150


def run() -> Report:
    times, memories = [], []
    for _ in range(RUNS):
        elapsed_ms, memory_mb = _start_once()
        times.append(elapsed_ms)
        memories.append(memory_mb)
    return Report(
        "start",
        {
            "initialize_ms": Figure(statistics.median(times), budget=400),
            "front_memory_mb": Figure(statistics.median(memories), budget=MEMORY_MB),
        },
        {"runs": RUNS, "all_ms": [round(one) for one in times]},
    )


def _start_once() -> tuple[float, float]:
    """Return ms from process start to the answer, and MB (10^6 bytes) resident then."""
    body = json.dumps(
        {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "initialize",
            "params": {"capabilities": {}, "processId": None, "rootUri": None},
        }
    ).encode()
    start = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-m", "qwen_lsp", "serve"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        process.stdin.flush()
        header = process.stdout.readline()
        elapsed = (time.perf_counter() - start) * 1000
        assert header.startswith(b"Content-Length"), header
        memory = psutil.Process(process.pid).memory_info().rss / 1e6
        process.stdin.close()
    return elapsed, memory
