"""Documents that change, close, or are given up on while an edit of them is made."""

import asyncio
import random

import pytest
from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException

from qwen_lsp.text import Document, Replacement, Span, apply
from tests.harness.scripted_engine import HANG, HOLD, STEP

CODE = "import a\r\n\r\ndef f():\r\n«    x = 1\r\n    y = 2»\r\n\r\ndef g():\r\n    pass\r\n"
ANSWER = "```\nx = 10\ny = 2\nz = 3\n```"


async def edited_while(editor, scripted, change, marked=CODE):
    """Ask for an edit, let `change` happen while it is made; return the answer's request."""
    scripted.scripts.append([ANSWER[:12], HOLD, ANSWER[12:]])
    uri, marks = editor.open("x.py", marked)
    asking = asyncio.create_task(editor.edit(uri, marks.selection, "do it"))
    await scripted.until(lambda: scripted.requests, "the request")
    change(uri, marks)
    await editor.status()  # so that the server has seen it
    scripted.released.set()
    return uri, marks, asking


@pytest.mark.parametrize(
    ("at", "old", "new"),
    [
        pytest.param("import a", "import a", "import abc\r\nimport d", id="above"),
        pytest.param("    pass", "    pass\r\n", "", id="below"),
        pytest.param("    x = 1", "", "    # a line\r\n", id="a line at its beginning"),
        pytest.param("\r\n\r\ndef g", "", "\r\n    # a line", id="a line at its end"),
        pytest.param("    y = 2\r\n", "", "", id="nothing at all"),
    ],
)
async def test_an_edit_is_re_based_when_the_document_changes_elsewhere(
    scripted_editor, scripted, at, old, new
):
    def change(uri, marks):
        start = marks.text.index(at)
        scripted_editor.change(uri, Span(start, start + len(old)), new)

    uri, _, asking = await edited_while(scripted_editor, scripted, change)
    made = await asking
    now = scripted_editor.documents[uri].text
    expected = now.replace("x = 1", "x = 10").replace("y = 2", "y = 2\r\n    z = 3")
    assert scripted_editor.after(uri, made.edit) == expected
    assert made.code == "    x = 10\r\n    y = 2\r\n    z = 3"


@pytest.mark.parametrize(
    ("at", "old", "new"),
    [
        pytest.param("= 1", "= 1", "= 5", id="in a line"),
        pytest.param("x = 1", "", "x", id="at its beginning"),
        pytest.param("\r\n\r\ndef g", "", " ", id="at its end"),
        pytest.param("\r\n    y", "\r\n", "\r\n\r\n", id="between its lines"),
        pytest.param("import a", CODE.replace("«", "").replace("»", ""), "", id="everything goes"),
    ],
)
async def test_an_edit_is_refused_at_once_when_its_code_changes(
    scripted_editor, scripted, at, old, new
):
    scripted.scripts.append(["```\nx", HANG])
    uri, marks = scripted_editor.open("x.py", CODE)
    asking = asyncio.create_task(scripted_editor.edit(uri, marks.selection, "do it"))
    await scripted.until(lambda: scripted.requests, "the request")
    start = marks.text.index(at)
    scripted_editor.change(uri, Span(start, start + len(old)), new)
    with pytest.raises(JsonRpcException, match="selected code has changed") as refusal:
        await asking
    assert refusal.value.code == lsp.LSPErrorCodes.ContentModified
    await scripted.until(lambda: scripted.hang_ups == 1, "the hang-up")


async def test_code_that_is_changed_and_changed_back_is_not_trusted(scripted_editor, scripted):
    def change(uri, marks):
        start = marks.text.index("x = 1")
        scripted_editor.change(uri, Span(start, start + 1), "xx")
        scripted_editor.change(uri, Span(start, start + 2), "x")

    _, _, asking = await edited_while(scripted_editor, scripted, change)
    with pytest.raises(JsonRpcException, match="selected code has changed"):
        await asking


async def test_code_that_looks_alike_elsewhere_is_not_taken_for_it(scripted_editor, scripted):
    def change(uri, marks):
        # The selected lines go and come again above, in one notification.
        region = marks.selection
        text = marks.text[region.start : region.end]
        scripted_editor.change_at_once(
            uri, Replacement(region, ""), Replacement(Span(0, 0), f"{text}\r\n")
        )

    _, _, asking = await edited_while(scripted_editor, scripted, change)
    with pytest.raises(JsonRpcException, match="selected code has changed"):
        await asking


