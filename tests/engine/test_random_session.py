"""Three documents, edited at random while completions, edits and cancels are under way.

Every answer that comes must be the one of an empty cache, score by score. QWEN_TEST_SEED makes it
another session. The tiny models go through all STEPS, with two restarts; the real one, a hundred
times slower, through as many as fit into REAL_S on the machine at hand (about 20 on two cores).
"""

import asyncio
import os
import random
import string
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from qwen_lsp import locations
from qwen_lsp.engine.jobs import Done, Job
from qwen_lsp.engine.kv_store import KvStore
from qwen_lsp.engine.scheduler import Scheduler
from qwen_lsp.engine.turns import Turns
from qwen_lsp.wire import CompletionRequest, Token
from tests.engine.test_branches import EVERY_MODEL
from tests.harness.bare_engine import NEAR_TIE, BareEngine, LoadedModel

STEPS, REAL_S = 300, 20
RESTARTS = (100, 200)  # before these steps
ANSWER = 6  # tokens at most
WINDOW = 1024  # tokens: not enough for all documents with their forks
MOST_PENDING = 3
NAMES = ("total", "prices", "order", "shipping", "customer", "rate", "stock", "invoice")


@dataclass
class Page:
    """A document, the cursor in it, and the place behind which the lines typed do not count yet."""

    name: str
    text: str
    cursor: int
    anchor: int

    def type(self, text: str) -> None:
        self.text = self.text[: self.cursor] + text + self.text[self.cursor :]
        self.cursor += len(text)

    def delete(self, count: int) -> None:
        start = max(0, self.cursor - count)
        self.text = self.text[:start] + self.text[self.cursor :]
        self.cursor = start
        if start < self.anchor:
            self.move(start)

    def replace(self, start: int, end: int, text: str) -> None:
        self.text = self.text[:start] + text + self.text[end:]
        self.move(min(self.cursor, len(self.text)))

    def move(self, cursor: int) -> None:
        self.cursor = cursor
        self.anchor = self.text.rfind("\n", 0, cursor) + 1

    def request(self, **options: object) -> CompletionRequest:
        return self._request(self.text[: self.anchor], self.text[self.cursor :], **options)

    def quick(self) -> CompletionRequest:
        below = self.text[self.cursor :]
        return self._request(self.text[: self.anchor][-60:], below[:30])

    def _request(self, above: str, below: str, **options: object) -> CompletionRequest:
        trunk = (Token("fim_prefix"), above, Token("fim_suffix"), below)
        typed = self.text[self.anchor : self.cursor]
        fields = {"document": self.name, "max_tokens": ANSWER, "heal": True, **options}
        return CompletionRequest((*trunk, Token("fim_middle"), typed), trunk=4, **fields)  # type: ignore[arg-type]


