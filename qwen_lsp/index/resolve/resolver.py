"""Which rules hold for which language."""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial

from qwen_lsp.index.facts import Import
from qwen_lsp.index.resolve import (
    by_place,
    configs,
    golang,
    javascript,
    namespaces,
    python,
    rust,
)
from qwen_lsp.index.resolve.tree import tree_of

_JVM = frozenset({".java", ".kt", ".kts", ".scala"})


class Resolver:
    """Finds the files that imports mean, in a workspace as it was when this was made.

    Args:
        paths: of all files, relative to the workspace, with "/" between their parts.
        config_texts: what stands in the files that `configs.is_config` knows, by path.
        packages: the package or namespace that a file says it belongs to, by path.

    Attributes:
        problems: config files that could not be read, each with the reason.
    """

    def __init__(
        self,
        paths: Collection[str],
        config_texts: Mapping[str, str],
        packages: Mapping[str, str],
    ) -> None:
        read = configs.read(config_texts)
        self.problems = tuple(read.problems)
        tree = self._tree = tree_of(paths)
        projects = javascript.projects_of(read)
        modules = golang.modules_of(read)
        crates = rust.crates_of(tree, read)
        jvm = namespaces.namespaces_of(packages, _JVM, ".")
        csharp = namespaces.namespaces_of(packages, {".cs"}, ".")
        php = namespaces.namespaces_of(packages, {".php"}, "\\")
        self._namespaces = (jvm, csharp, php)

        script = partial(javascript.resolve, tree, projects)
        page = partial(javascript.resolve_page, tree, projects)
        jvm_rule = partial(namespaces.resolve, jvm)
        c_rule = partial(by_place.resolve_c, tree)
        self._rules: Mapping[str, Callable[[str, Import], tuple[str, ...]]] = {
            "python": partial(python.resolve, tree),
            "javascript": script,
            "typescript": script,
            "tsx": script,
            "css": page,
            "html": page,
            "java": jvm_rule,
            "kotlin": jvm_rule,
            "scala": jvm_rule,
            "c_sharp": partial(namespaces.resolve, csharp),
            "php": partial(namespaces.resolve_php, tree, php),
            "go": partial(golang.resolve, tree, modules),
            "rust": partial(rust.resolve, tree, crates),
            "c": c_rule,
            "cpp": c_rule,
            "ruby": partial(by_place.resolve_ruby, tree),
            "lua": partial(by_place.resolve_lua, tree),
            "bash": partial(by_place.resolve_bash, tree),
        }

    def resolve(self, path: str, language: str, one: Import) -> tuple[str, ...]:
        """Return the other files that an import in a file means, best first; () if none is ours.

        More than one are the files of a package, or a module with its stub.
        """
        rule = self._rules.get(language)
        if rule is None:
            return ()
        return tuple(found for found in rule(path, one) if found != path)

    def files_in(self, folder: str) -> Sequence[str]:
        """Return the files right in a folder, in order; "" is the workspace itself."""
        return self._tree.files_by_directory.get(folder, ())

    def same_package(self, path: str) -> tuple[str, ...]:
        """Return the other files whose names a file sees without an import, nearest first."""
        if path.endswith(".go"):
            package = golang.package(self._tree, path.rpartition("/")[0])
            return tuple(other for other in package if other != path)
        found = (namespaces.same_namespace(each, path) for each in self._namespaces)
        return next((files for files in found if files), ())
