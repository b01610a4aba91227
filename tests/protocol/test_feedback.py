"""What becomes of suggestions: accepted in parts, cycled through, counted; over a real server."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from lsprotocol import types as lsp

from qwen_lsp.text import Replacement, Span
from tests.harness.editor import PATIENCE_S

# A server that looks at once at what is left of what was accepted.
IMPATIENT = "from qwen_lsp.server.app import build_server; build_server(kept_after_s=0).start_io()"


@pytest.fixture
async def editor(open_editor, scripted, tmp_path):
    """An editor with statistics of its own."""
    (tmp_path / "state").mkdir()
    env = {**os.environ, "XDG_STATE_HOME": str(tmp_path / "state")}
    options = {"model": str(scripted.model), "index": {"enabled": False}}
    return await open_editor(env=env, options=options, server=("-c", IMPATIENT))


@pytest.fixture
def stored(tmp_path) -> Path:
    return tmp_path / "state" / "qwen-lsp" / "statistics.jsonl"


async def offered(editor, scripted, marked, answer, name="x.py"):
    scripted.scripts.append([answer])
    uri, marks = editor.open(name, marked)
    [item] = await editor.complete(uri, marks.cursor, is_automatic=True)
    return uri, marks.cursor, item


def put_in(editor, uri, at, text):
    editor.change(uri, Span(at, at), text)
    return at + len(text)


def tell(editor, method, item, **more):
    fields = {
        "insertText": item.insert_text,
        "command": {
            "title": "",
            "command": item.command.command,
            "arguments": [*item.command.arguments],
        },
    }
    editor.client.protocol.notify(method, {"item": fields, **more})


def sums(stats):
    total = stats["total"]
    return tuple(total[name] for name in ("shown", "accepted", "accepted_characters", "kept_share"))


async def test_a_suggestion_accepted_word_by_word_is_asked_for_once(editor, scripted):
    answer = "\n    first = get(name)\n    return first\n\nx\n"
    uri, cursor, item = await offered(editor, scripted, "def read(name):│\n", answer)
    left = item.insert_text
    assert left == "\n    first = get(name)\n    return first"
    for word in ("\n    first", " = ", "get", "(", "name", ")", "\n    return"):
        cursor = put_in(editor, uri, cursor, word)
        left = left.removeprefix(word)
        [item] = await editor.complete(uri, cursor, is_automatic=True)
        assert item.insert_text == left
    assert len(scripted.requests) == 1
    # Words are accepts; what an editor may have typed, or closed by itself, is none.
    accepted = len("\n    firstgetname\n    return")
    assert sums(await editor.stats()) == (1, 1, accepted, 1.0)


async def test_an_accept_that_the_editor_indents_anew_is_an_accept(editor, scripted):
    answer = "\n    first = get(name)\n    return first\n\nx\n"
    uri, cursor, _ = await offered(editor, scripted, "def read(name):│\n", answer)
    scripted.scripts.append(["return first\n"])
    indented = "\n  first = get(name)\n  "
    cursor = put_in(editor, uri, cursor, indented)
    # The model is asked again: what it wrote for another indentation may not fit this one.
    [item] = await editor.complete(uri, cursor, is_automatic=True)
    assert item.insert_text == "return first"
    accepted = len("\n    first = get(name)\n    ")
    assert sums(await editor.stats())[1:] == (1, accepted, 1.0)


async def test_an_editor_that_adds_a_closer_to_an_accepted_word_keeps_the_rest(editor, scripted):
    uri, cursor, _ = await offered(editor, scripted, "x = │\n", "foo(bar, 1)\ny")
    editor.change(uri, Span(cursor, cursor), "foo()")
    [item] = await editor.complete(uri, cursor + len("foo("), is_automatic=True)
    assert item.insert_text == "bar, 1"
    assert len(scripted.requests) == 1


async def test_an_accept_is_seen_in_the_change_alone_and_half_of_it_is_kept(editor, scripted):
    uri, cursor, item = await offered(editor, scripted, "x = │\n", "foo(12)\ny")
    text = item.insert_text
    half = cursor + len(text) // 2
    accepted = Replacement(Span(cursor, cursor), text)
    editor.change_at_once(uri, accepted, Replacement(Span(half, cursor + len(text)), ""))
    kept = round((half - cursor) / len(text), 4)
    assert sums(await until(editor, "kept_share")) == (1, 1, len(text), kept)


async def test_an_editor_that_tells_of_an_accept_counts_it_once(editor, scripted):
    uri, cursor, item = await offered(editor, scripted, "x = │\n", "foo(12)\ny")
    tell(editor, "textDocument/didShowCompletion", item)
    tell(editor, "textDocument/didPartiallyAcceptCompletion", item, acceptedLength=3)
    put_in(editor, uri, cursor, item.insert_text)
    await editor.execute(item.command)
    await editor.execute(item.command)
    assert sums(await until(editor, "kept_share")) == (1, 1, len(item.insert_text), 1.0)


async def test_what_a_client_that_tells_did_not_show_is_not_shown(editor, scripted):
    for name in ("a.py", "b.py"):
        _, _, item = await offered(editor, scripted, "x = │\n", "foo(12)\ny", name)
    tell(editor, "textDocument/didShowCompletion", item)
    assert (await editor.stats())["total"]["shown"] == 1


async def test_lengths_count_as_copilots_server_counts_them(editor, scripted):
    _, _, item = await offered(editor, scripted, "x = │\n", "'😀é'\ny")
    tell(editor, "textDocument/didPartiallyAcceptCompletion", item, acceptedLength=3)
    assert sums(await editor.stats()) == (1, 1, 2, None)


@pytest.mark.parametrize(
    "params",
    [
        None,
        [],
        {},
        {"item": None},
        {"item": {"command": {"arguments": [["1:0:3"]]}}},
        {"item": {"command": {"arguments": ["1:0"]}}, "acceptedLength": 2},
        {"item": {"command": {"arguments": ["1:0:99999999999999999999"]}}, "acceptedLength": 2},
        {"item": {"insertText": "foo", "command": {"arguments": ["1:0:3"]}}, "acceptedLength": -1},
        {"item": {"insertText": 3, "command": {"arguments": ["1:0:3"]}}, "acceptedLength": "2"},
        {"item": {"insertText": "foo", "command": {"arguments": ["9:0:3"]}}, "acceptedLength": 3},
    ],
    ids=str,
)
async def test_what_is_told_wrongly_is_ignored(scripted_editor, params):
    for method in ("didShowCompletion", "didPartiallyAcceptCompletion"):
        scripted_editor.client.protocol.notify(f"textDocument/{method}", params)
    for arguments in ([], [None], ["1:2:3", 4]):
        command = lsp.Command("", command="qwen.accepted", arguments=arguments)
        assert await scripted_editor.execute(command) is None
    assert scripted_editor.messages == []


async def test_typing_all_of_it_is_no_accept(editor, scripted):
    uri, cursor, item = await offered(editor, scripted, "x = │\n", "foo\ny")
    for character in item.insert_text:
        cursor = put_in(editor, uri, cursor, character)
    assert sums(await editor.stats()) == (1, 0, 0, None)


async def test_no_text_of_the_code_is_on_the_disk_and_the_command_shows_the_same(
    editor, scripted, stored
):
    uri, cursor, item = await offered(editor, scripted, "secret_name = │\n", "hidden(12)\ny")
    put_in(editor, uri, cursor, item.insert_text)
    told = await until(editor, "kept_share")
    assert stored.stat().st_mode & 0o777 == 0o600
    text = stored.read_text()
    assert "secret" not in text
    assert "hidden" not in text
    command = [sys.executable, "-m", "qwen_lsp", "stats"]
    env = {**os.environ, "XDG_STATE_HOME": str(stored.parents[1])}
    printed = await asyncio.to_thread(
        subprocess.run, [*command, "--json"], env=env, capture_output=True, check=True
    )
    assert json.loads(printed.stdout)["total"] == told["total"]
    table = await asyncio.to_thread(
        subprocess.run, command, env=env, capture_output=True, check=True, text=True
    )
    assert "1 (100%)" in table.stdout
    await asyncio.to_thread(subprocess.run, [*command, "--delete"], env=env, check=True)
    assert not stored.exists()


@pytest.mark.parametrize("obstacle", ["a folder", "damage"])
async def test_a_file_that_cannot_be_used_is_one_sentence_and_stops_nothing(
    editor, scripted, stored, obstacle
):
    stored.parent.mkdir(parents=True, exist_ok=True)
    if obstacle == "a folder":
        stored.mkdir()
    else:
        stored.write_bytes(b"\0damaged")
    uri, cursor, item = await offered(editor, scripted, "x = │\n", "foo(12)\ny")
    for _ in range(2):
        asking = editor.stats()
        if obstacle == "a folder":
            with pytest.raises(Exception, match="cannot be read"):
                await asking
        else:
            assert (await asking)["total"]["shown"] == 1
    assert len(editor.messages) == 1
    assert str(stored) in editor.messages[0]
    put_in(editor, uri, cursor, "foo")
    [item] = await editor.complete(uri, cursor + 3)
    assert item.insert_text == "(12)"


async def test_an_explicit_request_asks_for_others_where_one_is_on_display(editor, scripted):
    uri, cursor, item = await offered(editor, scripted, "x = │\n", "foo(12)\ny")
    scripted.scripts += [["bar(34)\ny"], ["baz\ny"]]
    items = await editor.complete(uri, cursor)
    assert [one.insert_text for one in items] == ["foo(12)", "bar(34)", "baz"]
    assert items[0].insert_text == item.insert_text
    # What is there already is not asked for again.
    again = await editor.complete(uri, cursor)
    assert [one.insert_text for one in again] == [one.insert_text for one in items]
    assert len(scripted.requests) == 3
    put_in(editor, uri, cursor, "baz")
    await editor.execute(again[2].command)
    assert sums(await until(editor, "kept_share")) == (1, 1, 3, 1.0)


@pytest.mark.parametrize("is_automatic", [True, False])
async def test_the_first_request_at_a_place_gets_one_candidate(editor, scripted, is_automatic):
    scripted.scripts.append(["foo(12)\ny"])
    uri, marks = editor.open("x.py", "x = │\n")
    [item] = await editor.complete(uri, marks.cursor, is_automatic=is_automatic)
    assert (item.insert_text, len(scripted.requests)) == ("foo(12)", 1)


async def test_times_and_tokens_are_counted_apart(editor, scripted):
    uri, cursor, _ = await offered(editor, scripted, "x = │\n", "foo(12)\ny")
    await editor.complete(uri, put_in(editor, uri, cursor, "f"))
    total = (await editor.stats())["total"]
    assert total["requests"] == 2
    assert total["latency_ms"]["model"]["count"] == 1
    assert total["latency_ms"]["without_model"]["count"] == 1


async def test_what_a_prompt_cost_is_counted_though_nobody_waits_for_the_end(
    open_editor, model_path, tmp_path
):
    (tmp_path / "state").mkdir()
    editor = await open_editor(env={**os.environ, "XDG_STATE_HOME": str(tmp_path / "state")})
    uri, marks = editor.open("maths.py", "def add(a, b):\n    return │\n\n\nprint(add(1, 2))\n")
    assert await editor.complete(uri, marks.cursor)
    stats = await editor.stats()
    assert stats["total"]["prompt_tokens"]["evaluated"] > 10
    assert [model.name for model in stats["models"]] == [model_path.stem]


async def until(editor, figure):
    """Ask for the statistics until a figure is there: a timer of the server's sets it."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            stats = await editor.stats()
            if stats["total"][figure] is not None:
                return stats
            await asyncio.sleep(0)
