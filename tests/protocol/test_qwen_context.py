"""`qwen/context`, its page, and `qwen-lsp context`: what a prompt holds and why."""

import json
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException

from qwen_lsp.server import convert
from qwen_lsp.server.extensions import CONTEXT, CONTEXT_COMMAND
from qwen_lsp.text import Span

STOCK = "class Stock:\n    def price_of(self, article):\n        return 5\n"
SHOP = "from stock import Stock\n\nstock = Stock()\nprice = stock.│\n"


def place(editor, uri, cursor, **fields):
    at = convert.position_at(editor.documents[uri], cursor, editor.encoding)
    position = {"line": at.line, "character": at.character}
    return {"textDocument": {"uri": uri}, "position": position, **fields}


def segments(answer):
    return [{"token": one.token} if one.part == "control" else one.text for one in answer.prompt]


async def test_what_was_sent_is_told_with_its_time_line(scripted_editor, scripted):
    scripted.scripts.append(["price_of(1)\n"])
    uri, marks = scripted_editor.open("shop.py", SHOP)
    [item] = await scripted_editor.complete(uri, marks.cursor)
    answer = await scripted_editor._ours(CONTEXT, place(scripted_editor, uri, marks.cursor))
    assert segments(answer) == scripted.requests[0]["prompt"]
    made = answer.last_request
    assert (made.text, made.line, made.column) == (item.insert_text, 4, 15)
    assert {"context", "prompt", "stream"} <= {one.name for one in made.stages}


async def test_what_would_be_sent_is_told_and_nothing_is_asked(scripted_editor, scripted):
    uri, marks = scripted_editor.open("shop.py", SHOP)
    answer = await scripted_editor._ours(CONTEXT, place(scripted_editor, uri, marks.cursor))
    assert answer.last_request is None
    assert scripted.requests == []
    scripted.scripts.append(["price_of(1)\n"])
    await scripted_editor.complete(uri, marks.cursor)
    assert segments(answer) == scripted.requests[0]["prompt"]


async def test_asking_about_another_place_leaves_the_prompt_as_it_was(scripted_editor, scripted):
    scripted.scripts += [["a\n"], ["b\n"]]
    uri, marks = scripted_editor.open("long.py", "x = 1\n" * 90 + "y = │\n" + "z = 1\n" * 90)
    await scripted_editor.complete(uri, marks.cursor)
    await scripted_editor._ours(CONTEXT, place(scripted_editor, uri, 0))
    scripted_editor.change(uri, Span(marks.cursor, marks.cursor), "q")
    await scripted_editor.complete(uri, marks.cursor + 1)
    first, second = (request["prompt"] for request in scripted.requests)
    assert second[:-1] == first[:-1]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        pytest.param({"task": "sing"}, "There is no task `sing`", id="an unknown task"),
        pytest.param({"position": None}, "`range` is missing", id="no place"),
        pytest.param({"textDocument": {"uri": "file:///x"}}, "not open", id="no document"),
    ],
)
async def test_what_is_wrong_is_said_in_a_sentence(scripted_editor, fields, sentence):
    uri, marks = scripted_editor.open("shop.py", SHOP)
    with pytest.raises(JsonRpcException, match=sentence):
        await scripted_editor._ours(CONTEXT, place(scripted_editor, uri, marks.cursor) | fields)


async def test_an_edits_context_is_that_of_its_range(scripted_editor):
    uri, marks = scripted_editor.open("shop.py", "import os\n\n«x = 1»\n")
    params = {**scripted_editor._selection(uri, marks.selection), "task": "edit"}
    answer = await scripted_editor._ours(CONTEXT, params)
    assert [one.part for one in answer.prompt][:3] == ["system", "file", "before"]


async def test_the_editor_is_asked_to_open_the_page(scripted_editor):
    uri, marks = scripted_editor.open("shop.py", SHOP)
    command = lsp.Command(
        "", command=CONTEXT_COMMAND, arguments=[place(scripted_editor, uri, marks.cursor)]
    )
    await scripted_editor.execute(command)
    [shown] = scripted_editor.shown_documents
    path = Path(unquote(urlsplit(shown).path))
    assert "shop.py:4:15" in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.fixture
def shop(workspace, monkeypatch, tmp_path):
    """A workspace with a place to complete at, and no model."""
    (workspace / "pyproject.toml").write_text("")
    (workspace / "stock.py").write_text(STOCK)
    (workspace / "shop.py").write_text(SHOP.replace("│", ""))
    settings = tmp_path / "config" / "qwen-lsp"
    settings.mkdir(parents=True)
    (settings / "config.toml").write_text(f'model = "{tmp_path}/none.gguf"\n')
    monkeypatch.setenv("XDG_CONFIG_HOME", str(settings.parent))
    return workspace / "shop.py"


def run(*arguments, status=0):
    command = [sys.executable, "-m", "qwen_lsp", "context", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == status, done.stderr
    return done.stdout, done.stderr


def test_the_command_builds_the_index_and_tells_why_a_snippet_is_there(shop):
    answer = json.loads(run(f"{shop}:4:15", "--json")[0])
    assert answer["estimated"]
    assert "stock.py" in [one["path"] for one in answer["snippets"]]
    assert all(one["reason"] and one["tokens"] for one in answer["snippets"])


def test_the_command_prints_a_table_and_writes_a_page(shop, tmp_path):
    page = tmp_path / "page.html"
    table, told = run(f"{shop}:4:15", "--html", page)
    assert "stock.py:" in table
    assert "The tokens are estimated: " in told
    assert "none.gguf" in page.read_text()


@pytest.mark.parametrize("task", ["edit", "explain"])
def test_the_command_knows_the_other_tasks(shop, task):
    answer = json.loads(run(f"{shop}:3-4", "--task", task, "--json")[0])
    assert (answer["task"], answer["line"]) == (task, 3)


def test_a_place_that_is_not_there_is_one_sentence(shop):
    said = run(f"{shop}:99:1", status=1)[1]
    assert said.endswith("has 5 lines, so there is no line 99.\n")
