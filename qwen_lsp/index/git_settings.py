"""Where git keeps ignore rules outside of .gitignore files, read without running git."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

_SECTION = re.compile(r"\s*\[\s*([\w.-]+)\s*(\"(?:[^\"\\]|\\.)*\")?\s*\]")
_ENTRY = re.compile(r"\s*([A-Za-z][\w-]*)\s*=\s*(.*)")
_MOST_BYTES = 1_000_000


def read_small(path: Path) -> str | None:
    """Return the text of a small regular file, None if it cannot be read or is something else."""
    try:
        # A named pipe would block the reader for ever.
        if not path.is_file():
            return None
        with path.open("rb") as file:
            return file.read(_MOST_BYTES).decode("utf-8", "surrogateescape")
    except OSError:
        return None


def git_folder(folder: Path) -> Path | None:
    """Return the git folder of a work tree, None if `folder` is not the top of one."""
    dot_git = folder / ".git"
    try:
        if dot_git.is_dir():
            return dot_git
    except OSError:
        return None
    # In worktrees and submodules it is a file that says where the folder is.
    text = read_small(dot_git) or ""
    if not text.startswith("gitdir: "):
        return None
    return folder / text.removeprefix("gitdir: ").strip()


def exclude_files(folder: Path | None, environment: Mapping[str, str]) -> list[Path]:
    """Return the ignore files besides .gitignore, the strongest first; they need not exist.

    Args:
        folder: the top of a work tree; None outside of any.
        environment: HOME, XDG_CONFIG_HOME and git's own variables are looked at.
    """
    home = Path(environment.get("HOME") or Path.home())
    settings = Path(environment.get("XDG_CONFIG_HOME") or home / ".config") / "git"
    if "GIT_CONFIG_GLOBAL" in environment:
        configs = [Path(environment["GIT_CONFIG_GLOBAL"])]
    else:
        configs = [settings / "config", home / ".gitconfig"]
    if "GIT_CONFIG_NOSYSTEM" not in environment:
        configs.insert(0, Path("/etc/gitconfig"))
    found = []
    if folder and (git := git_folder(folder)):
        # Worktrees share what the main work tree's git folder has.
        shared = git / (read_small(git / "commondir") or "").strip()
        found.append(shared / "info" / "exclude")
        configs.append(shared / "config")
    users_own = settings / "ignore"
    for config in configs:
        for name, value in _entries(config, home, set()):
            if name == "core.excludesfile":
                users_own = _path(value, home, folder or home)
    return [*found, users_own]


def _entries(config: Path, home: Path, seen: set[Path]) -> Iterator[tuple[str, str]]:
    """Yield "section.key" in lower case and the value; those of included files in their place.

    A file is read once: one that includes itself must not keep us for ever.
    """
    if config in seen:
        return
    seen.add(config)
    section = ""
    for written in (read_small(config) or "").splitlines():
        line = written
        if match := _SECTION.match(line):
            section = "" if match[2] else match[1].lower()
            line = line[match.end() :]
        if match := _ENTRY.match(line):
            name, value = f"{section}.{match[1].lower()}", _value(match[2])
            if name == "include.path":
                yield from _entries(_path(value, home, config.parent), home, seen)
            yield name, value


def _value(written: str) -> str:
    """Take off quotes, escapes and a comment."""
    value, is_quoted = "", False
    characters = iter(written)
    for char in characters:
        if char == "\\":
            value += next(characters, "")
        elif char == '"':
            is_quoted = not is_quoted
        elif char in "#;" and not is_quoted:
            break
        else:
            value += char
    return value.strip()


def _path(value: str, home: Path, relative_to: Path) -> Path:
    return home / value[2:] if value.startswith("~/") else relative_to / value
