"""Makes links of the names and places in an answer, where they are real.

What a name means is asked of `Places`; how a link is written is up to the surface that shows it. A
name is linked where it is mentioned first. What the model presents as a link and is none stays as
its text.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import PurePosixPath
from typing import Protocol

from qwen_lsp.context.target import Target
from qwen_lsp.features.answer_reader import Cited, Code, Item, Link, items_of

# Writes a link: what it shows, and where it leads.
Form = Callable[[str, Target], str]

_PLACE = re.compile(r"[\w@.+/~-]+(?::\d+(?:-\d+)?)?", re.ASCII)


class Places(Protocol):
    """Knows the workspace."""

    async def named(self, text: str) -> Target | None:
        """Return the definition that a piece of code names, if it is clear which."""
        ...

    async def cited(self, text: str) -> Target | None:
        """Return the place that a path with or without a line means, if it exists."""
        ...


def markdown_link(root: str) -> Form:
    """Return what writes links to files under a folder for Markdown, as `[name](file:///…#L12)`."""

    def write(shown: str, target: Target) -> str:
        uri = PurePosixPath(root, target.path).as_uri()
        return f"[{shown}]({uri}#L{target.line})"

    return write


def plain_place(shown: str, target: Target) -> str:
    """Write a place for a terminal, as `name (path:12)`."""
    place = f"{target.path}:{target.line}"
    return shown if place in shown else f"{shown} ({place})"


class Links:
    """Makes the links of one answer.

    Args:
        places: knows the workspace.
        form: writes a link.
    """

    def __init__(self, places: Places, form: Form) -> None:
        self._places = places
        self._form = form
        self._linked: set[Target] = set()
        self._known: dict[str, Target | None] = {}

    async def text_of(self, items: Iterable[Item]) -> str:
        """Return items as they are shown."""
        return "".join([await self._shown(one) for one in items])

    def closing(self, defined_in: Sequence[Target], called_from: Sequence[Target]) -> str:
        """Return what ends an answer: where to read on; "" where there is nothing."""
        lists = (("Defined in", defined_in), ("Called from", called_from))
        lines = [
            f"{title}: " + ", ".join(self._listed(one) for one in targets)
            for title, targets in lists
            if targets
        ]
        return "\n\n" + "  \n".join(lines) if lines else ""

    def _listed(self, one: Target) -> str:
        place = f"{one.path}:{one.line}"
        return self._form(f"`{one.name}` {place}" if one.name else place, one)

    async def _shown(self, item: Item) -> str:
        if isinstance(item, str):
            return item
        if isinstance(item, Cited):
            target = await self._cited(f"{item.path}:{item.line}")
            return item.text if target is None else self._form(item.text, target)
        if isinstance(item, Link):
            target = await self._cited(item.target)
            inner = items_of(item.label)
            if target is None:
                return await self.text_of(inner)
            return self._form("".join(_plain(one) for one in inner), target)
        shown = _plain(item)
        target = await self._meant(item)
        if target is None or target in self._linked:
            return shown
        self._linked.add(target)
        return self._form(shown, target)

    async def _meant(self, code: Code) -> Target | None:
        if code.text not in self._known:
            is_place = _PLACE.fullmatch(code.text) and ("." in code.text or "/" in code.text)
            target = await self._places.cited(code.text) if is_place else None
            self._known[code.text] = target or await self._places.named(code.text)
        return self._known[code.text]

    async def _cited(self, text: str) -> Target | None:
        return await self._places.cited(text)


def _plain(item: Item) -> str:
    """Return an item as text that holds no link."""
    if isinstance(item, str):
        return item
    if isinstance(item, Code):
        return f"{item.marks}{item.text}{item.marks}"
    if isinstance(item, Cited):
        return item.text
    return "".join(_plain(one) for one in items_of(item.label))
