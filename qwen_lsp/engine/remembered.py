"""What is known of a model on this machine: a small file of answers, keyed by all they depend on.

A damaged file costs only the time to find the answers again.
"""

import hashlib
import json
import logging
import os
import platform
from pathlib import Path
from typing import Any

from qwen_lsp import locations
from qwen_lsp.engine.llama import BUILD

log = logging.getLogger(__name__)


class Remembered:
    """Answers about model files, in one file of the cache folder."""

    def __init__(self, name: str) -> None:
        self._name = name

    def get(self, model: Path) -> Any:
        """Return what is known of a model with this build on this machine; None if nothing is."""
        return self._read().get(_key(model))

    def put(self, model: Path, answer: Any) -> None:
        """Keep an answer; a disk that does not take it is only logged."""
        answers = {**self._read(), _key(model): answer}
        temporary = self._path.with_suffix(f".{os.getpid()}")
        try:
            temporary.write_text(json.dumps(answers))
            temporary.replace(self._path)
        except OSError as error:
            log.warning("%s could not be kept: %s", self._name, error)

    @property
    def _path(self) -> Path:
        return locations.cache_dir() / self._name

    def _read(self) -> dict[str, Any]:
        try:
            answers = json.loads(self._path.read_text())
        except (OSError, ValueError):
            return {}
        return answers if isinstance(answers, dict) else {}


def _key(model: Path) -> str:
    stat = model.stat()
    facts = [BUILD, str(model), stat.st_size, stat.st_mtime_ns, platform.node(), _processor()]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]


def _processor() -> str:
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8") as info:
            lines = {line.strip() for line in info if line.startswith(("model name", "flags"))}
    except OSError:
        return platform.processor()
    return "\n".join(sorted(lines))
