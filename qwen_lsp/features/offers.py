"""Completions as far as they are known: while the model writes them, and remembered after.

An offer outlives the request that began it. What is typed meanwhile may be what the model writes,
so a newer request joins the offer as long as both agree, and only then ends it.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from statistics import median

from qwen_lsp import wire
from qwen_lsp.context.snapshot import Snapshot
from qwen_lsp.errors import QwenLspError
from qwen_lsp.features.document_style import from_cursor
from qwen_lsp.features.extent import complete_lines, first_line, unfinished, whole
from qwen_lsp.features.fit import rest_at
from qwen_lsp.features.silence import is_unsure

REMEMBERED = 64  # offers; the oldest is forgotten
TIMED = 8  # of the latest answers it is known how long their first text took
# A cancelled request is mostly followed by one for the next key, which may want the same text. An
# editor that waits between the two waits 50 to 200 ms.
LINGER_S = 0.25

Events = AsyncGenerator[wire.Piece | wire.End, None]


class Offer:
    """What the model writes at a snapshot's cursor.

    Attributes:
        snapshot: where it was begun.
        text: what is known of it, from the cursor on.
        done: set when nothing more will come.
        failure: why nothing more will come, if that is an error.
        evaluated: prompt tokens that it cost, once it is known.
        begun_at: when the model was asked, by `time.perf_counter()`.
        first_at: when the model's first text came, by the same clock.
        is_unsure: the model is not sure of it, so it says nothing to who did not ask.
        is_quick: it answers a short prompt, in place of one that would take long to evaluate.
        is_lost: the engine gave it up for another request, so it says nothing.
        is_ahead: it was begun before anybody asked, at the lowest priority.
        is_patient: it may take seconds to begin, for who rests.
    """

    def __init__(
        self, snapshot: Snapshot, *, is_ahead: bool = False, is_patient: bool = False
    ) -> None:
        self.snapshot = snapshot
        self.is_ahead = is_ahead
        self.is_patient = is_patient
        self.is_lost = False
        self.is_unsure = False
        self.is_quick = False
        self.text = ""
        self.done = asyncio.Event()
        self.failure: QwenLspError | None = None
        self.evaluated: int | None = None
        self.begun_at = time.perf_counter()
        self.first_at: float | None = None
        self._pieces: list[tuple[int, wire.Piece]] = []  # and where in the text each ends
        self._readers = 0
        self._news = asyncio.Event()

    @property
    def is_done(self) -> bool:
        """Whether nothing more will come."""
        return self.done.is_set()

    @property
    def is_read(self) -> bool:
        """Whether a request waits for it."""
        return self._readers > 0

    def rest_at(self, snapshot: Snapshot) -> str | None:
        """Return what is left of it at a later snapshot's cursor; None if it does not fit there.

        It fits as long as what was typed since is its beginning, or, while it grows, goes on from
        what is known of it; and as long as the text right around its place is the same.
        """
        return rest_at(self.text, self.snapshot, snapshot, is_done=self.is_done)

    def logprobs(self, length: int) -> tuple[float, ...]:
        """Return the log-probabilities of the tokens that the first `length` code points are of."""
        found: list[float] = []
        for end, piece in self._pieces:
            # Tokens in front of the text are an indentation that stands there already.
            if end > 0 and end - len(piece.text) < length:
                found += piece.logprobs
        return tuple(found)

    async def read(self) -> AsyncGenerator[None, None]:
        """Yield at once and whenever more is known, until it is done."""
        self._readers += 1
        try:
            while True:
                self._news.clear()
                yield
                if self.is_done:
                    return
                await self._news.wait()
        finally:
            self._readers -= 1

    def pieces_from(self, rest: str) -> list[tuple[int, str, float]]:
        """Return where each piece begins in what is left of the text, and its log-probability.

        What was typed since has places below 0.
        """
        if not self.text.endswith(rest):
            return []  # it is indented otherwise by now
        begin, found = len(rest) - len(self.text), list[tuple[int, str, float]]()
        for end, piece in self._pieces:
            found.append((begin, piece.text, sum(piece.logprobs)))
            begin = end + len(rest) - len(self.text)
        return found

    @property
    def first_logprobs(self) -> tuple[float, ...]:
        """The log-probabilities of the first piece that is not blank."""
        return next((one.logprobs for _, one in self._pieces if one.text.strip()), ())

    async def grow(self, answer: Events, head: str = "") -> None:
        """Take in the model's answer until the completion is whole.

        Args:
            answer: what comes behind `head`.
            head: text behind the snapshot's cursor that stands fast.
        """
        before = self.snapshot.before_cursor
        # On a line of blanks the model's text begins with them.
        raw = before + head if head and not before.strip() else head
        self.text = head
        try:
            async with aclosing(answer) as events:
                async for event in events:
                    if isinstance(event, wire.End):
                        self.evaluated = event.usage.evaluated_tokens
                        self.is_lost = event.reason == "superseded"
                        self._doubts(is_over=True)
                        if event.reason == "length":
                            self.text = unfinished(self.text, self.snapshot)
                        elif event.reason == "stop" and self.text.strip():
                            line_end = self.snapshot.document.line_end
                            text = whole(self.text + line_end, self.snapshot)
                            self.text = self.text if text is None else text
                        break
                    self.first_at = self.first_at or time.perf_counter()
                    self.is_quick = event.is_quick
                    raw += event.text
                    self.text = from_cursor(raw, self.snapshot)
                    self._pieces.append((len(self.text), event))
                    text = whole(self.text, self.snapshot)
                    if self._doubts(is_over=text is not None):
                        break
                    if text is not None:
                        # Said before the response is closed, which takes a moment.
                        self._finish(text)
                        break
                    self._news.set()
        except QwenLspError as error:
            self.failure = error
        finally:
            self._finish(self.text)

    def _doubts(self, *, is_over: bool) -> bool:
        """Judge what is known of the first line; if the model is not sure of it, finish empty."""
        line = first_line(self.text)
        is_line = is_over or len(line) < len(self.text)
        # Who asks is answered, however unsure the answer.
        if not self.snapshot.is_invoked and is_unsure(self.logprobs(len(line)), is_line=is_line):
            self.is_unsure = True
            self._finish("")
        return self.is_unsure

    def break_off(self) -> bool:
        """Keep the lines that are complete, and no more; return whether there are any."""
        self._finish(complete_lines(self.text))
        return bool(self.text)

    def _finish(self, text: str) -> None:
        self.text = text
        self.done.set()
        self._news.set()


class Offers:
    """The offers of one session. For each document at most one grows."""

    def __init__(self) -> None:
        self._offers: deque[Offer] = deque(maxlen=REMEMBERED)
        self._growing: dict[str, tuple[Offer, asyncio.Task[None]]] = {}

    def find(self, snapshot: Snapshot) -> Offer | None:
        """Return the newest offer that fits and has something left, or may yet have."""
        for offer in reversed(self._offers):
            if offer.snapshot.document.uri != snapshot.document.uri:
                continue
            if offer.failure is not None or offer.is_lost:
                continue
            if offer.is_unsure and snapshot.is_invoked:
                continue
            has_begun = bool(offer.text) or offer.is_done
            if offer.is_ahead and not has_begun:
                continue  # it may wait for much else; whoever asks now is served first
            if offer.is_patient and not has_begun and snapshot.cursor != offer.snapshot.cursor:
                continue  # who types on is answered from a short prompt
            rest = offer.rest_at(snapshot)
            is_same_place = rest == offer.text  # that nothing belongs there is an answer, too
            if rest is not None and (rest.strip() or is_same_place or not offer.is_done):
                return offer
        return None

    def remember(self, others: list[Offer], first: Offer) -> None:
        """Keep other completions of a place, too; where several fit, `first` is found first."""
        with suppress(ValueError):  # it was forgotten meanwhile
            self._offers.remove(first)
        self._offers.extend([*reversed(others), first])

    def begin(
        self,
        snapshot: Snapshot,
        answer: Events,
        *,
        is_ahead: bool = False,
        is_patient: bool = False,
    ) -> Offer:
        """Begin an offer; another one that still grows in the document is ended."""
        uri = snapshot.document.uri
        self.end(uri)
        offer = Offer(snapshot, is_ahead=is_ahead, is_patient=is_patient)
        self._offers.append(offer)
        task = asyncio.create_task(offer.grow(answer))
        self._growing[uri] = offer, task
        task.add_done_callback(lambda _task: self._forget_growing(uri, offer))
        return offer

    @property
    def first_text_s(self) -> float | None:
        """How long the model took, at the median of late, to begin an answer; None: unknown."""
        times = [
            offer.first_at - offer.begun_at
            for offer in self._offers
            if offer.first_at is not None and not offer.is_ahead and not offer.is_patient
        ]
        return median(times[-TIMED:]) if times else None

    def grows(self, uri: str) -> bool:
        """Whether the model writes in a document now."""
        growing = self._growing.get(uri)
        return growing is not None and not growing[0].is_done

    def end(self, uri: str) -> None:
        """Stop what the model writes in a document; lines of it that are complete are kept."""
        if (growing := self._growing.pop(uri, None)) is not None:
            offer, task = growing
            if offer.is_done:
                return  # it only closes its response
            task.cancel()
            if not offer.break_off():
                self._offers.remove(offer)

    @asynccontextmanager
    async def reading(self, offer: Offer) -> AsyncIterator[AsyncIterator[None]]:
        """Read an offer; when the reader is cancelled and no other comes, the offer is ended."""
        try:
            async with aclosing(offer.read()) as news:
                yield news
        except asyncio.CancelledError:
            asyncio.get_running_loop().call_later(LINGER_S, self._end_unread, offer)
            raise

    def close(self) -> None:
        """Stop all that the model writes."""
        for uri in list(self._growing):
            self.end(uri)

    def _end_unread(self, offer: Offer) -> None:
        uri = offer.snapshot.document.uri
        growing = self._growing.get(uri)
        if growing is not None and growing[0] is offer and not offer.is_read:
            self.end(uri)

    def _forget_growing(self, uri: str, offer: Offer) -> None:
        growing = self._growing.get(uri)
        if growing is not None and growing[0] is offer:
            del self._growing[uri]
