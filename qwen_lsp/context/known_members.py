"""Names that the word at the cursor is likely one of: the members of what stands before the dot."""

import re
from dataclasses import dataclass

from qwen_lsp.wire import Likely

# What a name is given in the engine's logits, at each of its tokens: where these are all members
# there are, and where there may be others. e to its power is how many times likelier another word
# must be to be written instead. Chosen on the development cases.
_SURE, _LIKELY = 6.0, 2.0
_BEING_TYPED = re.compile(r"\w*\Z")


@dataclass(frozen=True, slots=True)
class Members:
    """Names of members.

    Attributes:
        names: the members.
        is_all: whether there are no others.
    """

    names: tuple[str, ...] = ()
    is_all: bool = False

    def likely(self, before: str) -> tuple[Likely, ...]:
        """Return what is missing of the names behind the text before the cursor."""
        match = _BEING_TYPED.search(before)
        typed = match.group() if match else ""
        bonus = _SURE if self.is_all else _LIKELY
        return tuple(
            Likely(name[len(typed) :], bonus) for name in self.names if name.startswith(typed)
        )


NOTHING_KNOWN = Members()
