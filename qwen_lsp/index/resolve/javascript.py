"""JavaScript's and TypeScript's imports, and those of style sheets and pages.

What a bundler would do beyond package.json and tsconfig.json is not known; only the two aliases
that most of them are given, "@/" and "~/", are tried.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qwen_lsp.index.facts import Import
from qwen_lsp.index.resolve.configs import Configs, table, text, texts
from qwen_lsp.index.resolve.tree import Tree, directory_of, joined, nearest, parents

_SUFFIXES: tuple[str, ...] = (".ts", ".tsx", ".d.ts", ".js", ".jsx", ".mts", ".cts", ".mjs", ".cjs")
_SUFFIXES += (".d.mts", ".vue", ".svelte", ".json", ".css", ".scss")
# TypeScript is imported under the name that it will have when it is compiled.
_COMPILED = {
    ".js": (".ts", ".tsx", ".d.ts", ".jsx"),
    ".jsx": (".tsx",),
    ".mjs": (".mts", ".d.mts"),
    ".cjs": (".cts",),
}
# The conditions of package.json's "exports", those that may lead to a source first.
_CONDITIONS = ("source", "development", "types", "import", "module", "default", "node", "require")
_BUILT = re.compile(r"(?<![^/])(?:dist|build|lib|out)/(?:(?:esm|cjs|types)/)?")


@dataclass(frozen=True, slots=True)
class _Aliases:
    """What a tsconfig.json says of modules.

    Attributes:
        base: directory for names that are not relative; None without a baseUrl.
        paths: pattern with at most one "*", and the paths it stands for, longest pattern first.
    """

    base: str | None
    paths: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Projects:
    """The packages and aliases of a workspace.

    Attributes:
        aliases: by the directory of the tsconfig.json.
        directories: of the packages, by name, sorted.
        packages: the package.json by directory.
    """

    aliases: Mapping[str, _Aliases]
    directories: Mapping[str, list[str]]
    packages: Mapping[str, dict[str, Any]]


def projects_of(configs: Configs) -> Projects:
    """Arrange what the config files say."""
    aliases: dict[str, _Aliases] = {}
    # Bundlers' templates keep the aliases in tsconfig.app.json, beside an empty tsconfig.json.
    for path in sorted(configs.typescript, key=lambda path: (len(path), path)):
        directory = directory_of(path)
        found = _aliases(configs.typescript, path)
        if directory not in aliases and (found.paths or found.base is not None):
            aliases[directory] = found
    directories: dict[str, list[str]] = {}
    for directory, package in sorted(configs.package_json.items()):
        if text(package.get("name")):
            directories.setdefault(package["name"], []).append(directory)
    return Projects(aliases, directories, configs.package_json)


def _aliases(configs: Mapping[str, dict[str, Any]], path: str) -> _Aliases:
    base: str | None = None
    base_of_paths, paths = "", None
    own_directory = directory_of(path)
    for config in _with_extended(configs, path):
        options = table(configs[config].get("compilerOptions"))
        directory = directory_of(config)
        url = text(options.get("baseUrl")).replace("${configDir}", ".")
        if base is None and url:
            base = joined(directory, url)
        if paths is None and isinstance(options.get("paths"), dict):
            paths = options["paths"]
            base_of_paths = directory
    start = base_of_paths if base is None else base
    rules = []
    for pattern, targets in sorted(table(paths).items(), key=lambda rule: -len(rule[0])):
        places = (
            joined(own_directory, target.removeprefix("${configDir}/"))
            if target.startswith("${configDir}/")
            else joined(start, target)
            for target in texts(targets)
        )
        rules.append((pattern, tuple(place for place in places if place is not None)))
    return _Aliases(base, tuple(rules))


def _with_extended(configs: Mapping[str, dict[str, Any]], path: str) -> list[str]:
    """Return a config's path and the paths of those that it extends, the strongest first."""
    chain = [path]
    for config in chain:
        for extended in reversed(texts(configs[config].get("extends"))):
            target = joined(directory_of(config), extended) or ""
            candidates = (target, f"{target}.json", f"{target}/tsconfig.json")
            # One that is there already extends itself in the end.
            chain += [one for one in candidates if one in configs and one not in chain][:1]
    return chain


def resolve(tree: Tree, projects: Projects, path: str, one: Import) -> tuple[str, ...]:
    """Return the file that a module name means."""
    module = one.module.partition("?")[0]
    if not module:
        return ()
    if module.startswith("."):
        return _file(tree, joined(directory_of(path), module))
    if module.startswith("/"):
        return _below_package(tree, projects, path, ("", "public", "src"), module[1:])
    if module.startswith("#"):
        found = _own_import(tree, projects, path, module)
        if found:
            return found
    return (
        _aliased(tree, projects, path, module)
        or _from_package(tree, projects, path, module)
        or _guessed(tree, projects, path, module)
    )


