"""The index in a running server: it is built, stays fresh, says how it is, and can be off."""

import asyncio
import os
import signal

import psutil
import pytest
from lsprotocol import types as lsp

from tests.harness.editor import Editor

OFF = {"index": {"enabled": False}}
PATIENCE_S = 60


@pytest.fixture
def filled(workspace):
    """A workspace of two files with three symbols, one of them in an ignored file."""
    (workspace / "shop.py").write_text("class Shop:\n    def open(self): ...\n")
    (workspace / "ignored.py").write_text("def secret(): ...\n")
    (workspace / ".gitignore").write_text("ignored.py\n")
    (workspace / ".env").write_text("TOKEN=1\n")
    return workspace


@pytest.mark.usefixtures("filled")
async def test_the_workspace_is_indexed_when_the_editor_is_there(open_editor):
    editor = await open_editor()
    index = await editor.until_indexed()
    assert (index.files, index.symbols) == (1, 2)


async def test_a_file_that_changes_on_disk_is_seen(open_editor, filled):
    editor = await open_editor()
    await editor.until_indexed()
    (filled / "bank.py").write_text("def pay(): ...\n")
    await editor.until_indexed(lambda index: (index.files, index.symbols) == (2, 3))
    (filled / "bank.py").unlink()
    await editor.until_indexed(lambda index: index.files == 1)


async def test_an_editor_that_watches_is_asked_to_and_believed(open_editor, filled):
    editor = await open_editor(watches=True)
    await editor.until_indexed()
    await editor.until(lambda: editor.registered, "the registration")
    assert editor.registered == [lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES]
    (filled / "shop.py").write_text("def closed(): ...\n")
    editor.tell_changed("shop.py")
    await editor.until_indexed(lambda index: index.symbols == 1)


@pytest.mark.usefixtures("filled")
async def test_switched_off_nothing_is_indexed(open_editor):
    editor = await open_editor(options=OFF)
    assert (await editor.status()).index.state == "off"


async def test_folders_come_and_go(open_editor, filled, tmp_path):
    editor = await open_editor()
    await editor.until_indexed()
    other = tmp_path / "other"
    other.mkdir()
    (other / "bank.py").write_text("def pay(): ...\n")
    event = lsp.WorkspaceFoldersChangeEvent(
        added=[lsp.WorkspaceFolder(other.as_uri(), "other")], removed=[]
    )
    editor.client.workspace_did_change_workspace_folders(lsp.DidChangeWorkspaceFoldersParams(event))
    await editor.until_indexed(lambda index: index.files == 2)
    event = lsp.WorkspaceFoldersChangeEvent(
        added=[], removed=[lsp.WorkspaceFolder(filled.as_uri(), filled.name)]
    )
    editor.client.workspace_did_change_workspace_folders(lsp.DidChangeWorkspaceFoldersParams(event))
    await editor.until_indexed(lambda index: index.files == 1)


@pytest.mark.usefixtures("filled")
async def test_the_index_is_there_again_at_the_next_start(open_editor):
    first = await open_editor()
    await first.until_indexed()
    second = await open_editor()  # the first one still writes it
    index = await second.until_indexed(lambda index: index.files == 1)
    assert index.symbols == 2


async def test_building_a_large_workspace_is_shown_as_progress(open_editor, workspace):
    for number in range(300):
        (workspace / f"module_{number}.py").write_text(f"def function_{number}(): ...\n")
    editor = await open_editor()
    await editor.until(
        lambda: any(value["kind"] == "end" for _token, value in editor.progress), "the end"
    )
    begin = editor.progress[0][1]
    assert (begin["kind"], begin["title"]) == ("begin", "Indexing")
    assert (await editor.until_indexed(lambda index: index.files == 300)).symbols == 300


async def test_an_index_process_that_is_killed_is_started_again(open_editor, filled):
    editor = await open_editor()
    await editor.until_indexed()
    for process in index_processes(editor):
        os.kill(process.pid, signal.SIGKILL)
    (filled / "bank.py").write_text("def pay(): ...\n")
    await editor.until_indexed(lambda index: index.files == 2)


async def test_no_process_is_left_when_the_editor_closes(filled):
    editor = await Editor.start(filled)
    await editor.until_indexed()
    processes = index_processes(editor)
    assert processes
    await editor.close()
    async with asyncio.timeout(PATIENCE_S):
        while any(process.is_running() for process in processes):
            await asyncio.sleep(0.02)


async def test_a_second_window_takes_over_when_the_first_one_closes(open_editor, filled):
    first = await Editor.start(filled)
    await first.until_indexed()
    second = await open_editor()
    await second.until_indexed(lambda index: index.files == 1)
    await first.close()
    (filled / "bank.py").write_text("def pay(): ...\n")
    await second.until_indexed(lambda index: index.files == 2)


def index_processes(editor) -> list[psutil.Process]:
    """Return the server's children that index, and theirs."""
    server = psutil.Process(editor._process().pid)
    return [one for one in server.children(recursive=True) if "index" in " ".join(one.cmdline())]
