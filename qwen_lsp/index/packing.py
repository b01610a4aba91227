"""How a file's facts become small rows, and rows facts again.

Most of what a file says is which names it uses, and where. That is one compressed column per file
instead of a row for each: names in the order of their first use, how often each stands there, and
the distances between its lines. Measured on Python's standard library: 0.14 of the source's bytes,
where rows took 0.3.
"""

import json
import sys
import zlib
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from operator import sub
from typing import Any, NamedTuple

from qwen_lsp.index.facts import KINDS, OWNERS, FileFacts, Import, Symbol

REFERENCE_KINDS = ("name", "call", "type")
# name, kind, owner, first line, five distances and a column (`pack_symbol`), type, bases
SymbolRow = tuple[str | int | None, ...]
# First line, last line, words separated by blanks.
Chunk = tuple[int, int, str]

_KIND_NUMBERS = {kind: number for number, kind in enumerate(KINDS)}
# How kinds that own members are stored.
OWNER_NUMBERS = tuple([_KIND_NUMBERS[kind] for kind in KINDS if kind in OWNERS])
_REFERENCE_NUMBERS = {kind: number for number, kind in enumerate(REFERENCE_KINDS)}
# Level, method, window and tables. zlib's usual tables take longer to clear than a file's few
# kilobytes take to pack; with small ones it is half the time, and no more bytes.
_COMPRESSION = (6, zlib.DEFLATED, 13, 5)
# Arrays lie in memory as the machine has them; what is stored is little-endian.
_SWAPS = sys.byteorder == "big"


class PackedFacts(NamedTuple):
    """A file's facts as they travel between processes and are stored.

    Attributes:
        language: as in `languages.py`.
        lines: how many the file has.
        is_broken: the parser met text that it could not make sense of.
        symbols: rows of `pack_symbol`, in order.
        owners: last names of what members belong to.
        imports: JSON, `[[module, name, alias, line], ...]`.
        used: every name that is used, separated by line ends.
        uses: of `pack_uses`.
        references: how many uses there are.
        chunks: what is searched by words.
    """

    language: str
    lines: int
    is_broken: bool
    symbols: tuple[SymbolRow, ...]
    owners: tuple[str, ...]
    imports: str
    used: str
    uses: bytes
    references: int
    chunks: tuple[Chunk, ...]


@dataclass(frozen=True, slots=True)
class Uses:
    """The lines, in rising order, on which a file uses a name in one way."""

    name: str
    kind: str
    lines: tuple[int, ...]


def pack(facts: FileFacts, chunks: Iterable[Chunk]) -> PackedFacts:
    """Return what is stored of a file."""
    groups = _grouped(facts)
    return PackedFacts(
        facts.language,
        facts.lines,
        facts.is_broken,
        tuple([pack_symbol(symbol) for symbol in facts.symbols]),
        tuple({symbol.owner.rpartition(".")[2] for symbol in facts.symbols if symbol.owner}),
        json.dumps([(one.module, one.name, one.alias, one.line) for one in facts.imports])
        if facts.imports
        else "",
        "\n".join(dict.fromkeys(name for name, _ in groups)),
        _pack_groups(groups),
        sum(map(len, groups.values())),
        tuple(chunks),
    )


def pack_symbol(symbol: Symbol) -> SymbolRow:
    """Return the columns of a symbol; lines count from its first one, which keeps them short."""
    first = symbol.first_line
    return (
        symbol.name,
        _KIND_NUMBERS[symbol.kind],
        symbol.owner,
        first,
        symbol.last_line - first,
        symbol.signature_last_line - first,
        symbol.name_line - first,
        symbol.name_column,
        None if symbol.doc_first_line < 0 else symbol.doc_first_line - first,
        None if symbol.doc_first_line < 0 else symbol.doc_last_line - symbol.doc_first_line,
        symbol.type,
        "\n".join([" ".join(base.split()) for base in symbol.bases]),
    )


def unpack_symbol(row: Sequence[Any]) -> Symbol:
    """Return the symbol that `pack_symbol` made these columns of."""
    name, kind, owner, first, last, signature, name_line, column, doc, doc_lines, type_, bases = row
    doc_first = -1 if doc is None else first + doc
    return Symbol(
        name,
        KINDS[kind],
        owner,
        first,
        first + last,
        first + signature,
        first + name_line,
        column,
        doc_first,
        -1 if doc is None else doc_first + doc_lines,
        type_,
        tuple(bases.split("\n")) if bases else (),
    )


