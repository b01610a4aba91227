"""How many tokens texts have, as the engine said; remembered by content, so asked only once."""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from hashlib import blake2b

REMEMBERED = 20_000  # counts, at about 150 bytes each


class TokenCounts:
    """The counts of one model's tokenizer; the least recently asked is forgotten."""

    def __init__(self) -> None:
        self._counts: OrderedDict[bytes, int] = OrderedDict()

    def of(self, text: str) -> int | None:
        """Return how many tokens a text has; None if nobody asked lately."""
        key = _key(text)
        if (count := self._counts.get(key)) is not None:
            self._counts.move_to_end(key)
        return count

    def unknown(self, texts: Iterable[str]) -> list[str]:
        """Return those of the texts whose counts are not known, each once."""
        return [text for text in dict.fromkeys(texts) if self.of(text) is None]

    def learn(self, texts: Sequence[str], counts: Sequence[int]) -> None:
        """Remember the counts of texts."""
        for text, count in zip(texts, counts, strict=True):
            self._counts[_key(text)] = count
        while len(self._counts) > REMEMBERED:
            self._counts.popitem(last=False)


def _key(text: str) -> bytes:
    # The text itself would be kept alive. An editor may send half of a surrogate pair.
    return blake2b(text.encode(errors="surrogatepass"), digest_size=16).digest()
