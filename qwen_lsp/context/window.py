"""Which part of the document around a place the model sees."""

from qwen_lsp.text import Document, Span

# Lines the window's start moves by: a start that slid with each line would shift the whole prompt,
# and nothing of it could be reused.
START_STEP = 16


def window(document: Document, span: Span, before: int, after: int) -> tuple[Span, Span]:
    """Return the spans of whole lines above `span`'s first line and of all that follows `span`.

    They hold at most about `before` and `after` code points; the one after begins with the rest of
    the span's last line.
    """
    first = document.line_at(span.start)
    top = first
    while top > 0 and document.line_starts[first] - document.line_starts[top - 1] <= before:
        top -= 1
    if top > 0:
        # Rounded towards the cursor, never over the budget, but never to nothing.
        top = min(-(-top // START_STEP) * START_STEP, max(first - 1, top))
    last = document.line_at(span.end)
    bottom = last
    while (
        bottom + 1 < len(document.line_starts)
        and document.line_span(bottom + 1).end - span.end <= after
    ):
        bottom += 1
    above = Span(document.line_starts[top], document.line_starts[first])
    return above, Span(span.end, document.line_span(bottom).end)
