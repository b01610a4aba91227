"""With default settings nothing but the engine's own Unix socket is opened, by any process.

The server runs where there is no network: in a namespace of its own with the loopback interface
only. Every socket that it or a child of it makes is written down by an audit hook of Python's.
"""

import asyncio
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from qwen_lsp.inference import spawn
from qwen_lsp.inference.client import EngineClient
from qwen_lsp.text import Span

# Runs as each Python process starts. The line is one write, so that processes do not mix theirs.
HOOK = """
import os, sys

def note(event, arguments):
    if event.startswith("socket.") and event != "socket.__del__":
        told = " ".join(str(one) for one in arguments if type(one).__name__ != "socket")
        log = os.open(os.environ["SOCKET_LOG"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(log, f"{os.getpid()} {event} {told}\\n".encode())
        os.close(log)

sys.addaudithook(note)
"""
# Where no such namespace can be made, the hook alone has to do.
ISOLATED = (
    "import os, sys; serve = [sys.executable, '-m', 'qwen_lsp', 'serve']; "
    "os.execvp('unshare', ['unshare', '-rn', *serve])"
)


def can_isolate() -> bool:
    tool = shutil.which("unshare")
    return tool is not None and not subprocess.run([tool, "-rn", "true"], check=False).returncode


@pytest.fixture
async def runtime(model_path, monkeypatch) -> AsyncIterator[Path]:
    """A folder for an engine of the test's own, which is started anew and stopped at the end."""
    folder = Path(tempfile.mkdtemp(prefix="q"))  # a Unix socket's path has to be short
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    yield folder
    client = EngineClient(spawn.socket_path(model_path))
    await client.shut_down()
    await client.close()
    async with asyncio.timeout(60):
        while client.socket.exists():
            await asyncio.sleep(0.05)
    shutil.rmtree(folder)


@pytest.mark.timeout(900)  # it loads the real model once more
async def test_no_socket_is_opened_but_the_engines(runtime, open_editor, model_path, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(HOOK)
    log = tmp_path / "sockets"
    paths = [str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])]
    env = {**os.environ, "SOCKET_LOG": str(log), "PYTHONPATH": os.pathsep.join(paths)}
    is_isolated = can_isolate()
    server = ("-c", ISOLATED) if is_isolated else ("-m", "qwen_lsp", "serve")
    editor = await open_editor(env=env, server=server)
    uri, marks = editor.open("add.py", "def add(a, b):\n    return │\n\n\nprint(add(1, 2))\n")
    while (engine := (await editor.status()).engine).state in ("off", "loading"):
        await asyncio.sleep(0.05)  # there is nothing to wait for but the next answer
    assert (engine.state, engine.where) == ("ready", "this machine")
    [item] = await editor.complete(uri, marks.cursor)
    assert item.insert_text == "a + b"
    await editor.until_indexed()
    assert await editor.code_actions(uri, Span(0, 14))
    front = psutil.Process(editor._process().pid)
    client = EngineClient(spawn.socket_path(model_path))
    shared = psutil.Process((await client.health()).pid)
    await client.close()
    for process in [front, shared, *front.children(recursive=True)]:
        assert process.net_connections(kind="inet") == []
        if is_isolated:
            interfaces = Path(f"/proc/{process.pid}/net/dev").read_text()
            assert re.findall(r"^ *(\w+):", interfaces, re.MULTILINE) == ["lo"]
    check(log.read_text().splitlines(), runtime)


def check(lines: list[str], runtime: Path) -> None:
    """Only Unix sockets were made, and nothing was reached or opened but the engine's."""
    made, used = set(), set()
    for line in lines:
        _pid, event, *told = line.split(" ")
        if event == "socket.__new__":
            made.add(told[0])
        elif event in ("socket.connect", "socket.bind"):
            used.add(" ".join(told))
        else:
            assert event == "socket.gethostname", line
    assert made == {"1"}, "AF_UNIX is 1; all else is a network"
    assert used
    assert {Path(one).parent for one in used} == {runtime / "qwen-lsp"}
    assert {Path(one).suffix for one in used} == {".sock"}


def test_the_hook_sees_what_would_be_opened(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(HOOK)
    log = tmp_path / "sockets"
    script = "import socket; socket.socket().connect_ex(('127.0.0.1', 9))"
    env = {**os.environ, "SOCKET_LOG": str(log), "PYTHONPATH": str(tmp_path)}
    subprocess.run([sys.executable, "-c", script], env=env, check=True)
    with pytest.raises(AssertionError, match="AF_UNIX is 1"):
        check(log.read_text().splitlines(), tmp_path)