async def test_a_document_that_is_closed_is_not_edited(scripted_editor, scripted):
    def change(uri, _marks):
        text = scripted_editor.documents[uri].text
        scripted_editor.close_document(uri)
        scripted_editor.documents[uri] = Document(uri, "python", 1, text)
        item = lsp.TextDocumentItem(uri, "python", 1, text)
        scripted_editor.client.text_document_did_open(lsp.DidOpenTextDocumentParams(item))

    _, _, asking = await edited_while(scripted_editor, scripted, change)
    with pytest.raises(JsonRpcException, match="was closed while the edit was made; nothing was"):
        await asking


async def test_what_was_shown_before_a_change_is_of_the_version_that_was_asked_about(
    scripted_editor, scripted
):
    code = "«a = 1\nb = 2\nc = 3\nd = 4»\n"
    scripted.scripts.append(["```\na = 0\nb = 2\nc = 3\n", HOLD, "d = 5\n```\n"])
    uri, marks = scripted_editor.open("x.py", code)
    asking = asyncio.create_task(
        scripted_editor.edit(uri, marks.selection, "do it", partialResultToken="p")
    )
    await scripted_editor.until(lambda: scripted_editor.told("p"), "a change")
    asked_about = scripted_editor.documents[uri]
    scripted_editor.change(uri, Span(0, 0), "new\n")
    await scripted_editor.status()
    scripted.released.set()
    made = await asking
    assert scripted_editor.after(uri, made.edit) == "new\na = 0\nb = 2\nc = 3\nd = 5\n"
    scripted_editor.documents[uri] = asked_about
    shown = scripted_editor.hunks(uri, "p")
    assert apply(marks.text, shown) == "a = 0\nb = 2\nc = 3\nd = 5\n"


async def test_cancelling_an_edit_stops_the_engine_and_touches_nothing(scripted_editor, scripted):
    scripted.scripts.append(["```\na = 0\nb = 2\nc = 3\n", HANG])
    uri, marks = scripted_editor.open("x.py", "«a = 1\nb = 2\nc = 3\nd = 4»\n")
    asking = asyncio.create_task(
        scripted_editor.edit(uri, marks.selection, "do it", partialResultToken="p")
    )
    await scripted_editor.until(lambda: scripted_editor.told("p"), "a change")
    futures = scripted_editor.client.protocol._request_futures
    [pending] = [number for number, future in futures.items() if not future.done()]
    scripted_editor.client.cancel_request(lsp.CancelParams(pending))
    with pytest.raises(JsonRpcException):
        await asking
    await scripted.until(lambda: scripted.hang_ups == 1, "the hang-up")
    assert scripted_editor.applied == []


class Oracle:
    """What must become of an edit, known by following each character of the document by itself."""

    def __init__(self, text: str, region: Span) -> None:
        self.characters = list(enumerate(text))
        self.region = list(range(region.start, region.end))
        self.is_intact = True

    def change(self, change: Replacement) -> None:
        start, end = change.span.start, change.span.end
        if change.text == "".join(character for _, character in self.characters[start:end]):
            return  # nothing but the same again
        self.characters[start:end] = [(-1, character) for character in change.text]
        self.is_intact = self.is_intact and self._stands()

    def expected(self, new: str) -> str:
        """Return the text in which the region has become something else."""
        inside = set(self.region)
        at = next(at for at, (number, _) in enumerate(self.characters) if number in inside)
        text = "".join(character for _, character in self.characters)
        return text[:at] + new + text[at + len(self.region) :]

    def _stands(self) -> bool:
        """Return whether the region's characters stand together, as whole lines."""
        numbers = [number for number, _ in self.characters]
        if self.region[0] not in numbers:
            return False
        at = numbers.index(self.region[0])
        if numbers[at : at + len(self.region)] != self.region:
            return False
        text = "".join(character for _, character in self.characters)
        document = Document("", "", 0, text)
        end = at + len(self.region)
        line = document.line_span(document.line_at(end))
        return at in document.line_starts and end == line.end


LINES = ["a = 1", "  b()", "", "é = '😀'", "}", "\treturn x", "x", "def f():"]


def random_text(chance: random.Random, count: int) -> str:
    return "".join(chance.choice(LINES) + chance.choice(["\n", "\n", "\r\n"]) for _ in range(count))


