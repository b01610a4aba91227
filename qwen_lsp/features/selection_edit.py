"""Rewrites a selection on instruction, as the fewest line replacements."""

import difflib
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, replace

from qwen_lsp import wire
from qwen_lsp.context.edit_prompt import Form, edit_request
from qwen_lsp.context.follow_up import AGAIN_TEMPERATURE, Turn, follow_up, is_again
from qwen_lsp.context.snapshot import Snapshot
from qwen_lsp.errors import BadInput
from qwen_lsp.features.answers import BlockAnswer, WholeAnswer
from qwen_lsp.features.hunks import Hunks
from qwen_lsp.features.outcome import Dropped
from qwen_lsp.features.region import check_inside
from qwen_lsp.features.search_replace import has_markers
from qwen_lsp.inference.engine import TextSource
from qwen_lsp.text import (
    Document,
    Replacement,
    Span,
    apply,
    indentation,
    lines_with_ends,
    split_lines,
)
from qwen_lsp.tokens import estimated_tokens
from qwen_lsp.trace import Trace

# Tokens of a selection that is rewritten as a whole. What it copies is written at three times the
# usual speed, about 60 tokens a second on two cores, so this takes half a minute, which is as long
# as one waits; and of more code than that, 200 lines, an instruction mostly changes a small part.
# Small models write blocks worse than code, so it is not less either.
WHOLE_TOKENS = 2000
# Of one that is edited by blocks: evaluating it takes as long. It may fill half of the window.
MOST_TOKENS = 6000
# Tokens an answer may have: for each code point of the selection, and for what is added.
TOKENS_PER_CODE_POINT, TOKENS_ADDED = 0.5, 400
BLOCK_TOKENS = 1500
# Earlier solutions that a follow-up shows: as many as fit, but always the last one.
PREVIOUS_TOKENS = 2 * WHOLE_TOKENS


@dataclass(frozen=True, slots=True)
class Edit:
    """What changes in the snapshot's document.

    Attributes:
        replacements: all of it.
        region: the whole lines that it is about; nothing else changes.
        code: what these become.
        instruction: that was followed.
    """

    replacements: tuple[Replacement, ...]
    region: Span
    code: str
    instruction: str


async def rewrite(  # noqa: PLR0913 - the collaborators of one verb, each named
    snapshot: Snapshot,
    instruction: str,
    engine: TextSource,
    trace: Trace,
    *,
    on_hunks: Callable[[Hunks], None] = lambda _hunks: None,
    omit: Span | None = None,
    previous: tuple[Turn, ...] = (),
) -> Edit | Dropped:
    """Return the edit of the snapshot's selection, which is widened to whole lines.

    Args:
        snapshot: the selection is its span.
        instruction: what to do, in the user's words.
        engine: who answers.
        trace: gets the stages.
        on_hunks: gets changes of the snapshot's document as they are complete; in the end they add
            up to the edit, and to nothing where there is none.
        omit: a line in the selection that the model does not see and the edit removes.
        previous: edits of the same selection that this one goes on from.

    Raises:
        BadInput: the selection cannot be edited: it is too large, blank or binary.
        QwenLspError: there is no model, or the engine cannot be used.
    """
    snapshot, code = selected(snapshot, omit, engine.health.window)
    asked = _Asked.of(snapshot, code, instruction, previous)
    showing = _Showing(asked.reader(omit), on_hunks)
    async with aclosing(engine.answer(asked.request())) as events:
        async for event in events:
            if isinstance(event, wire.End):
                showing.is_cut = event.reason == "length"
                trace.fact("evaluated", event.usage.evaluated_tokens)
            elif showing.is_answered(event.text, trace):
                break
    trace.stage("stream")
    replacements = showing.finish()
    if isinstance(replacements, Dropped):
        return replacements
    check_inside(replacements, snapshot.span)
    code = _region_after(snapshot, replacements)
    if previous and split_lines(code) == split_lines(previous[-1].code):
        return showing.dropped("the model gave the same solution again")
    showing.show_rest()
    return Edit(replacements, snapshot.span, code, asked.instruction)


