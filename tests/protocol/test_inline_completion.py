"""Completions, over a real server process."""

import asyncio

import pytest
from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcRequestCancelled

from qwen_lsp.text import Span
from tests.harness.scripted_engine import CUT, GIVE_UP, HANG, HOLD

ADDING = "def add(a, b):\n    return a + b\n\n\ndef subtract(a, b):\n    retur│"


async def test_inline_completion_is_advertised(scripted_editor):
    assert scripted_editor.capabilities.inline_completion_provider is not None


async def test_the_real_model_completes_a_line(editor):
    uri, marks = editor.open("maths.py", ADDING)
    [item] = await editor.complete(uri, marks.cursor)
    assert item.insert_text == "n a - b"
    assert item.range.start == item.range.end == lsp.Position(5, 9)


async def test_the_real_model_continues_after_a_blank(editor):
    uri, marks = editor.open(
        "maths.py", "def add(a, b):\n    return a + b\n\n\ndef subtract(a, b):\n    return │\n"
    )
    [item] = await editor.complete(uri, marks.cursor)
    assert item.insert_text == "a - b"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
async def test_positions_count_in_the_negotiated_encoding(open_editor, scripted, encoding):
    editor = await open_editor(options={"model": str(scripted.model)}, encoding=encoding)
    scripted.scripts.append(["_there"])
    uri, marks = editor.open("greet.py", "first = 1\r\ngreeting = '😀é漢' + hello│")
    [item] = await editor.complete(uri, marks.cursor)
    request = scripted.requests[-1]
    assert request["prompt"][-1] == "greeting = '😀é漢' + hello"
    assert "first = 1\n" in request["prompt"]
    expected = {"utf-8": 30, "utf-16": 25, "utf-32": 24}[encoding]
    assert item.range.start == lsp.Position(1, expected)
    assert item.insert_text == "_there"


async def test_edits_after_an_emoji_keep_the_text_in_step(scripted_editor, scripted):
    editor = scripted_editor
    uri, marks = editor.open("greet.py", "a = '😀'│\r\n\x0cb = 2\r\n")
    editor.change(uri, Span(marks.cursor, marks.cursor), " + 'é'")
    place = editor.documents[uri].text.index("b = 2")
    editor.change(uri, Span(place, place), "😀 = 1\r\n")
    editor.change(uri, Span(0, 1), "")
    scripted.scripts.append(["x"])
    await editor.complete(uri, len(editor.documents[uri].text))
    prompt = scripted.requests[-1]["prompt"]
    assert " = '😀' + 'é'\n\x0c😀 = 1\nb = 2\n" in prompt


async def test_a_newer_request_supersedes_the_older_one(scripted_editor, scripted):
    scripted.scripts += [["oo", HANG], ["bar"]]
    uri, marks = scripted_editor.open("x.py", "x = f│")
    older = asyncio.create_task(scripted_editor.complete(uri, marks.cursor))
    await scripted.until(lambda: len(scripted.requests) == 1, "the first request")
    scripted_editor.change(uri, Span(marks.cursor, marks.cursor), "u")
    [item] = await scripted_editor.complete(uri, marks.cursor + 1)
    assert item.insert_text == "bar"
    assert await older == []
    await scripted.until(lambda: scripted.hang_ups == 1, "the first request's end")


async def test_typing_what_is_being_written_joins_it(scripted_editor, scripted):
    scripted.scripts.append(["oo", HOLD, "bar(1)\n"])
    uri, marks = scripted_editor.open("x.py", "x = f│")
    older = asyncio.create_task(scripted_editor.complete(uri, marks.cursor))
    await scripted.until(lambda: len(scripted.requests) == 1, "the request")
    scripted_editor.change(uri, Span(marks.cursor, marks.cursor), "oo")
    newer = asyncio.create_task(scripted_editor.complete(uri, marks.cursor + 2))
    assert await older == []
    scripted.released.set()
    [item] = await newer
    assert item.insert_text == "bar(1)"
    assert len(scripted.requests) == 1


