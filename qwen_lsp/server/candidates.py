"""Which candidates a request for completions gets, and the items that carry them.

An automatic request gets one, and so does the first explicit one at a place: it should be quick. An
explicit one where a suggestion was answered, and nothing changed since, asks for what else there
could be, as editors do for "next suggestion"; the one on display stays the first, so that the user
sees none change.
"""

from dataclasses import replace

from lsprotocol import types as lsp

from qwen_lsp.context.snapshot import Snapshot
from qwen_lsp.features.extent import leaves_code_dead
from qwen_lsp.features.inline_completion import (
    Completion,
    alternatives,
    complete,
    whole_completion,
)
from qwen_lsp.features.outcome import Dropped
from qwen_lsp.index.syntax import AT_ONCE_S, PATIENT_S
from qwen_lsp.server import convert
from qwen_lsp.server.extensions import ACCEPTED_COMMAND
from qwen_lsp.server.session import Session
from qwen_lsp.text import Replacement, Span
from qwen_lsp.trace import Fact, Trace

BREAKS, NO_OTHERS = Dropped("it would break the code"), Dropped("no alternatives")


async def find_candidates(
    snapshot: Snapshot, session: Session, trace: Trace
) -> tuple[Completion, ...] | Dropped:
    """Return what to offer at the snapshot's cursor, the best first.

    Raises:
        QwenLspError: as `complete`.
    """
    feedback, offers, inform = session.feedback, session.offers, session.inform
    feedback.requested(snapshot.document.language)
    if texts := feedback.others(snapshot):
        trace.fact("reuse", "displayed")
        return tuple(Completion(text) for text in texts)
    wants_others = feedback.wants_others(snapshot)
    limit_s = PATIENT_S if snapshot.is_invoked else AT_ONCE_S
    syntax = await session.workspaces.syntax_at(snapshot.document, snapshot.cursor, limit_s)
    trace.stage("syntax")
    snapshot = replace(snapshot, syntax=syntax)
    if not wants_others:
        outcome = await complete(snapshot, session.engine, offers, trace, inform)
        if isinstance(outcome, Dropped):
            return outcome
        if not await _breaks(outcome, snapshot, session):
            return (outcome,)
        if not snapshot.is_invoked:
            # The rest of a block, being written, may close what its first line opens.
            may_be_closed = not outcome.is_whole and not leaves_code_dead(outcome.text, snapshot)
            return (outcome,) if may_be_closed else BREAKS
        if not outcome.is_whole:
            outcome = await whole_completion(snapshot, offers)
            if isinstance(outcome, Completion) and not await _breaks(outcome, snapshot, session):
                return (outcome,)
    found = await alternatives(snapshot, session.engine, offers, trace, inform)
    sound = [one for one in found if not await _breaks(one, snapshot, session)]
    return tuple(sound if wants_others else sound[:1]) or (BREAKS if found else NO_OTHERS)


async def _breaks(completion: Completion, snapshot: Snapshot, session: Session) -> bool:
    """Whether code below would never run, or the parser takes the document only as it is.

    While something is half written it takes neither, and says nothing of the completion.
    """
    if leaves_code_dead(completion.text, snapshot):
        return True
    if snapshot.syntax is None or snapshot.syntax.has_errors:
        return False
    cursor = snapshot.cursor
    change = Replacement(Span(cursor, cursor), completion.text)
    return await session.workspaces.would_break(snapshot.document, change)


def items_of(
    snapshot: Snapshot, found: tuple[Completion, ...], session: Session, trace: Trace
) -> list[lsp.InlineCompletionItem]:
    """Return items whose command tells, once they are accepted, which one it was.

    None are left when the document has changed so that they do not belong there any more.
    """
    # The best one last: what the session remembers as offered is what will be on display.
    fitting = [session.offer(snapshot, one.text) for one in reversed(found)]
    offered = tuple(one for one in reversed(fitting) if one is not None)
    document = session.documents.get(snapshot.document.uri)
    if document is None or not offered:
        return []
    was_there = {Fact("reuse", "typed-through"), Fact("reuse", "displayed")}
    by_model = was_there.isdisjoint(trace.facts)
    names = session.feedback.answered(document, offered, trace.elapsed_ms, by_model=by_model)
    return [
        lsp.InlineCompletionItem(
            one.text,
            range=convert.range_of(document, one.span, session.encoding),
            command=lsp.Command("Accepted", command=ACCEPTED_COMMAND, arguments=[name]),
        )
        for one, name in zip(offered, names, strict=True)
    ]
