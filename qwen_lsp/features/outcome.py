"""The value for "nothing to offer", with its reason."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Dropped:
    """Nothing is offered; `reason` is a short phrase for the log and for who asked."""

    reason: str
