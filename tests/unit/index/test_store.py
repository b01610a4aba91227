"""The database: shared, damaged, locked, full."""

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from stat import S_IMODE

import pytest

from qwen_lsp.index.packing import pack
from qwen_lsp.index.schema import MIGRATIONS
from qwen_lsp.index.store import (
    FILE_NAME,
    ReadOnly,
    Store,
    StoreDamaged,
    StoredFile,
    StoreError,
    folder_of,
    set_aside,
)
from qwen_lsp.index.stored import StoredIndex
from tests.unit.index.stand_in import facts_of

SEEN = StoredFile(10, 5, "1")


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path)
    yield store
    store.close()


def put(store, path, text):
    content = store.content_with(text.encode())
    if content is None:
        content = store.add_content(text.encode(), len(text), pack(facts_of(text), ()))
    store.put_file(path, SEEN, content)
    return content


def stored(folder):
    errors: list[StoreError] = []
    index = StoredIndex(folder, errors.append)
    found = [(one.path, one.symbol.name) for one in index.definitions(["f", "g"])]
    index.close()
    return errors or found


def unexpected(error: StoreError) -> None:
    raise error


def test_the_folder_is_the_users_own_and_one_for_each_workspace(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "a")
    folder = folder_of(tmp_path / "a")
    assert S_IMODE(folder.stat().st_mode) == 0o700
    assert folder_of(tmp_path / "link") == folder != folder_of(tmp_path)


