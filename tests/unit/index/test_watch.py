"""Watching real files."""

import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from qwen_lsp.index.batch import Batch, Pace
from qwen_lsp.index.watch import Watch
from tests.unit.index.repository import write

# What the watch itself ignores, also while a test is taken down.
pytestmark = pytest.mark.filterwarnings("ignore:Callback with id:RuntimeWarning")
# Only ends what hangs.
GENEROUS_S = 60.0
QUICK = Pace(quiet=0.02, latest=0.2, rescan=0.02)


class Watched:
    """A folder, and what its watch says about it."""

    def __init__(self, folder: Path, pace: Pace = QUICK, most_folders: int | None = None) -> None:
        self.folder = folder
        self.batches: list[Batch] = []
        self.problems: list[str] = []
        self.told: set[str] = set()
        self._news = threading.Condition()
        self.watch = Watch(
            folder, self._on_batch, self.problems.append, pace=pace, most_folders=most_folders
        )
        self.until(lambda: len(self.batches) > 0)

    def _on_batch(self, batch: Batch) -> None:
        with self._news:
            self.batches.append(batch)
            self.told |= batch.paths
            self._news.notify_all()

    def until(self, is_so: Callable[[], bool]) -> None:
        with self._news:
            assert self._news.wait_for(is_so, GENEROUS_S), self.batches

    def until_told_of(self, *paths: str) -> None:
        wanted = set(paths)
        self.until(lambda: self.told >= wanted)

    def until_everything(self) -> None:
        self.until(lambda: any(batch.everything for batch in self.batches[1:]))


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Callable[..., Watched]]:
    """A function that watches a folder, by default one with a repository and a file."""
    started: list[Watched] = []
    folder = tmp_path / "tree"
    write(folder, {".git/HEAD": "", "a.py": "1", "old/b.py": "", "old/deep/c.py": ""})

    def start(folder: Path = folder, **options: object) -> Watched:
        started.append(Watched(folder, **options))  # type: ignore[arg-type]
        return started[-1]

    yield start
    for one in started:
        one.watch.close()


def test_the_first_batch_is_everything(watch):
    assert watch().batches[0] == Batch(everything=True)


def test_new_changed_and_deleted_files_are_told(watch):
    watched = watch()
    write(watched.folder, {"new.py": "1"})
    watched.until_told_of("new.py")
    write(watched.folder, {"a.py": "2"})
    watched.until_told_of("a.py")
    (watched.folder / "old/b.py").unlink()
    watched.until_told_of("old/b.py")
    assert watched.told == {"new.py", "a.py", "old/b.py"}


def test_a_file_that_an_editor_replaces_is_told(watch):
    watched = watch()
    write(watched.folder, {".a.py.swp": "2"})
    (watched.folder / ".a.py.swp").replace(watched.folder / "a.py")
    watched.until_told_of("a.py")


def test_both_names_of_a_moved_file_are_told(watch):
    watched = watch()
    (watched.folder / "a.py").rename(watched.folder / "old/z.py")
    watched.until_told_of("a.py", "old/z.py")


def test_files_in_a_new_folder_are_told_from_the_start(watch):
    watched = watch()
    write(watched.folder, {"x/y/z/f.py": "1", "x/g.py": "1"})
    watched.until_told_of("x", "x/y/z/f.py", "x/g.py")
    write(watched.folder, {"x/y/z/h.py": "1"})
    watched.until_told_of("x/y/z/h.py")


def test_a_folder_that_is_moved_in_or_out_or_away_is_told(watch, tmp_path):
    watched = watch()
    write(tmp_path, {"outside/d.py": ""})
    (tmp_path / "outside").rename(watched.folder / "inside")
    watched.until_told_of("inside")
    (watched.folder / "old").rename(tmp_path / "gone")
    watched.until_told_of("old")
    (watched.folder / "inside").rename(watched.folder / "else")
    watched.until_told_of("else")
    write(watched.folder, {"else/e.py": ""})
    watched.until_told_of("else/e.py")


