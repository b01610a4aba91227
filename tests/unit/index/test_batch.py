"""When changes become a batch, and of which paths it is."""

from pathlib import PurePath

import pytest

from qwen_lsp.index.batch import Batch, Pace, Pending, batch_of

ROOT = PurePath("/w/s")
PACE = Pace(quiet=1, latest=5, burst=10, burst_latest=50, stale_lock=20)


@pytest.mark.parametrize(
    ("paths", "batch"),
    [
        pytest.param(
            ["/w/s/a.py", "/w/s/b/c.py"], Batch(frozenset({"a.py", "b/c.py"})), id="files"
        ),
        pytest.param(["/w/x.py", "/w/s2/a.py", "/w/s/../x.py"], Batch(), id="what is outside"),
        pytest.param(["/w/s"], Batch(everything=True), id="the workspace folder itself"),
        pytest.param(["/w/s/a.py", "/w/s/b/.gitignore"], Batch(everything=True), id="git's rules"),
        pytest.param(["/w/s/.qwen-lsp-ignore"], Batch(everything=True), id="our rules"),
        pytest.param(["/w/s/.git/info/exclude"], Batch(everything=True), id="a repository's rules"),
        pytest.param(["/w/s/x/pyvenv.cfg"], Batch(everything=True), id="a new environment"),
        pytest.param(["/w/s/.git/index", "/w/s/.git/objects/ab"], Batch(), id="git's own files"),
        pytest.param(["/w/s/node_modules/a/.gitignore"], Batch(), id="rules in a tool's folder"),
    ],
)
def test_paths_make_a_batch(paths, batch):
    assert batch_of(ROOT, paths) == batch


def pending(*times: float) -> Pending:
    """Return what is pending when a file changed at each time."""
    made = Pending(ROOT, PACE)
    for number, time in enumerate(times):
        made.add(f"/w/s/{number}.py", time)
    return made


def test_a_batch_is_due_when_nothing_more_comes():
    assert pending().due_in(100, is_locked=False) is None
    assert pending(100).due_in(100, is_locked=False) == 1
    assert pending(100, 100.5).due_in(101, is_locked=False) == 0.5


def test_a_batch_is_due_at_last_though_more_comes():
    assert pending(100, 101, 102, 103, 104.5).due_in(104.5, is_locked=False) == 0.5


def test_a_burst_may_go_on_for_longer():
    assert pending(100, *[104.5] * 11).due_in(104.5, is_locked=False) == 1
    assert pending(100, *[149.5] * 11).due_in(149.5, is_locked=False) == 0.5


def test_a_batch_waits_for_git_but_not_for_ever():
    made = pending(100, 130)
    assert made.due_in(131, is_locked=True) == 19
    made.add("/w/s/2.py", 131)
    assert made.due_in(131, is_locked=False) == 1
    assert pending(100, 130).due_in(131, is_locked=False) == -26


def test_what_is_taken_is_not_taken_again():
    made = pending(100, 101)
    assert made.take() == Batch(frozenset({"0.py", "1.py"}))
    assert made.due_in(200, is_locked=False) is None
    made.add("/w/s/2.py", 300)
    assert made.due_in(300, is_locked=False) == 1
    assert made.take() == Batch(frozenset({"2.py"}))


def test_lost_changes_make_everything_due():
    made = pending(100)
    made.add_everything(100.5)
    assert made.due_in(100.5, is_locked=False) == 1
    assert made.take() == Batch(everything=True)


def test_what_matters_to_nobody_makes_nothing_due():
    made = pending()
    made.add("/w/s/.git/index", 100)
    assert made.due_in(100, is_locked=False) is None
