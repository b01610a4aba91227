"""Answers of the model that were given before, kept on disk when QWEN_BENCH_ANSWERS names a folder.

A greedy answer is the same each time and costs a 2-core machine 5 to 15 seconds, so a run that was
interrupted goes on where it was, and a second one asks only what changed. Everything an answer
depends on belongs into its key; what a key leaves out would be answered wrongly for ever.
"""

import hashlib
import json
import os
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from qwen_lsp.wire import Segment, Token

PACKAGE = Path(__file__).parents[2] / "qwen_lsp"


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered at one place, and what it cost.

    Attributes:
        text: to insert at the cursor; "" for nothing.
        seconds: from the request until the first of it was there to be seen.
        prompt_tokens: in the prompt; 0 if nobody said.
        answer_tokens: that the model wrote; 0 if nobody said.
        offers: requests that the text took; a block may come in several.
        is_kept: it was answered in an earlier run.
        logprobs: log-probabilities of the first offered line's tokens, as far as they were told.
    """

    text: str
    seconds: float
    prompt_tokens: int = 0
    answer_tokens: int = 0
    offers: int = 1
    is_kept: bool = False
    logprobs: tuple[float, ...] = ()


class Answers:
    """The answers in a folder, a file each; without a folder nothing is kept."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)

    @classmethod
    def of_environment(cls) -> "Answers":
        """Return those that QWEN_BENCH_ANSWERS names."""
        name = os.environ.get("QWEN_BENCH_ANSWERS")
        return cls(Path(name) if name else None)

    def find(self, key: str) -> Answer | None:
        """Return what was answered before."""
        if self._folder is None:
            return None
        try:
            fields = json.loads((self._folder / f"{key}.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        answer = Answer(**fields["answer"])
        return replace(answer, is_kept=True, logprobs=tuple(answer.logprobs))

    def keep(self, key: str, answer: Answer, about: str) -> None:
        """Write an answer at once, whole or not at all; `about` tells people what it is of."""
        if self._folder is None:
            return
        fields = asdict(answer)
        del fields["is_kept"]
        with tempfile.NamedTemporaryFile(
            "w", dir=self._folder, suffix=".new", delete=False, encoding="utf-8"
        ) as file:
            json.dump({"about": about, "answer": fields}, file, indent=1)
        Path(file.name).replace(self._folder / f"{key}.json")


def key_of(*facts: object) -> str:
    """Return the key of an answer that depends on these facts, which JSON can hold."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def segments_json(segments: tuple[Segment, ...]) -> list[Any]:
    """Return a prompt's segments as JSON holds them, text and control token kept apart."""
    return [{"token": one.name} if isinstance(one, Token) else one for one in segments]


def model_facts(model: Path) -> list[object]:
    """Return what tells one model file from another."""
    return [model.name, model.stat().st_size]


def product_digest() -> str:
    """Return a sum over the product's own source: what it answers may depend on any of it."""
    digest = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*")):
        if path.is_file() and path.suffix in {".py", ".scm", ".toml"}:
            digest.update(str(path.relative_to(PACKAGE)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
