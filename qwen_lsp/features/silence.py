"""Whether the model is sure enough of a completion that nobody asked for.

Two gates, since each saves something: the first token, behind which nothing more is generated, and
the whole first line, before which nothing is shown. What they let through is shown to its end.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """The least log-probabilities of a completion that is shown.

    Attributes:
        first: of its first token.
        line: of a token of its first line, on average.
    """

    first: float
    line: float


# Below them nothing that would be accepted was held back on 80 development cases, and an eighth of
# what would be read in vain. `python -m tests.bench silence` shows what others would give.
LIMITS = Limits(first=math.log(0.4), line=-1.5)


def is_unsure(logprobs: Sequence[float], *, is_line: bool, limits: Limits = LIMITS) -> bool:
    """Whether to say nothing, from what is known of the first line's tokens.

    Args:
        logprobs: of the tokens that begin the completion; none are known where an engine tells
            none, and then nothing is held back.
        is_line: they are the whole first line.
        limits: where doubt begins.
    """
    if not logprobs:
        return False
    return logprobs[0] < limits.first or (is_line and sum(logprobs) / len(logprobs) < limits.line)
