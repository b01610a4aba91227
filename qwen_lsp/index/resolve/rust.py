"""Rust's `use` and `mod`.

Modules written inside of a file are not known here: `super` in one of them is taken for the
module above the file. Neither is `#[path]`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from qwen_lsp.index.facts import Import
from qwen_lsp.index.resolve.configs import Configs, table, text
from qwen_lsp.index.resolve.tree import Tree, directory_of, joined, nearest, parents, stem_of

# Directories of a crate in which every file is a crate of its own.
_ROOTS = ("src/bin", "tests", "examples", "benches")


@dataclass(frozen=True, slots=True)
class Crate:
    """A library of the workspace.

    Attributes:
        root: the file that it begins with, such as "core/src/lib.rs".
        renamed: directories of crates that it knows under names of its own.
    """

    root: str
    renamed: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Crates:
    """The crates of a workspace, by the directory of their Cargo.toml, and those by their names."""

    by_directory: Mapping[str, Crate]
    directories: Mapping[str, Sequence[str]]


def crates_of(tree: Tree, configs: Configs) -> Crates:
    """Arrange what the Cargo.toml files say."""
    by_directory: dict[str, Crate] = {}
    directories: dict[str, list[str]] = {}
    for directory, config in sorted(configs.cargo.items()):
        package, library = table(config.get("package")), table(config.get("lib"))
        name = text(library.get("name")) or text(package.get("name"))
        if not name:
            continue
        places = (text(library.get("path")) or "src/lib.rs", "src/main.rs")
        roots = tree.first([joined(directory, place) for place in places])
        if not roots:
            continue
        by_directory[directory] = Crate(roots[0], dict(_renamed(directory, config)))
        directories.setdefault(name.replace("-", "_"), []).append(directory)
    return Crates(by_directory, directories)


def _renamed(directory: str, config: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for section in ("dependencies", "dev-dependencies", "build-dependencies"):
        for name, dependency in table(config.get(section)).items():
            path = text(table(dependency).get("path"))
            place = joined(directory, path) if path else None
            if place is not None:
                yield name.replace("-", "_"), place


def resolve(tree: Tree, crates: Crates, path: str, one: Import) -> tuple[str, ...]:
    """Return the file of the module that holds what is used."""
    written = f"{one.module}::{one.name}".split("::")
    parts = [part.removeprefix("r#") for part in written if part not in ("", "*")]
    if not parts:
        return ()
    own = next((place for place in parents(path) if place in crates.by_directory), None)
    base = _base(tree, path, own)
    children = _children(path, base, own)
    if parts[0] == "crate":
        return _module(tree, base, parts[1:])
    if parts[0] in ("self", "super"):
        while parts and parts[0] in ("self", "super"):
            if parts.pop(0) == "super":
                children = directory_of(children)
        return _module(tree, children, parts)
    return _file(tree, children, parts) or _other_crate(tree, crates, own, path, parts)


def _other_crate(
    tree: Tree, crates: Crates, own: str | None, path: str, parts: list[str]
) -> tuple[str, ...]:
    renamed = {} if own is None else crates.by_directory[own].renamed
    directories = nearest(crates.directories.get(parts[0], ()), path)
    for directory in (*([renamed[parts[0]]] if parts[0] in renamed else []), *directories):
        crate = crates.by_directory.get(directory)
        if crate:
            return _file(tree, directory_of(crate.root), parts[1:]) or (crate.root,)
    return ()


def _base(tree: Tree, path: str, own: str | None) -> str:
    """Return the directory in which the modules of a file's crate stand."""
    for place in parents(path):
        if f"{place}/main.rs" in tree.paths or f"{place}/lib.rs" in tree.paths:
            return place
        if own is not None and _is_of_roots(place, own):
            return place
        if place == own:
            break
    return directory_of(path)


def _is_of_roots(directory: str, own: str) -> bool:
    return directory in (f"{own}/{root}" if own else root for root in _ROOTS)


def _children(path: str, base: str, own: str | None) -> str:
    """Return the directory in which a module's own modules stand."""
    directory = directory_of(path)
    stem = stem_of(path)
    is_root = stem in ("lib", "main") or (own is not None and _is_of_roots(directory, own))
    if stem == "mod" or (directory == base and is_root):
        return directory
    return f"{directory}/{stem}" if directory else stem


def _file(tree: Tree, directory: str, parts: list[str]) -> tuple[str, ...]:
    """Return the deepest module on the way, whose modules stand in a directory."""
    for length in range(len(parts), 0, -1):
        place = "/".join([directory, *parts[:length]] if directory else parts[:length])
        found = tree.first([f"{place}.rs", f"{place}/mod.rs"])
        if found:
            return found
    return ()


def _module(tree: Tree, directory: str, parts: list[str]) -> tuple[str, ...]:
    """Return the deepest module on the way, at the least the one whose modules stand there."""
    inside = f"{directory}/" if directory else ""
    names = (f"{inside}lib.rs", f"{inside}main.rs", f"{inside}mod.rs", f"{directory}.rs")
    return _file(tree, directory, parts) or tree.first(names)
