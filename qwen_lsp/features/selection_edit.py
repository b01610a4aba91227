"""Rewrites a selection on instruction, as the fewest line replacements."""

import difflib
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, replace

from qwen_lsp import wire
from qwen_lsp.context.edit_prompt import edit_request
from qwen_lsp.context.snapshot import Snapshot
from qwen_lsp.errors import BadInput
from qwen_lsp.features.code_block import extract_code
from qwen_lsp.features.outcome import Dropped
from qwen_lsp.inference.engine import TextSource
from qwen_lsp.text import (
    Document,
    Replacement,
    Span,
    apply,
    common_indentation,
    line_changes,
    lines_with_ends,
    split_lines,
)
from qwen_lsp.trace import Trace

# A rewrite says everything again, so this is what a model can answer in reasonable time and what
# leaves room for context in the window.
LARGEST_SELECTION = 12_000  # code points
# Tokens an answer may have: for each code point of the selection, and for what is added.
TOKENS_PER_CODE_POINT, TOKENS_ADDED = 0.5, 400


@dataclass(frozen=True, slots=True)
class Edit:
    """What changes in the snapshot's document."""

    replacements: tuple[Replacement, ...]


async def rewrite(  # noqa: PLR0913 - the collaborators of one verb, each named
    snapshot: Snapshot,
    instruction: str,
    engine: TextSource,
    trace: Trace,
    *,
    on_text: Callable[[str], None] = lambda _text: None,
    omit: Span | None = None,
) -> Edit | Dropped:
    """Return the edit of the snapshot's selection, which is widened to whole lines.

    Args:
        snapshot: the selection is its span.
        instruction: what to do, in the user's words.
        engine: who answers.
        trace: gets the stages.
        on_text: gets the raw answer as it comes.
        omit: a line in the selection that the model does not see and the edit removes.

    Raises:
        BadInput: the selection is too large, or the file is binary.
        QwenLspError: there is no model, or the engine cannot be used.
    """
    snapshot, code = selected(snapshot, omit)
    document, span = snapshot.document, snapshot.span
    limit = int(len(code) * TOKENS_PER_CODE_POINT) + TOKENS_ADDED
    request = edit_request(snapshot, code, instruction, limit)
    answer, reason = "", ""
    async with aclosing(engine.answer(request)) as events:
        async for event in events:
            if isinstance(event, wire.End):
                reason = event.reason
                trace.fact("evaluated", event.usage.evaluated_tokens)
            else:
                answer += event.text
                on_text(event.text)
    trace.stage("stream")
    if reason == "length":
        return Dropped("the answer did not end; select less code")
    rewritten = extract_code(answer)
    if not rewritten.strip():
        return Dropped("the model gave no code")
    changes = line_changes(document, span, _indented_like(code, rewritten))
    return Edit(changes) if changes else Dropped("the model changed nothing")


def selected(snapshot: Snapshot, omit: Span | None = None) -> tuple[Snapshot, str]:
    """Return the snapshot with its selection widened to whole lines, and the code to rewrite.

    Args:
        snapshot: the selection is its span.
        omit: a line in the selection that is not part of the code.

    Raises:
        BadInput: the selection is too large, or the file is binary.
    """
    document = snapshot.document
    span = document.whole_lines(snapshot.span)
    code = document.text[span.start : span.end]
    if "\0" in code:
        raise BadInput("This is a binary file; it cannot be edited.")
    if len(code) > LARGEST_SELECTION:
        raise BadInput(
            f"The selection has {len(code)} characters and at most {LARGEST_SELECTION} can be "
            "rewritten at once; select less."
        )
    if omit is not None:
        code = _without_line(document, span, omit)
    return replace(snapshot, span=span), code


async def warm(snapshot: Snapshot, engine: TextSource) -> None:
    """Have the prompt of an edit evaluated while its instruction is still being typed."""
    document = snapshot.document
    span = document.whole_lines(snapshot.span)
    code = document.text[span.start : span.end]
    if len(code) <= LARGEST_SELECTION:
        request = replace(edit_request(replace(snapshot, span=span), code, "", 0), priority="warm")
        async with aclosing(engine.answer(request)) as events:
            async for _event in events:
                pass


def unified_diff(snapshot: Snapshot, edit: Edit) -> str:
    """Return an edit as a unified diff with the paths that `patch -p1` expects."""
    before = snapshot.document.text
    after = apply(before, edit.replacements)
    path = snapshot.path.as_posix()
    lines = difflib.unified_diff(
        lines_with_ends(before),
        lines_with_ends(after),
        f"a/{path}",
        f"b/{path}",
    )
    # Without this mark the next line of the diff would run on.
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )


def _without_line(document: Document, span: Span, omit: Span) -> str:
    """Return the text of whole lines `span` without the line `omit`."""
    first, last = document.line_at(span.start), document.line_at(span.end)
    left_out = document.line_at(omit.start)
    kept = [document.line_text(line) for line in range(first, last + 1) if line != left_out]
    return document.line_end.join(kept)


def _indented_like(selected: str, code: str) -> str:
    """Give the code the selection's indentation, which the prompt left out."""
    indent = common_indentation(split_lines(selected))
    lines = split_lines(code)
    already = common_indentation(lines)
    return "\n".join(indent + line[len(already) :] if line.strip() else "" for line in lines)
