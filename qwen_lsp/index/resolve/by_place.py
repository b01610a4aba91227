"""Imports that are paths, whole or in part: C and C++, Ruby, Lua, shell scripts.

Search paths are the build's or the caller's secret, so a file counts as found when its path ends
with what is written; the nearest one wins.
"""

import re

from qwen_lsp.index.facts import Import
from qwen_lsp.index.resolve.tree import Tree, directory_of, joined

# <string.h> is the system's even where the workspace has a file of that name.
_C_LIBRARY = re.compile(
    r"(assert|complex|ctype|errno|fenv|float|inttypes|iso646|limits|locale|math|setjmp|signal|"
    r"stdalign|stdarg|stdatomic|stdbool|stddef|stdint|stdio|stdlib|stdnoreturn|string|tgmath|"
    r"threads|time|uchar|unistd|wchar|wctype)\.h"
)
# What stands before the first fixed part of a sourced path: "$HERE/", "$(dirname "$0")/".
_EXPRESSION = re.compile(r"^.*[$`)}][^/]*/")


def resolve_c(tree: Tree, path: str, one: Import) -> tuple[str, ...]:
    """Return the header that an #include names."""
    header = one.module.strip('<>"')
    if one.module.startswith("<"):
        if _C_LIBRARY.fullmatch(header):
            return ()
    else:
        beside = tree.first([joined(directory_of(path), header)])
        if beside:
            return beside
    return tuple(tree.ending_with(_without_dots(header), path))


def resolve_ruby(tree: Tree, path: str, one: Import) -> tuple[str, ...]:
    """Return the file of a `require` or `require_relative`; the two look alike in the facts."""
    module = one.module.removesuffix(".rb")
    beside = tree.first([joined(directory_of(path), f"{module}.rb")])
    return beside or tuple(tree.ending_with(f"lib/{_without_dots(module)}.rb", path)[:1])


def resolve_lua(tree: Tree, path: str, one: Import) -> tuple[str, ...]:
    """Return the file of a `require`."""
    place = one.module.replace(".", "/").strip("/")
    for end in (f"{place}.lua", f"{place}/init.lua"):
        found = tree.ending_with(end, path)
        if place and found:
            return tuple(found[:1])
    return ()


def resolve_bash(tree: Tree, path: str, one: Import) -> tuple[str, ...]:
    """Return the script that is sourced."""
    place = _EXPRESSION.sub("", re.sub("[\"']", "", one.module))
    beside = tree.first([joined(directory_of(path), place), joined("", place)])
    return beside or tuple(tree.ending_with(_without_dots(place), path)[:1])


def _without_dots(place: str) -> str:
    while place.startswith(("../", "./")):
        place = place.partition("/")[2]
    return place
