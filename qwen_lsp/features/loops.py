"""Says when a model has begun to repeat itself, as small ones do in long prose."""

import re

# Code points. Nobody writes so long a sentence, or a line of code, twice.
_LONG = 80
_END = re.compile(r"(?<=[.!?:])\s+|[\r\n]+")


class Loop:
    """Reads an answer as it is shown."""

    def __init__(self) -> None:
        self._seen: set[str] = set()
        self._rest = ""

    def closes(self, text: str) -> bool:
        """Take in a piece; returns whether a long sentence has ended that was there before."""
        *whole, self._rest = _END.split(self._rest + text)
        for sentence in whole:
            if len(sentence) < _LONG:
                continue
            if sentence in self._seen:
                return True
            self._seen.add(sentence)
        return False
