"""Explains code or a workspace, as Markdown that streams: without thoughts, with links that lead.

What is explained is decided here, as far as that takes no index: the selection's whole lines.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import replace
from typing import Literal

from qwen_lsp import wire
from qwen_lsp.context.snapshot import Snapshot
from qwen_lsp.errors import BadInput, EngineError
from qwen_lsp.features.answer_reader import AnswerReader
from qwen_lsp.features.links import Links
from qwen_lsp.features.loops import Loop
from qwen_lsp.inference.engine import TextSource
from qwen_lsp.tokens import estimated_tokens

State = Literal["reading", "thinking", "writing"]


async def explain(
    request: wire.ChatRequest,
    engine: TextSource,
    links: Links,
    closing: Callable[[], Awaitable[str]],
    on_state: Callable[[State], None] = lambda _state: None,
) -> AsyncGenerator[str, None]:
    """Yield pieces of the answer to a request, as they are shown.

    Args:
        request: what the model is asked.
        engine: answers it.
        links: makes them.
        closing: gives what ends the answer.
        on_state: hears what the model does, each time that changes.

    Raises:
        EngineError: the model answered nothing, or ended inside a thought.
        QwenLspError: there is no model, or the engine cannot be used.
    """
    reader, loop = AnswerReader(), Loop()
    state: State = "reading"
    on_state(state)
    async with aclosing(engine.answer(request)) as events:
        async for event in events:
            if isinstance(event, wire.End):
                continue
            text = await links.text_of(reader.feed(event.text))
            now: State = "writing" if reader.has_shown else state
            now = "thinking" if reader.is_thinking else now
            if now != state:
                state = now
                on_state(now)
            if text:
                yield text
            if reader.is_over or loop.closes(text):
                break
    was_thinking = reader.is_thinking
    if text := await links.text_of(reader.end()):
        yield text
    if was_thinking:
        raise EngineError(
            "The model was still thinking when its answer ended; ask again, ask about less, or "
            "set `explain.thinking` to false."
        )
    if not reader.has_shown:
        raise EngineError("The model answered nothing; ask again, or select other code.")
    if text := await closing():
        yield text


def selected(snapshot: Snapshot) -> Snapshot:
    """Return the snapshot with its selection widened to the whole lines that are explained.

    Raises:
        BadInput: there is nothing to explain.
    """
    document = snapshot.document
    span = document.whole_lines(snapshot.span)
    code = document.text[span.start : span.end]
    if "\0" in code:
        raise BadInput("This is a binary file; there is no code to explain.")
    if not document.text.strip():
        raise BadInput("The file is empty; there is no code to explain.")
    if not code.strip():
        raise BadInput("There is no code in the selection; select what to explain.")
    return replace(snapshot, span=span)


def tokens_of(snapshot: Snapshot) -> int:
    """Return about how many tokens the snapshot's selection has."""
    span = snapshot.span
    return estimated_tokens(snapshot.document.text[span.start : span.end])


def too_large(snapshot: Snapshot, budget: int) -> BadInput:
    """Return the error that says how much fits where the selection does not."""
    document, span = snapshot.document, snapshot.span
    lines = document.line_at(span.end) - document.line_at(span.start) + 1
    fitting = max(lines * budget // max(tokens_of(snapshot), 1), 1)
    return BadInput(
        f"The selection has {lines} lines, of which about {fitting} can be explained at once, and "
        "no outline of it is known; select less."
    )
