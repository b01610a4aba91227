"""What a kind of engine is to the rest: a profile, and the values that it reads and gives."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from qwen_lsp.errors import EngineError
from qwen_lsp.inference.by_url.strings import Strings
from qwen_lsp.wire import Usage

# How the hole is told: in Qwen's control tokens, in the engine's own words, or not at all.
Fim = Literal["qwen", "own", "none"]


@dataclass(frozen=True, slots=True)
class ServedModel:
    """A model that an engine serves.

    Attributes:
        name: as the engine calls it.
        window: tokens it can hold.
        fim: how it is asked to fill in the middle.
        counts: whether the engine counts the tokens of texts.
        separator: id of a control token of the model's, where the engine tells one.
        thinks: whether it can think before it answers.
        keeps_several: whether the engine keeps several prompts at a time, and finds a longer one's
            beginning among them.
    """

    name: str
    window: int
    fim: Fim
    counts: bool = False
    separator: int | None = None
    thinks: bool = False
    keeps_several: bool = False

    @property
    def shown(self) -> str:
        """Its name for people: a path's last part, without the suffix."""
        return self.name.rpartition("/")[2].removesuffix(".gguf")


@dataclass(frozen=True, slots=True)
class Chunk:
    """One event of a streamed answer.

    Attributes:
        text: what it adds.
        logprobs: of the text's tokens, as far as the engine tells them.
        reason: why the answer ended, when it did.
        usage: what the request cost, when that is told. Where the engine does not tell how much of
            the prompt was in its cache, nothing is counted as cached.
        prompt_ms: how long the prompt took, in milliseconds.
        decode_ms: how long the answer took.
        is_last: nothing follows.
    """

    text: str = ""
    logprobs: tuple[float, ...] = ()
    reason: str = ""
    usage: Usage | None = None
    prompt_ms: float = 0.0
    decode_ms: float = 0.0
    is_last: bool = False


class Caller(Protocol):
    """What a profile needs of a connection."""

    async def get(self, path: str) -> Any:
        """Return the JSON of a path."""
        ...

    async def post(self, path: str, body: dict[str, Any]) -> Any:
        """Return the JSON that a body is answered with."""
        ...


class StillLoading(EngineError):
    """The engine is there, and still loads its model."""


class NotServed(EngineError):
    """The engine is there, and knows nothing of what was asked for."""


class Profile(Protocol):
    """How one kind of engine is spoken to.

    Attributes:
        kind: its name in the settings.
        warms: whether a prompt is worth evaluating ahead: one user's engine waits, a team's works.
        tells_cache: whether it tells how much of a prompt was in its cache.
    """

    kind: str
    warms: bool
    tells_cache: bool

    async def find_model(self, caller: Caller, wanted: str) -> ServedModel:
        """Return the model of that name, or the engine's most suitable if there is no name.

        Raises:
            EngineError: it does not serve it, is still loading, or is no such engine.
        """
        ...

    def ask(self, strings: Strings, model: ServedModel) -> tuple[str, dict[str, Any]]:
        """Return the path and the body of a streamed request."""
        ...

    def read(self, line: str) -> Chunk | None:
        """Return what a line of the answer says; None if nothing.

        Raises:
            EngineError: the engine says that it failed.
            ValueError: it is no line of such an answer.
        """
        ...

    async def count(self, caller: Caller, model: ServedModel, texts: Sequence[str]) -> list[int]:
        """Return how many tokens each text has; asked only of models that are counted for.

        Raises:
            EngineError: it does not answer.
        """
        ...


def chosen(names: Sequence[str], wanted: str) -> str:
    """Return the wanted name, or the one that suits code best.

    Raises:
        NotServed: there is no such model, or none at all.
    """
    if wanted:
        # Ollama calls a model without a tag by the tag "latest".
        for name in (wanted, f"{wanted}:latest"):
            if name in names:
                return name
        listed = ", ".join(names[:SHOWN_NAMES]) + (", …" if len(names) > SHOWN_NAMES else "")
        raise NotServed(f"there is no model {wanted}, only {listed or 'none at all'}")
    if not names:
        raise NotServed("there is no model")
    fits = [one for one in names if fills_by_name(one)]
    return (fits or [one for one in names if "qwen" in one.lower()] or list(names))[0]


SHOWN_NAMES = 8


def fills_by_name(name: str) -> bool:
    """Whether a model of that name is known to fill in the middle in Qwen's format."""
    name = name.lower()
    return "qwen" in name and ("coder" in name or "qwen3.5" in name)
