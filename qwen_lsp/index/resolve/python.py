"""Python's imports.

Nothing says where a workspace's source roots are, so every directory may be one, unless it is a
package itself: no absolute import begins in the middle of a package.
"""

import sys
from collections.abc import Iterator

from qwen_lsp.index.facts import Import
from qwen_lsp.index.resolve.tree import Tree, directory_of, nearest

_SUFFIXES = (".py", ".pyi")


def resolve(tree: Tree, path: str, one: Import) -> tuple[str, ...]:
    """Return the module that an import means, its stub file after it."""
    module = one.module.lstrip(".")
    dots = len(one.module) - len(module)
    parts = module.split(".") if module else []
    if dots:
        directory = path
        for _ in range(dots):
            if not directory:
                return ()
            directory = directory_of(directory)
        return _module(tree, directory, parts, one.name)
    if not parts:
        return ()
    for root in _roots(tree, parts[0], path):
        found = _module(tree, root, parts, one.name)
        if found:
            return found
    return ()


def _module(tree: Tree, root: str, parts: list[str], name: str) -> tuple[str, ...]:
    """Return the files of a module below a root, rather those of its submodule `name`."""
    module = "/".join([root, *parts] if root else parts)
    if name not in ("", "*"):
        found = _files(tree, f"{module}/{name}" if module else name)
        if found:
            return found
    return _files(tree, module)


def _files(tree: Tree, module: str) -> tuple[str, ...]:
    package = f"{module}/__init__" if module else "__init__"
    for stem in (package, module):
        found = tuple(stem + suffix for suffix in _SUFFIXES if stem + suffix in tree.paths)
        if found:
            return found
    return ()


def _roots(tree: Tree, top: str, path: str) -> Iterator[str]:
    """Yield the directories in which a top-level module of that name stands, nearest first."""
    modules = [found for suffix in _SUFFIXES for found in tree.files_by_name.get(top + suffix, ())]
    candidates = [*tree.directories_by_name.get(top, ()), *modules]
    # A file "logging.py" in the workspace is not what `import logging` means, unless it hides the
    # standard library's: then it stands beside the importing file or above it.
    is_standard = top in sys.stdlib_module_names
    for candidate in nearest(sorted(candidates), path):
        root = directory_of(candidate)
        if is_standard and root and not path.startswith(root + "/"):
            continue
        if not _files(tree, f"{root}/__init__" if root else "__init__"):
            yield root
