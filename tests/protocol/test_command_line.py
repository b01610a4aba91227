"""`qwen-lsp index` and `symbols`, as a user calls them."""

import asyncio
import json
import subprocess
import sys

import pytest

from tests.harness.editor import Editor


@pytest.fixture
def filled(workspace):
    (workspace / "shop.py").write_text("class Shop:\n    def open_door(self): ...\n")
    (workspace / "bank.ts").write_text("export function openAccount(): void {}\n")
    (workspace / "data.bin").write_bytes(b"\0\1\2")
    return workspace


def run(*arguments, status=0):
    command = [sys.executable, "-m", "qwen_lsp", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == status, done.stderr
    return done.stdout if status == 0 else done.stderr


def test_an_index_is_built_and_then_only_checked(filled):
    assert "2 files, 2 of them read anew" in run("index", filled)
    again = json.loads(run("index", filled, "--json"))
    assert (again["files"], again["symbols"], again["parsed"]) == (2, 3, 0)
    assert "2 files, 3 lines" in run("index", filled, "--stats")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("Shop", ["shop.py:1:7: class Shop"]),
        ("open_door", ["shop.py:2:9: method Shop.open_door"]),
        ("open", ["bank.ts:1:17: function openAccount", "shop.py:2:9: method Shop.open_door"]),
        ("DOOR", ["shop.py:2:9: method Shop.open_door"]),
    ],
)
def test_symbols_are_found_by_name_beginning_or_part(filled, query, found):
    assert sorted(run("symbols", query, filled).splitlines()) == found


def test_symbols_as_json_are_one_object_a_line(filled):
    [found] = map(json.loads, run("symbols", "Shop", filled, "--json").splitlines())
    assert found == {"path": "shop.py", "line": 1, "kind": "class", "name": "Shop", "owner": ""}


def test_a_name_that_nothing_defines_is_one_sentence(filled):
    message = run("symbols", "nowhere", filled, status=1)
    assert message.strip() == f"qwen-lsp: Nothing called nowhere is defined in {filled.resolve()}."


async def test_a_folder_that_an_editor_indexes_is_left_to_it(filled):
    editor = await Editor.start(filled)
    await editor.until_indexed()
    said = await asyncio.to_thread(run, "index", filled)
    await editor.close()
    assert said == "An editor keeps this index up to date; nothing was built.\n"
