"""Explains code, as Markdown that streams."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

from qwen_lsp import wire
from qwen_lsp.context.explain_prompt import explain_request
from qwen_lsp.context.snapshot import Snapshot
from qwen_lsp.errors import BadInput
from qwen_lsp.inference.engine import TextSource

ANSWER_TOKENS = 700
LARGEST_SELECTION = 20_000  # code points


async def explain(snapshot: Snapshot, engine: TextSource) -> AsyncGenerator[str, None]:
    """Yield pieces of an explanation of the snapshot's selection, which is widened to whole lines.

    Raises:
        BadInput: there is nothing to explain, or too much.
        QwenLspError: there is no model, or the engine cannot be used.
    """
    request = explain_request(selected(snapshot), ANSWER_TOKENS)
    async with aclosing(engine.answer(request)) as events:
        async for event in events:
            if not isinstance(event, wire.End):
                yield event.text


def selected(snapshot: Snapshot) -> Snapshot:
    """Return the snapshot with its selection widened to the whole lines that are explained.

    Raises:
        BadInput: there is nothing to explain, or too much.
    """
    document = snapshot.document
    span = document.whole_lines(snapshot.span)
    code = document.text[span.start : span.end]
    if "\0" in code:
        raise BadInput("This is a binary file; there is no code to explain.")
    if not code.strip():
        raise BadInput("There is no code in the selection; select what to explain.")
    if len(code) > LARGEST_SELECTION:
        raise BadInput(
            f"The selection has {len(code)} characters and at most {LARGEST_SELECTION} can be "
            "explained at once; select less."
        )
    return replace(snapshot, span=span)
