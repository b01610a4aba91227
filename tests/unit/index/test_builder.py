"""From files to an index, with real processes and real disks."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from qwen_lsp.index.builder import Progress
from qwen_lsp.index.lexical import ChunkWriter
from qwen_lsp.index.reading import Job, Reader
from qwen_lsp.index.statistics import statistics_of
from qwen_lsp.index.store import Store, StoredFile
from tests.unit.index.stand_in import OLD_NS

FIND_GHOST = "tests.unit.index.stand_in:find_with_ghost"


def test_everything_is_found_in_a_new_workspace(indexed):
    indexed.write("a.py", "class A\n    def m\ndef f")
    indexed.write("sub/b.py", "use f\nimport a")
    built = indexed.refresh()
    assert (built.found, built.parsed, built.removed) == (2, 2, 0)
    assert indexed.names() == {"A", "m", "f"}
    assert [(one.path, one.kind, one.lines) for one in indexed.view.usages("f")] == [
        ("sub/b.py", "call", (0,))
    ]
    assert [one.module for one in indexed.view.imports("sub/b.py")] == ["a"]


def test_an_unchanged_workspace_is_not_read_again(indexed):
    indexed.write("a.py", "def f")
    indexed.refresh()
    # Only the name and the times are looked at: no worker could tell that the text is another.
    (indexed.root / "a.py").write_text("def g")
    os.utime(indexed.root / "a.py", ns=(OLD_NS, OLD_NS))
    assert indexed.refresh().parsed == 0
    assert indexed.names() == {"f"}


@pytest.mark.parametrize("mtime_ns", [OLD_NS + 1, OLD_NS - 10**18], ids=["newer", "older"])
def test_a_change_is_seen_whatever_the_clock_says(indexed, mtime_ns):
    file = indexed.write("a.py", "def f")
    indexed.refresh()
    file.write_text("def g")
    os.utime(file, ns=(mtime_ns, mtime_ns))
    assert indexed.refresh().parsed == 1
    assert indexed.names() == {"g"}


def test_a_file_whose_times_may_yet_stay_the_same_is_looked_at_again(indexed):
    # As one that is written twice within a tick of the clock; in an hour, so that none passes.
    soon = (time.time_ns() + 3600 * 10**9,) * 2
    file = indexed.write("a.py", "def f")
    os.utime(file, ns=soon)
    indexed.refresh()
    file.write_text("def g")
    os.utime(file, ns=soon)
    indexed.refresh()
    assert indexed.names() == {"g"}


def test_a_file_that_was_only_touched_is_not_parsed(indexed):
    file = indexed.write("a.py", "def f")
    indexed.refresh()
    os.utime(file, ns=(OLD_NS, OLD_NS + 5))
    assert indexed.refresh().parsed == 0
    assert indexed.names() == {"f"}


@pytest.mark.parametrize("at_once", [True, False], ids=["with the new place", "copy first"])
def test_a_moved_file_is_not_parsed_again(indexed, at_once):
    file = indexed.write("a.py", "def f")
    indexed.refresh()
    indexed.write("deep/b.py", "def f")
    if not at_once:
        indexed.refresh()
    file.unlink()
    assert indexed.refresh().parsed == 0
    assert [one.path for one in indexed.view.definitions("f")] == ["deep/b.py"]
    assert [one.path for one in indexed.view.search(["f"], 5)] == ["deep/b.py"]


def test_copies_are_found_in_every_place(indexed):
    indexed.write("a.py", "def f")
    indexed.write("b.py", "def f")
    indexed.refresh()
    assert [one.path for one in indexed.view.definitions("f")] == ["a.py", "b.py"]


def test_what_is_deleted_is_forgotten(indexed):
    file = indexed.write("a.py", "def f\nuse g")
    indexed.write("b.py", "def h")
    indexed.refresh()
    file.unlink()
    assert indexed.refresh().removed == 1
    view = indexed.view
    assert (view.definitions("f"), list(view.usages("g")), view.search(["f"], 5)) == ([], [], [])
    assert view.paths() == ["b.py"]


def test_a_new_version_of_the_parser_parses_everything_again(indexed):
    indexed.write("a.py", "def f")
    indexed.refresh()
    indexed.builder.close()
    indexed.builder = indexed.new_builder(methods=replace(indexed.methods, version="2"))
    assert indexed.refresh().parsed == 1
    assert [one.path for one in indexed.view.definitions("f")] == ["a.py"]
    assert indexed.refresh().parsed == 0


def test_only_the_places_of_an_update_are_looked_at(indexed):
    for path in ("a.py", "sub/b.py", "sub/c.py", "subway.py"):
        indexed.write(path, "def f")
    indexed.refresh()
    indexed.write("sub/b.py", "def grown")
    (indexed.root / "sub/c.py").unlink()
    indexed.write("subway.py", "def hidden")
    built = indexed.update("sub")
    assert (built.found, built.parsed, built.removed) == (1, 1, 1)
    assert indexed.names() == {"f", "grown"}
    assert indexed.update("a.py", "gone.py").parsed == 0


def test_ignored_files_are_left_out_and_counted(indexed):
    indexed.write("a.py", "def f")
    indexed.write("b.png", "")
    indexed.write("node_modules/c.py", "def g")
    left_out = indexed.refresh().left_out
    assert indexed.names() == {"f"}
    assert left_out == {"no language": 1, "tool folder": 1}


@pytest.mark.parametrize(
    ("text", "verdict"),
    [("HANG", "hung"), ("CRASH", "crashed"), ("FAIL", "failed")],
    ids=["loops for ever", "crashes its process", "raises"],
)
def test_a_parser_that_dies_costs_one_file(indexed, text, verdict):
    for number in range(6):
        indexed.write(f"{number}.py", f"def f{number}")
    indexed.write("3.py", f"def f3\n{text}")
    assert indexed.refresh().parsed == 5
    assert indexed.names() == {"f0", "f1", "f2", "f4", "f5"}
    statistics = statistics_of(indexed.folder)
    assert (statistics.failed, dict(statistics.skipped)) == (("3.py",), {verdict: 1})
    # It is not tried again until it changes.
    indexed.refresh()
    assert not [event for event in indexed.events if isinstance(event, Progress)]
    indexed.write("3.py", "def mended")
    indexed.refresh()
    assert "mended" in indexed.names()


def test_a_parser_may_say_why_a_file_is_not_indexed(indexed):
    indexed.write("a.py", "SKIP\ndef f")
    indexed.refresh()
    assert indexed.names() == set()
    assert dict(statistics_of(indexed.folder).skipped) == {"generated": 1}


def test_a_file_that_goes_while_it_is_read_is_forgotten(indexed):
    indexed.write("a.py", "def f")
    indexed.builder = indexed.new_builder(methods=replace(indexed.methods, find=FIND_GHOST))
    assert indexed.refresh().found == 2
    assert indexed.view.paths() == ["a.py"]
    assert dict(statistics_of(indexed.folder).skipped) == {}


def test_a_file_that_cannot_be_read_is_tried_again_though_its_times_stay(indexed):
    indexed.builder = indexed.new_builder(methods=replace(indexed.methods, find=FIND_GHOST))
    ghost = indexed.root / "ghost.py"
    ghost.symlink_to(ghost)
    indexed.refresh()
    assert dict(statistics_of(indexed.folder).skipped) == {"unreadable": 1}
    ghost.unlink()
    indexed.write("ghost.py", "def f")
    indexed.refresh()
    assert indexed.names() == {"f"}


def test_a_workspace_that_cannot_be_read_is_not_taken_for_empty(indexed):
    indexed.write("a.py", "def f")
    indexed.refresh()
    indexed.root.rename(indexed.root.with_name("elsewhere"))
    assert indexed.refresh() is None
    assert indexed.problems() == [
        f"The folder {indexed.root} cannot be read (No such file or directory)."
    ]
    assert indexed.names() == {"f"}
    # Said once, until it worked in between.
    assert indexed.refresh() is None
    assert indexed.problems() == []


def test_workers_that_do_not_start_are_a_problem_not_crashed_files(indexed):
    indexed.write("a.py", "def f")
    indexed.builder = indexed.new_builder(methods=replace(indexed.methods, parse="nowhere:parse"))
    assert indexed.refresh() is None
    [problem] = indexed.problems()
    assert problem.startswith("Files cannot be parsed: a worker process ended at once")
    assert statistics_of(indexed.folder).skipped == {}


def test_ten_thousand_files_are_indexed_and_then_found_unchanged(indexed):
    indexed.write("many/0.py", "def first")
    for number in range(1, 10_000):
        (indexed.root / f"many/{number}.py").write_text(f"def f{number % 100}")
        os.utime(indexed.root / f"many/{number}.py", ns=(OLD_NS, OLD_NS))
    assert indexed.refresh().found == 10_000
    assert len(indexed.view.definitions("f7", 1000)) == 100
    built = indexed.refresh()
    assert (built.found, built.parsed, built.removed) == (10_000, 0, 0)


def test_progress_tells_how_many_files_are_done(indexed):
    for number in range(3):
        indexed.write(f"{number}.py", f"def f{number}")
    indexed.refresh()
    last = [event for event in indexed.events if isinstance(event, Progress)][-1]
    assert (last.done, last.total) == (3, 3)
    assert last.path.endswith(".py")


def test_nothing_is_given_to_workers_while_it_may_not_go_on(indexed):
    for number in range(40):
        indexed.write(f"{number}.py", f"def f{number}")
    asked = []

    def may_go_on():
        asked.append(len(indexed.names()))

    indexed.builder.refresh(may_go_on)
    assert len(asked) > 2
    assert len(indexed.names()) == 40


BUILD = """
import sys
from pathlib import Path
from qwen_lsp.index.builder import Builder, Progress
from qwen_lsp.index.workers import Workers
from tests.unit.index.stand_in import METHODS