class _Showing:
    """An answer on its way in: what of it is shown, and what comes of it."""

    def __init__(
        self, reader: WholeAnswer | BlockAnswer, on_hunks: Callable[[Hunks], None]
    ) -> None:
        self._reader, self._on_hunks = reader, on_hunks
        self._answer = ""
        self._has_shown = False
        self._rest = Hunks(())
        self.is_cut = False

    def is_answered(self, piece: str, trace: Trace) -> bool:
        """Take in a piece of the answer; return whether what may follow is needed no more."""
        self._answer += piece
        if "\n" not in piece:
            return False  # only whole lines tell anything new
        if shown := self._reader.feed(self._answer):
            if not self._has_shown:
                trace.stage("first_hunk")
            self._has_shown = True
            self._on_hunks(Hunks(shown))
        return self._reader.is_answered(self._answer)

    def finish(self) -> tuple[Replacement, ...] | Dropped:
        """Return the edit of the whole answer, or why there is none."""
        if self.is_cut and not self._reader.is_answered(self._answer):
            return self.dropped("the answer did not end; select less code")
        finished = self._reader.finish(self._answer)
        if isinstance(finished, Dropped):
            return self.dropped(finished.reason)
        edit, self._rest = finished
        return edit or self.dropped("the model changed nothing")

    def dropped(self, reason: str) -> Dropped:
        """Return that there is no edit, and take back what was shown of one."""
        if self._has_shown:
            self._on_hunks(Hunks((), replaces=True))
        return Dropped(reason)

    def show_rest(self) -> None:
        """Show what has not been shown of the edit."""
        if self._rest.replacements or self._rest.replaces:
            self._on_hunks(self._rest)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked of the model.

    Attributes:
        snapshot: its span is the region.
        code: that is changed: the document's, or where an earlier edit is changed further, and
            there is too much of it for a chat, what that made of it.
        instruction: what to do.
        turns: earlier edits that the chat shows.
        again: whether another solution of the last one is asked for.
        form: of the answer.
    """

    snapshot: Snapshot
    code: str
    instruction: str
    turns: tuple[Turn, ...]
    again: bool
    form: Form

    @classmethod
    def of(
        cls, snapshot: Snapshot, code: str, instruction: str, previous: tuple[Turn, ...]
    ) -> "_Asked":
        """Return what an instruction asks for, after the edits that it goes on from."""
        if not previous:
            return cls(snapshot, code, instruction, (), again=False, form=form_of(code))
        last = previous[-1]
        again = is_again(instruction)
        instruction = last.instruction if again else instruction
        longest = max(code, last.code, key=len)
        _check_size(snapshot.document, snapshot.span, longest, MOST_TOKENS)
        if form_of(longest) == "blocks":
            base = code if again else last.code
            return cls(snapshot, base, instruction, (), again=again, form="blocks")
        tokens = sum(estimated_tokens(one.code) for one in previous)
        turns = previous if tokens <= PREVIOUS_TOKENS else (last,)
        return cls(snapshot, code, instruction, turns, again=again, form="whole")

    def request(self) -> wire.ChatRequest:
        """Return the chat."""
        first = self.turns[0].instruction if self.turns else self.instruction
        longest = max(len(self.code), *(len(one.code) for one in self.turns), 0)
        whole = int(longest * TOKENS_PER_CODE_POINT) + TOKENS_ADDED
        limit = whole if self.form == "whole" else BLOCK_TOKENS
        request = edit_request(self.snapshot, self.code, first, limit, self.form)
        if self.turns:
            language = self.snapshot.document.language
            return follow_up(request, self.turns, self.instruction, language, again=self.again)
        return replace(request, temperature=AGAIN_TEMPERATURE) if self.again else request

    def reader(self, omit: Span | None) -> WholeAnswer | BlockAnswer:
        """Return what reads the answer."""
        document, span = self.snapshot.document, self.snapshot.span
        if self.form == "whole":
            return WholeAnswer(document, span, self.code)
        omitted = None
        if omit is not None:
            omitted = document.line_at(omit.start) - document.line_at(span.start)
        return BlockAnswer(document, span, self.code, omitted)


def form_of(code: str) -> Form:
    """Return how an answer about code is to be given."""
    return "whole" if estimated_tokens(code) <= WHOLE_TOKENS else "blocks"


def selected(snapshot: Snapshot, omit: Span | None = None, window: int = 0) -> tuple[Snapshot, str]:
    """Return the snapshot with its selection widened to whole lines, and the code to rewrite.

    Blank lines at its ends are left out.

    Args:
        snapshot: the selection is its span.
        omit: a line in the selection that is not part of the code.
        window: tokens that the model can hold; 0 if that is not known.

    Raises:
        BadInput: the selection is too large or blank, or the file is binary.
    """
    document = snapshot.document
    span = _without_blank_ends(document, document.whole_lines(snapshot.span))
    code = document.text[span.start : span.end]
    if omit is not None:
        code = _without_line(document, span, omit)
    if not code.strip():
        raise BadInput("There is no code in the selection; select the code to edit.")
    if "\0" in code:
        raise BadInput("This is a binary file; it cannot be edited.")
    most = min(MOST_TOKENS, window // 2) if window else MOST_TOKENS
    _check_size(document, span, code, most)
    if form_of(code) == "blocks" and has_markers(split_lines(code)):
        raise BadInput(
            "The selection has conflict markers and is too long to be rewritten as a whole; "
            "resolve the conflicts first, or select less."
        )
    return replace(snapshot, span=span), code


async def warm(snapshot: Snapshot, engine: TextSource) -> None:
    """Have the prompt of an edit evaluated while its instruction is still being typed."""
    try:
        snapshot, code = selected(snapshot, window=engine.health.window)
    except BadInput:
        return  # the edit itself will say so
    request = replace(edit_request(snapshot, code, "", 0, form_of(code)), priority="warm")
    async with aclosing(engine.answer(request)) as events:
        async for _event in events:
            pass


def unified_diff(document: Document, replacements: tuple[Replacement, ...], path: str) -> str:
    """Return changes as a unified diff with the paths that `patch -p1` expects.

    Args:
        document: that is changed.
        replacements: the changes.
        path: of its file in the workspace.
    """
    before = document.text
    after = apply(before, replacements)
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


def broken_sentence(line: int) -> str:
    """Return the warning of an edit that breaks its file at a line, 0-based."""
    return (
        f"After this edit the file has a syntax error in line {line + 1}, and it had none before; "
        "look closely before you accept it."
    )


def _check_size(document: Document, span: Span, code: str, most: int) -> None:
    """Refuse code of more tokens than can be worked on.

    Raises:
        BadInput: with what fits.
    """
    tokens = estimated_tokens(code)
    if tokens <= most:
        return
    first, last = _smaller(document, span, most)
    raise BadInput(
        f"The selection has about {tokens} tokens and at most {most} can be edited at once; "
        f"select less, such as lines {first + 1} to {last + 1}."
    )


def _smaller(document: Document, span: Span, most: int) -> tuple[int, int]:
    """Return the first and last line of a smaller selection, which ends with a block if it can."""
    first, end = document.line_at(span.start), document.line_at(span.end)
    depth = len(indentation(document.line_text(first)))
    tokens, last, whole = 0, first, None
    for line in range(first, end + 1):
        text = document.line_text(line)
        if text.strip() and line > first and len(indentation(text)) <= depth:
            whole = last  # a block ends above this line
        tokens += estimated_tokens(text) + 1
        if tokens > most:
            break
        last = line if text.strip() else last
    return first, last if whole is None else whole


def _without_blank_ends(document: Document, span: Span) -> Span:
    """Return whole lines without blank ones at their beginning and end."""
    first, last = document.line_at(span.start), document.line_at(span.end)
    filled = [one for one in range(first, last + 1) if document.line_text(one).strip()]
    if not filled:
        return span
    return Span(document.line_starts[filled[0]], document.line_span(filled[-1]).end)


def _without_line(document: Document, span: Span, omit: Span) -> str:
    """Return the text of whole lines `span` without the line `omit`."""
    first, last = document.line_at(span.start), document.line_at(span.end)
    left_out = document.line_at(omit.start)
    kept = [document.line_text(line) for line in range(first, last + 1) if line != left_out]
    return document.line_end.join(kept)


def _region_after(snapshot: Snapshot, replacements: tuple[Replacement, ...]) -> str:
    text, span = snapshot.document.text, snapshot.span
    after = apply(text, replacements)
    return after[span.start : len(after) - (len(text) - span.end)]
