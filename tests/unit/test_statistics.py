"""The file of the statistics, and the figures that come out of it."""

import json
import stat
import subprocess
import sys
from collections import Counter

import pytest

from qwen_lsp.statistics import store as store_module
from qwen_lsp.statistics.counts import MODEL_TIME, key_of, lines_of, read_line, time_class
from qwen_lsp.statistics.store import Store
from qwen_lsp.statistics.summary import summary_of

MONDAY = key_of("2026-01-05", "small", "python")
TUESDAY = key_of("2026-01-06", "small", "go")


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "statistics.jsonl")


def test_what_windows_append_is_added_up(store):
    store.add({MONDAY: Counter(shown=1, accepted=1)})
    Store(store.path).add({MONDAY: Counter(shown=2), TUESDAY: Counter(shown=4)})
    rows = store.read().rows
    assert rows == {MONDAY: Counter(shown=3, accepted=1), TUESDAY: Counter(shown=4)}


def test_the_file_is_private_even_if_it_was_not(store):
    store.path.touch()
    store.path.chmod(0o644)
    store.add({MONDAY: Counter(shown=1)})
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600


def test_a_link_in_its_place_is_refused(store, tmp_path):
    (tmp_path / "elsewhere").touch()
    store.path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic"):
        store.add({MONDAY: Counter(shown=1)})


@pytest.mark.parametrize(
    "damage",
    [
        b'{"v":1,"day":"2026-01',
        b"\x00\xff\xfe",
        b"[" * 100_000,
        b'{"v":1,"day":"d","model":"m","language":"l","counts":{"shown":-1}}',
        b'{"v":1,"day":"d","model":"m","language":"l","counts":{"shown":true}}',
        b'{"v":1,"day":3,"model":"m","language":"l","counts":{}}',
        b'{"v":2,"day":"d","model":"m","language":"l","counts":{}}',
        b"[]",
    ],
    ids=lambda damage: str(damage[:20]),
)
def test_a_damaged_line_spoils_no_other(store, damage):
    store.add({MONDAY: Counter(shown=1)})
    store.path.write_bytes(store.path.read_bytes() + damage)
    store.add({MONDAY: Counter(shown=2)})
    stored = store.read()
    assert stored.rows == {MONDAY: Counter(shown=3)}
    assert stored.unreadable == 1


def test_nothing_is_left_of_a_line_that_does_not_fit_on_the_disk(store):
    store.add({MONDAY: Counter(shown=1)})
    before = store.path.read_bytes()
    # A limit of the file's size is reached as a full disk is: part of a write, then an error.
    script = (
        "import resource, signal, sys\n"
        "from collections import Counter\n"
        "from pathlib import Path\n"
        "from qwen_lsp.statistics.counts import key_of\n"
        "from qwen_lsp.statistics.store import Store\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({len(before) + 5}, {len(before) + 5}))\n"
        f"Store(Path({str(store.path)!r})).add({{key_of('d', 'm', 'l'): Counter(shown=1)}})\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert "OSError" in done.stderr
    assert store.path.read_bytes() == before


def test_it_never_grows_beyond_its_bound_and_forgets_the_oldest_days(store):
    rows = {
        key_of(f"{year}-01-01", "m" * 80, f"{year}{number}"): Counter(shown=1)
        for year in range(1000, 3000)
        for number in range(5)
    }
    store.add(rows)
    assert store.path.stat().st_size <= store_module.MOST_BYTES
    kept = sorted(key.day for key in store.read().rows)
    assert (kept[0] > "1000-01-01", kept[-1]) == (True, "2999-01-01")
    files = sorted(path.name for path in store.path.parent.iterdir())
    assert files == ["statistics.jsonl", "statistics.lock"]


def test_deleted_statistics_are_gone(store):
    store.add({MONDAY: Counter(shown=1)})
    store.delete()
    assert not store.path.exists()
    assert store.read().rows == {}


def test_a_line_is_read_as_it_was_written():
    counts = Counter({"shown": 2, time_class(MODEL_TIME, 120): 1})
    [line] = lines_of({MONDAY: counts})
    assert read_line(line) == (MONDAY, counts)
    assert json.loads(line)["v"] == 1


def test_figures_of_days_models_and_languages():
    counts = Counter(
        requests=10, shown=4, accepted=1, accepted_characters=20, followed_characters=20
    )
    counts += Counter(kept_characters=15, evaluated_tokens=100, reused_tokens=300)
    summary = summary_of({MONDAY: counts, TUESDAY: Counter(requests=1)})
    total = summary["total"]
    assert (total["requests"], total["accepted_share"], total["kept_share"]) == (11, 0.25, 0.75)
    assert total["prompt_tokens"] == {"evaluated": 100, "reused": 300, "reused_share": 0.75}
    assert [day["name"] for day in summary["days"]] == [MONDAY.day, TUESDAY.day]
    go, python = summary["languages"]
    assert (go["name"], go["requests"], go["kept_share"]) == ("go", 1, None)
    assert (python["name"], python["requests"], python["kept_share"]) == ("python", 10, 0.75)
    assert [(one["name"], one["requests"]) for one in summary["models"]] == [("small", 11)]


def test_medians_are_right_within_a_twentieth():
    times = [*range(1, 100), 10_000]
    counts = Counter(time_class(MODEL_TIME, time) for time in times)
    found = summary_of({MONDAY: counts})["total"]["latency_ms"]["model"]
    assert found["count"] == 100
    assert found["p50"] == pytest.approx(50, rel=0.05)
    assert found["p95"] == pytest.approx(95, rel=0.05)
