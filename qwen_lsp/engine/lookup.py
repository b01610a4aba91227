"""Prompt lookup: guesses the next tokens of an answer from text that it may be copying.

An edit repeats most of the selection. Where the last tokens of the answer stand in the prompt (or
earlier in the answer), what follows there is a good guess at what follows here, and a batch of
guesses is verified at little more than the price of one token. Greedy answers stay the same.
Source of the idea: prompt lookup decoding (Saxena, 2023).
"""

from collections.abc import Sequence

LONG, SHORT = 3, 2  # tokens that must agree: anywhere, and close behind the last copied place
NEAR = 96  # tokens: how far behind the last copied place a short match counts
# Length of a guess. Wrong guesses cost their share of a batch, so the length follows the success.
FIRST_GUESS, LONGEST_GUESS = 8, 32


class Lookup:
    """Guesses for one answer; told of every token of it."""

    def __init__(self, prompt: Sequence[int]) -> None:
        self._tokens: list[int] = []
        self._places: dict[tuple[int, ...], list[int]] = {}
        self._copied_to = 0  # the place in `_tokens` behind what was last guessed right
        self._length = FIRST_GUESS
        for token in prompt:
            self.add(token)

    def add(self, token: int) -> None:
        """Take in the next token of prompt or answer."""
        self._tokens.append(token)
        end = len(self._tokens)
        for size in (SHORT, LONG):
            if end > size:
                # Indexed only now, when a token follows: the end must not match itself.
                key = tuple(self._tokens[end - 1 - size : end - 1])
                self._places.setdefault(key, []).append(end - 1)

    def guess(self) -> list[int]:
        """Return the tokens that may follow, perhaps none."""
        place = self._place()
        if place is None:
            return []
        self._copied_to = place
        return self._tokens[place : place + self._length]

    def learn(self, guessed: int, right: int) -> None:
        """Adapt to how many of the guessed tokens were right."""
        self._copied_to += right
        if right == guessed:
            self._length = min(2 * self._length, LONGEST_GUESS)
        else:
            self._length = max(FIRST_GUESS // 2, min(self._length, 2 * right))

    def _place(self) -> int | None:
        tokens = self._tokens
        near = self._places.get(tuple(tokens[-SHORT:]), ())
        ahead = [at for at in near if self._copied_to <= at <= self._copied_to + NEAR]
        if ahead:
            return ahead[0]
        anywhere = self._places.get(tuple(tokens[-LONG:]), ())
        return anywhere[-1] if anywhere else None
