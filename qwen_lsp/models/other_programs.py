"""Model files that are on this machine already: those of other programs, and the user's own.

They are used where they lie; nothing is copied, changed or written. Each has a name that says
whose it is, such as `ollama:qwen2.5-coder:1.5b`, and that name is what the setting `model` takes.
What cannot be read, leads nowhere or is no model is left out: other programs mend their own.
"""

import json
import logging
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from qwen_lsp import locations
from qwen_lsp.errors import ModelError
from qwen_lsp.models import catalogue, gguf
from qwen_lsp.models.gguf import Facts

log = logging.getLogger(__name__)

OLLAMA, LM_STUDIO, HUB = "ollama", "lmstudio", "hub"
PROGRAMS = {OLLAMA: "Ollama", LM_STUDIO: "LM Studio", HUB: "the hub's cache"}
OWN_FOLDER = "your models folder"
# Where packages of Ollama keep what its service has fetched.
OLLAMA_SERVICE = ("/usr/share/ollama/.ollama/models", "/var/lib/ollama", "/var/snap/ollama/common")
OLLAMA_MODEL = "application/vnd.ollama.image.model"
OLLAMA_PROJECTOR = "application/vnd.ollama.image.projector"
LARGEST_MANIFEST = 1 << 20  # bytes
# Deeper than any of these programs puts a file; a link to a folder is not followed.
DEEPEST = 6

_DIGEST = re.compile(r"sha256[:-][0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Found:
    """A model file that need not be fetched: what the user calls it, whose it is, and its facts."""

    name: str
    whose: str
    path: Path
    facts: Facts


def found() -> tuple[Found, ...]:
    """Return the models that other programs and the user have here; reads their headers."""
    models = []
    for name, whose, path in _all():
        try:
            facts = gguf.read(path)
        except (ModelError, OSError) as error:
            log.debug("%s is left out: %s", name, error)
            continue
        if facts.kind == "model":
            models.append(Found(name, whose, path, facts))
    return tuple(models)


def path_of(name: str) -> Path | None:
    """Return the file of a model that was found under this name; None if there is none."""
    return next((path for known, _whose, path in _all() if known == name), None)


def projector_in_ollama(model: Path) -> Path | None:
    """Return what lets a model of Ollama's see, if a manifest names both."""
    blobs = model.parent
    if blobs.name != "blobs":
        return None
    for manifest in _files_under(blobs.parent / "manifests"):
        if _blob_of(manifest, blobs, OLLAMA_MODEL) == model:
            return _blob_of(manifest, blobs, OLLAMA_PROJECTOR)
    return None


def is_named_after_program(name: str) -> bool:
    """Whether a name is of another program's model, be it there or not."""
    return name.partition(":")[0] in PROGRAMS


def _all() -> Iterator[tuple[str, str, Path]]:
    """Yield a name, whose it is, and a file that is there; the names are all different."""
    taken: dict[str, int] = {}
    sources = ((OLLAMA, _of_ollama()), (LM_STUDIO, _of_lm_studio()), (HUB, _of_hub()))
    for program, models in sources:
        for model, path in models:
            name = f"{program}:{model}"
            taken[name] = taken.get(name, 0) + 1
            yield name if taken[name] == 1 else f"{name}~{taken[name]}", PROGRAMS[program], path
    ours = {model.file for model in catalogue.MODELS}
    for path in _models_under([locations.models_dir()]):
        if path.name not in ours:
            yield path.stem, OWN_FOLDER, path


def _of_ollama() -> Iterator[tuple[str, Path]]:
    """Yield Ollama's models: a manifest names the blob that holds the weights."""
    chosen = os.environ.get("OLLAMA_MODELS")
    places = [chosen] if chosen else [str(Path.home() / ".ollama/models"), *OLLAMA_SERVICE]
    for root in [Path(one) for one in places]:
        for manifest in _files_under(root / "manifests"):
            parts = manifest.relative_to(root / "manifests").parts
            blob = _blob_of(manifest, root / "blobs", OLLAMA_MODEL)
            if blob is None or len(parts) < 3:
                continue
            # host / owner / model / version; the makers' own models have "library" as their owner.
            owner = "" if parts[-3] == "library" else f"{parts[-3]}/"
            yield f"{owner}{parts[-2]}:{parts[-1]}", blob


def _blob_of(manifest: Path, blobs: Path, kind: str) -> Path | None:
    try:
        if manifest.stat().st_size > LARGEST_MANIFEST:
            return None
        layers = json.loads(manifest.read_text("utf-8"))["layers"]
        digests = [one["digest"] for one in layers if one["mediaType"] == kind]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    for digest in digests[:1]:
        # Checked, since it becomes a part of a path.
        if isinstance(digest, str) and _DIGEST.fullmatch(digest):
            blob = blobs / digest.replace(":", "-")
            return blob if _is_file(blob) else None
    return None


def _of_lm_studio() -> Iterator[tuple[str, Path]]:
    home = Path.home()
    places = [home / ".lmstudio/models", home / ".cache/lm-studio/models"]
    with suppress(OSError, ValueError, UnicodeDecodeError):
        pointed = Path((home / ".lmstudio-home-pointer").read_text("utf-8").strip())
        places.insert(0, pointed / "models")
    with suppress(OSError, ValueError, KeyError, TypeError):
        settings = json.loads((home / ".lmstudio/settings.json").read_text("utf-8"))
        places.insert(0, Path(settings["downloadsFolder"]))
    for path in _models_under(places):
        yield path.stem, path


def _of_hub() -> Iterator[tuple[str, Path]]:
    """Yield the files of the hub's cache: links from a revision's folder to blobs."""
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    home = Path(os.environ.get("HF_HOME") or f"{cache}/huggingface")
    for path in _models_under([Path(os.environ.get("HF_HUB_CACHE") or home / "hub")]):
        yield path.stem, path


def _models_under(roots: list[Path]) -> Iterator[Path]:
    """Yield the GGUF files in folders, each file once; of a split model the first part."""
    seen = set()
    for root in roots:
        for path in _files_under(root):
            if path.suffix != ".gguf" or gguf.is_later_part(path) or not _is_file(path):
                continue
            real = path.resolve()
            if real not in seen:
                seen.add(real)
                yield path


def _files_under(root: Path) -> Iterator[Path]:
    """Yield what stands in a folder and those below, in order, as far as it can be read."""
    for folder, folders, files in os.walk(root):
        depth = len(Path(folder).relative_to(root).parts)
        folders[:] = sorted(one for one in folders if one != ".partial") if depth < DEEPEST else []
        yield from (Path(folder, one) for one in sorted(files))


def _is_file(path: Path) -> bool:
    # A link in a loop, or in a folder that may not be entered, is none.
    with suppress(OSError, RuntimeError):
        return path.is_file()
    return False
