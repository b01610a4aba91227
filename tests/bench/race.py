"""One edit of one document that changes meanwhile, and what is wrong with what comes of it."""

import asyncio
import random
from dataclasses import dataclass, field
from typing import Any

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException

from qwen_lsp.server.extensions import EDIT
from qwen_lsp.text import Document, Replacement, Span, apply, common_indentation, plain, split_lines
from tests.bench.edit_answers import UncleanEdit, one_by_one, read_edit, version_of
from tests.bench.race_files import random_region, rewritten, script_of
from tests.bench.race_region import INSIDE, KINDS, Region, lost_characters, random_change
from tests.bench.server_side import ask
from tests.harness.editor import Editor
from tests.harness.scripted_engine import HOLD, ScriptedEngine

CHANGES = (0, 1, 1, 1, 2, 3)
UNDONE, CANCELLED, CLOSED = "undone", "cancelled", "closed"
# How often each of them happens, against any kind of change.
RARELY = {UNDONE: 0.1, CANCELLED: 0.05, CLOSED: 0.05}
PAUSE_S = 0.004  # at most, before each step; the server needs about as long for a change
LIMIT_S = 60.0  # it only ends what hangs
SPARE = 3  # scripts, should the server ask more than once


class Turnstile(asyncio.Event):
    """Lets one waiter through for each `set`, before or after it came."""

    def __init__(self) -> None:
        super().__init__()
        self._permits = asyncio.Semaphore(0)

    async def wait(self) -> bool:  # type: ignore[override]
        return await self._permits.acquire()

    def set(self) -> None:
        self._permits.release()


@dataclass(slots=True)
class Ended:
    """How an edit ended.

    Attributes:
        outcome: in a word or two.
        message: that the server gave.
        meanwhile: what happened while it was made.
        lost: characters.
        faults: what made the edit a stale one.
        undo_faults: what undoing it did not give back.
    """

    outcome: str = ""
    message: str = ""
    meanwhile: list[str] = field(default_factory=list)
    lost: int = 0
    faults: list[str] = field(default_factory=list)
    undo_faults: list[str] = field(default_factory=list)


