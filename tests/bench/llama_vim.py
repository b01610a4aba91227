"""The peer of the typing bench: llama-server, asked as llama.vim asks.

After its `autoload/llama.vim` (commit a1c8e6e), function by function, oddities included. Left out:
the ring of chunks from other places (`input_extra` is empty, which spares it prompt tokens and
costs it context), drawing, and the `curl` process per request (one HTTP connection instead, which
spares it some milliseconds). As there, every key first looks into the cache of answers, then asks;
one request runs at a time, and while one does, the next try comes 100 ms later.
"""

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import httpx2

from qwen_lsp.text import Replacement, Span
from tests.bench.typing_replay import Asked, Replayed, Side
from tests.bench.typing_sessions import Buffer

PREFIX_LINES, SUFFIX_LINES = 256, 64
PREDICT = 128  # tokens
FIRST_MS, SPECULATIVE_MS = 250, 1000  # after the first newline, for what is to be seen, and ahead
LOOK_BACK = 128  # characters typed through a cached answer
REARM_S = 0.1
MAX_LINE_SUFFIX = 8  # characters right of the cursor, above which nothing is asked
MAX_CACHE_KEYS = 250
SPARE_HASHES = 3
BETWEEN = "Î"  # what llama.vim puts between prefix and suffix in a key


@dataclass(frozen=True, slots=True)
class Local:
    """The context around the cursor, as `s:fim_ctx_local` makes it."""

    prefix: str
    middle: str
    suffix: str
    indent: int
    line_suffix: str

    @property
    def key(self) -> str:
        return f"{self.prefix}{self.middle}{BETWEEN}{self.suffix}"


@dataclass(slots=True)
class Hint:
    """What is drawn at a place: `s:fim_data`."""

    line: int
    column: int
    content: list[str]
    line_text: str
    can_accept: bool
    since: float


