"""Reading names, types and paths as they are written in a source, whatever its language."""

import re
from collections.abc import Iterator

from qwen_lsp.index.facts import Import

_SEPARATOR = re.compile(r"::|\\|\.")
_ALIAS = re.compile(r"\s*=>\s*|\s+as\s+")
_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_NAME_AND_ALIAS = re.compile(
    r"""[{,]\s* (?:type\s+(?!as\b|,|\}))?
    (?P<name> [^\s{},:='".]+ | "[^"]*" | '[^']*')
    (?: (?:\s+as\s+|\s*:\s*) (?P<alias> [^\s{},:='"\[]+ | "[^"]*" | '[^']*'))?""",
    re.VERBOSE,
)
_QUOTES = "\"'`"
_WILDCARDS = frozenset({"*", "_", "given"})
# Longer ones are whole object types; nobody shows or looks up such a type.
_LONGEST_TYPE = 200


def on_one_line(written: str) -> str:
    """Return a type with every run of blanks and line ends as one blank; "" if it is very long."""
    if len(written) > _LONGEST_TYPE:
        return ""
    return " ".join(written.split())


def unquoted(name: str) -> str:
    """Return a name without the quotes around it."""
    if len(name) > 1 and name[0] == name[-1] and name[0] in _QUOTES:
        return name[1:-1]
    return name


def bare_owner(written: str) -> str:
    r"""Return an owner's name without generic arguments and pointers, parts joined with ".".

    `*List[T]` is `List`, `a::B<T>` is `a.B`.
    """
    name = re.split(r"[<\[(]", written, maxsplit=1)[0]
    return ".".join(part for part in _SEPARATOR.split(name.strip("*& \t")) if part)


def is_class_name(callee: str) -> bool:
    """Return whether what is called reads like a class: `Engine`, `http.Client`, `_Cache`."""
    return callee.rpartition(".")[2].lstrip("_")[:1].isupper()


def names_in(braces: str) -> Iterator[tuple[str, str, int]]:
    """Yield each name in a list `{a, b as c, d: e, type F}`, its alias or "", and its place."""
    bare = _COMMENT.sub(lambda comment: " " * len(comment[0]), braces)
    for item in _NAME_AND_ALIAS.finditer(bare):
        yield unquoted(item["name"]), unquoted(item["alias"] or ""), item.start("name")


def imports_in_paths(paths: str, line: int) -> list[Import]:
    r"""Return the imports that paths with braces and aliases stand for, joined with commas.

    `a.b.C`, `a::b::{C, d as e}`, `a\b\{C, D as E}` and `a.b.{C => D, _}` are such paths; how deep
    the braces nest is not limited.
    """
    found: list[Import] = []
    # A list instead of recursion: braces in broken code may nest without end.
    waiting = [("", "", path.strip()) for path in reversed(_parts(paths))]
    while waiting:
        module, separator, rest = waiting.pop()
        brace = rest.find("{")
        if brace < 0:
            found.append(_import_of(module, separator, rest, line))
            continue
        head = rest[:brace].strip()
        own = _last_separator(head)
        inside = rest[brace + 1 :].rpartition("}")[0] or rest[brace + 1 :]
        prefix = module + separator + head.removesuffix(own) if head else module
        waiting += [
            (prefix, own or separator, part.strip())
            for part in reversed(_parts(inside))
            if part.strip()
        ]
    return found


def _last_separator(head: str) -> str:
    for separator in ("::", "\\", "."):
        if head.endswith(separator):
            return separator
    return ""


def _parts(inside: str) -> list[str]:
    """Split at the commas that stand in no braces."""
    parts, depth, start = [], 0, 0
    for match in re.finditer(r"[{},]", inside):
        if match.group() == "{":
            depth += 1
        elif match.group() == "}":
            depth -= 1
        elif depth == 0:
            parts.append(inside[start : match.start()])
            start = match.end()
    return [*parts, inside[start:]]


def _import_of(module: str, separator: str, written: str, line: int) -> Import:
    path, *aliases = _ALIAS.split(written, maxsplit=1)
    alias = aliases[0] if aliases else ""
    if path == "self" and module:
        return Import(module, "", alias, line)
    whole = module + separator + path if module else path
    splits = list(_SEPARATOR.finditer(whole))
    if not splits:
        return Import(whole, "", alias, line)
    last = splits[-1]
    name = whole[last.end() :]
    if name in _WILDCARDS:
        name, alias = "*", ""
    return Import(whole[: last.start()], name, alias, line)
