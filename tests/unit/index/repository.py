"""A small git repository with a home of its own: what git lists of it, and what we walk."""

import os
import shutil
import subprocess
from collections import Counter
from pathlib import Path

from qwen_lsp.index.paths import Rules
from qwen_lsp.index.walk import walk


class Repository:
    """A work tree at `root`. Files are given as paths with their text."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.root = folder / "root"
        self.home.mkdir()
        self.root.mkdir()
        self.environment = {
            "HOME": str(self.home),
            "PATH": os.environ["PATH"],
            "GIT_CONFIG_NOSYSTEM": "1",
        }
        self.git("init", "-q")

    def git(self, *arguments: str, cwd: Path | None = None) -> str:
        answer = subprocess.run(
            ["git", *arguments],  # noqa: S607 - the tests need whichever git there is
            cwd=cwd or self.root,
            env=self.environment,
            check=True,
            capture_output=True,
        )
        return os.fsdecode(answer.stdout)

    def write(self, files: dict[str, str]) -> None:
        write(self.root, files)

    def clear(self) -> None:
        for path in self.root.iterdir():
            if path.is_dir() and path.name != ".git":
                shutil.rmtree(path)
            elif path.name != ".git":
                path.unlink()

    def of_git(self, cwd: Path | None = None) -> set[str]:
        """Return what git lists as tracked, or not ignored."""
        listed = self.git("ls-files", "-co", "--exclude-standard", "-z", cwd=cwd)
        return set(listed.split("\0")) - {""}

    def rules(self, root: Path | None = None) -> Rules:
        return Rules(root or self.root, self.environment)

    def walked(self, root: Path | None = None) -> set[str]:
        return walked(self.rules(root))[0]

    def by_single_paths(self) -> set[str]:
        """Return the files that are in when each path is asked for by itself."""
        every = [path for path in self.root.rglob("*") if path.is_file()]
        relative = {path.relative_to(self.root).as_posix() for path in every}
        return {path for path in relative if self.rules().is_indexed(path)}


def write(root: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8", newline="")


def walked(rules: Rules, under: str = "") -> tuple[set[str], Counter[str]]:
    """Return the paths that a walk finds, and what it skips."""
    skipped: Counter[str] = Counter()
    return {file.path for batch in walk(rules, skipped, under) for file in batch}, skipped