@pytest.mark.parametrize("path", [".gitignore", "old/.qwen-lsp-ignore", ".git/info/exclude"])
def test_changed_rules_mean_everything(watch, path):
    watched = watch()
    write(watched.folder, {path: "*.log\n"})
    watched.until_everything()


def test_what_git_does_inside_its_folder_is_not_told(watch):
    watched = watch()
    write(watched.folder, {".git/objects/ab/cd": "", ".git/index": "", "node_modules/x.js": ""})
    write(watched.folder, {"last.py": ""})
    watched.until_told_of("last.py")
    assert watched.told == {"last.py"}


@pytest.mark.parametrize(
    ("dot_git", "lock"),
    [
        pytest.param({"work/.git/HEAD": ""}, "work/.git/index.lock", id="in a repository"),
        pytest.param(
            {"work/.git": "gitdir: ../main/.git/worktrees/w\n", "main/.git/worktrees/w/HEAD": ""},
            "main/.git/worktrees/w/index.lock",
            id="in a worktree, whose lock is elsewhere",
        ),
    ],
)
def test_a_checkout_of_many_files_is_one_batch(watch, tmp_path, dot_git, lock):
    write(tmp_path, {**dot_git, lock: ""})
    # Of the two only one cares for the lock, so that what it tells could have been told.
    eager = Pace(quiet=1.0, latest=0.001, burst=10, burst_latest=GENEROUS_S, stale_lock=0.0)
    watched = watch(tmp_path / "work", pace=replace(eager, stale_lock=GENEROUS_S))
    control = watch(tmp_path / "work", pace=eager)
    files = {f"s{number % 50}/f{number}.py": "" for number in range(5_000)}
    write(watched.folder, {"first.py": ""})
    control.until_told_of("first.py")
    assert len(watched.batches) == 1
    write(watched.folder, files)
    control.until_told_of(*files)
    assert len(watched.batches) == 1
    (tmp_path / lock).unlink()
    watched.until_told_of("first.py", *files)
    assert len(watched.batches) == 2


def test_a_lock_that_is_left_behind_does_not_hold_changes_back(watch):
    watched = watch(pace=Pace(quiet=0.01, stale_lock=0.02))
    (watched.folder / ".git/index.lock").touch()
    write(watched.folder, {"a.py": "2"})
    watched.until_told_of("a.py")


def test_lost_events_mean_everything(watch):
    watched = watch()
    logging.getLogger("watchdog.observers.inotify_c").warning("Inotify queue overflowed")
    watched.until_everything()


def test_a_folder_with_too_many_folders_is_walked_now_and_then(watch):
    watched = watch(most_folders=3)
    [problem] = watched.problems
    assert "more than 3 folders" in problem
    assert "sudo sysctl fs.inotify.max_user_watches=" in problem
    watched.until(lambda: len(watched.batches) > 3)
    assert set(watched.batches) == {Batch(everything=True)}


def test_a_folder_that_is_not_there_is_a_problem_and_no_crash(watch, tmp_path):
    before = set(threading.enumerate())
    watched = watch(tmp_path / "nowhere")
    [problem] = watched.problems
    assert "cannot be watched: [Errno 2]" in problem
    watched.until(lambda: len(watched.batches) > 2)
    watched.watch.close()
    assert set(threading.enumerate()) == before


def test_a_watch_leaves_no_thread_and_says_nothing_once_closed(watch):
    before = set(threading.enumerate())
    watched = watch()
    writing = threading.Event()

    def write_on() -> None:
        number = 0
        while not writing.is_set():
            write(watched.folder, {f"w/{number % 100}/x.py": str(number)})
            number += 1

    writer = threading.Thread(target=write_on)
    writer.start()
    watched.until(lambda: len(watched.batches) > 2)
    watched.watch.close()
    batches = len(watched.batches)
    assert set(threading.enumerate()) == before | {writer}
    writing.set()
    writer.join()
    assert len(watched.batches) == batches
