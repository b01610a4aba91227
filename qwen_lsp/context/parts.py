"""The parts of a prompt: its segments, each with what it is, for those who want to see why.

A request is made of parts, so what is shown of a prompt cannot differ from what is sent.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from qwen_lsp.context.snippet import Snippet
from qwen_lsp.text import Span
from qwen_lsp.wire import Segment

PartName = Literal[
    "control",  # a control token
    "system",  # how to answer, in a chat
    "repository",  # the workspace folder's name
    "snippet",  # a piece of another file
    "file",  # the document's path
    "imports",  # of the document, above its window
    "scope",  # the heads of what a selection is in, above its window
    "before",  # the document above
    "typed",  # between the anchor and the cursor
    "code",  # what is edited or explained
    "after",  # the document below
    "instruction",  # in the user's words
    "diagnostics",  # what was reported in the code
    "tests",  # of the document that are there: how a test file begins, and one of its tests
]


@dataclass(frozen=True, slots=True)
class Part:
    """One segment of a prompt.

    Attributes:
        name: what it is.
        segment: what the model sees of it.
        span: of the document that it shows, if it does.
        snippet: the one that it shows, if it does.
    """

    name: PartName
    segment: Segment
    span: Span | None = None
    snippet: Snippet | None = None


def segments_of(parts: Iterable[Part]) -> tuple[Segment, ...]:
    """Return the segments alone, as a request carries them."""
    return tuple(part.segment for part in parts)


def text_of(parts: Iterable[Part]) -> str:
    """Return the text of parts that hold no control token, as a chat's message carries it."""
    return "".join(part.segment for part in parts if isinstance(part.segment, str))
