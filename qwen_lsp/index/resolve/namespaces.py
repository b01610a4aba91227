"""Imports that name a package or namespace, and a class in it: Java, Kotlin, Scala, C#, PHP.

Where a file stands says little in these languages; the package that it says it belongs to does.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from qwen_lsp.index.facts import Import
from qwen_lsp.index.resolve.tree import Tree, directory_of, joined, nearest, stem_of

# Languages with functions outside of classes: what has no file of its own is somewhere in the
# package. In Java it is a class that a build makes, so it is in no file.
_HAVE_FUNCTIONS = frozenset({".kt", ".kts", ".scala", ".php"})


@dataclass(frozen=True, slots=True)
class Namespaces:
    """The namespaces of the languages that see each other's.

    Attributes:
        separator: between the parts of a name.
        of_file: namespace by path.
        files: sorted paths by namespace.
        files_by_class: sorted paths by namespace and stem of the file, which is its class.
    """

    separator: str
    of_file: Mapping[str, str]
    files: Mapping[str, list[str]]
    files_by_class: Mapping[tuple[str, str], list[str]]


def namespaces_of(
    packages: Mapping[str, str], suffixes: Collection[str], separator: str
) -> Namespaces:
    """Arrange the namespaces of files with one of the suffixes."""
    of_file: dict[str, str] = {}
    files: dict[str, list[str]] = {}
    files_by_class: dict[tuple[str, str], list[str]] = {}
    for path in sorted(packages):
        if path[path.rfind(".") :] not in suffixes:
            continue
        namespace = packages[path].strip(separator)
        of_file[path] = namespace
        files.setdefault(namespace, []).append(path)
        files_by_class.setdefault((namespace, stem_of(path)), []).append(path)
    return Namespaces(separator, of_file, files, files_by_class)


def same_namespace(namespaces: Namespaces, path: str) -> tuple[str, ...]:
    """Return the other files of a file's namespace, nearest first."""
    namespace = namespaces.of_file.get(path)
    others = () if namespace is None else namespaces.files[namespace]
    return tuple(other for other in nearest(others, path) if other != path)


def resolve(namespaces: Namespaces, path: str, one: Import) -> tuple[str, ...]:
    """Return the files of the class or the namespace that an import names."""
    separator = namespaces.separator
    wanted = one.module.strip(separator)
    if one.name not in ("", "*"):
        wanted = f"{wanted}{separator}{one.name}"
    suffix = path[path.rfind(".") :]
    for outer in _outer_namespaces(namespaces, path) if suffix == ".scala" else ("",):
        parts = (f"{outer}{separator}{wanted}" if outer else wanted).split(separator)
        found = _files(namespaces, parts, suffix, path)
        if found:
            return tuple(found)
    return ()


def _files(namespaces: Namespaces, parts: list[str], suffix: str, path: str) -> list[str]:
    separator = namespaces.separator
    whole = namespaces.files.get(separator.join(parts))
    if whole:
        return nearest(whole, path)
    # What follows the class is a nested class or a member of it.
    for length in range(len(parts) - 1, 0, -1):
        namespace = separator.join(parts[:length])
        found = namespaces.files_by_class.get((namespace, parts[length]))
        if found:
            return nearest(found, path)
    if suffix in _HAVE_FUNCTIONS:
        return nearest(namespaces.files.get(separator.join(parts[:-1]), ()), path)
    return []


def _outer_namespaces(namespaces: Namespaces, path: str) -> list[str]:
    """Return "" and the file's own namespace and those around it: Scala's names may begin there."""
    parts = namespaces.of_file.get(path, "").split(".")
    return ["", *(".".join(parts[:length]) for length in range(len(parts), 0, -1))]


def resolve_php(tree: Tree, namespaces: Namespaces, path: str, one: Import) -> tuple[str, ...]:
    """Return the files of a `use`, or the file of a `require`."""
    if "/" in one.module or one.module.endswith(".php"):
        # Only what follows the directory's expression is a path: __DIR__ . '/x.php'.
        relative = one.module.lstrip("/")
        beside = tree.first([joined(directory_of(path), relative)])
        return beside or tuple(tree.ending_with(relative.lstrip("./"), path)[:1])
    found = resolve(namespaces, path, one)
    if found:
        return found
    # Composer lets a directory stand for the beginning of a namespace.
    parts = [part for part in (*one.module.split("\\"), one.name) if part]
    for start in range(len(parts) - 1):
        by_place = tree.ending_with("/".join(parts[start:]) + ".php", path)
        if by_place:
            return tuple(by_place[:1])
    return ()
