"""Paragraphs that the chats about a selection have in common: the code, and what is around it."""

from collections.abc import Iterator
from pathlib import PurePath

from qwen_lsp.context.parts import Part, PartName
from qwen_lsp.context.snapshot import Snapshot
from qwen_lsp.context.window import imports_used, window
from qwen_lsp.text import Span, language_of, plain

# Code points of the document around the selection.
BEFORE, AFTER = 1500, 500
_FENCE = "```"


def windows(snapshot: Snapshot) -> tuple[Span, Span]:
    """Return the spans of the document above and below the selection's lines that are shown."""
    span = snapshot.document.whole_lines(snapshot.span)
    return window(snapshot.document, span, BEFORE, AFTER)


def snippets(snapshot: Snapshot) -> tuple[Part, ...]:
    """Return the parts of other code of the workspace, which stand before the file's path."""
    return tuple(
        Part(
            "snippet",
            f"`{one.path}` has:\n{_fenced(language_of(PurePath(one.path)), plain(one.text))}\n\n",
            snippet=one,
        )
        for one in snapshot.context.snippets
    )


def around(snapshot: Snapshot, above: str, below: str) -> tuple[Part, ...]:
    """Return the parts of the code above and below the span, each under a sentence.

    Above it also stand the imports that the span uses, and the heads of what it is in.
    """
    document = snapshot.document
    span = windows(snapshot)[1]
    text = plain(document.text[span.start : span.end]).strip("\n")
    after = (block(snapshot, "after", below, text, span),) if text else ()
    return (*_above(snapshot, above), *after)


def block(snapshot: Snapshot, name: PartName, sentence: str, code: str, span: Span) -> Part:
    """Return a paragraph of a chat: a sentence, and code in a fence."""
    return Part(name, f"\n\n{sentence}\n{_fenced(snapshot.document.language, code)}", span)


def diagnostics(snapshot: Snapshot) -> tuple[Part, ...]:
    """Return the part that tells what was reported in the code, if anything was."""
    if not snapshot.diagnostics:
        return ()
    lines = "\n".join(f"- {one}" for one in snapshot.diagnostics)
    return (Part("diagnostics", f"\n\nReported problems:\n{lines}"),)


def _above(snapshot: Snapshot, sentence: str) -> Iterator[Part]:
    """Yield what stands above the span, as one block of code in several parts."""
    document = snapshot.document
    span = windows(snapshot)[0]
    code = document.text[snapshot.span.start : snapshot.span.end]
    imports = plain(imports_used(document, document.line_at(span.start), code))
    heads = "".join(
        document.line_text(line) + "\n"
        for first, last in snapshot.context.heads
        for line in range(first, last + 1)
    )
    text = plain(document.text[span.start : span.end]).strip("\n")
    pieces: list[tuple[PartName, str, Span | None]] = [
        ("imports", imports, None),
        ("scope", heads, None),
        ("before", text, span),
    ]
    shown = [one for one in pieces if one[1]]
    for number, (name, piece, where) in enumerate(shown):
        opening = "" if number else f"\n\n{sentence}\n{_FENCE}{document.language}\n"
        is_last = number == len(shown) - 1
        # A blank line stands for what is left out between the pieces.
        closing = f"\n{_FENCE}" if is_last else "\n"
        yield Part(name, opening + piece + closing, where)


def _fenced(language: str, code: str) -> str:
    return f"{_FENCE}{language}\n{code}\n{_FENCE}"
