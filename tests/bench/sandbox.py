"""Whether a program that a model wrote passes its tests: run apart, with little time and memory.

It is a guard against accidents, such as endless loops and lists, not against a program that means
harm: that a small model writes such a one into a function of HumanEval is not to be expected.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

CPU_S = 10
WALL_S = 60.0  # another process may hold the processor
MEMORY = 1 << 30  # bytes
FILE_SIZE = 1 << 20  # bytes
# The limits are set by the process itself, before it runs anything of the program.
_RUNNER = """
import resource, runpy, sys
cpu_s, memory, file_size = map(int, sys.argv[2:])
resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s))
resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
resource.setrlimit(resource.RLIMIT_FSIZE, (file_size, file_size))
runpy.run_path(sys.argv[1], run_name="__main__")
"""


def passes(program: str) -> bool:
    """Return whether a Python program ends by itself and without an error."""
    with TemporaryDirectory(prefix="qwen-bench-") as folder:
        path = Path(folder) / "program.py"
        # A model may write half a surrogate pair, which no file can hold.
        path.write_bytes(program.encode("utf-8", "replace"))
        limits = [str(one) for one in (CPU_S, MEMORY, FILE_SIZE)]
        process = subprocess.Popen(
            [sys.executable, "-I", "-c", _RUNNER, str(path), *limits],
            cwd=folder,
            env={},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            return process.wait(WALL_S) == 0
        except subprocess.TimeoutExpired:
            return False
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
