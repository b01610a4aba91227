"""HTML that nothing can break out of: texts are escaped, and only what is made here is HTML."""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass

# What no HTML file may hold, and half of a surrogate pair, which no UTF-8 file can.
_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_HOLE = re.compile(r"\{\{(\w+)\}\}")


@dataclass(frozen=True, slots=True)
class Markup:
    """A piece of HTML, as opposed to a text that is still to be escaped."""

    html: str


def element(
    name: str,
    *children: "Markup | str",
    attributes: Mapping[str, str] | None = None,
) -> Markup:
    """Return an element; texts among the children, and the attributes' values, are escaped.

    Args:
        name: of the element.
        children: what it holds, in order.
        attributes: by name; names are never anything but our own literals.
    """
    start = "".join(f' {key}="{escaped(value)}"' for key, value in (attributes or {}).items())
    return Markup(f"<{name}{start}>{joined(*children).html}</{name}>")


def joined(*children: "Markup | str") -> Markup:
    """Return pieces one after the other; texts are escaped."""
    return Markup(
        "".join(one.html if isinstance(one, Markup) else escaped(one) for one in children)
    )


def fill(template: str, values: Mapping[str, "Markup | str"]) -> str:
    """Put a value into each `{{name}}` of a template; what is put in is not searched again."""
    return _HOLE.sub(lambda hole: joined(values[hole[1]]).html, template)


def escaped(text: str) -> str:
    """Return the text as it stands in HTML between tags or inside quotes."""
    return html.escape(_NOT_TEXT.sub("\ufffd", text), quote=True)
