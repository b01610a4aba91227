"""Completions while typing: gate, stream, stop when complete, clean."""

from contextlib import aclosing
from dataclasses import dataclass

from qwen_lsp import wire
from qwen_lsp.context.qwen import completion_request
from qwen_lsp.context.snapshot import Snapshot
from qwen_lsp.features.clean import clean_completion
from qwen_lsp.features.outcome import Dropped
from qwen_lsp.features.typed_through import TypedThrough
from qwen_lsp.inference.engine import TextSource
from qwen_lsp.text import indentation, split_lines
from qwen_lsp.trace import Trace

LINE_TOKENS = 64  # of one line; longer lines exist but nobody reads them as ghost text
BLOCK_TOKENS = 192


@dataclass(frozen=True, slots=True)
class Completion:
    """Text to insert at the cursor of the snapshot it was made for."""

    text: str


async def complete(
    snapshot: Snapshot, engine: TextSource, offers: TypedThrough, trace: Trace
) -> Completion | Dropped:
    """Return what to offer at the snapshot's cursor.

    Raises:
        QwenLspError: there is no model, or the engine cannot be used.
    """
    if reason := _gate(snapshot):
        return Dropped(reason)
    if rest := clean_completion(offers.advance(snapshot), snapshot):
        trace.fact("reuse", "typed-through")
        return Completion(rest)
    is_block = _wants_block(snapshot)
    request = completion_request(snapshot, BLOCK_TOKENS if is_block else LINE_TOKENS)
    trace.stage("prompt")
    text = ""
    async with aclosing(engine.answer(request)) as events:
        async for event in events:
            if isinstance(event, wire.End):
                trace.fact("evaluated", event.usage.evaluated_tokens)
                break
            if not text:
                trace.stage("first")
            text += event
            if (whole := _whole(_from_cursor(text, snapshot), snapshot, is_block)) is not None:
                text = whole
                break
    trace.stage("stream")
    text = clean_completion(_from_cursor(text, snapshot), snapshot)
    if not text:
        return Dropped("blank after clean-up")
    offers.remember(snapshot, text)
    return Completion(text)


def _gate(snapshot: Snapshot) -> str:
    """Return why nothing should be asked here, "" to go on."""
    if not snapshot.settings.completion_enabled:
        return "switched off"
    if "\0" in snapshot.document.text:
        return "binary file"
    after = snapshot.after_cursor[:1]
    if after.isalnum() or after == "_":
        return "inside a word"
    return ""


def _wants_block(snapshot: Snapshot) -> bool:
    """Whether more than a line helps: on an empty line, or where a block has just been opened."""
    if snapshot.after_cursor.strip():
        return False
    before = snapshot.before_cursor.rstrip()
    return not before or before.endswith((":", "{", "(", "[", "=>", "->"))


def _from_cursor(text: str, snapshot: Snapshot) -> str:
    """Return the answer from the cursor on: on a line of blanks it begins with its indentation."""
    return text if snapshot.before_cursor.strip() else text.lstrip(" \t")


def _whole(text: str, snapshot: Snapshot, is_block: bool) -> str | None:
    """Return the completion once nothing more belongs to it, None while it goes on."""
    lines = split_lines(text)
    if not is_block or (len(lines) > 1 and not lines[0] and not snapshot.before_cursor.strip()):
        # One line; or an empty line that the model wants to stay empty.
        return lines[0] if len(lines) > 1 else None
    opens_block = bool(snapshot.before_cursor.strip())
    level = len(indentation(snapshot.before_cursor))
    # The last line may still be growing, so it decides nothing.
    for index, line in enumerate(lines[1:-1], start=1):
        if not line.strip():
            # Code ends at a second blank line in a row, whatever its indentation.
            if not lines[index - 1].strip():
                return "\n".join(lines[:index])
            continue
        depth = len(indentation(line))
        if opens_block and depth <= level:
            is_closer = line.strip()[0] in ")]}"
            return "\n".join(lines[: index + is_closer])
        if depth < level:
            return "\n".join(lines[:index])
    most = snapshot.settings.completion_max_lines
    return "\n".join(lines[:most]) if len(lines) > most else None