def test_the_database_is_the_users_own(store, tmp_path):
    put(store, "a.py", "def f")
    store.flush()
    modes = {file.name: S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    assert modes == dict.fromkeys([FILE_NAME, f"{FILE_NAME}-wal", f"{FILE_NAME}-shm"], 0o600)


def test_readers_see_what_is_flushed_and_nothing_before(store, tmp_path):
    reader = StoredIndex(tmp_path, unexpected)
    put(store, "a.py", "def f")
    assert reader.paths() == []
    store.flush()
    assert reader.paths() == ["a.py"]
    put(store, "b.py", "def g")
    assert reader.names_with_prefix("", 9) == ["f"]
    store.flush()
    assert reader.names_with_prefix("", 9) == ["f", "g"]


def test_a_content_goes_with_its_last_file(store, tmp_path):
    first = put(store, "a.py", "def f")
    put(store, "b.py", "def f")
    store.flush()
    store.remove_files(["a.py"])
    assert store.flush() == []
    put(store, "b.py", "def g")
    assert store.flush() == [first]
    assert stored(tmp_path) == [("b.py", "g")]


def test_what_was_removed_and_put_back_in_one_go_stays(store, tmp_path):
    put(store, "a.py", "def f")
    store.flush()
    store.remove_files(["a.py"])
    put(store, "b.py", "def f")
    assert store.flush() == []
    assert stored(tmp_path) == [("b.py", "f")]


def test_a_place_is_a_file_or_all_in_a_folder(store):
    for path in ("a", "a/b", "a/c/d", "ab", "a0", "A/b"):
        put(store, path, "def f")
    assert set(store.files_at("a")) == {"a", "a/b", "a/c/d"}
    assert set(store.files_at("a/c")) == {"a/c/d"}
    assert store.files_at("a/b") == {"a/b": SEEN}
    assert len(store.files_at("")) == 6


def test_numbers_are_not_given_out_again_once_they_are_settled(tmp_path):
    store = Store(tmp_path)
    put(store, "a.py", "def f")
    last = put(store, "b.py", "def g")
    store.flush()
    store.settle()
    store.remove_files(["b.py"])
    store.flush()
    store.close()
    store = Store(tmp_path)
    assert store.forget_unsettled() == last
    assert put(store, "c.py", "def h") > last
    store.close()


def test_what_is_not_settled_is_forgotten(tmp_path):
    store = Store(tmp_path)
    put(store, "a.py", "def f")
    store.flush()
    store.settle()
    put(store, "b.py", "def g")
    store.flush()
    store.close()
    store = Store(tmp_path)
    store.forget_unsettled()
    store.close()
    assert stored(tmp_path) == [("a.py", "f")]


def test_postings_of_what_is_gone_are_cleaned_up(store, tmp_path):
    put(store, "kept.py", "def f\nuse g")
    for number in range(1002):
        put(store, "changing.py", f"def f\ndef old{number}\nuse g")
    store.flush()
    rows = ReadOnly(tmp_path).rows
    size = "SELECT count(*), total(length(definitions)), total(length(uses)) FROM names"
    assert rows(size) == [(1004, 4 * (1003 + 1002), 4 * 1003)]
    store.tidy()
    assert rows(size) == [(3, 4 * (2 + 1), 4 * 2)]
    assert stored(tmp_path) == [("kept.py", "f"), ("changing.py", "f")]


def test_a_name_is_one_row_however_often_it_is_flushed(store, tmp_path):
    # A zero byte in a number must not end the list.
    for number in range(300):
        put(store, f"{number}.py", f"def f\ndef x{number}")
        if number % 100 == 0:
            store.flush()
    store.flush()
    assert len(stored(tmp_path)) == 300


def test_a_new_database_has_taken_all_steps(tmp_path):
    Store(tmp_path).close()
    assert ReadOnly(tmp_path).rows("PRAGMA user_version") == [(len(MIGRATIONS),)]


def make_foreign(path):
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE precious (data)")
    connection.close()


def make_newer(path):
    Store(path.parent).close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 999")
    connection.close()


def make_garbage(path):
    path.write_bytes(b"This is no database, however long it is. " * 500)


def filled(path):
    store = Store(path.parent)
    for number in range(200):
        put(store, f"{number}.py", f"def f{number}\nuse g{number}")
    store.flush()
    store.tidy()
    store.close()


def make_truncated(path):
    filled(path)
    os.truncate(path, path.stat().st_size // 2)


def make_scrambled(path):
    filled(path)
    data = bytearray(path.read_bytes())
    data[4096 : len(data) - 4096] = b"\xa5" * (len(data) - 8192)
    path.write_bytes(data)
    # As after a crash: only then the whole database is checked.
    Path(f"{path}-wal").write_bytes(b"cut off")


@pytest.mark.parametrize(
    "make", [make_foreign, make_newer, make_garbage, make_truncated, make_scrambled]
)
def test_what_is_no_index_of_ours_is_refused_and_kept_aside(tmp_path, make):
    path = tmp_path / FILE_NAME
    make(path)
    before = path.read_bytes()
    with pytest.raises(StoreDamaged):
        Store(tmp_path)
    set_aside(tmp_path)
    assert path.with_suffix(".damaged").read_bytes() == before
    store = Store(tmp_path)
    put(store, "a.py", "def f")
    store.flush()
    store.close()
    assert stored(tmp_path) == [("a.py", "f")]


@pytest.mark.parametrize("make", [make_garbage, make_scrambled])
def test_a_reader_of_a_damaged_database_finds_nothing_and_says_so(tmp_path, make):
    make(tmp_path / FILE_NAME)
    [error, *_] = stored(tmp_path)
    assert isinstance(error, StoreDamaged)


def test_a_reader_goes_on_with_the_database_that_replaces_a_damaged_one(store, tmp_path):
    put(store, "a.py", "def f")
    store.flush()
    reader, late = (StoredIndex(tmp_path, unexpected) for _ in range(2))
    assert reader.paths() == late.paths() == ["a.py"]
    store.close()
    set_aside(tmp_path)
    assert reader.paths() == []
    store = Store(tmp_path)
    put(store, "b.py", "def g")
    store.flush()
    assert reader.paths() == late.paths() == ["b.py"]
    store.close()


def test_a_locked_database_is_waited_for_and_then_a_sentence(tmp_path):
    impatient = Store(tmp_path, busy_limit_s=0.05)
    other = sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="is locked by another program"):
        put(impatient, "a.py", "def f")
    assert stored(tmp_path) == []
    other.execute("ROLLBACK")
    put(impatient, "a.py", "def f")
    impatient.flush()
    assert stored(tmp_path) == [("a.py", "f")]
    other.close()
    impatient.close()


FILL = """
import resource, sys
from pathlib import Path
from tests.unit.index.indexed import Workspace

indexed = Workspace(Path(sys.argv[1]) / "files", Path(sys.argv[1]) / "index")
indexed.write("a.py", "def f")
indexed.refresh()
soft = resource.getrlimit(resource.RLIMIT_FSIZE)
for number in range(300):
    indexed.write(f"{number}.py", "".join(f"def f{number}_{one}\\n" for one in range(50)))
# Like a full disk: a write ends with an error in its middle.
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, soft[1]))
assert indexed.refresh() is None
[problem] = indexed.problems()
print(problem)
assert indexed.names() == {"f"}, indexed.names()
assert indexed.refresh() is None and indexed.problems() == []
resource.setrlimit(resource.RLIMIT_FSIZE, soft)
assert indexed.refresh().parsed == 300
assert len(indexed.names()) == 300 * 50 + 1
assert indexed.errors == []
indexed.close()
"""


def test_a_full_disk_is_one_sentence_and_the_index_lives_on(tmp_path):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", FILL, str(tmp_path)],
        check=False,
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "the disk is full or cannot be written" in done.stdout
    shutil.rmtree(tmp_path / "files")
