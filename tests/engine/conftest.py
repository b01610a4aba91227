"""Three models, each loaded once, and engines of a test's own."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from qwen_lsp.engine.llama import Model
from tests.harness import tiny_hybrid
from tests.harness.bare_engine import BareEngine, LoadedModel

SAMPLE = (Path(__file__).parents[2] / "qwen_lsp/demo/sample/orders.py").read_text()


def _load(path: Path, sample: str) -> Iterator[LoadedModel]:
    # The other mode kills the process on some machines, which the engine finds out in a probe.
    model = Model(path, extra_buffers=False)
    yield LoadedModel.load(model, sample)
    model.close()


@pytest.fixture(scope="session")
def dense(model_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoadedModel]:
    path = tmp_path_factory.mktemp("model") / "tiny-dense.gguf"
    tiny_hybrid.build(model_path, path, dense=True)
    yield from _load(path, SAMPLE)


@pytest.fixture(scope="session")
def hybrid(model_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoadedModel]:
    path = tmp_path_factory.mktemp("model") / "tiny-hybrid.gguf"
    tiny_hybrid.build(model_path, path)
    yield from _load(path, SAMPLE)


@pytest.fixture(scope="session")
def real(model_path: Path) -> Iterator[LoadedModel]:
    """The default model: dense, and a hundred times slower than the tiny ones."""
    yield from _load(model_path, SAMPLE[:200])


@pytest.fixture(params=["dense", "hybrid"])
def loaded(request: pytest.FixtureRequest) -> LoadedModel:
    """The tiny models one after the other; a test marked with EVERY_MODEL gets the real one too."""
    found: LoadedModel = request.getfixturevalue(request.param)
    return found


@pytest.fixture
async def open_engine() -> AsyncIterator[Callable[..., BareEngine]]:
    """A function that opens engines; they are closed at the end."""
    opened: list[BareEngine] = []

    def start(loaded: LoadedModel, **options: object) -> BareEngine:
        opened.append(BareEngine(loaded, **options))  # type: ignore[arg-type]
        return opened[-1]

    yield start
    for one in opened:
        one.close()


@pytest.fixture
async def engine(loaded: LoadedModel, open_engine: Callable[..., BareEngine]) -> BareEngine:
    return open_engine(loaded)
