"""Whether a program that a model wrote passes its tests: run apart, with little time and memory.

It is a guard against accidents, such as endless loops and lists, not against a program that means
harm: that a small model writes such a one into a function of HumanEval is not to be expected.
"""

import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

CPU_S = 10
WALL_S = 60.0  # another process may hold the processor
MEMORY = 1 << 30  # bytes
FILE_SIZE = 1 << 20  # bytes
# The limits are set by the process itself, before it becomes the one that runs the program.
_RUNNER = """
import os, resource, sys
cpu_s, memory, file_size = map(int, sys.argv[1:4])
resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s))
resource.setrlimit(resource.RLIMIT_FSIZE, (file_size, file_size))
if memory:
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
os.execv(sys.argv[4], sys.argv[4:])
"""
_HEAP = MEMORY >> 21  # MiB; half of the memory, since the rest of the runtime needs some


@dataclass(frozen=True, slots=True)
class Runtime:
    """How programs of a language are run.

    Attributes:
        file: what the program is called.
        commands: one after the other, each of which has to succeed.
        memory: bytes of address space; 0 where the runtime reserves far more than it uses, and
            keeps to the limit that its command names.
        beside: a file that the commands need beside the program, and what is in it.
    """

    file: str
    commands: tuple[tuple[str, ...], ...]
    memory: int = 0
    beside: tuple[str, str] = ("", "")


_JVM = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", f"-Xmx{_HEAP}m")
RUNTIMES = {
    "python": Runtime("program.py", ((sys.executable, "-I", "program.py"),), MEMORY),
    # Node only prints which assertion fails, and ends well.
    "javascript": Runtime(
        "program.js",
        (("node", f"--max-old-space-size={_HEAP}", "--require", "./strict.js", "program.js"),),
        beside=("strict.js", "console.assert = require('node:assert').ok;\n"),
    ),
    # The tests' class is the public one, which gives the file its name.
    "java": Runtime(
        "Main.java",
        (
            ("javac", *(f"-J{one}" for one in _JVM), "-proc:none", "-nowarn", "Main.java"),
            ("java", *_JVM, "-cp", ".", "Main"),
        ),
    ),
}


def passes(program: str, language: str = "python") -> bool:
    """Return whether a program ends by itself and without an error."""
    runtime = RUNTIMES[language]
    with TemporaryDirectory(prefix="qwen-bench-") as folder:
        # A model may write half a surrogate pair, which no file can hold.
        (Path(folder) / runtime.file).write_bytes(program.encode("utf-8", "replace"))
        name, text = runtime.beside
        if name:
            (Path(folder) / name).write_text(text)
        return all(_succeeds(command, folder, runtime.memory) for command in runtime.commands)


def _succeeds(command: tuple[str, ...], folder: str, memory: int) -> bool:
    program = shutil.which(command[0])
    if program is None:
        raise SystemExit(f"There is no `{command[0]}` here; the tests of this bench need it.")
    limits = [str(one) for one in (CPU_S, memory, FILE_SIZE)]
    process = subprocess.Popen(
        [sys.executable, "-I", "-c", _RUNNER, *limits, program, *command[1:]],
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
