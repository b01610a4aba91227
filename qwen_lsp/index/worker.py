"""A process that reads and parses files. It may be killed at any time, also by itself.

A parser is native code that other people wrote: it may loop or crash. The kernel ends the process
when one file takes more than its share of processor time, whatever the code is stuck in; that also
holds when nobody is left to watch it.
"""

import resource
import signal
from multiprocessing.connection import Connection
from pathlib import Path

from qwen_lsp.index.reading import Job, Methods, Reader

# The signal by which the kernel ends a worker whose file took too long.
HANG_SIGNAL = signal.SIGPROF
READY = b"ready"
# Address space. A parser's tree takes about 30 times the source, and sources are small.
_MEMORY_LIMIT = 1 << 30


def main(connection: Connection, root: str, methods: list[str], limit_s: float) -> None:
    """Answer lists of jobs with a reading each, in order, until the other end closes.

    Args:
        connection: to the process that started this one.
        root: the workspace folder.
        methods: fields of `Methods`.
        limit_s: processor time in seconds that one file may take.
    """
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_LIMIT, resource.RLIM_INFINITY))
    # A crash is expected here, and a dump of it would fill the disk.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    reader = Reader(Path(root), Methods(*methods))
    try:
        connection.send_bytes(READY)
        while True:
            jobs: list[Job] = connection.recv()
            for job in jobs:
                signal.setitimer(signal.ITIMER_PROF, limit_s)
                reading = reader.read(job)
                signal.setitimer(signal.ITIMER_PROF, 0)
                connection.send(reading)
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return
