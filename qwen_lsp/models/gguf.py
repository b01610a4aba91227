"""What a GGUF file says of itself, read from its header: nothing of the weights is touched.

The keys are those of llama.cpp's converters. A file that is no GGUF file, or whose header breaks
off or contradicts itself, is an error of one sentence, whatever bytes it holds.
"""

import mmap
import re
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qwen_lsp.errors import ModelError
from qwen_lsp.models.shape import Experts, Recurrent, Shape

MAGIC = b"GGUF"
VERSIONS = (2, 3)
# Types of values, as the format numbers them: struct codes, a text, and an array of one type.
NUMBERS = dict(zip((0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 12), "BbHhIif?Qqd", strict=True))
TEXT, ARRAY = 8, 9
# Arrays that are counted and not kept: a vocabulary has hundreds of thousands of entries.
LONGEST_KEPT = 1024
FIM_TOKENS = {b"<|fim_prefix|>", b"<|fim_suffix|>", b"<|fim_middle|>"}
# general.file_type, as llama.h numbers what most of the weights are stored as.
QUANTISATIONS = {
    0: "F32",
    1: "F16",
    2: "Q4_0",
    3: "Q4_1",
    7: "Q8_0",
    8: "Q5_0",
    9: "Q5_1",
    10: "Q2_K",
    11: "Q3_K_S",
    12: "Q3_K_M",
    13: "Q3_K_L",
    14: "Q4_K_S",
    15: "Q4_K_M",
    16: "Q5_K_S",
    17: "Q5_K_M",
    18: "Q6_K",
    25: "IQ4_NL",
    30: "IQ4_XS",
    32: "BF16",
}
_PART = re.compile(r"-(\d{5})-of-(\d{5})\.gguf$")


@dataclass(frozen=True, slots=True)
class Facts:
    """What a model file says of itself; `None` stands for what it does not say.

    Attributes:
        architecture: as llama.cpp names it, such as "qwen2".
        kind: "model", or what else a GGUF file may hold: "adapter", "mmproj", "imatrix".
        name: its makers' name for it.
        quantisation: of most weights.
        licence: its name.
        context: tokens it was trained on at a time.
        fim: whether its vocabulary can fill in the middle.
        has_template: whether it says how a chat is written.
        shape: its dimensions, where they are of a kind whose cost is known.
        files: all of its files, the one that was read first; more than one if it is split.
        bytes: of all its files.
    """

    architecture: str
    kind: str
    name: str | None
    quantisation: str | None
    licence: str | None
    context: int | None
    fim: bool
    has_template: bool
    shape: Shape | None
    files: tuple[Path, ...]
    bytes: int


def read(path: Path) -> Facts:
    """Return what a model file says of itself.

    Raises:
        ModelError: it cannot be read, is no GGUF file, is damaged, or a part of it is missing.
    """
    try:
        values, fim = _read_header(path)
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror or error}.") from error
    except (struct.error, ValueError, OverflowError, IndexError) as error:
        raise ModelError(
            f"{path} is damaged (its header cannot be read): get the file again, or name another."
        ) from error
    architecture = values.get("general.architecture")
    if not isinstance(architecture, str):
        raise ModelError(f"{path} does not say what kind of model it is: name another file.")
    files = _parts(path)
    return Facts(
        architecture=architecture,
        # llama.cpp's projectors of images call themselves clip.
        kind="mmproj" if architecture == "clip" else values.get("general.type", "model"),
        name=values.get("general.name"),
        quantisation=QUANTISATIONS.get(values.get("general.file_type", -1)),
        licence=values.get("general.license"),
        context=values.get(f"{architecture}.context_length"),
        fim=fim or "tokenizer.ggml.fim_pre_token_id" in values,
        has_template="tokenizer.chat_template" in values,
        shape=_shape(values, architecture),
        files=files,
        bytes=sum(one.stat().st_size for one in files),
    )


def read_adapter(path: Path, model: Facts) -> Facts:
    """Return what the file of a LoRA adapter for `model` says of itself.

    Raises:
        ModelError: as `read`, or it is no adapter, or one for another architecture.
    """
    facts = read(path)
    if facts.kind != "adapter":
        raise ModelError(
            f"{path} is not a LoRA adapter (it says {facts.kind!r}): "
            "name another file, or remove `engine.adapter`."
        )
    if facts.architecture != model.architecture:
        raise ModelError(
            f"The adapter {path} is for {facts.architecture} models and {model.files[0]} is a "
            f"{model.architecture} model: name the model that it was made for, or remove "
            "`engine.adapter`."
        )
    return facts


def is_later_part(path: Path) -> bool:
    """Whether a file's name says that it is a part of a split model, but not the first."""
    match = _PART.search(path.name)
    return match is not None and int(match[1]) != 1


