"""What an index holds, counted."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from qwen_lsp.index.store import ReadOnly

# Verdicts of files that a parser did not survive.
FAILURES = ("hung", "crashed", "failed")


@dataclass(frozen=True, slots=True)
class Statistics:
    """What an index holds.

    Attributes:
        files: how many are indexed.
        source_bytes: of them.
        lines: of them.
        symbols: definitions in them.
        references: uses of names in them.
        skipped: how many files are not indexed, by the reason.
        failed: paths of those that took the parser too long, or crashed it.
        stored_bytes: of everything on disk.
    """

    files: int
    source_bytes: int
    lines: int
    symbols: int
    references: int
    skipped: Mapping[str, int]
    failed: tuple[str, ...]
    stored_bytes: int


def statistics_of(folder: Path) -> Statistics:
    """Count what the index in a folder holds; reads a large part of it.

    Raises:
        StoreError: it cannot be read.
    """
    reader = ReadOnly(folder)
    totals = reader.rows(
        "SELECT count(*), total(contents.size), total(lines), total(symbols), "
        'total("references") FROM files JOIN contents ON id = content'
    ) or [(0,) * 5]
    files, source_bytes, lines, symbols, references = map(int, totals[0])
    skipped = reader.rows(
        "SELECT verdict, count(*) FROM files WHERE content IS NULL GROUP BY verdict"
    )
    failed = reader.rows(
        "SELECT path FROM files WHERE verdict IN (?, ?, ?) ORDER BY path", FAILURES
    )
    reader.close()
    stored = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    return Statistics(
        files,
        source_bytes,
        lines,
        symbols,
        references,
        dict(skipped),
        tuple([path for (path,) in failed]),
        stored,
    )