async def test_the_first_line_of_a_block_is_shown_while_the_rest_is_written(
    scripted_editor, scripted
):
    scripted.scripts.append(["\n    first()\n    se", HOLD, "cond()\nx = 1\n"])
    uri, marks = scripted_editor.open("x.py", "def f():│\n")
    [item] = await scripted_editor.complete(uri, marks.cursor)
    assert item.insert_text == "\n    first()"
    scripted_editor.change(uri, Span(marks.cursor, marks.cursor), item.insert_text)
    asking = asyncio.create_task(
        scripted_editor.complete(uri, marks.cursor + len(item.insert_text))
    )
    await scripted_editor.status()  # the request has arrived
    scripted.released.set()
    [rest] = await asking
    assert rest.insert_text == "\n    second()"
    assert len(scripted.requests) == 1


async def test_what_follows_a_completion_is_there_when_it_is_accepted(scripted_editor, scripted):
    scripted.scripts.append(["oo(1)\n"])
    scripted.warm_scripts.append(["\ny = 2\n"])
    uri, marks = scripted_editor.open("x.py", "x = f│\n")
    [item] = await scripted_editor.complete(uri, marks.cursor)
    await scripted.until(lambda: len(scripted.warm_requests) == 1, "the request ahead")
    scripted_editor.change(uri, Span(marks.cursor, marks.cursor), item.insert_text)
    [following] = await scripted_editor.complete(uri, marks.cursor + len(item.insert_text))
    assert following.insert_text == "\ny = 2"
    assert len(scripted.requests) == 1
    assert scripted.warm_requests[0]["prompt"][-1] == "x = foo(1)"


@pytest.mark.parametrize("ahead", [[GIVE_UP], ["\ny", GIVE_UP], [HANG], ["  "]])
async def test_what_was_not_written_ahead_is_asked_for(scripted_editor, scripted, ahead):
    scripted.scripts += [["oo(1)\n"], [" + 2\n"]]
    scripted.warm_scripts.append(ahead)
    uri, marks = scripted_editor.open("x.py", "x = f│\n")
    [item] = await scripted_editor.complete(uri, marks.cursor)
    await scripted.until(lambda: len(scripted.warm_requests) == 1, "the request ahead")
    scripted_editor.change(uri, Span(marks.cursor, marks.cursor), item.insert_text)
    items = await scripted_editor.complete(uri, marks.cursor + len(item.insert_text))
    # That the model has nothing to say there is an answer.
    assert [one.insert_text for one in items] == ([] if ahead == ["  "] else [" + 2"])


async def test_cancelling_closes_the_engines_response(scripted_editor, scripted):
    scripted.scripts.append([HANG])
    uri, marks = scripted_editor.open("x.py", "x = fo│")
    request = asyncio.create_task(scripted_editor.complete(uri, marks.cursor))
    await scripted.until(lambda: len(scripted.requests) == 1, "the request")
    [pending] = [
        number
        for number, future in scripted_editor.client.protocol._request_futures.items()
        if not future.done()
    ]
    scripted_editor.client.cancel_request(lsp.CancelParams(pending))
    with pytest.raises(JsonRpcRequestCancelled):
        await request
    await scripted.until(lambda: scripted.hang_ups == 1, "the hang-up")


async def test_an_answer_for_older_text_is_not_shown(scripted_editor, scripted):
    scripted.scripts.append([HOLD, "o"])
    uri, marks = scripted_editor.open("x.py", "x = fo│")
    asking = asyncio.create_task(scripted_editor.complete(uri, marks.cursor))
    await scripted.until(lambda: len(scripted.requests) == 1, "the request")
    scripted_editor.change(uri, Span(0, 0), "y = 1\n")
    await scripted_editor.status()  # the change has arrived
    scripted.released.set()
    assert await asking == []