def _parts(path: Path) -> tuple[Path, ...]:
    match = _PART.search(path.name)
    if match is None:
        return (path,)
    stem, count = path.name[: match.start()], int(match[2])
    files = [path.with_name(f"{stem}-{one:05}-of-{count:05}.gguf") for one in range(1, count + 1)]
    missing = [one.name for one in files if not one.is_file()]
    if missing:
        raise ModelError(f"{path} is one of {count} parts, and {missing[0]} is not beside it.")
    return tuple(files)


def _shape(values: dict[str, Any], architecture: str) -> Shape | None:
    """Return the shape, None where a number is missing or of another kind than expected."""

    def number(key: str) -> int:
        found: Any = values[f"{architecture}.{key}"]
        if not isinstance(found, int):
            raise TypeError(key)
        return found

    try:
        heads, width = number("attention.head_count"), number("embedding_length")
        layers = number("block_count") - values.get(f"{architecture}.nextn_predict_layers", 0)
        keys = f"{architecture}.attention.key_length"
        recurrent = experts = None
        if f"{architecture}.ssm.inner_size" in values:
            recurrent = Recurrent(
                inner=number("ssm.inner_size"),
                state=number("ssm.state_size"),
                groups=number("ssm.group_count"),
                convolution=number("ssm.conv_kernel"),
            )
        if f"{architecture}.expert_count" in values:
            experts = Experts(
                count=number("expert_count"),
                used=number("expert_used_count"),
                width=number("expert_feed_forward_length"),
            )
        return Shape(
            layers=layers,
            width=width,
            heads=heads,
            kv_heads=number("attention.head_count_kv"),
            head=number("attention.key_length") if keys in values else width // heads,
            feed_forward=0 if experts is not None else number("feed_forward_length"),
            vocabulary=values["tokenizer.ggml.tokens"],
            tables=values["tables"],
            attention_every=number("full_attention_interval") if recurrent is not None else 1,
            recurrent=recurrent,
            experts=experts,
        )
    except (KeyError, TypeError, ZeroDivisionError):
        return None


def _read_header(path: Path) -> tuple[dict[str, Any], bool]:
    """Return the header's values, long arrays as their lengths, and whether it has FIM tokens."""
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise ModelError(f"{path} is not a GGUF model file: name another file.")
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return _Header(data).read()


class _Header:
    """Walks through a header from its beginning to its end."""

    def __init__(self, data: mmap.mmap) -> None:
        self._data = data
        self._at = len(MAGIC)
        self._fim: set[bytes] = set()

    def read(self) -> tuple[dict[str, Any], bool]:
        version, tensors, count = self._number("I"), self._number("Q"), self._number("Q")
        if version not in VERSIONS:
            raise ValueError(f"version {version}")
        values: dict[str, Any] = {}
        for _ in range(count):
            key = self._text().decode("utf-8", "replace")
            values[key] = self._value(self._number("I"))
        values["tables"] = 2 if self._has_output(tensors) else 1
        if self._at > len(self._data):  # an array that was stepped over ends behind the file
            raise ValueError("the file breaks off")
        return values, self._fim == FIM_TOKENS

    def _has_output(self, tensors: int) -> bool:
        """Whether the words going out have a table of their own."""
        found = False
        for _ in range(tensors):
            found |= self._text() == b"output.weight"
            dimensions = self._number("I")
            self._at += 8 * dimensions + 4 + 8  # its shape, its type and its place
        return found

    def _number(self, code: str) -> Any:
        size = struct.calcsize(f"<{code}")
        self._at += size
        return struct.unpack_from(f"<{code}", self._data, self._at - size)[0]

    def _text(self) -> bytes:
        size = self._number("Q")
        self._at += size
        if self._at > len(self._data):
            raise ValueError("the file breaks off")
        return self._data[self._at - size : self._at]

    def _value(self, kind: int) -> Any:
        if kind == TEXT:
            return self._text().decode("utf-8", "replace")
        if kind == ARRAY:
            return self._array()
        return self._number(NUMBERS[kind]) if kind in NUMBERS else self._unknown(kind)

    def _array(self) -> Any:
        kind, count = self._number("I"), self._number("Q")
        if kind == TEXT:
            return self._texts(count)
        if kind not in NUMBERS:
            self._unknown(kind)
        if count <= LONGEST_KEPT:
            return [self._number(NUMBERS[kind]) for _ in range(count)]
        self._at += count * struct.calcsize(f"<{NUMBERS[kind]}")
        return count

    def _texts(self, count: int) -> int:
        """Step over an array of texts, which of all the header takes the time; returns `count`."""
        data, at, limit = self._data, self._at, len(self._data)
        sizes, unpack = {len(one) for one in FIM_TOKENS}, struct.Struct("<Q").unpack_from
        for _ in range(count):
            [size] = unpack(data, at)
            at += 8 + size
            if at > limit:
                raise ValueError("the file breaks off")
            if size in sizes and (text := data[at - size : at]) in FIM_TOKENS:
                self._fim.add(text)
        self._at = at
        return count

    @staticmethod
    def _unknown(kind: int) -> Any:
        raise ValueError(f"a value of type {kind}")
