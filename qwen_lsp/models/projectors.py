"""Which projector belongs to a model file: what lets a model see images is a file of its own.

It stands beside the model, with `mmproj` in its name, as the hub, LM Studio and llama.cpp have it;
of a model that Ollama keeps the manifest names it. No setting does.
"""

import re
from contextlib import suppress
from pathlib import Path

from qwen_lsp.models import gguf, other_programs

# What a file's weights are stored as, by its name.
_PRECISION = re.compile(r"b?f16|f32|i?q\d\w*")
_BEST_FIRST = ("f16", "bf16", "f32")
# Words that say nothing of which model it is for.
_COMMON = frozenset({"mmproj", "model"})


def projector_of(model: Path) -> Path | None:
    """Return the projector's file that belongs to a model's file, None if there is none.

    Beside other models it has to be named after its own; in a folder with one model any name does.
    """
    files = list[Path]()
    with suppress(OSError):
        files = sorted(path for path in model.parent.iterdir() if path.suffix == ".gguf")
    beside = [path for path in files if "mmproj" in path.name.lower() and path != model]
    models = [path for path in files if path not in beside and not gguf.is_later_part(path)]
    if len({frozenset(_names(path)) for path in models}) > 1:  # not only other quantisations
        beside = [path for path in beside if set() < _names(path) <= _words(model)]
    if beside:
        return max(beside, key=lambda path: (len(_names(path) & _words(model)), -_rank(path)))
    return other_programs.projector_in_ollama(model)


def _words(path: Path) -> set[str]:
    return set(path.stem.lower().split("-"))


def _names(path: Path) -> set[str]:
    """Return the words of a file's name that tell which model it is of."""
    return {word for word in _words(path) - _COMMON if not _PRECISION.fullmatch(word)}


def _rank(path: Path) -> int:
    return next((at for at, one in enumerate(_BEST_FIRST) if one in _words(path)), len(_BEST_FIRST))
