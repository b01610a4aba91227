"""What the tests of every editor stand on: folders of their own, an engine, and a second try."""

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol

from tests.harness.scripted_engine import ScriptedEngine

ROOT = Path(__file__).parents[2]
SERVER = [sys.executable, "-m", "qwen_lsp", "serve"]


@contextmanager
def own_folders(**variables: str) -> Iterator[Path]:
    """Give all processes folders of their own, but for the data: the model is there.

    The engine that comes to live in them is stopped at the end.
    """
    with pytest.MonkeyPatch.context() as patch:
        # Directly below the temporary folder: a Unix socket's path has room for 100 characters.
        folder = Path(tempfile.mkdtemp(prefix="q"))
        for name in ("RUNTIME_DIR", "CONFIG_HOME", "STATE_HOME", "CACHE_HOME"):
            (folder / name.lower()).mkdir(mode=0o700)
            patch.setenv(f"XDG_{name}", str(folder / name.lower()))
        for name, value in variables.items():
            patch.setenv(name, value)
        try:
            yield folder
        finally:
            subprocess.run([*SERVER[:-1], "engine", "stop"], check=True, timeout=120)
            shutil.rmtree(folder)


@contextmanager
def scripted_engine(folder: Path) -> Iterator[ScriptedEngine]:
    """Run an engine that says what a test needs, on a loop and a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def wait(coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result(60)

    async def create():
        engine = ScriptedEngine(folder)
        await engine.start()
        return engine

    async def end_all():
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await asyncio.sleep(0)  # the turn in which their sockets are closed

    engine = wait(create())
    # Its own semaphore belongs to the loop of the other thread.
    engine.step = lambda: loop.call_soon_threadsafe(engine.steps.release)
    try:
        yield engine
        wait(engine.stop())
    finally:
        wait(end_all())
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def installed(name: str, variable: str, install: str) -> Path:
    """Return a program below `.editors`; without it the test fails and says how to install it."""
    return needed(Path(os.environ.get(variable) or ROOT / ".editors" / name), install)


def needed(path: Path, command: str) -> Path:
    """Return a path; without anything there the test fails and says which command makes it."""
    if not path.exists():
        pytest.fail(f"There is no {path}; install it with `{command}`.", pytrace=False)
    return path


def run_with_second_try(item, nextitem):
    """Give a failed test a second try, and say so: a slow machine is not a broken product."""
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    reports = runtestprotocol(item, nextitem=nextitem, log=False)
    failed = next((report for report in reports if report.failed), None)
    if failed:
        terminal = item.config.pluginmanager.get_plugin("terminalreporter")
        terminal.write_line(f"\n{failed.longreprtext}\nretried once: {item.name}")
        item._initrequest()
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True
