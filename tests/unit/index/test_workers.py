"""Processes that read files, and what happens when they do not survive it."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from stat import S_IMODE

import pytest

from qwen_lsp.index import children
from qwen_lsp.index.reading import UNCERTAIN, Job, Reader
from qwen_lsp.index.store import StoredFile
from qwen_lsp.index.workers import Task, Workers
from tests.unit.index.stand_in import METHODS, OLD_NS


@pytest.fixture
def workers(tmp_path):
    workers = Workers(tmp_path, METHODS, 2, limit_s=0.3)
    yield workers
    workers.keep(0)


def tasks(root, texts):
    for path, text in texts.items():
        (root / path).write_text(text)
        os.utime(root / path, ns=(OLD_NS, OLD_NS))
        yield Task(Job(path, ()), StoredFile(len(text), OLD_NS, "1"))


def verdicts(workers, root, texts):
    return {one.path: one.verdict for one in workers.read(tasks(root, texts))}


def test_every_file_is_answered_once(workers, tmp_path):
    texts = {f"{number}.py": f"def f{number}" for number in range(100)}
    readings = list(workers.read(tasks(tmp_path, texts)))
    assert sorted(one.path for one in readings) == sorted(texts)
    assert {(one.verdict, one.mtime_ns) for one in readings} == {("", OLD_NS)}
    assert {one.path: one.facts.symbols[0][0] for one in readings} == {
        f"{number}.py": f"f{number}" for number in range(100)
    }


def test_files_that_kill_their_worker_cost_no_other(workers, tmp_path):
    texts = {f"{number}.py": f"def f{number}" for number in range(40)}
    texts |= {"3.py": "CRASH", "4.py": "CRASH", "20.py": "HANG", "39.py": "CRASH", "7.py": "FAIL"}
    expected = dict.fromkeys(texts, "") | {
        "3.py": "crashed",
        "4.py": "crashed",
        "7.py": "failed",
        "20.py": "hung",
        "39.py": "crashed",
    }
    assert verdicts(workers, tmp_path, texts) == expected


def test_what_is_for_one_worker_is_read_by_that_one_alone(workers, tmp_path):
    texts = {f"{number}.py": "def f" for number in range(40)} | {"0.py": "CRASH"}
    readings = workers.read([replace(task, lane=1) for task in tasks(tmp_path, texts)])
    assert next(readings).verdict == "crashed"
    assert _children(os.getpid()) == []
    assert {one.verdict for one in readings} == {""}
    assert len(_children(os.getpid())) == 1


def test_a_file_that_is_saved_starts_no_worker_if_one_rests(workers, tmp_path):
    assert verdicts(workers, tmp_path, {"a.py": ""}) == {"a.py": ""}
    first = _children(os.getpid())
    assert verdicts(workers, tmp_path, {"a.py": "def f"}) == {"a.py": ""}
    assert _children(os.getpid()) == first
    assert len(first) == 1


def test_workers_serve_again_after_they_were_ended(workers, tmp_path):
    assert verdicts(workers, tmp_path, {"a.py": ""}) == {"a.py": ""}
    workers.keep(0)
    assert verdicts(workers, tmp_path, {"a.py": ""}) == {"a.py": ""}


def test_a_worker_that_the_system_ended_in_its_rest_is_nobodys_fault(workers, tmp_path):
    assert verdicts(workers, tmp_path, {"a.py": ""}) == {"a.py": ""}
    for child in _children(os.getpid()):
        os.kill(child, 9)
        # It stays a zombie until the workers look for it.
        os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
    assert verdicts(workers, tmp_path, {"a.py": "", "b.py": ""}) == {"a.py": "", "b.py": ""}


PARENT = """
import sys
from pathlib import Path
from qwen_lsp.index.workers import Workers
from tests.unit.index.stand_in import METHODS
from tests.unit.index.test_workers import tasks

workers = Workers(Path(sys.argv[1]), METHODS, 2, limit_s=1)
texts = {"a.py": "", "b.py": "HANG"}
for reading in workers.read(tasks(Path(sys.argv[1]), texts)):
    print(*[worker.child.process.pid for worker in workers._workers.values()], flush=True)
    sys.stdin.read()
"""


def test_no_worker_outlives_the_process_that_started_it(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[3],
    ) as parent:
        assert parent.stdout
        pids = [int(word) for word in parent.stdout.readline().split()]
        watched = [os.pidfd_open(pid) for pid in pids]
        parent.kill()
    assert len(watched) == 2
    for descriptor in watched:
        # One of them is in an endless loop; it has one second of processor time.
        assert select_readable(descriptor)


def select_readable(descriptor):
    import select

    return bool(select.select([descriptor], [], [], 60)[0])


def _children(pid):
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(word) for word in listed.split()]


def test_nothing_in_the_folder_a_process_runs_in_is_imported(tmp_path, monkeypatch):
    for name in ("json", "qwen_lsp", "sitecustomize"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit(9)")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["", *sys.path])
    child = children.start("tests.unit.index.test_workers:answer", "hello", 3)
    assert child.connection.recv() == ["hello", 3]
    child.end(60)
    assert child.process.returncode == 0


def answer(connection, *arguments):
    connection.send(list(arguments))


# One file, without processes.


def reading(root, path="a.py", known=(), **changes):
    return Reader(root, replace(METHODS, **changes)).read(Job(path, known))


def test_a_text_is_known_by_its_hash(tmp_path):
    (tmp_path / "a.py").write_text("def f")
    first = reading(tmp_path)
    again = reading(tmp_path, known=(first.content,))
    assert (again.content, again.facts, again.verdict) == (first.content, None, "")


def test_the_same_text_read_by_another_version_has_another_hash(tmp_path):
    (tmp_path / "a.py").write_text("def f")
    assert reading(tmp_path).content != reading(tmp_path, version="2").content


@pytest.mark.parametrize(
    ("make", "verdict"),
    [
        (Path.exists, "gone"),
        (Path.mkdir, "unreadable"),
        (os.mkfifo, "unreadable"),
        (lambda path: path.symlink_to(path), "unreadable"),
        (lambda path: path.write_bytes(b"\0"), "no language"),
        (lambda path: path.write_bytes(b"\xff"), "failed"),
    ],
    ids=["nothing", "folder", "pipe", "link to itself", "binary", "no UTF-8"],
)
def test_what_is_no_readable_file_has_a_verdict(tmp_path, make, verdict):
    make(tmp_path / "a.py")
    assert reading(tmp_path).verdict == verdict


def test_a_file_without_permission_is_to_be_tried_again(tmp_path):
    path = tmp_path / "a.py"
    path.write_text("def f")
    path.chmod(0)
    reader = Reader(tmp_path, METHODS)
    with without_roots_rights():
        one = reader.read(Job("a.py", ()))
    assert (one.verdict, one.mtime_ns) == ("no permission", UNCERTAIN)
    assert S_IMODE(path.stat().st_mode) == 0


def without_roots_rights():
    from contextlib import ExitStack

    stack = ExitStack()
    if os.geteuid() == 0:
        os.seteuid(65534)
        stack.callback(os.seteuid, 0)
    return stack
