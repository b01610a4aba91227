"""What a prompt holds and why, for people: its parts with their tokens, and what was left out."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

from qwen_lsp.context import qwen
from qwen_lsp.context.edit_prompt import edit_parts
from qwen_lsp.context.explain_prompt import explain_parts
from qwen_lsp.context.parts import Part
from qwen_lsp.context.snapshot import Snapshot
from qwen_lsp.context.snippet import Snippet
from qwen_lsp.context.tests_prompt import tests_parts
from qwen_lsp.context.tests_target import TestsTarget
from qwen_lsp.features import explain, selection_edit
from qwen_lsp.features.edit_task import edit_task, implied_preset
from qwen_lsp.features.inline_completion import Completion
from qwen_lsp.features.outcome import Dropped
from qwen_lsp.text import Document, Span
from qwen_lsp.trace import Fact, Stage, Trace
from qwen_lsp.wire import Token

Task = Literal["complete", "edit", "explain"]
TASKS: tuple[Task, ...] = ("complete", "edit", "explain")


class TokenCounter(Protocol):
    """What counts tokens; `Engine` is it."""

    async def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return how many tokens each text has."""
        ...


@dataclass(frozen=True, slots=True)
class Made:
    """A completion that was asked for.

    Attributes:
        snapshot: where.
        stages: where the time went, in order.
        facts: what else was noted, such as the prompt tokens that were evaluated.
        text: what was offered, "" for nothing.
        reason: why nothing was.
    """

    snapshot: Snapshot
    stages: tuple[Stage, ...]
    facts: tuple[Fact, ...]
    text: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Counted:
    """A part of the prompt and its tokens."""

    part: Part
    tokens: int


@dataclass(frozen=True, slots=True)
class Report:
    """A prompt, explained.

    Attributes:
        task: what the prompt is for.
        snapshot: what it was made from; its span is what is completed, edited or explained.
        parts: all of it, in order. A chat's template adds a few control tokens in the engine.
        quick: the short prompt that a completion falls back to, () for other tasks.
        snippets: pieces of other files in the prompt, with their tokens, in its order.
        left_out: what was found and did not fit, with its tokens, the best first.
        is_estimated: no engine counted the tokens.
        made: the last completion that was asked for in the document, if there was one.
    """

    task: Task
    snapshot: Snapshot
    parts: tuple[Counted, ...]
    quick: tuple[Counted, ...]
    snippets: tuple[Snippet, ...]
    left_out: tuple[Snippet, ...]
    is_estimated: bool
    made: Made | None = None

    @property
    def tokens(self) -> int:
        """Tokens of the whole prompt."""
        return sum(one.tokens for one in self.parts)

    @property
    def budget(self) -> int:
        """Most tokens that the snippets may have together."""
        return self.snapshot.context.budget

    @property
    def place(self) -> tuple[int, int]:
        """Line and column of the cursor, or of the selection's start: 0-based, in code points."""
        at = self.snapshot.cursor if self.task == "complete" else self.snapshot.span.start
        return place_of(self.snapshot.document, at)

    @property
    def lines(self) -> tuple[int, int]:
        """First and last line of the document that the prompt shows, 0-based."""
        return window_lines(self.snapshot.document, self.parts)

    @property
    def window_tokens(self) -> int:
        """Tokens of the document in the prompt, its imports among them."""
        parts = (one for one in self.parts if one.part.span or one.part.name == "imports")
        return sum(one.tokens for one in parts)


async def report_on(  # noqa: PLR0913 - one value for each thing that is told
    snapshot: Snapshot,
    task: Task,
    counter: TokenCounter,
    *,
    is_exact: bool,
    instruction: str = "",
    preset: str | None = None,
    tests: TestsTarget | None = None,
    made: Made | None = None,
) -> Report:
    """Return what the prompt of a task at the snapshot's span would be, or was.

    Args:
        snapshot: as the request itself takes it.
        task: what for.
        counter: counts the tokens.
        is_exact: whether it counts with the model's own tokenizer.
        instruction: of an edit; without one, a `qwen:` comment at the span is taken.
        preset: of an edit.
        tests: where they belong, if the edit is to write tests.
        made: the last completion in the document.

    Raises:
        BadInput: the selection cannot be edited or explained.
    """
    if tests is not None:
        parts = tests_parts(snapshot, tests)
    else:
        snapshot, parts = parts_of(snapshot, task, instruction, preset)
    quick = qwen.quick_parts(snapshot) if task == "complete" else ()
    context = snapshot.context
    texts = [_text(one) for one in (*parts, *quick)]
    counts = await counter.count_tokens([*texts, *(one.text for one in context.left_out)])
    tokens = [
        1 if isinstance(part.segment, Token) else count
        for part, count in zip((*parts, *quick), counts, strict=False)
    ]
    counted = tuple(map(Counted, parts, tokens))
    return Report(
        task,
        snapshot,
        counted,
        tuple(map(Counted, quick, tokens[len(parts) :])),
        tuple(
            replace(one.part.snippet, tokens=one.tokens)
            for one in counted
            if one.part.snippet is not None
        ),
        tuple(
            replace(one, tokens=one.tokens or count)
            for one, count in zip(context.left_out, counts[len(texts) :], strict=True)
        ),
        is_estimated=not is_exact,
        made=made,
    )


