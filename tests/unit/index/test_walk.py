"""Walks: the set of files, on any tree, is git's; what cannot be read does not stop one."""

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qwen_lsp.index.paths import REASONS, Rules
from qwen_lsp.index.walk import Found, walk
from tests.unit.index.repository import Repository, walked, write

names = st.sampled_from(
    ["a", "b", "ab", "a.c", "b.c", "A", "a b", "]", "-", "!a", "#b", "\\", "a "]
)
brackets = ["[ab]", "[!a]", "[a-c]", "[]-]", "[[:alpha:]]", "[[:no:]]", "[\\]a]", "[^b"]
stars = ["*", "**", "***", "?", "/", "/**/", "**/"]
tokens = st.sampled_from(
    [*brackets, *stars, "a", "b", ".c", "A", "\\", "\\ ", " ", "!", "#", "-", "\t", "a/"]
)
lines = st.builds(
    str.__add__,
    st.sampled_from(["", "", "!", "/", "!/"]),
    st.lists(tokens, max_size=5).map("".join),
)
ignore_files = st.lists(lines, min_size=1, max_size=5).map("\n".join)
paths = st.lists(names, min_size=1, max_size=4).map("/".join)


@pytest.fixture(scope="module")
def shared_repository() -> Iterator[Repository]:
    folder = Path(tempfile.mkdtemp())
    yield Repository(folder)
    shutil.rmtree(folder)


def rules_of(root: Path) -> Rules:
    return Rules(root, {"HOME": str(root), "GIT_CONFIG_NOSYSTEM": "1"})


@settings(deadline=None, max_examples=120)
@given(st.sets(paths, max_size=12), st.dictionaries(st.integers(0, 3), ignore_files, max_size=3))
def test_any_tree_with_any_ignore_files_is_what_git_lists(shared_repository, files, ignoring):
    repository = shared_repository
    repository.clear()
    for path in sorted(files):
        target = repository.root / path
        if not target.exists() and not any(one.is_file() for one in target.parents):
            write(repository.root, {path: ""})
    folders = sorted(
        {one for one in repository.root.rglob("*") if one.is_dir() and ".git" not in one.parts}
    )
    for number, text in ignoring.items():
        write([repository.root, *folders][number % (len(folders) + 1)], {".gitignore": text})
    listed = repository.of_git()
    assert repository.walked() == listed
    assert repository.by_single_paths() == {path for path in listed if not path.startswith(".git/")}


def test_a_big_tree_with_many_ignore_files_is_what_git_lists(shared_repository):
    repository = shared_repository
    repository.clear()
    repository.write({".gitignore": "__pycache__/\n*.py[cod]\nbuild\n/docs/_build/\n*.log\n"})
    for folder in range(150):
        place = f"p{folder % 7}/q{folder % 11}/m{folder}"
        repository.write(
            {f"{place}/f{n}.{('py', 'ts', 'log', 'pyc')[n % 4]}": "" for n in range(20)}
        )
        repository.write({f"{place}/build/x.py": ""})
        if folder % 10 == 0:
            repository.write({f"{place}/.gitignore": "f1?.*\n!f4.log\n!f2.log\n"})
    listed = repository.of_git()
    assert 1_000 < len(listed) < 2_000
    assert repository.walked() == listed


def test_a_file_is_found_with_its_size_and_time(tmp_path):
    write(tmp_path, {"a/b.py": "12345"})
    os.utime(tmp_path / "a/b.py", ns=(1, 1_234_567_890_123_456_789))
    batches = list(walk(rules_of(tmp_path), Counter()))
    assert batches == [[], [Found("a/b.py", 5, 1_234_567_890_123_456_789)]]


def test_a_walk_that_is_stopped_reads_nothing_more(tmp_path):
    write(tmp_path, {"a.py": "", "b/c.py": "", "b/d/e.log": "", "b/d/.gitignore": "*.log"})
    skipped: Counter[str] = Counter()
    walking = walk(rules_of(tmp_path), skipped)
    assert [one.path for one in next(walking)] == ["a.py"]
    assert not skipped


def test_a_part_can_be_walked_by_the_rules_of_the_whole(tmp_path):
    write(
        tmp_path,
        {".gitignore": "*.log\nout/", "a.py": "", "b/c.py": "", "b/d.log": "", "out/e": ""},
    )
    assert walked(rules_of(tmp_path), "b") == ({"b/c.py"}, {"ignored": 1})
    assert walked(rules_of(tmp_path), "out") == (set(), {"ignored": 1})
    assert walked(rules_of(tmp_path), "gone") == (set(), {"gone": 1})


def test_a_folder_that_goes_away_during_the_walk_is_skipped(tmp_path):
    write(tmp_path, {"a/b.py": "", "c/d.py": ""})
    skipped: Counter[str] = Counter()
    walking = walk(rules_of(tmp_path), skipped)
    next(walking)
    shutil.rmtree(tmp_path / "a")
    assert [one.path for batch in walking for one in batch] == ["c/d.py"]
    assert skipped == {"gone": 1}


def test_what_may_not_be_read_is_skipped_and_counted(tmp_path):
    write(tmp_path, {"a.py": "", "closed/b.py": ""})
    for folder in [tmp_path, *tmp_path.parents[:2]]:
        folder.chmod(0o755)
    (tmp_path / "closed").chmod(0)
    user = os.geteuid()
    # The superuser may read everything.
    os.seteuid(user or 65_534)
    try:
        assert walked(rules_of(tmp_path)) == ({"a.py"}, {"no permission": 1})
        assert "it may not be read" in rules_of(tmp_path).why_not("closed/b.py")
        assert "it may not be read" in rules_of(tmp_path).why_not("closed/c/d.py")
    finally:
        os.seteuid(user)
        (tmp_path / "closed").chmod(0o700)


def test_names_that_are_not_utf8_are_skipped_and_counted(tmp_path):
    for name in [b"caf\xe9.py", b"dir\xff/a.py", "café.py".encode()]:
        path = os.fsencode(tmp_path) + b"/" + name
        os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120 - Path has no bytes
        Path(os.fsdecode(path)).touch()
    assert walked(rules_of(tmp_path)) == ({"café.py"}, {"bad name": 2})


def test_sockets_pipes_and_big_files_are_skipped_and_counted(tmp_path):
    write(tmp_path, {"a.py": "x" * 1_000_000, "b.py": "x" * 1_000_001})
    os.mkfifo(tmp_path / "c.py")
    assert walked(rules_of(tmp_path)) == ({"a.py"}, {"too large": 1, "not a file": 1})


def test_a_tree_is_walked_as_deep_as_paths_can_be_long(tmp_path):
    # Twenty names of 250 characters: more than the 4,096 that a path may have.
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(20):
        os.mkdir("d" * 250, dir_fd=here)
        below = os.open("d" * 250, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    assert walked(rules_of(tmp_path)) == (set(), {"unreadable": 1})


def test_every_reason_has_words_for_the_user():
    assert all(REASONS.values())
