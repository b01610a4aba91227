"""The files in which a project says where its modules are, read into plain values.

A file that cannot be read says nothing about its project; `Configs.problems` names it.
"""

import json
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

# Strings are matched as well, since what looks like a comment or a comma may stand inside one. What
# is not closed ends with the text: to look for its end again and again would take quadratic time.
_JSON_STRING = r'"(?:\\.|[^"\\])*(?:"|\Z)'
_JSON_COMMENT = re.compile(_JSON_STRING + r"|//[^\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL)
_JSON_LAST_COMMA = re.compile(_JSON_STRING + r"|,(?=\s*[\]}])", re.DOTALL)
_GO_MODULE = re.compile(r'^[ \t]*module[ \t]+"?([^\s"]+)', re.MULTILINE)
_GO_REPLACE = re.compile(
    r"^[ \t]*(?:replace[ \t]+)?(\S+)(?:[ \t]+v\S+)?[ \t]*=>[ \t]*(\.\.?/\S*)", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class GoModule:
    """What a go.mod says: the module's path, and modules that it takes from directories."""

    path: str
    replaced: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Configs:
    """What was read, by directory.

    Attributes:
        typescript: tsconfig.json, jsconfig.json and their variants by *path*, as one may extend
            another.
        package_json: package.json.
        go: go.mod.
        cargo: Cargo.toml.
        problems: the paths of files that cannot be read, each with the reason.
    """

    typescript: dict[str, dict[str, Any]] = field(default_factory=dict)
    package_json: dict[str, dict[str, Any]] = field(default_factory=dict)
    go: dict[str, GoModule] = field(default_factory=dict)
    cargo: dict[str, dict[str, Any]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def is_config(path: str) -> bool:
    """Say whether a file is one of those that `read` makes use of."""
    name = path.rpartition("/")[2]
    return name in ("package.json", "go.mod", "Cargo.toml") or (
        name.startswith(("tsconfig", "jsconfig")) and name.endswith(".json")
    )


def read(texts: Mapping[str, str]) -> Configs:
    """Read config files, given by path; others than `is_config` knows are passed over."""
    configs = Configs()
    for path, text in sorted(texts.items()):
        if not is_config(path):
            continue
        directory, _, name = path.rpartition("/")
        try:
            if name == "package.json":
                configs.package_json[directory] = _table(text, json.loads)
            elif name == "go.mod":
                configs.go[directory] = _go_module(text)
            elif name == "Cargo.toml":
                configs.cargo[directory] = _table(text, tomllib.loads)
            else:
                configs.typescript[path] = _table(text, _json_with_comments)
        # Nested deeper than the parser can go is a RecursionError.
        except (ValueError, RecursionError) as error:
            configs.problems.append(f"{path}: {error}")
    return configs


def table(value: Any) -> dict[str, Any]:
    """Return a value of a config file if it is a table, an empty one if it is anything else."""
    return value if isinstance(value, dict) else {}


def text(value: Any) -> str:
    """Return a value of a config file if it is a string, "" if it is anything else."""
    return value if isinstance(value, str) else ""


def texts(value: Any) -> list[str]:
    """Return the strings of a value of a config file, that is one itself or a list of some."""
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str)]


def _table(source: str, parse: Callable[[str], Any]) -> dict[str, Any]:
    value = parse(source.removeprefix("\ufeff"))
    if not isinstance(value, dict):
        raise ValueError("not a table")
    return value


def _json_with_comments(source: str) -> Any:
    # Two passes: only without the comments can be seen which comma is the last.
    without = _JSON_COMMENT.sub(_string_or_nothing, source)
    return json.loads(_JSON_LAST_COMMA.sub(_string_or_nothing, without))


def _string_or_nothing(match: re.Match[str]) -> str:
    return match.group() if match.group().startswith('"') else ""


def _go_module(source: str) -> GoModule:
    source = re.sub(r"//[^\n]*", "", source)
    found = _GO_MODULE.search(source)
    if not found:
        raise ValueError("no line with the module's path")
    return GoModule(found[1], dict(_GO_REPLACE.findall(source)))
