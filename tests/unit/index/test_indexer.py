"""The index process, as the server sees it."""

import fcntl
import os
import queue
import signal
from pathlib import Path
from threading import Thread

import pytest

from qwen_lsp.index.builder import Built, Problem, Waiting
from qwen_lsp.index.building import LOCK_NAME, PAUSE, REFRESH, RESUME, Inbox, writing_alone
from qwen_lsp.index.indexer import Indexer
from qwen_lsp.index.store import FILE_NAME
from qwen_lsp.index.stored import StoredIndex
from qwen_lsp.index.view import IndexView

STAND_IN = "tests.unit.index.stand_in:methods"
LIMIT_S = 60


class Window:
    """An editor window's indexer, and what it told."""

    def __init__(self, root: Path):
        self.events: queue.Queue[object] = queue.Queue()
        self.indexer = Indexer(root, self.events.put, STAND_IN)
        self.errors: list[Exception] = []
        self.view = IndexView(StoredIndex(self.indexer.folder, self.errors.append))

    def next(self, kind):
        while not isinstance(event := self.events.get(timeout=LIMIT_S), kind):
            pass
        return event

    @property
    def pid(self):
        return self.indexer._child.process.pid


@pytest.fixture
def open_window(tmp_path):
    windows = []

    def start():
        windows.append(Window(tmp_path))
        return windows[-1]

    yield start
    for window in windows:
        window.indexer.close()


def names(window, prefix=""):
    return window.view.stored.names_with_prefix(prefix, 99)


def test_a_workspace_is_indexed_kept_up_to_date_and_closed(tmp_path, open_window):
    (tmp_path / "a.py").write_text("def f")
    window = open_window()
    assert window.next(Built).parsed == 1
    assert names(window) == ["f"]
    (tmp_path / "b.py").write_text("def g")
    window.indexer.update(["b.py"])
    assert window.next(Built).parsed == 1
    assert names(window) == ["f", "g"]
    (tmp_path / "b.py").unlink()
    window.indexer.refresh()
    assert window.next(Built).removed == 1
    process = window.indexer._child.process
    window.indexer.close()
    assert process.returncode == 0
    # What comes after is of no effect.
    window.indexer.refresh()
    window.indexer.close()


def test_what_changed_in_a_pause_is_indexed_after_it(tmp_path, open_window):
    window = open_window()
    window.next(Built)
    window.indexer.pause()
    (tmp_path / "a.py").write_text("def f")
    window.indexer.update(["a.py"])
    window.indexer.resume()
    assert window.next(Built).parsed == 1


@pytest.mark.parametrize("wait", [Inbox.take, Inbox.wait_while_paused])
def test_nothing_goes_on_in_a_pause(wait):
    inbox, order = Inbox(), []
    inbox.put(PAUSE)
    inbox.put(["a.py"])

    def work():
        wait(inbox)
        order.append("went on")

    waiting = Thread(target=work)
    waiting.start()
    inbox.put(["b.py"])
    order.append("resumed")
    inbox.put(RESUME)
    waiting.join(LIMIT_S)
    assert order == ["resumed", "went on"]


def test_what_comes_in_meanwhile_is_done_once_and_in_one_go():
    inbox = Inbox()
    inbox.put(["a"])
    inbox.put(["b", "a"])
    assert inbox.take() == ["a", "b"]
    inbox.put(REFRESH)
    inbox.put(["c"])
    inbox.put(REFRESH)
    assert inbox.take() == REFRESH
    assert (list(inbox.orders), dict(inbox.places)) == ([], {})


def test_of_two_windows_one_writes_and_the_other_takes_over_when_it_is_gone(tmp_path, open_window):
    (tmp_path / "a.py").write_text("def f")
    first = open_window()
    first.next(Built)
    second = open_window()
    second.next(Waiting)
    assert names(second) == ["f"]
    (tmp_path / "b.py").write_text("def g")
    second.indexer.update(["b.py"])
    first.indexer.update(["b.py"])
    assert first.next(Built).parsed == 1
    assert names(second) == ["f", "g"]
    assert second.events.empty()
    (tmp_path / "c.py").write_text("def h")
    first.indexer.close()
    assert second.next(Built).parsed == 1
    assert names(second) == ["f", "g", "h"]


def test_only_one_holds_the_lock_of_a_folder(tmp_path):
    with (tmp_path / LOCK_NAME).open("w") as other:
        with writing_alone(tmp_path), pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_an_index_process_that_was_killed_is_started_again(tmp_path, open_window):
    (tmp_path / "a.py").write_text("def f")
    window = open_window()
    window.next(Built)
    os.kill(window.pid, signal.SIGKILL)
    assert window.next(Built).found == 1
    os.kill(window.pid, signal.SIGKILL)
    window.next(Built)
    os.kill(window.pid, signal.SIGKILL)
    assert "ended again and again" in window.next(Problem).text
    assert names(window) == ["f"]


def test_a_damaged_index_is_made_anew_on_request(tmp_path, open_window):
    (tmp_path / "a.py").write_text("def f")
    window = open_window()
    window.next(Built)
    window.indexer.rebuild()
    assert "is being made anew" in window.next(Problem).text
    assert window.next(Built).parsed == 1
    assert names(window) == ["f"]
    assert (window.indexer.folder / FILE_NAME).with_suffix(".damaged").exists()