async def test_whatever_changes_while_an_edit_is_made_nothing_is_lost(scripted_editor, scripted):
    chance = random.Random(6)  # noqa: S311 - the same each time
    outcomes = {"applied": 0, "refused": 0}
    for number in range(48):
        uri, document, region = opened(scripted_editor, chance, number)
        middle = [chance.choice(LINES).strip() or "y" for _ in range(chance.randint(0, 8))]
        new = ["new()", *middle, "done()"]
        answer = "```\n" + "\n".join(new) + "\n```\n"
        cuts = sorted(chance.randint(1, len(answer) - 1) for _ in range(3))
        pieces = [answer[a:b] for a, b in zip([0, *cuts], [*cuts, len(answer)], strict=True)]
        scripted.scripts.append([part for piece in pieces for part in (STEP, piece) if part])
        scripted.steps = asyncio.Semaphore(0)  # an edit that was refused left steps of its own
        oracle, asked = Oracle(document.text, region), len(scripted.requests)
        asking = asyncio.create_task(
            scripted_editor.edit(uri, region, "do it", partialResultToken=f"p{number}")
        )
        await scripted.until(lambda: len(scripted.requests) > asked, "the request")  # noqa: B023
        for _ in pieces:
            for _ in range(chance.randint(0, 2)):
                change = random_change(chance, scripted_editor.documents[uri], oracle)
                oracle.change(change)
                scripted_editor.change_at_once(uri, change)
            await scripted_editor.status()
            scripted.steps.release()
        if not oracle.is_intact:
            with pytest.raises(JsonRpcException, match="selected code has changed"):
                await asking
            outcomes["refused"] += 1
            continue
        made = await asking
        now = scripted_editor.documents[uri].text
        after = scripted_editor.after(uri, made.edit)
        assert after == oracle.expected(made.code), (number, now)
        assert [line.strip() for line in made.code.split("\n")] == [one.strip() for one in new]
        assert undone(scripted_editor, uri, made.edit) == now
        outcomes["applied"] += 1
    assert min(outcomes.values()) >= 10, outcomes


def opened(editor, chance, number):
    """Open a random document; return it with some of its lines that are not blank."""
    above, below = (random_text(chance, chance.randint(0, 4)) for _ in range(2))
    ends = chance.choice(["\n", "\r\n"])
    code = ends.join(["start", *(chance.choice(LINES) for _ in range(chance.randint(0, 4))), "end"])
    text = above + code + chance.choice(["\n", "\r\n"]) + below
    uri, _ = editor.open(f"{number}.txt", text, language="x")
    return uri, editor.documents[uri], Span(len(above), len(above) + len(code))


def random_change(chance, document, oracle):
    """Return a change, which mostly leaves the region alone: as its own text or right at it."""
    numbers = [number for number, _ in oracle.characters]
    size = len(document.text)
    first = numbers.index(oracle.region[0]) if oracle.region[0] in numbers else size // 2
    end = min(first + len(oracle.region), size)
    places = [Span(first, first), Span(end, end)]
    for low, high in ((0, first), (0, first), (end, size), (end, size), (0, size)):
        start = chance.randint(low, high)
        places.append(Span(start, min(start + chance.randint(0, 4), high)))
    new = chance.choice(["", "q", "\n", "\r\n", "z\n", "\nz", "😀", "  "])
    place = chance.choice(places)
    start, end = (
        at - (document.text[at - 1 : at + 1] == "\r\n") for at in (place.start, place.end)
    )
    return Replacement(Span(start, end), new)  # no position is inside of a line end


def undone(editor, uri, edit):
    """Apply an edit and take it back, replacement by replacement; return the text."""
    before = editor.documents[uri].text
    [change] = edit.documentChanges
    done = sorted(
        (editor._replacement(uri, one) for one in change.edits), key=lambda one: one.span.start
    )
    text, moved, back = before, 0, []
    for one in done:
        start = one.span.start + moved
        old = before[one.span.start : one.span.end]
        text = text[:start] + one.text + text[start + len(old) :]
        back.append((start, one.text, old))
        moved += len(one.text) - len(old)
    assert text == editor.after(uri, edit)
    for start, new, old in reversed(back):
        assert text[start : start + len(new)] == new
        text = text[:start] + old + text[start + len(new) :]
    return text