def resolve_page(tree: Tree, projects: Projects, path: str, one: Import) -> tuple[str, ...]:
    """Return the file that a page or a style sheet names, whose paths need no leading "./"."""
    module = re.split(r"[?#]", one.module, maxsplit=1)[0].removeprefix("~")
    if not module or "//" in module:
        return ()
    if module.startswith("/"):
        return _below_package(tree, projects, path, ("", "public", "src"), module[1:])
    place = joined(directory_of(path), module)
    if place is None:
        return ()
    directory, _, name = place.rpartition("/")
    # Sass leaves out the underscore and the suffix of a partial.
    partial = f"{directory}/_{name}" if directory else f"_{name}"
    stems = (place, partial, f"{place}/_index", f"{place}/index")
    suffixes = ("", ".scss", ".sass", ".less", ".css")
    return tree.first([stem + suffix for stem in stems for suffix in suffixes]) or resolve(
        tree, projects, path, one
    )


def _file(tree: Tree, place: str | None) -> tuple[str, ...]:
    """Return the file of a module whose suffix may be left out or be the compiled one's."""
    if place is None:
        return ()
    if place in tree.paths:
        return (place,)
    stem, dot, suffix = place.rpartition(".")
    candidates = [stem + other for other in _COMPILED.get(dot + suffix, ())]
    candidates += [place + suffix for suffix in _SUFFIXES]
    index = f"{place}/index" if place else "index"
    return tree.first(candidates) or tree.first([index + suffix for suffix in _SUFFIXES])


def _package_directory(projects: Projects, path: str) -> str:
    return next((place for place in parents(path) if place in projects.packages), "")


def _below_package(
    tree: Tree, projects: Projects, path: str, folders: tuple[str, ...], rest: str
) -> tuple[str, ...]:
    """Return a file given from its package's root, or the workspace's, or a folder in them."""
    for root in dict.fromkeys((_package_directory(projects, path), "")):
        for folder in folders:
            place = joined(root, f"{folder}/{rest}" if folder else rest)
            found = _file(tree, place)
            if found:
                return found
    return ()


def _aliased(tree: Tree, projects: Projects, path: str, module: str) -> tuple[str, ...]:
    # The nearest tsconfig.json that has aliases: one without is taken to extend one above it.
    aliases = next(
        (projects.aliases[place] for place in parents(path) if place in projects.aliases), None
    )
    if aliases is None:
        return ()
    for pattern, targets in aliases.paths:
        matched = _matched(pattern, module)
        if matched is None:
            continue
        for target in targets:
            found = _file(tree, target.replace("*", matched))
            if found:
                return found
    return () if aliases.base is None else _file(tree, joined(aliases.base, module))


def _matched(pattern: str, module: str) -> str | None:
    """Return what the "*" of a pattern stands for in a name, None if they do not match."""
    start, star, end = pattern.partition("*")
    if not star:
        return "" if module == pattern else None
    if len(module) < len(start) + len(end):
        return None
    if not (module.startswith(start) and module.endswith(end)):
        return None
    return module[len(start) : len(module) - len(end)]


def _own_import(tree: Tree, projects: Projects, path: str, module: str) -> tuple[str, ...]:
    directory = _package_directory(projects, path)
    imports = table(projects.packages.get(directory, {}).get("imports"))
    return _first_entry(tree, directory, _targets(imports, module))


def _from_package(tree: Tree, projects: Projects, path: str, module: str) -> tuple[str, ...]:
    parts = module.split("/")
    length = 2 if module.startswith("@") else 1
    name, rest = "/".join(parts[:length]), "/".join(parts[length:])
    for directory in nearest(projects.directories.get(name, ()), path):
        package = projects.packages[directory]
        exports = package.get("exports")
        if not isinstance(exports, dict) or not any(key.startswith(".") for key in exports):
            exports = {".": exports}
        entries = _targets(exports, f"./{rest}" if rest else ".")
        if rest:
            entries += [rest, f"src/{rest}"]
        else:
            keys = ("source", "types", "typings", "module", "main")
            entries += [entry for key in keys for entry in texts(package.get(key))]
            entries += ["src/index", "index"]
        found = _first_entry(tree, directory, entries)
        if found:
            return found
    return ()


def _targets(rules: Mapping[str, Any], name: str) -> list[str]:
    """Return the paths that "exports" or "imports" of a package.json give to a name."""
    for pattern in sorted(rules, key=len, reverse=True):
        matched = _matched(pattern, name)
        if matched is not None:
            return [target.replace("*", matched) for target in _conditional(rules[pattern])]
    return []


def _conditional(value: Any) -> list[str]:
    if not isinstance(value, dict):
        return texts(value)
    targets = []
    for inner in (value.get(condition) for condition in _CONDITIONS):
        targets += texts(list(inner.values()) if isinstance(inner, dict) else inner)
    return targets


def _first_entry(tree: Tree, directory: str, entries: list[str]) -> tuple[str, ...]:
    """Return the source of the first entry that has one; most entries name what is built of it."""
    for entry in entries:
        for source in dict.fromkeys((entry, _BUILT.sub("src/", entry), _BUILT.sub("", entry))):
            stem = re.sub(r"\.d\.(ts|mts|cts)$", "", source)
            found = _file(tree, joined(directory, source)) or _file(tree, joined(directory, stem))
            if found:
                return found
    return ()


def _guessed(tree: Tree, projects: Projects, path: str, module: str) -> tuple[str, ...]:
    if not module.startswith(("@/", "~/")):
        return ()
    return _below_package(tree, projects, path, ("src", "app", ""), module[2:])