def made_of(snapshot: Snapshot, trace: Trace, outcome: Completion | Dropped) -> Made:
    """Return a completion that came to its end."""
    text = outcome.text if isinstance(outcome, Completion) else ""
    reason = outcome.reason if isinstance(outcome, Dropped) else ""
    return Made(snapshot, trace.stages, trace.facts, text, reason)


def parts_of(
    snapshot: Snapshot, task: Task, instruction: str = "", preset: str | None = None
) -> tuple[Snapshot, tuple[Part, ...]]:
    """Return the parts of a task's prompt, and the snapshot with the span that it is about.

    Raises:
        BadInput: the selection cannot be edited or explained.
    """
    if task == "complete":
        return snapshot, qwen.completion_parts(snapshot)
    if task == "explain":
        snapshot = explain.selected(snapshot)
        return snapshot, explain_parts(snapshot, instruction)
    asked = edit_task(snapshot, preset or implied_preset(snapshot, instruction), instruction)
    snapshot, code = selection_edit.selected(asked.snapshot, asked.omit)
    return snapshot, edit_parts(snapshot, code, asked.instruction, selection_edit.form_of(code))


def as_json(report: Report) -> dict[str, Any]:
    """Return a report as `qwen/context` and `qwen-lsp context --json` give it: 1-based lines."""
    line, column = report.place
    document, numbers = report.snapshot.document, itertools.count()
    return {
        "task": report.task,
        "path": report.snapshot.path.as_posix(),
        "line": line + 1,
        "column": column + 1,
        "tokens": report.tokens,
        "budget": report.budget,
        "estimated": report.is_estimated,
        "window": {**_lines_json(report.lines), "tokens": report.window_tokens},
        "quick": _quick_json(report),
        "snippets": [{**_snippet_json(one), "text": one.text} for one in report.snippets],
        "left_out": [_snippet_json(one) for one in report.left_out],
        "prompt": [_part_json(document, one, numbers) for one in report.parts],
        "last_request": None if report.made is None else _made_json(report.made),
    }


def lines_of(document: Document, span: Span) -> tuple[int, int]:
    """Return the first and the last line that a span touches, 0-based."""
    whole = document.whole_lines(span)
    return document.line_at(whole.start), document.line_at(whole.end)


def window_lines(document: Document, parts: Sequence[Counted]) -> tuple[int, int]:
    """Return the first and the last line of the document that parts of a prompt show, 0-based."""
    spans = [one.part.span for one in parts if one.part.span is not None]
    start, end = min(one.start for one in spans), max(one.end for one in spans)
    return lines_of(document, Span(start, end))


def place_of(document: Document, offset: int) -> tuple[int, int]:
    """Return line and column of an offset: 0-based, in code points."""
    line = document.line_at(offset)
    return line, offset - document.line_starts[line]


def _text(part: Part) -> str:
    return "" if isinstance(part.segment, Token) else part.segment


def _lines_json(lines: tuple[int, int]) -> dict[str, int]:
    return {"first_line": lines[0] + 1, "last_line": lines[1] + 1}


def _quick_json(report: Report) -> dict[str, int] | None:
    if not report.quick:
        return None
    lines = window_lines(report.snapshot.document, report.quick)
    return {**_lines_json(lines), "tokens": sum(one.tokens for one in report.quick)}


def _snippet_json(one: Snippet) -> dict[str, Any]:
    return {
        "path": one.path,
        **_lines_json((one.first_line, one.last_line)),
        "lines": [[first + 1, last + 1] for first, last in one.ranges],
        "source": one.source,
        "reason": one.reason,
        "tokens": one.tokens,
    }


def _part_json(document: Document, one: Counted, numbers: Iterator[int]) -> dict[str, Any]:
    """Return a part; that of a snippet gets its number in the report's list, from `numbers`."""
    part = one.part
    fields: dict[str, Any] = {"part": part.name, "tokens": one.tokens}
    if isinstance(part.segment, Token):
        return {**fields, "token": part.segment.name}
    fields["text"] = part.segment
    if part.snippet is not None:
        fields["snippet"] = next(numbers)
    if part.span is not None:
        fields |= _lines_json(lines_of(document, part.span))
    return fields


def _made_json(made: Made) -> dict[str, Any]:
    line, column = place_of(made.snapshot.document, made.snapshot.cursor)
    return {
        "line": line + 1,
        "column": column + 1,
        "version": made.snapshot.document.version,
        "ms": round(sum(one.ms for one in made.stages), 1),
        "stages": [{"name": one.name, "ms": round(one.ms, 1)} for one in made.stages],
        "facts": {one.name: one.value for one in made.facts},
        "text": made.text,
        "reason": made.reason,
    }