class Race:
    """An edit under way in an open document."""

    def __init__(
        self, editor: Editor, engine: ScriptedEngine, uri: str, chance: random.Random
    ) -> None:
        self._editor = editor
        self._engine = engine
        self._uri = uri
        self._chance = chance
        self._ended = Ended()
        self._regions: dict[int, Region] = {}  # by version of the document
        self._known = 0  # the newest version of which the server has certainly read
        self._is_close_known = False

    async def run(self) -> Ended | None:
        """Ask for an edit and let things happen meanwhile; None if the document has no region."""
        document = self._document
        span = random_region(document, self._chance)
        if span is None:
            return None
        code = document.text[span.start : span.end]
        self._regions[document.version] = Region(document, span, code)
        self._known = document.version
        wanted = rewritten(code, self._chance)
        script = script_of(wanted, self._chance)
        self._engine.requests.clear()
        self._engine.scripts[:] = [list(script) for _ in range(SPARE)]
        self._engine.released = Turnstile()
        asking = asyncio.create_task(self._ask(span))
        await self._meanwhile(asking, script.count(HOLD))
        answer = await asking
        if any(not shows(one, code) for one in self._engine.requests):
            self._ended.undo_faults.append("the engine was told another code than was selected")
        self._judge(answer, wanted)
        if CLOSED in self._ended.meanwhile:
            self._reopen()
        return self._ended

    @property
    def _document(self) -> Document:
        return self._editor.documents[self._uri]

    async def _ask(self, span: Span) -> dict[str, Any]:
        params = self._editor._selection(self._uri, span) | {"instruction": "do it"}
        if self._chance.random() < 0.5:
            params["partialResultToken"] = f"race {self._chance.random()}"
        try:
            return await ask(self._editor, EDIT, params)
        except JsonRpcException as error:
            return {"edit": None, "message": error.message}

    async def _meanwhile(self, asking: asyncio.Task[Any], steps: int) -> None:
        """Let the engine write on step by step, and something happen before some of the steps."""
        happenings: dict[int, list[str]] = {}
        for _ in range(self._chance.choice(CHANGES)):
            # Earlier ones more often: an answer that is whole is there before anything can happen.
            step = int(self._chance.triangular(0, steps + 1, 0))
            happenings.setdefault(step, []).append(self._happening())
        for step in range(steps + 1):
            for happening in happenings.get(step, ()):
                await asyncio.sleep(self._chance.uniform(0, PAUSE_S))
                if not asking.done() and CLOSED not in self._ended.meanwhile:
                    await self._let_happen(happening, asking)
            self._engine.released.set()
            await asyncio.sleep(self._chance.uniform(0, PAUSE_S))
        for _ in range(steps * SPARE):
            self._engine.released.set()

    def _happening(self) -> str:
        rare = self._chance.choices([*RARELY, ""], [*RARELY.values(), 1 - sum(RARELY.values())])
        return rare[0] or self._chance.choice(KINDS)

    async def _let_happen(self, happening: str, asking: asyncio.Task[Any]) -> None:
        self._ended.meanwhile.append(happening)
        if happening == CANCELLED:
            # The one request that is open.
            futures = self._editor.client.protocol._request_futures
            [number] = [one for one, future in futures.items() if not future.done()]
            self._editor.client.cancel_request(lsp.CancelParams(number))
        elif happening == CLOSED:
            identifier = lsp.TextDocumentIdentifier(self._uri)
            self._editor.client.text_document_did_close(lsp.DidCloseTextDocumentParams(identifier))
        elif happening == UNDONE:
            before = self._document.text
            change = self._change(random_change(self._now, INSIDE, self._chance))
            old = before[change.span.start : change.span.end]
            typed = Span(change.span.start, change.span.start + len(change.text))
            self._change(Replacement(typed, old))
        else:
            self._change(random_change(self._now, happening, self._chance))
        if self._chance.random() < 0.5:
            version = self._document.version
            await self._editor.status()
            # Answers come in order, so an edit that comes later knows what was sent before.
            if not asking.done():
                self._known = version
                self._is_close_known = CLOSED in self._ended.meanwhile

    @property
    def _now(self) -> Region:
        return self._regions[self._document.version]

    def _change(self, change: Replacement) -> Replacement:
        after = self._now.after(change)
        self._editor.change_at_once(self._uri, change)
        self._regions[self._document.version] = after
        return change

    def _judge(self, answer: dict[str, Any], wanted: str) -> None:
        """Note how it ended, and apply an edit that comes in time."""
        ended, edit = self._ended, answer["edit"]
        ended.message = answer.get("message") or ""
        if edit is None:
            ended.outcome = self._refusal()
            return
        if CANCELLED in ended.meanwhile:
            ended.outcome = "came after the cancel"  # and the editor throws it away
            return
        if CLOSED in ended.meanwhile:
            ended.outcome = "came after the close"
            if self._is_close_known:
                ended.faults.append("the document is closed")
            return
        version = version_of(edit, self._uri)
        if version not in self._regions or version < self._known:
            ended.outcome = "came for an older version"
            ended.faults.append(f"for version {version}, and {self._known} was known")
            return
        self._apply(self._regions[version], edit, wanted)

    def _apply(self, region: Region, edit: dict[str, Any], wanted: str) -> None:
        ended, document = self._ended, region.document
        try:
            read = read_edit(document, edit, self._editor.encoding)
        except UncleanEdit as error:
            ended.outcome = "came with faults"
            ended.faults.append(str(error))
            return
        if read.foreign or not region.places:
            ended.outcome = "came for another place"
            ended.faults.append("other places" if read.foreign else "the region has changed")
            return
        after = apply(document.text, read.replacements)
        ended.lost = lost_characters(region, wanted, after)
        if document.version < self._document.version:
            ended.outcome = "crossed a change"  # the editor refuses the older version
            return
        first = min(self._regions)
        ended.outcome = "applied" if document.version == first else "brought up to date"
        self._apply_and_undo(read.replacements, after)

    def _apply_and_undo(self, replacements: tuple[Replacement, ...], after: str) -> None:
        before = self._document
        changed, doing, undoing = one_by_one(before, replacements)
        if changed.text != after:
            self._ended.faults.append("its parts depend on their order")
        self._editor.change_at_once(self._uri, *doing)
        self._editor.change_at_once(self._uri, *undoing)
        if self._document.text.encode() != before.text.encode():
            self._ended.undo_faults.append("another text")
        if self._chance.random() < 0.5:
            self._editor.change_at_once(self._uri, *doing)

    def _refusal(self) -> str:
        if CANCELLED in self._ended.meanwhile:
            self._ended.message = ""  # it names the request
            return "cancelled"
        if CLOSED in self._ended.meanwhile:
            return "refused: closed"
        if not self._ended.meanwhile:
            return "refused: nothing had changed"
        where = "elsewhere" if self._now.places else "in the region"
        return f"refused: changed {where}"

    def _reopen(self) -> None:
        document = self._document
        item = lsp.TextDocumentItem(self._uri, document.language, document.version, document.text)
        self._editor.client.text_document_did_open(lsp.DidOpenTextDocumentParams(item))


def shows(request: dict[str, Any], code: str) -> bool:
    """Return whether a request to the engine has code in it, with or without its indentation."""
    indent = common_indentation(split_lines(code))
    lines = split_lines(code)
    forms = ("\n".join(lines), "\n".join(one.removeprefix(indent) for one in lines))
    said = plain("\n".join(one["content"] for one in request.get("messages", ())))
    return any(form in said for form in forms)
