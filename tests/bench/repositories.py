"""The development cases of `../shared/bench`, and the repositories they come from.

QWEN_BENCH_REPOS names a folder with clones of the repositories, each called as its owner and name
("a2aproject+a2a-python", "a2aproject__a2a-python" or "a2a-python"), bare or not. The commits are
those of the cases' README.
"""

import io
import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.bench.report import ROOT

CASES = ROOT.parent / "shared" / "bench"
LANGUAGES = ("python", "typescript", "java")
COMMITS = {
    "a2aproject__a2a-python": "46b292b433a5df5a9721d6227cb53753f2978437",
    "huggingface__smolagents": "e3a5b8994b301983b91c0325546e9dc82eab8cf0",
    "a2aproject__a2a-js": "f844dad4d76e0f895c2d3a1d791db81ac59880fc",
    "a2aproject__a2a-java": "db95df0fbb2803cdf94cfd969e8599b6a495f5a9",
}


@dataclass(frozen=True, slots=True)
class Case:
    """A place in a repository where something was written: its text without it, and what it was."""

    id: str
    language: str
    kind: str
    repository: str
    path: str
    prefix: str
    suffix: str
    target: str
    symbol: str
    gold: tuple[tuple[str, int], ...]  # path and 0-based line of what the target needs
    crossfile: tuple[Any, ...]

    @property
    def text(self) -> str:
        """The file without the target."""
        return self.prefix + self.suffix


def cases(language: str) -> list[Case]:
    path = CASES / f"repofresh_{language}.jsonl"
    if not path.exists():
        raise SystemExit(f"There are no cases at {path.parent}.")
    with path.open(encoding="utf-8") as lines:
        return [_case(json.loads(line)) for line in lines]


@contextmanager
def checked_out(repository: str) -> Iterator[Path]:
    """Give a folder with a repository's files at the cases' commit; it is a git repository."""
    with TemporaryDirectory(prefix="qwen-bench-") as folder:
        root = Path(folder) / repository
        for path, content in contents(repository):
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(content)
        subprocess.run(["git", "init", "-q", str(root)], check=True)  # noqa: S607
        yield root


def contents(repository: str) -> Iterator[tuple[str, bytes]]:
    """Yield the path and the content of each of a repository's files at the cases' commit."""
    yield from _files(_clone(repository), COMMITS[repository])


def _files(clone: Path, commit: str) -> Iterator[tuple[str, bytes]]:
    """Yield the files of a commit, as far as the clone has them: a partial one lacks some."""
    git = ["git", "-C", str(clone)]
    listing = subprocess.run([*git, "ls-tree", "-rz", commit], check=True, capture_output=True)
    entries = [one.split("\t", 1) for one in listing.stdout.decode().split("\0") if one]
    wanted = {path: head.split()[2] for head, path in entries if head.startswith("100")}
    contents = io.BytesIO(
        subprocess.run(
            [*git, "cat-file", "--batch"],
            input="".join(f"{name}\n" for name in wanted.values()).encode(),
            check=True,
            capture_output=True,
        ).stdout
    )
    for path in wanted:
        head = contents.readline().split()
        if head[1] != b"missing":
            yield path, contents.read(int(head[2]))
            contents.read(1)


def _clone(repository: str) -> Path:
    folder = os.environ.get("QWEN_BENCH_REPOS")
    if not folder:
        raise SystemExit("Set QWEN_BENCH_REPOS to a folder with clones of " + ", ".join(COMMITS))
    owner, _, name = repository.partition("__")
    for one in (f"{owner}+{name}", repository, name):
        for path in (Path(folder) / one, Path(folder) / one / "repo"):
            if (path / "HEAD").exists() or (path / ".git").exists():
                return path
    raise SystemExit(f"{folder} has no clone of {owner}/{name}.")


def _case(row: dict[str, Any]) -> Case:
    return Case(
        row["id"],
        row["language"],
        row["kind"],
        row["repo"],
        row["path"],
        row["prefix"],
        row["suffix"],
        row["target"],
        row.get("symbol") or "",
        tuple((one["path"], one["line"] - 1) for one in row.get("gold_def") or ()),
        tuple(row.get("crossfile") or ()),
    )
