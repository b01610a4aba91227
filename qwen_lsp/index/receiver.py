"""What stands before the dot at the cursor, and which class it is of."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from qwen_lsp.index.declared import bare_type, last_part, looks_like_a_class, type_of_name
from qwen_lsp.index.facts import OWNERS, FileFacts, Symbol

# Looking for brackets takes quadratic time on odd text.
_LONGEST_CHAIN = 300
_BEING_TYPED = re.compile(r"\w+\Z")
_ACCESS = re.compile(r"\s*(?:\?\.|!\.|!!\.|\?->|->|::|(?<!\.)\.)\s*\Z")
_OPERAND = re.compile(r"[$@]{0,2}([^\W\d]\w*)\Z")
_OPENING = {")": "(", "]": "["}
_SELF = frozenset({"self", "this", "cls", "Self", "static"})
_PARENT = frozenset({"super", "super()", "base", "parent"})
# A chain of bases that is longer goes in a circle.
_MOST_BASES = 8


@dataclass(frozen=True, slots=True)
class Receiver:
    """A class as far as one file knows, and the way from there.

    Attributes:
        class_name: as written, such as "User" or "models.User".
        rest: the members to follow from that class on, which this file does not know; "()" at the
            end of one says that it is called. Empty if the class is the receiver's.
    """

    class_name: str
    rest: tuple[str, ...]


def receiver_of(before: str) -> tuple[str, ...]:
    """Return the chain that the text before the cursor ends with, without its last member.

    `self.items[0].price().am` gives ("self", "items[]", "price()"); () if no access is being typed.
    """
    text = _BEING_TYPED.sub("", before[-_LONGEST_CHAIN:])
    chain: list[str] = []
    while access := _ACCESS.search(text):
        text = text[: access.start()]
        calls = ""
        while text.endswith((")", "]")):
            start = _start_of_brackets(text)
            calls = f"{_OPENING[text[-1]]}{text[-1]}{calls}"
            text = text[:start]
        operand = _OPERAND.search(text)
        if not operand:
            return ()
        if operand.group().startswith("@"):
            chain.append(operand[1] + calls)
            chain.append("self")
            break
        chain.append(operand[1] + calls)
        text = text[: operand.start()]
    return tuple(reversed(chain))


def name_of_link(link: str) -> str:
    """Return the name of a link of a chain, without the brackets behind it."""
    return re.split(r"[(\[]", link, maxsplit=1)[0]


def _start_of_brackets(text: str) -> int:
    depth = 0
    for position in range(len(text) - 1, -1, -1):
        depth += (text[position] in ")]}") - (text[position] in "([{")
        if depth == 0:
            return position
    return 0


def receiver(
    before: str, facts: FileFacts, line: int, lines_above: Sequence[str]
) -> Receiver | None:
    """Return the class of what stands before the dot at the cursor, None if nothing tells.

    Args:
        before: the cursor's line up to the cursor.
        facts: of the file, perhaps from before the last few edits.
        line: the cursor's, 0-based.
        lines_above: of the function around the cursor, with its head.
    """
    chain = receiver_of(before)
    if not chain:
        return None
    own_class = _class_around(facts, line)
    found = _type_of_head(chain[0], facts, own_class, lines_above)
    for position, member in enumerate(chain[1:], start=1):
        if not found:
            return None
        if not _class_named(facts, found):
            return Receiver(found, chain[position:])
        declared = _type_of_member(facts, found, member)
        if declared is None:
            # A base in another file may have it.
            return Receiver(found, chain[position:])
        found = found if declared in _SELF else declared
    return Receiver(found, ()) if found else None


def _class_around(facts: FileFacts, line: int) -> str:
    """Return the name of the innermost class around a line, "" without one."""
    around = [one for one in facts.symbols if one.first_line <= line <= one.last_line]
    for symbol in sorted(around, key=lambda one: -one.first_line):
        if symbol.kind in OWNERS and symbol.kind != "module":
            return symbol.name
        # Go's methods and Rust's stand outside of their class.
        if symbol.kind in ("method", "constructor"):
            return last_part(symbol.owner)
    return ""


def _type_of_head(head: str, facts: FileFacts, own_class: str, lines_above: Sequence[str]) -> str:
    if head in _SELF and own_class:
        return own_class
    if head in _PARENT:
        owner = _class_named(facts, own_class)
        return bare_type(owner.bases[0]) if owner and owner.bases else ""
    name, bracket, _ = head.partition("(")
    if "[" in head:
        # What a container holds is not known, only what it is.
        return ""
    if bracket:
        return _type_of_call(name, facts, own_class)
    found = type_of_name(name, lines_above, facts.language)
    return (
        (own_class if found in _SELF else found)
        or _type_of_member(facts, own_class, name)
        or _type_at_top(facts, name)
    )


def _type_at_top(facts: FileFacts, name: str) -> str:
    """Return the class of a variable of the file, or the class itself if the name is one's."""
    for symbol in facts.symbols:
        if symbol.name == name and not symbol.owner and symbol.kind not in ("function", "module"):
            return name if symbol.kind in OWNERS else bare_type(symbol.type)
    imported = {one.alias or one.name or last_part(one.module) for one in facts.imports}
    return name if name in imported and looks_like_a_class(name) else ""


def _type_of_call(name: str, facts: FileFacts, own_class: str) -> str:
    if _class_named(facts, name) or looks_like_a_class(name):
        return name
    member = _type_of_member(facts, own_class, name)
    if member:
        return member
    for symbol in facts.symbols:
        if symbol.name == name and symbol.kind == "function":
            return bare_type(symbol.type)
    return ""


def _class_named(facts: FileFacts, name: str) -> Symbol | None:
    last = last_part(name)
    return next((one for one in facts.symbols if one.name == last and one.kind in OWNERS), None)


def _type_of_member(facts: FileFacts, class_name: str, member: str) -> str | None:
    """Return the class of a member of a class of this file.

    "" if the member has no declared type, None if neither the class nor its bases here have it.
    """
    name = name_of_link(member)
    waiting = [class_name] if class_name else []
    for one in waiting:
        last = last_part(one)
        for symbol in facts.symbols:
            if symbol.name == name and last_part(symbol.owner) == last:
                # An element of a container is of no known class.
                return "" if "[" in member else bare_type(symbol.type)
        owner = _class_named(facts, one)
        if owner and len(waiting) < _MOST_BASES:
            waiting += [bare_type(base) for base in owner.bases]
    return None
