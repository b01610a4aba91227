"""Which worker reads the files of a language."""

import pytest

from qwen_lsp.index.lanes import lanes_of

KB, MB = 1_000, 1_000_000


@pytest.mark.parametrize(
    ("files", "count", "lanes"),
    [
        ([("a.py", 9 * MB), ("b.py", 9 * MB)], 2, {}),
        ([("a.py", 9 * MB), ("b.cpp", 5 * KB)], 2, {".cpp": 0}),
        ([("a.py", 600 * KB), ("b.py", 600 * KB)], 2, {}),
        ([("a.py", 5 * KB)], 2, {".py": 0}),
        ([("a.c", 5 * KB), ("b.go", 4 * KB), ("c.rs", 3 * KB)], 2, {".c": 0, ".go": 1, ".rs": 1}),
        ([("a.c", 5 * KB), ("b.go", 4 * KB)], 1, {".c": 0, ".go": 0}),
        ([("src/Makefile", KB), ("docs.d/.bashrc", KB)], 2, {"": 0}),
        ([], 2, {}),
    ],
    ids=[
        "much of one language is for any",
        "little of another is for one",
        "many files are much together",
        "all may be little",
        "the least busy takes the next",
        "one worker takes all",
        "files without a suffix are one kind",
        "nothing is for nobody",
    ],
)
def test_a_language_of_which_there_is_little_is_left_to_one_worker(files, count, lanes):
    assert lanes_of(files, count) == lanes
