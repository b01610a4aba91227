"""Folders of the tests' own, the real model, an editor, and a scripted engine for faults."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from qwen_lsp.models import catalogue, store
from tests.harness.editor import Editor
from tests.harness.scripted_engine import ScriptedEngine

# The same examples in each run, so that a change is judged by itself;
# `--hypothesis-profile=default` looks for new ones.
settings.register_profile("same", derandomize=True)
settings.load_profile("same")


@pytest.fixture(scope="session", autouse=True)
def own_folders() -> Iterator[None]:
    """Keep the tests' engine, settings, caches and logs apart from the user's; share the models."""
    # Directly under the temporary folder: a Unix socket's path holds about 100 characters.
    folder = Path(tempfile.mkdtemp(prefix="q"))
    with pytest.MonkeyPatch.context() as patch:
        for name in ("RUNTIME_DIR", "CONFIG_HOME", "STATE_HOME", "CACHE_HOME"):
            (folder / name.lower()).mkdir(mode=0o700)
            patch.setenv(f"XDG_{name}", str(folder / name.lower()))
        yield
        subprocess.run([sys.executable, "-m", "qwen_lsp", "engine", "stop"], check=True)
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def model_path() -> Path:
    """The real default model; fetched into the user's data folder if it is not there."""
    model = catalogue.find(catalogue.DEFAULT_MODEL)
    if not store.is_installed(model):
        subprocess.run([sys.executable, "-m", "qwen_lsp", "model", "pull"], check=True)
    return store.resolve(model.name)


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "workspace"
    folder.mkdir()
    return folder


@pytest.fixture
async def open_editor(workspace: Path) -> AsyncIterator[object]:
    """A function that starts editors; they are closed, and checked, at the end."""
    editors: list[Editor] = []

    async def start(**options: object) -> Editor:
        editor = await Editor.start(workspace, **options)  # type: ignore[arg-type]
        editors.append(editor)
        return editor

    yield start
    for editor in editors:
        await editor.close()


@pytest.fixture
async def editor(open_editor, model_path: Path) -> Editor:
    """An editor with the real engine and the real model behind it."""
    del model_path
    started: Editor = await open_editor()
    return started


@pytest.fixture
async def scripted(tmp_path: Path) -> AsyncIterator[ScriptedEngine]:
    engine = ScriptedEngine(tmp_path)
    await engine.start()
    yield engine
    await engine.stop()


@pytest.fixture
async def scripted_editor(open_editor, scripted: ScriptedEngine) -> Editor:
    """An editor whose engine is the scripted one; nothing else runs beside it."""
    options = {"model": str(scripted.model), "index": {"enabled": False}}
    started: Editor = await open_editor(options=options)
    return started
