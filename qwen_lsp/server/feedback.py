"""What becomes of the suggestions of one editor window: shown, accepted, kept; counted on disk.

Where an editor tells, by the messages that Copilot's server made usual, it is believed; where it
does not, the changes of the document show it. Nothing here may disturb a request: what a client
sends wrongly is ignored, and a disk that fails is one sentence.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from qwen_lsp import wire
from qwen_lsp.context.snapshot import Snapshot
from qwen_lsp.features.suggestion import Followed, Suggestion, after_change, smallest
from qwen_lsp.inference.engine import Request
from qwen_lsp.statistics import counts
from qwen_lsp.statistics.counts import Counts, Rows, added, key_of, time_class
from qwen_lsp.statistics.store import default_store
from qwen_lsp.statistics.summary import summary_of
from qwen_lsp.text import Document, Replacement, Span

# After so long what is still there is called kept: long enough to have read and mended it.
KEPT_AFTER_S = 30.0
SAVE_S = 10.0  # at most so much of the counts is lost with a process
REMEMBERED = 64  # suggestions that a client may still tell of


@dataclass
class Record:
    """A suggestion from its first display on.

    Attributes:
        number: by which its items are named.
        uri: of the document.
        language: of the document.
        suggestion: as it was last known.
        version: of the document when it was last answered.
        counted_to: up to where its code points were counted as accepted, or known as typed.
        is_told_shown: the client said that it was displayed.
        is_counted: it was counted as shown.
        is_accepted: it was counted as accepted.
    """

    number: int
    uri: str
    language: str
    suggestion: Suggestion
    version: int
    counted_to: int = 0
    is_told_shown: bool = False
    is_counted: bool = False
    is_accepted: bool = False


class Feedback:
    """The suggestions of one session, and what is counted of them."""

    def __init__(
        self,
        model: Callable[[], str],
        report: Callable[[str], None],
        in_background: Callable[[Coroutine[Any, Any, None]], None],
        kept_after_s: float = KEPT_AFTER_S,
    ) -> None:
        self._store = default_store()
        self._model = model
        self._report = report
        self._in_background = in_background
        self._kept_after_s = kept_after_s
        self._records: deque[Record] = deque(maxlen=REMEMBERED)
        self._displayed: dict[str, Record] = {}
        self._followed: dict[int, tuple[str, str, Followed]] = {}
        self._numbers = 0
        self._tells_shown = False
        self._unsaved: Rows = {}
        self._saving: asyncio.TimerHandle | None = None

    def requested(self, language: str) -> None:
        """Count a request for completions."""
        self._count(language, Counter([counts.REQUESTS]))

    def evaluated(
        self, documents: Mapping[str, Document], request: Request, usage: wire.Usage
    ) -> None:
        """Count what a prompt cost, if it is one of a completion in an open document."""
        document = documents.get(request.document.rpartition("#")[0])
        if document is None:
            return
        found = {
            counts.EVALUATED_TOKENS: usage.evaluated_tokens,
            counts.REUSED_TOKENS: usage.cached_tokens,
        }
        self._count(document.language, Counter(found))

    def wants_others(self, snapshot: Snapshot) -> bool:
        """Whether an explicit request asks for more than what was answered at its very place.

        After any change it is answered like the first one, since some editors ask explicitly
        whenever something is typed.
        """
        record = self._displayed.get(snapshot.document.uri)
        if record is None or record.version != snapshot.document.version:
            return False
        return snapshot.is_invoked and record.suggestion.cursor == snapshot.cursor

    def others(self, snapshot: Snapshot) -> tuple[str, ...]:
        """Return the candidates at the cursor, if there are several already."""
        record = self._displayed.get(snapshot.document.uri)
        if record is None or not self.wants_others(snapshot):
            return ()
        rests = record.suggestion.rests()
        return rests if len(rests) > 1 else ()

    def answered(
        self,
        document: Document,
        offered: tuple[Replacement, ...],
        elapsed_ms: float,
        *,
        by_model: bool,
    ) -> list[str]:
        """Take in what is offered at one place; return a name for each item.

        What goes on from what is on display there is the same suggestion.
        """
        kind = counts.MODEL_TIME if by_model else counts.REUSE_TIME
        self._count(document.language, Counter([time_class(kind, elapsed_ms)]))
        span, texts = offered[0].span, tuple(one.text for one in offered)
        there = document.text[span.start : span.end]
        # An item may replace what it begins with, such as the choice in a popup menu.
        taken = len(there) if all(text.startswith(there) for text in texts) else 0
        rests = tuple(text[taken:] for text in texts)
        record = self._displayed.get(document.uri)
        cursor = span.start + taken
        same = None if record is None else record.suggestion.continued(cursor, rests)
        if record is None or same is None:
            self._end(document.uri)
            self._numbers += 1
            suggestion = Suggestion(cursor, texts, taken)
            record = Record(
                self._numbers, document.uri, document.language, suggestion, document.version
            )
            self._records.append(record)
            self._displayed[document.uri] = record
        else:
            record.suggestion, record.version = same, document.version
        start = max(record.suggestion.taken - taken, 0)
        return [f"{record.number}:{start}:{start + len(text)}" for text in texts]

    def told_shown(self, name: str) -> None:
        """Take in that an item was displayed."""
        if (found := self._find(name)) is not None:
            self._tells_shown = found[0].is_told_shown = True

    def told_accepted(self, name: str, length: int | None = None) -> None:
        """Take in that an item was accepted, or its first `length` code points."""
        if (found := self._find(name)) is None:
            return
        record, start, end = found
        accepted = end - start if length is None else min(max(length, 0), end - start)
        if accepted > 0:
            self._accept(record, start + accepted, record.suggestion.taken)

    def changed(self, document: Document, change: Replacement) -> None:
        """Take in a change of a document, which is given as it was before."""
        if document.uri not in self._displayed and not self._followed:
            return
        change = smallest(document.text, change)
        for number, (uri, language, followed) in self._followed.items():
            if uri == document.uri:
                self._followed[number] = uri, language, followed.after(change)
        if (record := self._displayed.get(document.uri)) is None:
            return
        taken = record.suggestion.taken
        step = after_change(record.suggestion, change)
        if step.accepted:
            start = change.span.start
            self._follow(record, Span(start, start + len(change.text)))
            self._accept(record, taken + step.accepted, taken)
        if step.suggestion is None:
            self._end(document.uri)
        else:
            record.suggestion = step.suggestion

    def closed(self, uri: str) -> None:
        """Forget what is on display in a document and what is followed there."""
        self._end(uri)
        self._followed = {number: one for number, one in self._followed.items() if one[0] != uri}

    async def summary(self) -> dict[str, Any]:
        """Return the figures of everything counted so far, by all windows.

        Raises:
            OSError: the file cannot be read.
        """
        for record in self._displayed.values():
            self._count_shown(record)
        await self._save()
        stored = await asyncio.to_thread(self._store.read)
        if stored.unreadable:
            self._report(f"{self._store.path} has lines that cannot be read; they are left out.")
        return await asyncio.to_thread(summary_of, stored.rows)

    async def close(self) -> None:
        """Write what is not written yet."""
        for uri in list(self._displayed):
            self._end(uri)
        if self._saving is not None:
            self._saving.cancel()
        await self._save()

    def _find(self, name: str) -> tuple[Record, int, int] | None:
        """Return the record of an item, and the item's place in the suggestion's text."""
        parts = name.split(":")
        if len(parts) != 3 or not all(part.isdecimal() and len(part) < 10 for part in parts):
            return None
        number, start, end = map(int, parts)
        found = [record for record in self._records if record.number == number]
        return (found[0], start, end) if found and start < end else None

    def _end(self, uri: str) -> None:
        if (record := self._displayed.pop(uri, None)) is not None:
            self._count_shown(record)

    def _count_shown(self, record: Record) -> None:
        # Decided late, for only by then is it known whether this client tells what it displays.
        is_shown = record.is_told_shown or record.is_accepted or not self._tells_shown
        if is_shown and not record.is_counted:
            record.is_counted = True
            self._count(record.language, Counter([counts.SHOWN]))

    def _accept(self, record: Record, upto: int, typed: int) -> None:
        """Count that a suggestion was accepted up to an offset; `typed` of it was typed before."""
        # An editor may tell before its change arrives or after it, so each is counted once.
        new = max(upto - max(typed, record.counted_to), 0)
        record.counted_to = max(upto, record.counted_to)
        found = {counts.ACCEPTED_CHARACTERS: new, counts.ACCEPTED: int(not record.is_accepted)}
        record.is_accepted = True
        self._count_shown(record)
        self._count(record.language, Counter(found))

    def _follow(self, record: Record, span: Span) -> None:
        self._numbers += 1
        number, followed = self._numbers, Followed(span.end - span.start, (span,))
        self._followed[number] = record.uri, record.language, followed
        loop = asyncio.get_running_loop()
        loop.call_later(self._kept_after_s, self._count_kept, number)

    def _count_kept(self, number: int) -> None:
        # It is gone when its document was closed, and then nobody knows.
        if (one := self._followed.pop(number, None)) is not None:
            _, language, followed = one
            found = {
                counts.FOLLOWED_CHARACTERS: followed.length,
                counts.KEPT_CHARACTERS: followed.kept,
            }
            self._count(language, Counter(found))

    def _count(self, language: str, found: Counts) -> None:
        day = datetime.now().astimezone().date().isoformat()
        key = key_of(day, self._model(), language)
        self._unsaved.setdefault(key, Counter()).update(found)
        if self._saving is None:
            loop = asyncio.get_running_loop()
            self._saving = loop.call_later(SAVE_S, lambda: self._in_background(self._save()))

    async def _save(self) -> None:
        self._saving, rows = None, self._unsaved
        self._unsaved = {}
        if not rows:
            return
        try:
            await asyncio.to_thread(self._store.add, rows)
        except OSError as error:
            self._unsaved = added([*rows.items(), *self._unsaved.items()])
            why = error.strerror or error
            self._report(
                f"The statistics in {self._store.path} cannot be written: {why}. "
                "Everything else goes on."
            )
