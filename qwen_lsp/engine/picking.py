"""Which token comes next in an answer, and how likely the model thought it.

The best one, or by chance among the best; where the prompt is healed, the best that agrees with
what was typed; where another answer is wanted, the best that begins otherwise.
"""

from dataclasses import dataclass

import numpy as np

from qwen_lsp.engine.healing import Healer
from qwen_lsp.engine.likely import LikelyTexts
from qwen_lsp.engine.llama import Model, Scores, Tokens
from qwen_lsp.wire import ChatRequest, CompletionRequest

TOP_K = 40  # candidates when sampling; llama.vim's and llama.cpp's own default
# Tokens that may begin another answer. Behind them is only what the model would never write.
BEGINNINGS = 40


@dataclass(frozen=True, slots=True)
class Choice:
    """A token, and its log-probability; None where the model had no choice or nobody asks."""

    token: int
    logprob: float | None


class Picker:
    """Picks the tokens of one answer, one after the other."""

    def __init__(
        self,
        model: Model,
        healer: Healer,
        request: CompletionRequest | ChatRequest,
        typed: bytes = b"",
    ) -> None:
        self._model = model
        self._healer = healer
        self._temperature = request.temperature
        self._avoided: tuple[str, ...] = ()
        self._is_weighed = False
        self._likely: LikelyTexts | None = None
        self._unbroken = 0
        self._last = b""
        if isinstance(request, CompletionRequest):
            if request.likely:
                self._likely = LikelyTexts(healer, request.likely, typed)
            self._unbroken = request.unbroken and request.unbroken + len(typed)
            self._avoided = tuple(text.lstrip() for text in request.avoid)
            # The tokens of an edit are mostly guessed, not picked.
            self._is_weighed = request.priority != "edit"
        # The same chance for the same prompt: an answer can then go on after a restart.
        self._random = np.random.default_rng(0)

    def pick(self, scores: Scores, required: bytes) -> Choice | None:
        """Return the next token, None when there is none.

        Its text begins with `required`, which was typed, or is the beginning of it.
        """
        tokens: Tokens | None = None
        if required:
            # What was typed rules all other tokens out: they say nothing of how sure the model is.
            tokens = self._healer.candidates(required)
            if not len(tokens):
                return None
            scores = scores[tokens]
        wanted = self._wanted(scores, tokens)
        if self._avoided:
            at = self._other_beginning(wanted, tokens, len(required))
            if at is None:
                return None
        elif self._temperature == 0 or required:
            at = int(wanted.argmax())
        else:
            at = self._drawn(wanted)
        token = at if tokens is None else int(tokens[at])
        piece = self._model.piece(token)
        self._note(piece)
        is_choice = not required or len(piece) > len(required)
        return Choice(token, logprob(scores, at) if is_choice and self._is_weighed else None)

    def _wanted(self, scores: Scores, tokens: Tokens | None) -> Scores:
        """Return the scores as they count for the choice, not for how sure the model is.

        Args:
            scores: of `tokens`, or of all.
            tokens: that are possible at all.
        """
        if self._likely:
            bonuses = self._likely.bonuses()
            scores = scores + (bonuses if tokens is None else bonuses[tokens])
        if self._unbroken > 0:
            breaks = [self._healer.opened_breaks]
            if self._last.endswith((b"(", b"[")):
                breaks.append(self._healer.line_breaks)
            unwanted = np.concatenate(breaks)
            if self._likely:  # the same line may be broken elsewhere
                unwanted = np.setdiff1d(unwanted, self._likely.line_ends())
            scores = scores.copy()
            scores[_places(unwanted, tokens)] = -np.inf
        return scores

    def _note(self, piece: bytes) -> None:
        if self._likely:
            self._likely.take(piece)
        if piece.strip(b" \t"):
            self._last = piece.rstrip(b" \t")
        self._unbroken = 0 if b"\n" in piece else self._unbroken - len(piece)

    def _drawn(self, scores: Scores) -> int:
        best = np.argpartition(scores, -TOP_K)[-TOP_K:]
        logits = (scores[best] - scores[best].max()) / self._temperature
        weights = np.exp(logits.astype(np.float64))
        return int(self._random.choice(best, p=weights / weights.sum()))

    def _other_beginning(self, scores: Scores, tokens: Tokens | None, typed: int) -> int | None:
        """Return the place of the best token with which no text begins that is to be avoided.

        Blanks are taken where they are the best, and the token behind them decides.
        """
        count = min(BEGINNINGS, len(scores))
        best = np.argpartition(scores, -count)[-count:]
        for rank, at in enumerate(best[np.argsort(-scores[best])].tolist()):
            token = at if tokens is None else int(tokens[at])
            if self._model.ends_text(token):
                continue
            text = self._model.piece(token)[typed:].decode(errors="ignore").lstrip()
            if not text and rank == 0:
                return int(at)
            if text and not any(avoided.startswith(text) for avoided in self._avoided):
                self._avoided = ()
                return int(at)
        return None


def _places(tokens: Tokens, among: Tokens | None) -> Tokens:
    """Return where tokens are in the scores of some, or of all."""
    if among is None:
        return tokens
    return np.flatnonzero(np.isin(among, tokens)).astype(np.int32)


def logprob(scores: Scores, at: int) -> float:
    """Return the logarithm of the softmax of `scores` at one place."""
    highest = scores.max()
    shares = np.subtract(scores, highest)
    np.exp(shares, out=shares)
    return float(scores[at] - highest - np.log(shares.sum()))
