"""How much of the machine others used while a bench ran: on a busy one, times say little."""

import os
import time

import psutil


class OthersBusy:
    """Measures from its making on; all engines must still run at the end.

    Ours are this process, its children, and the engines with `engines` in their command line.
    """

    def __init__(self, engines: str) -> None:
        self._engines = engines
        self._start = time.monotonic()
        self._all, self._ours = _all_busy_s(), _ours_s(engines)

    def cores(self) -> float:
        """Return how many cores others kept busy on average."""
        wall = time.monotonic() - self._start
        others = _all_busy_s() - self._all - (_ours_s(self._engines) - self._ours)
        return max(others, 0.0) / wall if wall > 0 else 0.0


def _all_busy_s() -> float:
    times = psutil.cpu_times()
    return float(times.user + times.nice + times.system)


def _ours_s(engines: str) -> float:
    """Return CPU seconds of ours, of children that ended too."""
    found = os.times()
    total = found.user + found.system + found.children_user + found.children_system
    ours = psutil.Process().children(recursive=True)
    children = {one.pid for one in ours}
    ours += [
        one
        for one in psutil.process_iter(["cmdline"])
        if one.pid not in children and any(engines in part for part in one.info["cmdline"] or ())
    ]
    for process in ours:
        try:
            times = process.cpu_times()
        except psutil.Error:
            continue
        total += times.user + times.system
    return float(total)