def unpack_imports(packed: str) -> tuple[Import, ...]:
    """Return the imports of a stored file."""
    return tuple([Import(*one) for one in json.loads(packed)]) if packed else ()


def pack_ids(ids: Iterable[int]) -> bytes:
    """Return numbers below 2**32 as four bytes each, to which more can be appended unread."""
    return _bytes_of(array("I", ids))


def unpack_ids(packed: bytes) -> "array[int]":
    """Return the numbers that `pack_ids` packed."""
    return _array_of("I", packed)


def unpack_uses(packed: bytes) -> list[Uses]:
    """Return every use of names in a file, in the order of the names' first uses."""
    if not packed:
        return []
    names, kinds, starts, lines = _columns(packed)
    return [
        Uses(name, REFERENCE_KINDS[kind], tuple(lines[start:end]))
        for name, kind, (start, end) in zip(names, kinds, pairwise(starts), strict=True)
    ]


def uses_of(name: str, packed: bytes) -> list[Uses]:
    """Return the uses of one name in a file."""
    if not packed:
        return []
    names, kinds, starts, lines = _columns(packed)
    return [
        Uses(name, REFERENCE_KINDS[kinds[place]], tuple(lines[starts[place] : starts[place + 1]]))
        for place, one in enumerate(names)
        if one == name
    ]


def grouped_uses(facts: FileFacts) -> list[Uses]:
    """Return the uses in facts that are not stored, as `unpack_uses` would."""
    return [Uses(name, kind, tuple(lines)) for (name, kind), lines in _grouped(facts).items()]


def _grouped(facts: FileFacts) -> dict[tuple[str, str], list[int]]:
    groups: dict[tuple[str, str], list[int]] = {}
    for reference in facts.references:
        key = (reference.name, reference.kind)
        if key in groups:
            groups[key].append(reference.line)
        else:
            groups[key] = [reference.line]
    # No identifier has a line end in it, but what a grammar makes of broken text may.
    return {key: sorted(lines) for key, lines in groups.items() if "\n" not in key[0]}


def _pack_groups(groups: dict[tuple[str, str], list[int]]) -> bytes:
    if not groups:
        return b""
    names = "\n".join([name for name, _ in groups]).encode()
    kinds = bytes([_REFERENCE_NUMBERS[kind] for _, kind in groups])
    counts = array("I", map(len, groups.values()))
    lines = [line for group in groups.values() for line in group]
    distances = array("i", [lines[0], *map(sub, lines[1:], lines)])
    parts = [names, kinds, _planes(counts), _planes(distances)]
    sizes = array("I", [len(names), len(kinds)])
    packer = zlib.compressobj(*_COMPRESSION)
    return packer.compress(b"".join([_bytes_of(sizes), *parts])) + packer.flush()


def _columns(packed: bytes) -> tuple[list[str], bytes, list[int], list[int]]:
    """Return names, kinds, where each one's lines start (and the last one's end), and all lines."""
    raw = zlib.decompress(packed)
    name_bytes, groups = _array_of("I", raw[:8])
    kinds_at = 8 + name_bytes
    counts_at = kinds_at + groups
    lines_at = counts_at + 4 * groups
    return (
        raw[8:kinds_at].decode().split("\n"),
        raw[kinds_at:counts_at],
        list(accumulate(_from_planes("I", raw[counts_at:lines_at]), initial=0)),
        list(accumulate(_from_planes("i", raw[lines_at:]))),
    )


def _planes(numbers: "array[int]") -> bytes:
    """Return all lowest bytes, then all next ones, and so on: what is mostly zero lies together."""
    raw = _bytes_of(numbers)
    return b"".join([raw[place::4] for place in range(4)])


def _from_planes(code: str, planes: bytes) -> "array[int]":
    count = len(planes) // 4
    raw = bytearray(len(planes))
    for place in range(4):
        raw[place::4] = planes[place * count : (place + 1) * count]
    return _array_of(code, bytes(raw))


def _bytes_of(numbers: "array[int]") -> bytes:
    if _SWAPS:
        numbers = array(numbers.typecode, numbers)
        numbers.byteswap()
    return numbers.tobytes()


def _array_of(code: str, raw: bytes) -> "array[int]":
    numbers = array(code)
    numbers.frombytes(raw)
    if _SWAPS:
        numbers.byteswap()
    return numbers