@dataclass
class Session:
    """What a user, or three, may do; `seen` counts what came of it."""

    open_engine: Callable[..., BareEngine]
    loaded: LoadedModel
    store: Path
    random: random.Random
    seen: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    pending: list[Job] = field(default_factory=list)

    def __post_init__(self) -> None:
        lines = (6, 9) if self.loaded.is_real else (14, 24)
        self.pages = [self._new_page(name, self.random.randint(*lines)) for name in "abc"]
        self.page = self.pages[0]
        self._start()

    async def step(self) -> None:
        act = self.random.choices(
            (self._type, self._delete, self._edit, self._jump, self._switch, self._cancel),
            (10, 3, 3, 2, 2, 2),
        )[0]
        act()
        if self.random.random() < 0.7:
            self._ask()
        # Often the next key comes first.
        await asyncio.sleep(self.random.choice((0, 0, 0.002, 0.01)) * self._pace)
        if len(self.pending) >= MOST_PENDING or self.random.random() < 0.4:
            await self.settle()

    async def settle(self) -> None:
        """Wait for all answers and look at each."""
        pending, self.pending = self.pending, []
        for job in pending:
            if job.cancelled:
                continue
            answer = await self.engine.collect(job)
            if not isinstance(answer.end, Done):
                self.wrong.append(str(answer.end))
                continue
            request = job.request
            assert isinstance(request, CompletionRequest)
            outcome = answer.reason
            if outcome != "superseded" and request.max_tokens:
                if job.is_quick:
                    self.seen["quick"] += 1
                    request = replace(request, prompt=request.quick)
                difference = self.engine.difference(request, answer)
                outcome = difference or "right"
                self.seen["cached"] += answer.usage.cached_tokens > 0
            self.seen[outcome] += 1
            if outcome not in ("right", NEAR_TIE, "superseded", "stop"):
                self.wrong.append(f"{outcome}, of {request}")
        for job in pending:
            self.engine.forget(job)

    async def restart(self) -> None:
        await self.settle()
        self.scheduler.close()  # saves the trunks
        self._start()

    def _start(self) -> None:
        store = KvStore(self.store, self.loaded.model.path)
        self.engine = self.open_engine(self.loaded, window=WINDOW, store=store)
        self.scheduler = Scheduler(self.engine.runner, Turns(locations.runtime_dir()))
        self._pace = 30 if self.loaded.is_real else 1

    def _ask(self) -> None:
        self.engine.set_chunk(self.random.choice((5, 16, 64)))
        kind = self.random.choices(("completion", "edit", "explain", "warm"), (12, 2, 2, 1))[0]
        if kind == "completion":
            request = self.page.request(heal=self.random.random() < 0.7)
            if self.random.random() < 0.3:
                self.engine.runner.rates.prefill_per_s = 20
                request = replace(request, quick=self.page.quick().prompt)
        elif kind == "warm":
            whole = self.page.request(max_tokens=0, priority=kind)
            request = replace(whole, prompt=whole.prompt[:4])
        else:
            document = f"{kind} {self.page.name}"
            request = self.page.request(document=document, priority=kind, heal=False)
        self.pending.append(self.scheduler.submit(request))

    def _type(self) -> None:
        text = self.random.choice((self._word(), self._word()[:3], " ", "(", ".", " = ", "\n    "))
        self.page.type(text)

    def _delete(self) -> None:
        self.page.delete(self.random.randint(1, 6))

    def _edit(self) -> None:
        """Change something anywhere, as a formatter or another window does."""
        start = self.random.randint(0, len(self.page.text))
        self.page.replace(start, start + self.random.randint(0, 12), self._word())

    def _jump(self) -> None:
        self.page.move(self.random.randint(0, len(self.page.text)))

    def _switch(self) -> None:
        self.page = self.random.choice(self.pages)

    def _cancel(self) -> None:
        if self.pending:
            job = self.random.choice(self.pending)
            self.scheduler.cancel(job)
            self.seen["cancelled"] += 1

    def _new_page(self, name: str, lines: int) -> Page:
        text = "".join(self._line() for _ in range(lines))
        # Two of them begin alike, so that one's trunk serves the other.
        text = text if name == "a" else f"import {NAMES[0]}\nimport {NAMES[1]}\n{text}"
        page = Page(name, text, 0, 0)
        page.move(self.random.randint(0, len(text)))
        return page

    def _line(self) -> str:
        return f"{self._word()} = {self._word()}({self._word()}, {self.random.randint(0, 99)})\n"

    def _word(self) -> str:
        return self.random.choice((*NAMES, self.random.choice(string.ascii_lowercase)))


@EVERY_MODEL
async def test_every_answer_of_a_session_is_that_of_an_empty_cache(loaded, open_engine, tmp_path):
    seed = int(os.environ.get("QWEN_TEST_SEED", "0"))
    session = Session(open_engine, loaded, tmp_path, random.Random(seed))  # noqa: S311
    start, step = time.monotonic(), 0
    try:
        while step < STEPS and (not loaded.is_real or time.monotonic() - start < REAL_S):
            step += 1
            if step in RESTARTS:
                await session.restart()
            await session.step()
        await session.settle()
    finally:
        session.scheduler.close()
    print(f"{step} steps: {dict(session.seen)}")
    assert session.wrong == []
    expected = ("right",) if loaded.is_real else ("right", "superseded", "cancelled", "quick")
    assert all(session.seen[one] for one in (*expected, "cached"))
    assert session.seen[NEAR_TIE] < session.seen["right"]
