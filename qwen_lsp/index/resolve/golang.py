"""Go's imports: a module's path and a directory in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from qwen_lsp.index.facts import Import
from qwen_lsp.index.resolve.configs import Configs
from qwen_lsp.index.resolve.tree import MOST, Tree, joined, nearest, parents


@dataclass(frozen=True, slots=True)
class Modules:
    """The modules of a workspace.

    Attributes:
        directories: of the go.mod files, sorted, by the module's path.
        replaced: by the directory of a go.mod, the directories that it takes modules from.
    """

    directories: Mapping[str, Sequence[str]]
    replaced: Mapping[str, Mapping[str, str]]


def modules_of(configs: Configs) -> Modules:
    """Arrange what the go.mod files say."""
    directories: dict[str, list[str]] = {}
    replaced: dict[str, dict[str, str]] = {}
    for directory, module in sorted(configs.go.items()):
        directories.setdefault(module.path, []).append(directory)
        places = {name: joined(directory, place) for name, place in module.replaced.items()}
        replaced[directory] = {name: place for name, place in places.items() if place is not None}
    return Modules(directories, replaced)


def resolve(tree: Tree, modules: Modules, path: str, one: Import) -> tuple[str, ...]:
    """Return the files of the package that an import names."""
    own = next((place for place in parents(path) if place in modules.replaced), None)
    replaced = {} if own is None else modules.replaced[own]
    for module in (one.module, *parents(one.module)):
        rest = one.module[len(module) :].strip("/")
        directories = nearest(modules.directories.get(module, ()), path)
        for directory in (*([replaced[module]] if module in replaced else []), *directories):
            found = package(tree, "/".join(part for part in (directory, rest) if part))
            if found:
                return found
    return ()


def package(tree: Tree, directory: str) -> tuple[str, ...]:
    """Return the files of the package in a directory without its tests.

    The file named after the package comes first.
    """
    name = directory.rpartition("/")[2]
    files = [
        path
        for path in tree.files_by_directory.get(directory, ())
        if path.endswith(".go") and not path.endswith("_test.go")
    ]
    return tuple(sorted(files, key=lambda path: not path.endswith(f"/{name}.go"))[:MOST])
