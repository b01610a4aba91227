"""A real llama-server on loopback, as long as it is needed."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import psutil

START_LIMIT_S = 120.0


def usual_threads() -> int:
    """Return the threads that our own engine takes by itself."""
    return psutil.cpu_count(logical=False) or os.cpu_count() or 1


@contextlib.contextmanager
def running_llama_server(model: Path, folder: Path, threads: int) -> Iterator[str]:
    """Run llama-server for a model; gives its URL. Its log goes into the folder."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "tests.bench.llama_server", str(model), str(port)]
    command.append(str(threads))
    log = folder / "llama-server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
    url = f"http://127.0.0.1:{port}"
    try:
        with httpx2.Client(base_url=url, trust_env=False) as client:
            deadline = time.monotonic() + START_LIMIT_S
            while not _is_ready(client):
                if process.poll() is not None or time.monotonic() > deadline:
                    end = log.read_text(errors="replace")[-2000:]
                    raise RuntimeError(f"llama-server did not start:\n{end}")
                time.sleep(0.2)
        yield url
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()


def _is_ready(client: httpx2.Client) -> bool:
    try:
        return client.get("/health").status_code == httpx2.codes.OK
    except httpx2.HTTPError:
        return False
