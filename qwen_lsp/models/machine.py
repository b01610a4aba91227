"""What this machine lets a model use: memory and cores, as the system and its limits say.

A container or a service may have less than the machine. The limits of control groups are read for
the process's own group and all that it is in; the smallest counts.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

CGROUPS = Path("/sys/fs/cgroup")
OWN_GROUPS = Path("/proc/self/cgroup")
# Of the first version of control groups: "no limit" is written as a number near 2**63.
UNLIMITED = 1 << 60


@dataclass(frozen=True, slots=True)
class Device:
    """A graphics processor that llama.cpp's build sees; bytes of its memory.

    `shares_memory` is set for one that uses the machine's own memory.
    """

    name: str
    memory: int
    free: int
    shares_memory: bool = False


@dataclass(frozen=True, slots=True)
class Machine:
    """Bytes of memory, in all and free now; cores for computing; graphics processors."""

    memory: int
    available: int
    cores: int
    devices: tuple[Device, ...] = ()

    @property
    def best_device(self) -> Device | None:
        """The one with the most free memory."""
        return max(self.devices, key=lambda one: one.free, default=None)


def look(
    devices: tuple[Device, ...] = (), *, cgroups: Path = CGROUPS, own: Path = OWN_GROUPS
) -> Machine:
    """Return what there is now. Which devices there are only llama.cpp knows."""
    memory = psutil.virtual_memory()
    total, available = memory.total, memory.available
    for limit, used in _memory_limits(cgroups, own):
        total = min(total, limit)
        available = min(available, max(0, limit - used))
    return Machine(total, available, usable_cores(cgroups=cgroups, own=own), devices)


def usable_cores(*, cgroups: Path = CGROUPS, own: Path = OWN_GROUPS) -> int:
    """Return how many threads compute best: physical cores, as far as this process may use them.

    Hyper-threads slow llama.cpp's decoding down.
    """
    cores = psutil.cpu_count(logical=False) or os.cpu_count() or 1
    with suppress(AttributeError, OSError):  # not every system has it
        cores = min(cores, len(os.sched_getaffinity(0)))
    for share in _core_limits(cgroups, own):
        cores = min(cores, int(share))
    return max(1, cores)


def _memory_limits(cgroups: Path, own: Path) -> Iterator[tuple[int, int]]:
    """Yield the limit of each group in bytes, and what of it is in use and cannot be given up."""
    for group in _groups(cgroups, own, ""):
        limit = _number(group / "memory.max")
        if limit is not None:
            used = _number(group / "memory.current") or 0
            yield limit, used - _statistic(group / "memory.stat", "inactive_file")
    for group in _groups(cgroups, own, "memory"):
        limit = _number(group / "memory.limit_in_bytes")
        if limit is not None and limit < UNLIMITED:
            used = _number(group / "memory.usage_in_bytes") or 0
            yield limit, used - _statistic(group / "memory.stat", "total_inactive_file")


def _core_limits(cgroups: Path, own: Path) -> Iterator[float]:
    for group in _groups(cgroups, own, ""):
        words = _text(group / "cpu.max").split()
        if len(words) == 2 and all(one.isdigit() for one in words):
            yield int(words[0]) / int(words[1])
    for group in _groups(cgroups, own, "cpu"):
        quota = _number(group / "cpu.cfs_quota_us")
        period = _number(group / "cpu.cfs_period_us")
        if quota is not None and quota > 0 and period:
            yield quota / period


def _groups(cgroups: Path, own: Path, controller: str) -> Iterator[Path]:
    """Yield the folders of this process's group and of those around it, as far as they are there.

    In a container its own group may be mounted as the root, so that is always one of them.
    """
    for line in _text(own).splitlines():
        _, controllers, path = line.split(":", 2)
        if controller in controllers.split(","):
            root = cgroups / controller
            group = root / path.lstrip("/")
            yield from (one for one in (group, *group.parents) if one.is_relative_to(root))
            return


def _number(path: Path) -> int | None:
    text = _text(path)
    return int(text) if text.removeprefix("-").isdigit() else None


def _statistic(path: Path, name: str) -> int:
    for line in _text(path).splitlines():
        key, _, value = line.partition(" ")
        if key == name and value.isdigit():
            return int(value)
    return 0


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""