@pytest.mark.parametrize(
    ("marked", "answer", "shown"),
    [
        pytest.param("f(│)", ["1, 2)"], "1, 2", id="the closing bracket that is there"),
        pytest.param("x = │\ny = foo(1)\n", ["1\ny = foo(1)\n"], "1", id="the next line"),
        pytest.param("x = │", ["  \n  "], None, id="blanks"),
        pytest.param("x = │", ["1<|endoftext|>junk"], "1", id="a control token spelled out"),
        pytest.param(
            "def f():\n    │\n",
            ["    x = 1\n    return x\n\ndef g():\n    pass\n"],
            "x = 1\n    return x",
            id="a block ends where it dedents",
        ),
        pytest.param(
            "def f():\n    │\n    return 2\n",
            ["    a()\n", "    return 1"],
            "a()",
            id="a last line without an end is judged, too",
        ),
    ],
)
async def test_what_is_shown_of_an_answer(scripted_editor, scripted, marked, answer, shown):
    scripted.scripts.append(answer)
    uri, marks = scripted_editor.open("x.py", marked)
    items = await scripted_editor.complete(uri, marks.cursor)
    assert [item.insert_text for item in items] == ([] if shown is None else [shown])


async def test_switched_off_means_the_engine_is_never_asked(open_editor, scripted):
    options = {"model": str(scripted.model), "completion": {"enabled": False}}
    editor = await open_editor(options=options)
    uri, marks = editor.open("x.py", "x = fo│")
    assert await editor.complete(uri, marks.cursor) == []
    assert scripted.requests == []
    assert (await editor.status()).paused


async def test_typing_along_is_answered_without_the_model(scripted_editor, scripted):
    scripted.scripts.append(["obar(1)"])
    uri, marks = scripted_editor.open("x.py", "x = fo│\ny = 2\n")
    await scripted_editor.complete(uri, marks.cursor)
    for typed in "obar":
        cursor = scripted_editor.documents[uri].text.index("\n")
        scripted_editor.change(uri, Span(cursor, cursor), typed)
        [item] = await scripted_editor.complete(uri, cursor + 1)
    assert item.insert_text == "(1)"
    # The editor closes the bracket by itself; what it closed is not offered again.
    cursor = scripted_editor.documents[uri].text.index("\n")
    scripted_editor.change(uri, Span(cursor, cursor), "()")
    [item] = await scripted_editor.complete(uri, cursor + 1)
    assert item.insert_text == "1"
    assert len(scripted.requests) == 1


async def test_lines_typed_on_are_appended_to_the_prompt(scripted_editor, scripted):
    scripted.scripts += [["1"], ["2"]]
    uri, marks = scripted_editor.open("x.py", "a = 1\nb = │\nc = 3\n")
    await scripted_editor.complete(uri, marks.cursor)
    scripted_editor.change(uri, Span(marks.cursor, marks.cursor), "5\nd = ")
    await scripted_editor.complete(uri, marks.cursor + len("5\nd = "))
    first, second = scripted.requests
    assert first["prompt"][: first["trunk"]] == second["prompt"][: second["trunk"]]
    assert (first["prompt"][-1], second["prompt"][-1]) == ("b = ", "b = 5\nd = ")


async def test_a_cold_document_is_answered_from_a_short_prompt_first(editor):
    lines = "".join(
        f"value_{number} = compute({number}, 'name {number}')\n" for number in range(300)
    )
    uri, marks = editor.open("long.py", f"{lines}\ntotal = value_0 + │\n")
    assert await editor.complete(uri, marks.cursor, is_automatic=True)
    evaluated = [
        int(word.partition("=")[2])
        for line in editor.log
        for word in line.split()
        if "evaluated=" in word
    ]
    assert evaluated
    assert evaluated[-1] < 600, editor.log


async def test_the_parser_says_that_a_completion_is_in_a_docstring(open_editor, scripted):
    editor = await open_editor(options={"model": str(scripted.model)})
    uri, marks = editor.open("x.py", 'def f():\n    """\n    │\n    """\n')
    cursor, shown = marks.cursor, ""
    # Until the parser knows the document, its lines are taken for statements.
    async with asyncio.timeout(60):
        while shown != "It adds:":
            scripted.scripts.append(["    It adds:\n        first()\n    second()\n    th"])
            editor.change(uri, Span(0, 0), "\n")
            cursor += 1
            items = await editor.complete(uri, cursor)
            shown = items[0].insert_text if items else ""


