"""Which pieces of code are about the same things as the code around the cursor.

The lexical index finds candidates by the rarest identifiers near the cursor; the share of all
identifiers that a candidate has in common with that window then decides.
"""

from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from typing import TypeVar

_Candidate = TypeVar("_Candidate")


def rarest(
    identifiers: Iterable[str], document_frequency: Callable[[str], int], count: int = 40
) -> list[str]:
    """Return the identifiers near the cursor that are in the fewest documents, rarest first.

    One that is in no document finds nothing, so it is left out. Of equally rare ones, those that
    come first among `identifiers` go first.
    """
    frequencies = {one: document_frequency(one) for one in dict.fromkeys(identifiers)}
    known = [one for one, frequency in frequencies.items() if frequency > 0]
    return sorted(known, key=frequencies.__getitem__)[:count]


def jaccard(some: AbstractSet[str], others: AbstractSet[str]) -> float:
    """Return how much of two sets together is in both, from 0 to 1; 0 if both are empty."""
    shared = len(some & others)
    together = len(some) + len(others) - shared
    return shared / together if together else 0.0


def rerank(
    wanted: AbstractSet[str], candidates: Iterable[tuple[_Candidate, AbstractSet[str]]]
) -> list[tuple[_Candidate, float]]:
    """Return the candidates with their likeness to `wanted`, most alike first.

    A candidate comes with its identifiers. One that shares none is left out; equally alike ones
    keep their order.
    """
    scored = [(candidate, jaccard(wanted, found)) for candidate, found in candidates]
    alike = [(candidate, score) for candidate, score in scored if score > 0]
    return sorted(alike, key=lambda pair: -pair[1])
