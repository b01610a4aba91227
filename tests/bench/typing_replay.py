"""Replays a session in real time on one side, and notes what the side showed and when."""

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass, field
from typing import Any

from qwen_lsp.text import Replacement
from tests.bench.typing_sessions import Buffer, Event, Kind, Session

PATIENCE_S = 10.0  # a line that is not there by then counts as this
READING_S = 0.5  # from when a line is visible until the user goes on
FALLBACK_MS = 150  # between the keys that are typed where there was nothing to accept


@dataclass(slots=True)
class Asked:
    """One visible completion request.

    Attributes:
        kind: the last key before it.
        keys: characters, Enters, backspaces and accepts since the request before.
        warm: neither the first in the document nor the first after a jump.
        typed: text typed or accepted since the request before, without what Enter put in.
        tokens: prompt tokens evaluated for it, None where that cannot be known.
        used_model: whether the model was asked at all.
        offered: whether the answer was something to show.
        ms: until the answer; None for one that a newer one superseded.
    """

    kind: Kind
    keys: int
    warm: bool
    typed: str = ""
    tokens: float | None = None
    used_model: bool | None = None
    offered: bool = False
    ms: float | None = None


@dataclass(slots=True)
class Waited:
    """One pause: seconds until the line that was there at its end; None if there was none."""

    seconds: float | None
    text: str = ""

    @property
    def counted(self) -> float:
        return PATIENCE_S if self.seconds is None else min(self.seconds, PATIENCE_S)


@dataclass
class Replayed:
    """What one side did in one session."""

    asked: list[Asked] = field(default_factory=list)
    waited: list[Waited] = field(default_factory=list)
    accepts: list[bool] = field(default_factory=list)  # whether there was something to accept
    shown: int = 0  # times that something to show came up
    shown_without_model: int = 0  # of these, without asking the model
    others_busy_cores: float = 0.0  # kept busy by whatever is not this bench
    all_tokens: float | None = None  # evaluated in the whole session, in the background too


class Side(ABC):
    """An editor with a plugin: hears of every key, and shows at most one suggestion."""

    def __init__(self, buffer: Buffer) -> None:
        self.buffer = buffer
        self.result = Replayed()
        self.news = asyncio.Event()  # set whenever what is shown or awaited may have changed
        self._kind: Kind = "jump"
        self._keys = 0
        self._typed = ""
        self._is_cold = True
        self._tasks: set[asyncio.Task[None]] = set()
        self._failure: BaseException | None = None

    def moved(self, kind: Kind, change: Replacement | None, key: str = "") -> None:
        """Hear that the cursor moved in insert mode, and what changed with it.

        Raises:
            BaseException: something failed in the background since the last key.
        """
        if self._failure is not None:
            raise self._failure
        self._kind = kind
        self._keys += kind not in ("jump", "down")
        self._is_cold = self._is_cold or kind == "jump"
        if kind == "accept" and change is not None:
            self._typed += change.text
        # A closer that came by itself stands behind the cursor, so only the key counts.
        self._typed = self._typed[:-1] if kind == "backspace" else self._typed + key
        self.on_moved(change)

    def new_request(self) -> Asked:
        """Note a visible request that is about to be made."""
        asked = Asked(self._kind, self._keys, not self._is_cold, self._typed)
        self._keys, self._typed, self._is_cold = 0, "", False
        self.result.asked.append(asked)
        return asked

    def in_background(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        """Start a task whose failure ends the replay at the next key."""

        def done(task: asyncio.Task[None]) -> None:
            self._tasks.discard(task)
            if not task.cancelled() and task.exception() is not None:
                self._failure = task.exception()
            self.news.set()

        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(done)
        return task

    @abstractmethod
    def on_moved(self, change: Replacement | None) -> None:
        """React to a key."""

    @abstractmethod
    def visible(self) -> tuple[str, float] | None:
        """Return the suggestion at the cursor, and since when it stands there unchanged."""

    @abstractmethod
    def is_settled(self) -> bool:
        """Whether what is visible can no longer change unless a key is pressed."""

    @abstractmethod
    def accept(self) -> Replacement | None:
        """Put the suggestion into the buffer; None if there is none."""

    @abstractmethod
    async def close(self) -> Replayed:
        """End the session and return what happened."""


async def replay(session: Session, side: Side) -> None:
    """Press every key of a session at its time."""
    last_key = time.monotonic()
    async for event in _typed_out(session.events, side):
        if event.kind == "pause":
            await _pause(side, last_key, event.ms / 1000)
            continue
        await asyncio.sleep(event.ms / 1000)
        buffer = side.buffer
        change: Replacement | None = None
        if event.kind == "char":
            assert event.text is not None
            change = buffer.press(event.text)
        elif event.kind == "enter":
            change = buffer.enter(event.text)
        elif event.kind == "backspace":
            change = buffer.backspace()
        elif event.kind == "down":
            buffer.down()
        elif event.kind == "jump":
            assert event.text is not None
            buffer.jump(event.text, event.after)
        else:
            change = side.accept()
        last_key = time.monotonic()
        side.moved(event.kind, change, (event.text or "") if event.kind == "char" else "")


async def _typed_out(events: tuple[Event, ...], side: Side) -> AsyncIterator[Event]:
    """Yield the events; an accept with nothing to accept becomes the keys of its text."""
    for event in events:
        if event.kind != "accept":
            yield event
            continue
        # The decision falls when the key is pressed, not before.
        await asyncio.sleep(event.ms / 1000)
        is_offered = side.visible() is not None
        side.result.accepts.append(is_offered)
        if is_offered:
            yield Event("accept", 0)
            continue
        for index, key in enumerate(event.text or ""):
            yield Event("char", FALLBACK_MS if index else 0, key)


async def _pause(side: Side, last_key: float, at_least: float) -> None:
    """Wait as a user does: for the line, at most `PATIENCE_S`; then look at it.

    The wait goes on while the line may still change, so a stale or half-right line is no credit.
    """
    while not side.is_settled():
        left = last_key + PATIENCE_S - time.monotonic()
        side.news.clear()
        try:
            async with asyncio.timeout(max(left, 0)):
                await side.news.wait()
        except TimeoutError:
            break
    seen = side.visible()
    if seen is None:
        side.result.waited.append(Waited(None))
        ready = last_key
    else:
        text, since = seen
        side.result.waited.append(Waited(max(since - last_key, 0.0), text))
        ready = max(since, last_key) + READING_S
    end = max(last_key + at_least, ready)
    await asyncio.sleep(max(end - time.monotonic(), 0))
