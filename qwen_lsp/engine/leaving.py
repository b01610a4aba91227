"""When the engine leaves by itself: nobody asks, or others need its memory. Rules, no doing.

Programs that end others where memory runs out wait until it nearly has: earlyoom by default until
10 % of the memory is available (`man earlyoom`, option `-m`). The engine costs its user nothing to
lose while nobody asks, so it leaves there, before anything else of theirs has to. What is available
is the system's own estimate of what programs can still have without swapping; a container's limit
counts as its memory. On a large machine 10 % are several gigabytes, which are not short: hence the
bound.
"""

from qwen_lsp.models.machine import Machine

SHORT_SHARE = 0.1  # of all memory
SHORT_AT_MOST = 1 << 30  # bytes
# Seconds without a request, after which leaving disturbs no work: a user who reads an explanation
# or an edit comes back to a loaded model.
PAUSE_S = 60.0


def reason_to_leave(quiet_s: float, idle_s: float, machine: Machine | None) -> str:
    """Return why an engine leaves that works on nothing, for its log; "" where it stays.

    Args:
        quiet_s: seconds since the last request.
        idle_s: seconds without a request that the user lets it stay.
        machine: what memory there is now; None while the engine holds no model that takes any.
    """
    if quiet_s > idle_s:
        return f"nobody has asked for {idle_s / 60:g} minutes"
    if machine is not None and quiet_s > PAUSE_S and is_short_of_memory(machine):
        return (
            f"memory is short ({machine.available / 1e6:,.0f} MB of {machine.memory / 1e6:,.0f} MB "
            f"are available) and nobody has asked for {PAUSE_S:.0f} seconds"
        )
    return ""


def is_short_of_memory(machine: Machine) -> bool:
    """Whether the user's other programs are about to run out of it."""
    return machine.available < min(SHORT_SHARE * machine.memory, SHORT_AT_MOST)
