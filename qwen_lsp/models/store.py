"""The installed model files.

Owns the folder: which catalogue models are in it, whether a file can be used, and the lock under
which a file is put there or taken away. Never goes to a network; that is `pull`.
"""

import hashlib
import os
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from qwen_lsp import locations
from qwen_lsp.errors import ModelError, ModelMissing
from qwen_lsp.models import catalogue, other_programs
from qwen_lsp.models.catalogue import Model
from qwen_lsp.models.gguf import MAGIC

BLOCK = 1 << 20
MOST_NAMED = 3  # models in one sentence


class Progress(Protocol):
    """Told how far a long piece of work has come."""

    def __call__(self, done_bytes: int, total_bytes: int, what: str) -> None:
        """Show that `done_bytes` of `total_bytes` are done, now busy with `what`."""


def path_of(model: Model) -> Path:
    """Return where the model's file lies when it is installed."""
    return locations.models_dir() / model.file


def partial_dir() -> Path:
    """Return the folder of unfinished downloads.

    It is inside the models' folder, so that a finished file is on the same filesystem and can be
    put in its place in one step.
    """
    folder = locations.models_dir() / ".partial"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def is_installed(model: Model) -> bool:
    """Say whether a file of the right length is in place; `verify` also compares the sum."""
    path = path_of(model)
    return path.is_file() and path.stat().st_size == model.bytes


def installed() -> tuple[Model, ...]:
    """Return the catalogue's models that are installed, in the catalogue's order."""
    return tuple(model for model in catalogue.MODELS if is_installed(model))


def resolve(name_or_path: str) -> Path:
    """Return the file of a catalogue model, of a model of another program, or of the user's path.

    The check is a quick one.

    Raises:
        ModelMissing: it is not there; the text says how to get it.
        ModelError: the file is there, but is no GGUF file or was cut short.
    """
    if other_programs.is_named_after_program(name_or_path):
        return _resolve_found(name_or_path)
    if name_or_path.endswith(".gguf") or os.sep in name_or_path:
        return _resolve_path(Path(name_or_path).expanduser())
    if not catalogue.has(name_or_path) and other_programs.path_of(name_or_path) is not None:
        return _resolve_found(name_or_path)
    model = catalogue.find(name_or_path)
    path = path_of(model)
    if not path.exists():
        raise _missing(model)
    _check_usable(path, model, f"run `{pull_command(model)}` to fetch it again")
    return path


def verify(model: Model, progress: Progress) -> Path:
    """Compare the installed file's length and SHA-256 with the catalogue's.

    Raises:
        ModelMissing: the model is not installed.
        ModelError: the file is not what the catalogue describes.
    """
    path = path_of(model)
    if not path.exists():
        raise _missing(model)
    digest = hashlib.sha256()
    try:
        _check_usable(path, model, f"run `{pull_command(model)}` to fetch it again")
        hash_file(path, digest, model, progress, "checking")
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror or error}.") from error
    if model.sha256 is not None and digest.hexdigest() != model.sha256:
        raise ModelError(
            f"{path} is damaged (its SHA-256 is not the catalogue's): run "
            f"`qwen-lsp model remove {model.name}`, then `{pull_command(model)}`."
        )
    return path


def remove(model: Model) -> None:
    """Delete the model's file, and what an unfinished download of it left.

    Raises:
        ModelMissing: there is nothing to delete.
        ModelError: the model is being fetched at this moment.
    """

    def refuse() -> None:
        raise ModelError(
            f"{model.name} is being fetched by another `qwen-lsp model pull`: "
            "wait until that has ended, or stop it."
        )

    with locked(model, refuse):
        found = [path for path in (path_of(model), *leftovers(model)) if path.exists()]
        if not found:
            raise ModelMissing(f"{model.name} is not installed, so there is nothing to remove.")
        for path in found:
            delete(path)


def leftovers(model: Model) -> tuple[Path, ...]:
    """Return the paths that fetching this model may leave behind."""
    return (hub_part(model), packages_dir(model))


def hub_part(model: Model) -> Path:
    """Return where the unfinished file from the hub grows."""
    return partial_dir() / f"{model.file}.part"


def packages_dir(model: Model) -> Path:
    """Return the folder in which the file is put together from packages."""
    return partial_dir() / f"{model.file}.packages"


def delete(path: Path) -> None:
    """Delete a file, or a folder that holds only what a download put there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def locked(model: Model, on_wait: Callable[[], None]) -> AbstractContextManager[None]:
    """Hold the model's lock; `on_wait` is called once if somebody else holds it."""
    return locations.locked(partial_dir() / f"{model.file}.lock", on_wait)


def hash_file(
    path: Path, digest: "hashlib._Hash", model: Model, progress: Progress, what: str
) -> None:
    """Feed the file to the digest."""
    done = 0
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
            done += len(block)
            progress(done, model.bytes, what)


def _resolve_found(name: str) -> Path:
    path = other_programs.path_of(name)
    if path is None:
        raise ModelMissing(
            f"There is no model {name!r} here: `qwen-lsp model list` shows which there are."
        )
    _check_usable(path, None, "have the program that keeps it fetch it again, or name another one")
    return path


def _resolve_path(path: Path) -> Path:
    if not path.is_file():
        raise ModelMissing(
            f"There is no model file at {path}: correct the path, or run `qwen-lsp model pull` "
            "and leave the path out."
        )
    known = next((model for model in catalogue.MODELS if model.file == path.name), None)
    _check_usable(path, known, "get the file again, or name another one")
    return path


def _check_usable(path: Path, model: Model | None, advice: str) -> None:
    try:
        with path.open("rb") as file:
            start = file.read(len(MAGIC))
            size = os.fstat(file.fileno()).st_size
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror or error}.") from error
    if start != MAGIC:
        raise ModelError(f"{path} is not a GGUF model file: {advice}.")
    if model is not None and size < model.bytes:
        raise ModelError(f"{path} was cut short ({size:,} bytes of {model.bytes:,}): {advice}.")


def pull_command(model: Model) -> str:
    """Return the command that fetches this model, as the user would type it."""
    if model.name == catalogue.DEFAULT_MODEL:
        return "qwen-lsp model pull"
    return f"qwen-lsp model pull {model.name}"


def _missing(model: Model) -> ModelMissing:
    others = [other.name for other in installed()] or [
        one.name for one in other_programs.found() if one.facts.fim
    ][:MOST_NAMED]
    if not others:
        return ModelMissing(
            f"No model is installed: run `{pull_command(model)}` "
            f"({model.bytes / 1e6:,.0f} MB), or name a .gguf file that you have."
        )
    return ModelMissing(
        f"{model.name} is not installed: run `{pull_command(model)}` "
        f"({model.bytes / 1e6:,.0f} MB), or use {' or '.join(others)}."
    )