class LlamaVim(Side):
    """One Vim window with llama.vim in it."""

    def __init__(self, buffer: Buffer, url: str) -> None:
        super().__init__(buffer)
        self._http = httpx2.AsyncClient(base_url=url, timeout=120.0, trust_env=False)
        self._cache: OrderedDict[str, str] = OrderedDict()
        self._hint: Hint | None = None
        self._job: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._last_indent = 0
        self.result.all_tokens = 0.0

    # What the replay asks.

    def on_moved(self, change: Replacement | None) -> None:
        del change
        self._hint = None
        if self._try_hint():
            self.result.shown_without_model += 1
        self._fim()
        self.news.set()

    def visible(self) -> tuple[str, float] | None:
        hint = self._hint
        if hint is None or not hint.can_accept:
            return None
        text = "\n".join(hint.content)
        # The hint ends with the rest of the line, which is no news.
        rest = text[: len(text) - len(self.buffer.after)]
        return (rest, hint.since) if rest.strip() else None

    def is_settled(self) -> bool:
        # A hint stays until a key is pressed.
        is_shown = self._hint is not None and self._hint.can_accept
        return is_shown or (self._job is None and self._timer is None)

    def accept(self) -> Replacement | None:
        hint, buffer = self._hint, self.buffer
        if hint is None or self.visible() is None:
            return None
        span = buffer.document.line_span(hint.line)
        text = hint.line_text[: hint.column] + "\n".join(hint.content)
        self._hint = None
        kept = buffer.document.text[span.start : buffer.cursor]
        if text.startswith(kept):
            # The same text without the part that stays, so that what is accepted can be counted.
            end = span.start + len(text)
            return buffer.replace(Span(buffer.cursor, span.end), text[len(kept) :], end)
        return buffer.replace(span, text, span.start + len(text))

    async def close(self) -> Replayed:
        self._stop_timer()
        if self._job is not None:
            await self._job
        self._stop_timer()
        await self._http.aclose()
        return self.result

    # What llama.vim does.

    def _local(self, line: int, column: int, previous: list[str]) -> Local:
        lines, below = self._lines(line + 1, line + 1 + SUFFIX_LINES), ""
        text = self.buffer.document.line_text(line)
        if not previous:
            above = self._lines(line - PREFIX_LINES, line)
            middle, below = text[:column], text[column:]
            indent = len(text) - len(text.lstrip(" \t"))
            if not text.strip():
                middle, below, indent = "", "", 0
        else:
            first = text + previous[0]
            above = self._lines(line - PREFIX_LINES + len(previous) - 1, line)
            if len(previous) > 1:
                above = [*above, first, *previous[1:-1]]
            middle = first if len(previous) == 1 else previous[-1]
            indent = self._last_indent
        prefix, suffix = "\n".join(above) + "\n", f"{below}\n" + "\n".join(lines) + "\n"
        return Local(prefix, middle, suffix, indent, below)

    def _fim(self, place: tuple[int, int] | None = None, previous: list[str] | None = None) -> None:
        """Ask for the completion here, or for what follows `previous` at `place`."""
        previous = previous or []
        if self._job is not None:
            self._stop_timer()
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(REARM_S, self._fim_again, place, previous)
            return
        line, column = place or self._place()
        local = self._local(line, column, previous)
        if len(local.line_suffix) > MAX_LINE_SUFFIX:
            return
        keys, prefix = [local.key], local.prefix
        for _ in range(SPARE_HASHES):
            prefix = prefix.partition("\n")[2]
            if not prefix:
                break
            keys.append(f"{prefix}{local.middle}{BETWEEN}{local.suffix}")
        if any(self._cached(key) is not None for key in keys):
            return
        self._last_indent = local.indent
        asked = None if previous else self.new_request()
        self._job = self.in_background(self._run(local, keys, asked))

    def _fim_again(self, place: tuple[int, int] | None, previous: list[str]) -> None:
        self._timer = None
        self._fim(place, previous)
        self.news.set()

    async def _run(self, local: Local, keys: list[str], asked: Asked | None) -> None:
        start = time.monotonic()
        try:
            answer = await self._post(local, FIRST_MS if asked else SPECULATIVE_MS)
            evaluated = answer["timings/prompt_n"]
            self.result.all_tokens = (self.result.all_tokens or 0) + evaluated
            if asked is not None:
                asked.ms = (time.monotonic() - start) * 1000
                asked.tokens, asked.used_model = evaluated, True
                asked.offered = bool(answer["content"].strip())
            for key in keys:
                self._remember(key, answer["content"])
            if self._hint is None or not self._hint.can_accept:
                self._try_hint()
        finally:
            self._job = None
            self.news.set()

    async def _post(self, local: Local, limit_ms: int) -> dict[str, Any]:
        response = await self._http.post(
            "/infill",
            json={
                "id_slot": 0,
                "input_prefix": local.prefix,
                "input_suffix": local.suffix,
                "input_extra": [],
                "prompt": local.middle,
                "n_predict": PREDICT,
                "stop": [],
                "n_indent": local.indent,
                "top_k": 40,
                "top_p": 0.90,
                "samplers": ["top_k", "top_p", "infill"],
                "stream": False,
                "cache_prompt": True,
                "t_max_prompt_ms": 500,
                "t_max_predict_ms": limit_ms,
                "response_fields": ["content", "timings/prompt_n", "timings/predicted_n"],
            },
        )
        response.raise_for_status()
        answer: dict[str, Any] = response.json()
        return answer

    def _try_hint(self) -> bool:
        """Show a suggestion out of the cache, and ask ahead for what would follow it."""
        line, column = self._place()
        local = self._local(line, column, [])
        found = self._cached(local.key)
        if found is None:
            found = self._typed_through(local)
        if found is None:
            return False
        self._hint = self._render(line, column, found)
        # An empty one counts as shown there too, and is asked ahead for as well.
        self._fim((line, column), self._hint.content)
        self.result.shown += self._hint.can_accept
        return self._hint.can_accept

    def _typed_through(self, local: Local) -> str | None:
        before, found, best = local.prefix + local.middle, None, 0
        for index in range(min(LOOK_BACK, len(before) - 1)):
            removed = before[-(1 + index) :]
            content = self._cached(f"{before[: -(1 + index)]}{BETWEEN}{local.suffix}")
            if content is None or content[: index + 1] != removed:
                continue
            rest = content[index + 1 :]
            if rest and found is None:
                found = rest
            elif len(rest) > best:
                best, found = len(rest), rest
        return found

    def _render(self, line: int, column: int, answer: str) -> Hint:
        """`s:fim_render`: drop what repeats the text, and add the rest of the line."""
        content = answer.split("\n")
        while content and content[-1] == "":
            content.pop()
        can_accept = bool(content)
        content = content or [""]
        text = self.buffer.document.line_text(line)
        if not text.strip():
            lead = min(len(content[0]) - len(content[0].lstrip(" \t")), len(text))
            text, content[0] = content[0][:lead], content[0][lead:]
        before, after = text[:column], text[column:]
        if self._repeats(content, line, before, after):
            content = [""]
        content[-1] += after
        if not "\n".join(content).strip():
            can_accept = False
        return Hint(line, column, content, text, can_accept, time.monotonic())

    def _repeats(self, content: list[str], line: int, before: str, after: str) -> bool:
        count, last = len(content), len(self.buffer.document.line_starts) - 1
        if count > 1 and content[0] == "" and content[1:] == self._lines(line + 1, line + count):
            return True
        if count == 1 and content[0] in ("", after):
            return True
        below = line + 1
        while below < last and not self.buffer.document.line_text(below).strip():
            below += 1
        if [before + content[0]] != self._lines(below, below + 1):
            return False
        following = self._lines(below + 1, below + count)
        if count == 2:
            return [content[1]] == [one[: len(content[1])] for one in following]
        return count == 1 or content[1:] == following

    def _lines(self, first: int, end: int) -> list[str]:
        document = self.buffer.document
        known = range(max(first, 0), min(end, len(document.line_starts)))
        return [document.line_text(line) for line in known]

    def _place(self) -> tuple[int, int]:
        line = self.buffer.document.line_at(self.buffer.cursor)
        return line, self.buffer.cursor - self.buffer.document.line_starts[line]

    def _cached(self, key: str) -> str | None:
        if key in self._cache:
            self._cache.move_to_end(key)
        return self._cache.get(key)

    def _remember(self, key: str, content: str) -> None:
        if len(self._cache) > MAX_CACHE_KEYS - 1:
            self._cache.popitem(last=False)
        self._cache[key] = content
        self._cache.move_to_end(key)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
