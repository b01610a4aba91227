"""Which paths of a workspace folder are indexed: one set of rules for walks, events and documents.

A path is out when git would ignore it, when a `.qwen-lsp-ignore` file says so (with git's syntax,
and whatever git's files say), when it looks like a secret, when it is or passes a symbolic link,
and in the folders that tools make. What the bytes say comes later, in `contents.py`.

Unlike git, which has an index, the rules ignore tracked files as well when a line names them.
"""

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from qwen_lsp.index.contents import MOST_BYTES, content_verdict
from qwen_lsp.index.git_settings import exclude_files, git_folder, read_small
from qwen_lsp.index.gitignore import IgnoreFile
from qwen_lsp.index.secret_files import is_secret_folder, is_secret_name

OWN_IGNORE_FILE = ".qwen-lsp-ignore"
# Each reason why a file is not known: for statistics, and for the user who asks.
REASONS = {
    "ignored": "an ignore file names it",
    "tool folder": "it is in a folder that a tool made and fills",
    "secret": "it looks like a secret, and those are never read",
    "link": "it is a symbolic link or behind one; only what it leads to can be known",
    "not a file": "it is neither a file nor a folder of files",
    "bad name": "its name is not UTF-8",
    "too large": f"it has more than {MOST_BYTES // 1_000_000} MB",
    "no permission": "it may not be read",
    "gone": "it is not there",
    "unreadable": "reading it failed",
    "binary": "it is not text",
    "lock file": "it is a tool's list of versions",
    "generated": "its first lines say that a tool wrote it",
    "minified": "it is minified or packed: its lines are very long, or its name says so",
    "no language": "its language is none of those that are parsed",
    "hung": "parsing it took too long",
    "crashed": "it crashed the parser",
    "failed": "reading it failed in qwen-lsp itself",
}
# Version control, other people's packages and caches. Ignore files mostly name these; where none
# does, they would be nearly all there is to index.
TOOL_FOLDERS = frozenset(
    {".git", ".hg", ".jj", ".svn", "__pycache__", "bower_components", "node_modules"}
)
# A virtual environment under any name; the mark that caches and build folders carry by convention.
_TOOL_MARKS = ("CACHEDIR.TAG", "pyvenv.cfg")
# When one of these changes, any path may be in that was out, and the other way round.
RULE_FILES = frozenset({".gitignore", OWN_IGNORE_FILE, *_TOOL_MARKS})


@dataclass(frozen=True, slots=True)
class _Layer:
    """An ignore file, and the length of the path (with its last slash) below which it holds."""

    file: IgnoreFile
    start: int
    source: str


@dataclass(frozen=True, slots=True)
class Folder:
    """What decides about the entries of one folder.

    Attributes:
        path: absolute, with a slash at its end.
        reason: why nothing in it is indexed; "" if something may be.
        git: git's ignore files, the strongest first.
        own: this program's ignore files, the strongest first.
    """

    path: str
    reason: str = ""
    git: tuple[_Layer, ...] = ()
    own: tuple[_Layer, ...] = ()

    def entry_reason(self, name: str, *, is_folder: bool) -> str:
        """Return why an entry is not indexed as far as its name says, "" if it may be."""
        if name in TOOL_FOLDERS:
            return "tool folder"
        if is_secret_folder(name) if is_folder else is_secret_name(name):
            return "secret"
        if not name.isascii() and not _is_utf8(name):
            return "bad name"
        return "ignored" if self.ignoring_line(name, is_folder=is_folder) else ""

    def ignoring_line(self, name: str, *, is_folder: bool) -> str:
        """Return where it is written that an entry is ignored, "" if nowhere."""
        path, start = self.path + name, len(self.path)
        for layers in (self.own, self.git):
            for layer in layers:
                line = layer.file.decision(path, layer.start, start, is_folder=is_folder)
                if line > 0:
                    return f"line {line} of {layer.source}"
                if line < 0:
                    break
        return ""


