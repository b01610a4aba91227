"""Paragraphs that the chats about a selection have in common: the code, and what is around it."""

from qwen_lsp.context.parts import Part, PartName
from qwen_lsp.context.snapshot import Snapshot
from qwen_lsp.context.window import window
from qwen_lsp.text import Span, plain

# Code points of the document around the selection.
BEFORE, AFTER = 1500, 500


def windows(snapshot: Snapshot) -> tuple[Span, Span]:
    """Return the spans of the document above and below the selection's lines that are shown."""
    span = snapshot.document.whole_lines(snapshot.span)
    return window(snapshot.document, span, BEFORE, AFTER)


def around(snapshot: Snapshot, above: str, below: str) -> tuple[Part, ...]:
    """Return the parts of the code above and below the span, each under a sentence."""
    document = snapshot.document
    spans = windows(snapshot)
    texts = [plain(document.text[span.start : span.end]).strip("\n") for span in spans]
    before = (block(snapshot, "before", above, texts[0], spans[0]),) if texts[0] else ()
    after = (block(snapshot, "after", below, texts[1], spans[1]),) if texts[1] else ()
    return (*before, *after)


def block(snapshot: Snapshot, name: PartName, sentence: str, code: str, span: Span) -> Part:
    """Return a paragraph of a chat: a sentence, and code in a fence."""
    return Part(name, f"\n\n{sentence}\n```{snapshot.document.language}\n{code}\n```", span)
