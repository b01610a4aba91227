"""What the KV cache holds for one document: a trunk, a fork to generate on, and a spare."""

from dataclasses import dataclass, field

import numpy as np

from qwen_lsp.engine.llama import Tokens
from qwen_lsp.engine.shelf import Checkpoint

NOTHING = np.empty(0, np.int32)


@dataclass(slots=True)
class Lane:
    """One sequence of the KV cache, the tokens it holds, and lengths it can be cut back to."""

    sequence: int
    tokens: Tokens = field(default_factory=lambda: NOTHING)
    checkpoints: tuple[Checkpoint, ...] = ()
    evaluated: int = 0  # prompt tokens, by the job that works on it


@dataclass(slots=True)
class Branch:
    """The lanes of one document. `busy` while a job works on it.

    `spare` is for models that cannot roll back: the fork as it was before the tokens that may yet
    change, which are the end of the typed line, or guesses.
    """

    trunk: Lane
    fork: Lane
    spare: Lane
    document: str = ""
    used: int = 0
    busy: bool = False
    saved: int = 0  # tokens of the trunk that are on disk

    @property
    def evaluated(self) -> int:
        """Prompt tokens that the job that works on it, or did so last, had to evaluate."""
        return self.trunk.evaluated + self.fork.evaluated
