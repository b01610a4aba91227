"""The FILES of a test module as a workspace that is really indexed."""

import pytest

from qwen_lsp.index.methods import methods
from tests.unit.index.indexed import Workspace


@pytest.fixture(scope="module")
def indexed(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("indexed")
    made = Workspace(folder / "files", folder / "index", methods(), 10.0)
    for path, text in request.module.FILES.items():
        made.write(path, text)
    made.refresh()
    yield made
    made.close()