async def test_an_answer_that_was_cut_off_shows_its_whole_lines(scripted_editor, scripted):
    scripted.scripts.append(["    first()\n    second()\n    thi", CUT])
    uri, marks = scripted_editor.open("x.py", "def f():\n    │\n")
    [item] = await scripted_editor.complete(uri, marks.cursor)
    assert item.insert_text == "first()\n    second()"


async def test_lines_are_inserted_as_the_document_has_them(scripted_editor, scripted):
    scripted.scripts.append(["\tif a:\n\t\tb()\n"])
    uri, marks = scripted_editor.open("x.py", "def f():\r\n    a = 1\r\n    │\r\n")
    [item] = await scripted_editor.complete(uri, marks.cursor)
    assert item.insert_text == "if a:\r\n        b()"


@pytest.fixture
async def parsing_editor(open_editor, scripted):
    """An editor with a function that opens a document and waits until the parser has seen it."""
    editor = await open_editor(options={"model": str(scripted.model)})

    async def opened(text):
        uri, marks = editor.open("job.py", f"\n{text}")
        # Nothing else tells of it: what breaks the document is offered as long as it is not parsed.
        async with asyncio.timeout(60):
            scripted.scripts[:] = [["0 if y", "\n"]]
            while await editor.complete(uri, 0, is_automatic=True):
                await asyncio.sleep(0.02)
        return editor, uri, marks.cursor

    return opened


@pytest.mark.parametrize(
    ("document", "typed", "answer", "shown"),
    [
        ("x = 1│ + 2\n", "", "0 if y", ""),
        ("x = 1│ + 2\n", "", "0", "0"),
        ("class Job:\n    x = 1\n│\n", "", "    def cancel(", ""),
        ("class Job:\n    x = 1\n│\n", "", "    def cancel(self):", "    def cancel(self):"),
        ("def f(a):\n    │\n    return a\n", "", "return 1", ""),
        ("def f(a):\n    │\n    return a\n", "ret", "urn 1", "urn 1"),
        ("def f(a):\n    │\n", "", "return 1", "return 1"),
        # It was broken before.
        ("x = 1│\n", " + (", "0 if y", "0 if y"),
    ],
)
async def test_what_breaks_a_sound_document_is_not_offered(  # noqa: PLR0917 - a table
    parsing_editor, scripted, document, typed, answer, shown
):
    editor, uri, cursor = await parsing_editor(document)
    if typed:
        editor.change(uri, Span(cursor, cursor), typed)
    scripted.scripts[:] = [[answer, "\n"]]
    items = await editor.complete(uri, cursor + len(typed), is_automatic=True)
    assert [one.insert_text for one in items] == ([shown] if shown else [])


HEAD, REST = ["    def cancel(\n", "        self"], ["\n    ):\n        pass\n", "\n"]


async def test_the_head_of_a_block_is_shown_while_the_rest_is_written(parsing_editor, scripted):
    editor, uri, cursor = await parsing_editor("class Job:\n    x = 1\n│\n")
    scripted.scripts[:] = [[*HEAD, HOLD, *REST]]
    [item] = await editor.complete(uri, cursor, is_automatic=True)
    assert item.insert_text == "    def cancel("


async def test_who_asks_gets_the_rest_too_where_the_head_alone_would_break_the_document(
    parsing_editor, scripted
):
    editor, uri, cursor = await parsing_editor("class Job:\n    x = 1\n│\n")
    scripted.scripts[:] = [[*HEAD, HOLD, *REST]]
    # When the head is not waited with any more; too early only shows less.
    asyncio.get_running_loop().call_later(1.0, scripted.released.set)
    [item] = await editor.complete(uri, cursor)
    assert item.insert_text == "    def cancel(\n        self\n    ):\n        pass"
    assert len(scripted.requests) == 2


async def test_who_asks_gets_another_one_in_place_of_what_breaks_the_document(
    parsing_editor, scripted
):
    editor, uri, cursor = await parsing_editor("class Job:\n    x = 1\n│\n")
    scripted.scripts[:] = [["    def cancel(\n"], ["    y = (\n"], ["    z = 3\n"]]
    [item] = await editor.complete(uri, cursor)
    assert item.insert_text == "    z = 3"