root, folder, die_after = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])

def gone():
    global die_after
    die_after -= 1
    if die_after < 0:
        os.kill(os.getpid(), signal.SIGKILL)

import os, signal
Builder(root, folder, Workers(root, METHODS, 1), lambda event: None).refresh(gone)
"""


@pytest.mark.parametrize("turns", [1, 20], ids=["early", "later"])
def test_a_build_that_was_killed_is_completed_by_the_next(indexed, turns):
    for number in range(30):
        indexed.write(f"{number}.py", f"def f{number}\nuse g")
    command = [sys.executable, "-c", BUILD, str(indexed.root), str(indexed.folder), str(turns)]
    killed = subprocess.run(command, check=False, cwd=Path(__file__).parents[3])
    assert killed.returncode == -signal.SIGKILL
    indexed.refresh()
    assert indexed.problems() == []
    assert indexed.names() == {f"f{number}" for number in range(30)}
    assert len(list(indexed.view.usages("g"))) == 30
    for number in range(30):
        [piece] = indexed.view.search([f"f{number}"], 5)
        assert piece.path == f"{number}.py"


def test_what_was_written_before_its_words_is_parsed_again(indexed):
    indexed.write("a.py", "def f")
    indexed.refresh()
    indexed.builder.close()
    indexed.write("b.py", "def g")
    one = Reader(indexed.root, indexed.methods).read(Job("b.py", ()))
    assert one.facts
    store = Store(indexed.folder)
    store.put_file(
        "b.py",
        StoredFile(one.size, one.mtime_ns, "1"),
        store.add_content(one.content, one.size, one.facts),
    )
    store.flush()
    store.close()
    assert indexed.refresh().parsed == 1
    assert [piece.path for piece in indexed.view.search(["g"], 5)] == ["b.py"]


def test_words_that_were_written_before_their_file_are_of_no_other(indexed):
    indexed.write("a.py", "def f")
    indexed.refresh()
    indexed.builder.close()
    words = ChunkWriter(indexed.folder)
    words.add(2, [(0, 0, "ghost")])
    words.commit()
    words.close()
    indexed.write("b.py", "def g")
    indexed.refresh()
    assert indexed.view.stored.contents() == {"a.py": 1, "b.py": 2}
    assert indexed.view.search(["ghost"], 5) == []
