"""What a machine lets a model use, where control groups limit it."""

import psutil
import pytest

from qwen_lsp.models.machine import look, usable_cores

GIB = 1 << 30
OWN = "/outer/inner"


@pytest.fixture
def limited(tmp_path):
    """Return a function that lays out control groups of one version, and what asks about them."""

    def lay_out(version, files):
        cgroups = tmp_path / "cgroup"
        for name, content in files.items():
            path = cgroups / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        own = tmp_path / "own"
        one = f"5:cpu,cpuacct:{OWN}\n4:memory:{OWN}\n0::/\n"
        own.write_text(f"0::{OWN}\n" if version == 2 else one)
        return {"cgroups": cgroups, "own": own}

    return lay_out


def test_without_limits_the_machine_is_what_it_is(limited):
    groups = limited(2, {"outer/inner/memory.max": "max\n", "outer/inner/cpu.max": "max 100000"})
    machine = look(**groups)
    assert machine.memory == psutil.virtual_memory().total
    assert 0 < machine.available <= machine.memory
    assert machine.cores >= 1


def test_without_groups_the_machine_is_what_it_is(tmp_path):
    machine = look(cgroups=tmp_path / "no", own=tmp_path / "nor this")
    assert machine.memory == psutil.virtual_memory().total


def test_the_smallest_limit_of_a_group_and_those_around_it_counts(limited):
    groups = limited(
        2,
        {
            "outer/inner/memory.max": str(GIB // 2),
            "outer/inner/memory.current": str(GIB // 4),
            "outer/inner/memory.stat": f"anon 5\ninactive_file {GIB // 8}\n",
            "outer/memory.max": str(GIB // 3),
            "outer/memory.current": str(GIB // 3),
        },
    )
    machine = look(**groups)
    assert machine.memory == GIB // 3
    assert machine.available == 0


def test_files_that_can_be_read_again_take_no_memory(limited):
    groups = limited(
        2,
        {
            "outer/inner/memory.max": str(GIB // 2),
            "outer/inner/memory.current": str(GIB // 2),
            "outer/inner/memory.stat": f"inactive_file {GIB // 4}\n",
        },
    )
    assert look(**groups).available == GIB // 4


def test_the_first_version_of_groups_is_read_too(limited):
    groups = limited(
        1,
        {
            "memory/outer/inner/memory.limit_in_bytes": str(GIB // 2),
            "memory/outer/inner/memory.usage_in_bytes": str(GIB // 4),
            "memory/memory.limit_in_bytes": "9223372036854771712",
        },
    )
    machine = look(**groups)
    assert (machine.memory, machine.available) == (GIB // 2, GIB // 4)


@pytest.mark.parametrize(
    ("version", "files"),
    [
        (2, {"outer/cpu.max": "100000 100000"}),
        (2, {"outer/cpu.max": "50000 100000"}),
        (
            1,
            {
                "cpu/outer/inner/cpu.cfs_quota_us": "150000",
                "cpu/outer/inner/cpu.cfs_period_us": "100000",
            },
        ),
    ],
)
def test_a_share_of_the_cores_is_all_there_is(limited, version, files):
    assert usable_cores(**limited(version, files)) == 1


@pytest.mark.parametrize("content", ["", "max", "what?", "-1 100000", "0 0 0"])
def test_a_limit_that_says_nothing_limits_nothing(limited, content):
    files = {"outer/inner/cpu.max": content, "outer/inner/memory.max": content}
    free = limited(2, {})
    expected = usable_cores(**free)
    assert usable_cores(**limited(2, files)) == expected
    assert look(**limited(2, files)).memory == psutil.virtual_memory().total
