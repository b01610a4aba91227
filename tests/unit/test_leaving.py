"""When the engine leaves by itself."""

import pytest

from qwen_lsp.engine.leaving import is_short_of_memory, reason_to_leave
from qwen_lsp.models.machine import Machine

GIB = 1 << 30
PLENTY, SHORT = Machine(8 * GIB, 4 * GIB, 2), Machine(8 * GIB, GIB // 4, 2)
IDLE_S = 1800


@pytest.mark.parametrize(
    ("quiet_s", "machine", "why"),
    [
        (1801, PLENTY, "nobody has asked for 30 minutes"),
        (1801, SHORT, "nobody has asked for 30 minutes"),
        (1801, None, "nobody has asked for 30 minutes"),
        (1799, PLENTY, ""),
        (61, SHORT, "memory is short (268 MB of 8,590 MB are available)"),
        (59, SHORT, ""),
        (61, PLENTY, ""),
        (1799, None, ""),
    ],
)
def test_an_engine_leaves_when_nobody_asks_sooner_where_memory_is_short(quiet_s, machine, why):
    reason = reason_to_leave(quiet_s, IDLE_S, machine)
    assert reason.startswith(why)
    assert bool(reason) == bool(why)


def test_an_idle_time_of_less_than_a_minute_is_kept_to():
    assert reason_to_leave(7, 6, SHORT) == "nobody has asked for 0.1 minutes"


@pytest.mark.parametrize(
    ("memory", "available", "is_short"),
    [
        # A tenth of a small machine or container.
        (2 * GIB, GIB // 4, False),
        (2 * GIB, GIB // 8, True),
        (8 * GIB, GIB, False),
        (8 * GIB, GIB // 2, True),
        # A gigabyte of a large one.
        (64 * GIB, 2 * GIB, False),
        (64 * GIB, GIB // 2, True),
        # A group that is over its limit.
        (2 * GIB, 0, True),
    ],
)
def test_memory_is_short_below_a_tenth_and_below_a_gigabyte(memory, available, is_short):
    assert is_short_of_memory(Machine(memory, available, 2)) == is_short
