"""Editors without a plugin of ours, with the real server and an engine with fixed answers."""

from pathlib import Path

import pytest

from tests.editors.surroundings import own_folders, run_with_second_try, scripted_engine

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def folders():
    with own_folders() as folder:
        yield folder


@pytest.fixture
def engine(folders, tmp_path_factory):  # noqa: ARG001  # its socket is in them
    with scripted_engine(tmp_path_factory.mktemp("engine")) as engine:
        yield engine


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "sums.py"
    (tmp_path / ".git").mkdir()
    path.write_text("# qwen: return the sum\ndef add(a, b):\n    return a\n")
    return path


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    return run_with_second_try(item, nextitem) if HERE in item.path.parents else None
