"""Completions while typing: gate, join what is being written or ask, show when complete, clean."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from qwen_lsp.context.chat_fill import fill_request
from qwen_lsp.context.qwen import completion_request
from qwen_lsp.context.snapshot import Snapshot
from qwen_lsp.features.chat_answer import missing_pieces
from qwen_lsp.features.clean import clean_completion
from qwen_lsp.features.divergence import divergences_in
from qwen_lsp.features.extent import complete_lines, first_line, may_go_on, wants_block
from qwen_lsp.features.gates import closed, nothing_to_say
from qwen_lsp.features.offers import Events, Offer, Offers
from qwen_lsp.features.outcome import Dropped
from qwen_lsp.features.pause import pause_s
from qwen_lsp.inference.engine import TextSource
from qwen_lsp.text import Replacement, Span, without_blanks
from qwen_lsp.trace import Trace

LINE_TOKENS = 64  # of one line; longer lines exist but nobody reads them as ghost text
BLOCK_TOKENS = 192
ALTERNATIVES = 3  # that can be cycled through, with the first one
ATTEMPTS = 4  # to find the others; some come to the same
# How long a complete first line waits for the rest of its block. The block goes on being written
# behind it, and is there for the next request.
BLOCK_PATIENCE_S = 0.15


Inform = Callable[[Snapshot], Awaitable[Snapshot]]


@dataclass(frozen=True, slots=True)
class Completion:
    """Text to insert at the cursor of the snapshot it was made for.

    It is not whole while the rest of a block is being written behind it.
    """

    text: str
    is_whole: bool = True


BLANK = Dropped("blank after clean-up")


async def complete(
    snapshot: Snapshot,
    engine: TextSource,
    offers: Offers,
    trace: Trace,
    inform: Inform,
) -> Completion | Dropped:
    """Return what to offer at the snapshot's cursor.

    Args:
        snapshot: the world of the request.
        engine: who answers.
        offers: what is known already, or being written.
        trace: gets the stages.
        inform: adds what the workspace has to say about a snapshot, if the model is asked.

    Raises:
        QwenLspError: there is no model, or the engine cannot be used.
    """
    if reason := closed(snapshot):
        offers.end(snapshot.document.uri)
        return Dropped(reason)
    while (offer := offers.find(snapshot)) is not None:
        is_known = offer.is_done and not _is_in_doubt(offer)
        trace.fact("reuse", "typed-through" if is_known else "joined")
        if (text := await _text_of(offer, snapshot, offers)) is not None:
            trace.stage("reuse")
            break
        # What the model wrote and what was typed have parted since.
    else:
        # What does not fit is of no use, and only takes the engine's time.
        offers.end(snapshot.document.uri)
        if reason := nothing_to_say(snapshot):
            return Dropped(reason)
        await asyncio.sleep(pause_s(snapshot, offers.first_text_s))
        trace.stage("pause")
        offer, text = await _ask(snapshot, engine, offers, trace, inform)
    if _is_in_doubt(offer):
        # The whole prompt may say more, and who rests here waits for it.
        trace.fact("asked", "again")
        offer, text = await _ask(snapshot, engine, offers, trace, inform, is_patient=True)
    if offer.failure is not None:
        raise offer.failure
    if offer.evaluated is not None:
        trace.fact("evaluated", offer.evaluated)
    if offer.is_unsure:
        return Dropped("the model is not sure")
    if chances := offer.logprobs(len(first_line(offer.text))):
        trace.fact("logprobs", ",".join(f"{one:.2f}" for one in chances))
    return Completion(text, is_whole=offer.is_done) if text else BLANK


async def whole_completion(snapshot: Snapshot, offers: Offers) -> Completion | Dropped:
    """Return what `complete` gave the beginning of, once it is written."""
    if (offer := offers.find(snapshot)) is None:
        return BLANK
    await _until_written(offer, offers)
    text = clean_completion(offer.rest_at(snapshot) or "", snapshot)
    return Completion(text) if text else BLANK


async def alternatives(
    snapshot: Snapshot,
    engine: TextSource,
    offers: Offers,
    trace: Trace,
    inform: Inform,
) -> list[Completion]:
    """Return up to ALTERNATIVES completions whose first lines part, what `complete` gives first.

    Each is asked for on its own, from where it parts from the first, so that the model ends where
    the completion does; of the prompt only the last tokens are evaluated again.

    Raises:
        QwenLspError: there is no model, or the engine cannot be used.
    """
    outcome = await complete(snapshot, engine, offers, trace, inform)
    first = offers.find(snapshot)
    if first is None or (isinstance(outcome, Dropped) and outcome != BLANK):
        return []
    await _until_written(first, offers)
    known = [first.rest_at(snapshot) or ""]
    if not engine.health.fills_in_the_middle:
        return [outcome] if isinstance(outcome, Completion) else []
    told = first.snapshot
    likely = told.likely if told.cursor == snapshot.cursor else ()
    asked = replace(snapshot, context=told.context, likely=likely, is_invoked=True)
    places = divergences_in(known[0], first.pieces_from(known[0]))
    others = list[Offer]()
    # Who wants another one does not mean other blanks.
    found = {without_blanks(text): text for text in [clean_completion(known[0], snapshot)] if text}
    for _ in range(ATTEMPTS):
        if not places or len(found) == ALTERNATIVES:
            break
        place = max(places, key=lambda one: one.left)
        head = known[0][: place.at]
        there = replace(_accepted(asked, head), likely=()) if head else asked
        avoid = tuple(one[place.at :] for one in known if one.startswith(head))
        request = replace(completion_request(there, _limit(asked)), avoid=avoid)
        other = Offer(asked)
        await other.grow(engine.answer(request), head)
        if other.failure is not None:
            raise other.failure
        if other.is_lost:
            break
        if other.text == head:  # the model knows nothing else there
            places.remove(place)
            continue
        place.take(other.first_logprobs)
        known.append(other.text)
        text = clean_completion(other.text, snapshot)
        if text and without_blanks(text) not in found:
            found[without_blanks(text)] = text
            others.append(other)
    offers.remember(others, first)
    trace.stage("alternatives")
    return [Completion(text) for text in found.values()]


def read_ahead(snapshot: Snapshot, text: str, engine: TextSource, offers: Offers) -> None:
    """Have the completion that would follow `text` written while the user reads `text`.

    It costs only its own tokens, for the prompt's are there already, and it waits for all else. By
    chat the prompt would have to be evaluated anew, so nothing is written ahead there.
    """
    if not engine.health.fills_in_the_middle:
        return
    after = replace(_accepted(snapshot, text), is_invoked=False, likely=())
    if (
        closed(after)
        or nothing_to_say(after)
        or offers.find(after) is not None
        or offers.grows(snapshot.document.uri)
    ):
        return
    request = replace(completion_request(after, _limit(after)), priority="warm", quick=())
    offers.begin(after, engine.answer(request), is_ahead=True)


def _accepted(snapshot: Snapshot, text: str) -> Snapshot:
    """Return the snapshot with the cursor behind a text that is inserted at it."""
    document, cursor = snapshot.document, snapshot.cursor
    accepted = document.replace(Replacement(Span(cursor, cursor), text), document.version)
    end = cursor + len(text)
    return replace(snapshot, document=accepted, span=Span(end, end))


async def _ask(  # noqa: PLR0913 - as `complete`
    snapshot: Snapshot,
    engine: TextSource,
    offers: Offers,
    trace: Trace,
    inform: Inform,
    *,
    is_patient: bool = False,
) -> tuple[Offer, str | None]:
    """Ask the model; return the offer, and what to show of it."""
    snapshot = await inform(snapshot)
    trace.stage("context")
    answer = await _answer(snapshot, engine, is_whole=is_patient)
    offer = offers.begin(snapshot, answer, is_patient=is_patient)
    trace.stage("prompt")
    text = await _text_of(offer, snapshot, offers)
    if offer.first_at is not None:
        trace.stage("first_token", offer.first_at)
    trace.stage("stream")
    return offer, text


async def _answer(snapshot: Snapshot, engine: TextSource, *, is_whole: bool) -> Events:
    """Ask the model, in the way that it knows."""
    limit = _limit(snapshot)
    await engine.ready()
    if engine.health.fills_in_the_middle:
        filled = completion_request(snapshot, limit)
        return engine.answer(replace(filled, quick=()) if is_whole else filled)
    request = fill_request(snapshot, limit, is_block=wants_block(snapshot))
    return missing_pieces(engine.answer(request), snapshot)


def _limit(snapshot: Snapshot) -> int:
    return BLOCK_TOKENS if may_go_on(snapshot) else LINE_TOKENS


async def _until_written(offer: Offer, offers: Offers) -> None:
    """Wait until nothing more comes; as long as it is read, no newer request ends it."""
    async with offers.reading(offer) as news:
        async for _ in news:
            pass


def _is_in_doubt(offer: Offer) -> bool:
    """Whether the model doubts what it says, and has not read the whole prompt."""
    return offer.is_unsure and offer.is_quick


async def _text_of(offer: Offer, snapshot: Snapshot, offers: Offers) -> str | None:
    """Return what to show of an offer as soon as that is known; None when it does not fit."""
    async with offers.reading(offer) as news:
        async for _ in news:
            if (rest := offer.rest_at(snapshot)) is None or offer.is_lost:
                return None
            if not offer.is_done and clean_completion(complete_lines(rest), snapshot):
                with suppress(TimeoutError):
                    await asyncio.wait_for(offer.done.wait(), BLOCK_PATIENCE_S)
                rest = offer.rest_at(snapshot) or ""
                return clean_completion(rest if offer.is_done else complete_lines(rest), snapshot)
    if (rest := offer.rest_at(snapshot)) is None or offer.is_lost:
        return None
    if offer.is_unsure and snapshot.is_invoked:
        return None
    return clean_completion(rest, snapshot)