class Rules:
    """The rules of one workspace folder, each as it is on disk when it is first needed.

    When one of RULE_FILES changes, make new ones. Paths are relative to the workspace folder, with
    forward slashes. For use by one thread at a time.
    """

    def __init__(self, root: Path, environment: Mapping[str, str] = os.environ) -> None:
        self._environment = environment
        self.root = Path(os.path.realpath(root))
        self._folders = {"": self._top()}

    def is_indexed(self, path: str) -> bool:
        """Say whether nothing but its bytes can keep a file out; it need not exist (any more)."""
        return not self.reason(path)

    def why_not(self, path: str) -> str:
        """Return a sentence that says why a file is not indexed; "" if it is. Reads the file."""
        reason = self.reason(path)
        if not reason:
            try:
                reason = content_verdict(path, (self.root / path).read_bytes())
            except OSError as error:
                reason = reason_of(error)
        if not reason:
            return ""
        source = self._source(path) if reason == "ignored" else ""
        return f"{path} is not indexed: {REASONS[reason]}{source and f' ({source})'}."

    def folder(self, path: str) -> Folder:
        """Return what decides in a folder, "" for the workspace folder itself."""
        unknown = []
        while path not in self._folders:
            unknown.append(path)
            path = path.rpartition("/")[0]
        folder = self._folders[path]
        for path in reversed(unknown):
            folder = self._folders[path] = self._looked_up(folder, path.rpartition("/")[2])
        return folder

    def _looked_up(self, above: Folder, name: str) -> Folder:
        path = f"{above.path}{name}"
        reason = above.reason or above.entry_reason(name, is_folder=True)
        if not reason and _is_link(path):
            reason = "link"
        path += "/"
        if not reason and any(os.path.lexists(path + mark) for mark in _TOOL_MARKS):
            reason = "tool folder"
        return Folder(path, reason) if reason else self._entered(above, path)

    def _entered(self, above: Folder, path: str) -> Folder:
        git, own = above.git, above.own
        if os.path.lexists(f"{path}.git") and git_folder(Path(path)):
            # Git's rules do not reach into another repository.
            git = _layers(exclude_files(Path(path), self._environment), len(path))
        git = (*_tree_layer(path, ".gitignore"), *git)
        own = (*_tree_layer(path, OWN_IGNORE_FILE), *own)
        return Folder(path, "", git, own)

    def _top(self) -> Folder:
        """Return what decides in the workspace folder, which may be a part of a repository."""
        path = _with_slash(self.root)
        enclosing = [self.root, *self.root.parents]
        depth = next((at for at, one in enumerate(enclosing) if git_folder(one)), None)
        if depth is None:
            outside = _layers(exclude_files(None, self._environment), len(path))
            return self._entered(Folder("", "", outside), path)
        folder = Folder("")
        for one in reversed(enclosing[: depth + 1]):
            folder = self._entered(folder, _with_slash(one))
        return folder

    def reason(self, path: str) -> str:
        """Return why a file is not indexed, as one of REASONS, "" if only its bytes may say."""
        above, _, name = path.rpartition("/")
        folder = self.folder(above)
        reason = folder.reason or folder.entry_reason(name, is_folder=False)
        if reason:
            return reason
        try:
            status = (self.root / path).lstat()
        except OSError:
            # A file that is deleted, or not saved yet, is judged by its name alone.
            return ""
        return disk_reason(status)

    def _source(self, path: str) -> str:
        """Return the first line, from the top of the tree, that ignores a path."""
        *folders, last = path.split("/")
        for depth, name in enumerate(folders):
            folder = self.folder("/".join(folders[:depth]))
            if line := folder.ignoring_line(name, is_folder=True):
                return line
        return self.folder("/".join(folders)).ignoring_line(last, is_folder=False)


def disk_reason(status: os.stat_result) -> str:
    """Return why an entry is not indexed as far as its status says, "" if it may be."""
    if stat.S_ISREG(status.st_mode):
        return "too large" if status.st_size > MOST_BYTES else ""
    return "link" if stat.S_ISLNK(status.st_mode) else "not a file"


def reason_of(error: OSError) -> str:
    """Return why a file or folder is skipped when reading it failed."""
    if isinstance(error, PermissionError):
        return "no permission"
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return "gone"
    return "unreadable"


def _tree_layer(folder: str, name: str) -> tuple[_Layer, ...]:
    path = folder + name
    # A link could name any file; git does not follow it either.
    if not os.path.lexists(path) or _is_link(path):
        return ()
    return _layers([Path(path)], len(folder))


def _layers(files: list[Path], start: int) -> tuple[_Layer, ...]:
    texts = [(file, read_small(file)) for file in files]
    return tuple(_Layer(IgnoreFile(text), start, str(file)) for file, text in texts if text)


def _is_link(path: str) -> bool:
    # Path.is_symlink raises when a folder on the way is closed, or the path too long.
    try:
        return stat.S_ISLNK(os.lstat(path).st_mode)
    except OSError:
        return False


def _with_slash(path: Path) -> str:
    return f"{path.as_posix().rstrip('/')}/"


def _is_utf8(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
