"""Which image of the workspace a link in Markdown or HTML means, where the cursor is on one."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from posixpath import dirname, join, normpath
from urllib.parse import unquote

from qwen_lsp.errors import BadInput
from qwen_lsp.text import Document, Span

LANGUAGES = frozenset({"html", "markdown", "mdx"})
# What llama.cpp decodes, by how names end.
SUFFIXES = (".png", ".jpg", ".jpeg", ".gif", ".bmp")
# Code points of a link; one that is longer is none that a person wrote.
_REACH = 2000

# These run on the server's loop, over what a stranger may have written: each takes time in
# proportion to the text, since no run of characters can be shared out between two parts.
_MARKDOWN = re.compile(
    r"""!\[(?P<alt>(?:[^\[\]\\\n]|\\.|\[(?:[^\[\]\\\n]|\\.)*\])*)\]
        \(\s*+(?:<(?P<bracketed>[^<>\n]*)>|(?P<bare>(?:[^\s()\\]|\\.|\((?:[^\s()\\]|\\.)*\))*))
        (?:\s++(?:"[^"\n]*"|'[^'\n]*'|\([^()\n]*\)))?\s*+\)""",
    re.VERBOSE,
)
_TAG = re.compile(r"<img\b(?:[^<>\"']|\"[^\"]*\"|'[^']*')*>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""(?<![\w:-])([\w:-]++)\s*+=\s*+(?:"([^"]*)"|'([^']*)'|([^\s"'<>]+))""")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//")


@dataclass(frozen=True, slots=True)
class ImageLink:
    """A link to an image.

    Attributes:
        span: of the document that it takes.
        target: where it leads, as it is meant, not as it is written.
        alt: what is said of the image.
    """

    span: Span
    target: str
    alt: str = ""


def image_link_at(document: Document, span: Span) -> ImageLink | None:
    """Return the link that the cursor is in, or that is all of the selection but for blanks."""
    if document.language not in LANGUAGES:
        return None
    selected = document.text[span.start : span.end]
    if blanks := len(selected) - len(selected.lstrip()):
        span = Span(min(span.start + blanks, span.end), span.end)
    span = Span(span.start, span.start + len(selected.strip()))
    begin = max(span.end - _REACH, 0)
    near = document.text[begin : span.start + _REACH]
    for link in (*_in_markdown(near), *_in_html(near)):
        start, end = begin + link.span.start, begin + link.span.end
        if start <= span.start and span.end <= end:
            return ImageLink(Span(start, end), link.target, link.alt)
    return None


def path_of(link: ImageLink, document_path: str) -> str:
    """Return the path of a link's image in the workspace folder, with forward slashes.

    Args:
        link: the link.
        document_path: of the document that has it, in the workspace folder.

    Raises:
        BadInput: it leads out of the folder, or to no image that a model is shown.
    """
    target = link.target
    if _SCHEME.match(target):
        raise BadInput(
            f"{_short(target)} is no file of the workspace, and qwen-lsp does not fetch images "
            "from the network; save it in the workspace and link that."
        )
    target = unquote(re.split("[?#]", target, maxsplit=1)[0])
    inside = target.lstrip("/") if target.startswith("/") else join(dirname(document_path), target)
    path = normpath(inside)
    if path.startswith("..") or "\0" in path or not target:
        raise BadInput(
            f"{_short(link.target)} leads out of the workspace folder, and only images inside it "
            "are shown to the model."
        )
    if path.lower().endswith(".svg"):
        raise BadInput(f"{path} is an SVG image, which is text: open it and explain that.")
    if not path.lower().endswith(SUFFIXES):
        raise BadInput(f"{path} is no image that can be shown to a model: PNG, JPEG, GIF, BMP are.")
    return path


def _in_markdown(text: str) -> Iterator[ImageLink]:
    for match in _MARKDOWN.finditer(text):
        target = match["bare"] if match["bracketed"] is None else match["bracketed"]
        yield ImageLink(Span(*match.span()), _unescaped(target), _unescaped(match["alt"]))


def _in_html(text: str) -> Iterator[ImageLink]:
    for match in _TAG.finditer(text):
        values = {
            name.lower(): html.unescape(double or single or bare)
            for name, double, single, bare in _ATTRIBUTE.findall(match[0])
        }
        if "src" in values:
            yield ImageLink(Span(*match.span()), values["src"].strip(), values.get("alt", ""))


def _unescaped(text: str) -> str:
    return html.unescape(_ESCAPED.sub(r"\1", text))


def _short(target: str) -> str:
    return target if len(target) <= 80 else f"{target[:80]}…"
