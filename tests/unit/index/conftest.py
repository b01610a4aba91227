"""Fixtures for the index."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.index.indexed import Workspace


@pytest.fixture
def indexed(tmp_path: Path) -> Iterator[Workspace]:
    """A workspace whose files are parsed by the stand-in."""
    workspace = Workspace(tmp_path / "files", tmp_path / "index")
    yield workspace
    workspace.close()
