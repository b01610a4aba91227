"""What the KV cache holds: for each recently used document a trunk, and a fork to generate on.

The trunk is the part of a prompt that stays while the user types; nothing is ever generated on it,
so it never has to be rolled back. A request copies it to the document's fork (cells are shared, the
copy is metadata), evaluates the rest there and generates there. The fork itself is reused while the
rest only grows, or, on a model that can roll back, is cut to the common prefix.

Work happens in chunks: `evaluate` is a generator that yields where another job may run.
Source of the scheme: experiments with llama.cpp's sequences on dense and hybrid models.
"""

import math
from collections.abc import Generator, Iterable

import numpy as np

from qwen_lsp.engine.branch import NOTHING, Branch, Lane
from qwen_lsp.engine.kv_store import KvStore, Stored
from qwen_lsp.engine.llama import BATCH, Aborted, Context, KvFull, Tokens
from qwen_lsp.engine.rates import Rates
from qwen_lsp.engine.shelf import Checkpoint, Parked, Shelf
from qwen_lsp.engine.vision import Rows, decode_rows

# Branches kept, two or three for a document; the least recently used one is dropped. On a hybrid
# model each lane takes 20 to 50 MB whatever it holds, hence fewer.
DOCUMENTS, HYBRID_DOCUMENTS = 10, 6
LANES = 3  # of a branch: trunk, fork, spare
# A hybrid model cannot go back into a word, so its last tokens are evaluated again for each key.
SMALLEST_SAVED = 128  # tokens: under a second of prefill is not worth a file
STEM_TAIL = 6  # tokens
# Where a hybrid model's trunk may be cut: before the last parts of the prompt. A checkpoint takes
# 10 to 50 MB of memory on real models, so there are few; a shorter way back is not worth one.
CHECKPOINTS = 2
CHECKPOINT_GAP = 16  # tokens
# Tokens of other documents in the cache from which on they are put on the shelf.
PARKED_FROM = 512


class WindowFull(Exception):
    """All cells are in use by answers under way."""


class Branches:
    """Hands out branches and fills them; used by the decode thread only."""

    def __init__(self, context: Context, rates: Rates, store: KvStore | None) -> None:
        self._context = context
        self._store = store
        self._shelf = Shelf()
        self._rates = rates
        self._clock = 0
        self._can_cut = not context.model.is_hybrid
        marks = (context.model.control_token(name) for name in ("file_sep", "fim_suffix"))
        self._marks = np.array([token for token in marks if token is not None], np.int32)
        self._all = [
            Branch(Lane(LANES * index), Lane(LANES * index + 1), Lane(LANES * index + 2))
            for index in range(self.sequences_needed(hybrid=context.model.is_hybrid) // LANES)
        ]

    @staticmethod
    def sequences_needed(*, hybrid: bool) -> int:
        """Return how many sequences the context of a hybrid or another model must have."""
        return LANES * (HYBRID_DOCUMENTS if hybrid else DOCUMENTS)

    def acquire(self, document: str) -> Branch | None:
        """Return the document's branch, marked busy; None while it, or all of them, are busy."""
        self._clock += 1
        branch = next((one for one in self._all if one.document == document), None)
        if branch is None:
            free = [one for one in self._all if not one.busy]
            if not free:
                return None
            branch = min(free, key=lambda one: one.used)
            self._forget(branch)
            branch.document = document
        if branch.busy:
            return None
        self._park_others(document)
        branch.busy, branch.used = True, self._clock
        branch.trunk.evaluated = branch.fork.evaluated = 0
        return branch

    def size(self) -> tuple[int, int]:
        """Return how many documents have a trunk, and the tokens of all trunks."""
        lengths = [len(one.trunk.tokens) for one in self._all if len(one.trunk.tokens)]
        return len(lengths), sum(lengths)

    def save_one(self, most: float = math.inf) -> bool:
        """Write one trunk that is not on disk yet; False when there is none.

        Those of more than `most` bytes are left out, and those that the disk may not hold.
        """
        if self._store is None:
            return False
        most = min(most, self._store.limit)
        for branch in self._all:
            trunk, length = branch.trunk, len(branch.trunk.tokens)
            if branch.busy or length < SMALLEST_SAVED or branch.saved == length:
                continue
            if self._context.state_size(trunk.sequence) <= most:
                branch.saved = length
                self._store.save(trunk.tokens, self._context.state(trunk.sequence))
                return True
        if (parked := self._shelf.unsaved(SMALLEST_SAVED, most)) is not None:
            parked.is_saved = True
            self._store.save(parked.tokens, parked.state)
            return True
        return False

    def release(self, branch: Branch) -> None:
        """Let other jobs use the branch; what it holds stays."""
        branch.busy = False

    def cached(self, trunk: Tokens) -> int:
        """Return how many tokens of a trunk need not be evaluated."""
        reusable = [self._reusable(one.trunk, trunk) for one in self._all]
        return max([*reusable, self._best_stored(trunk)[1], self._best_parked(trunk)[1]])

    def evaluate(self, branch: Branch, tokens: Tokens, trunk: int) -> Generator[None, None, int]:
        """Bring the fork to `tokens`, the first `trunk` of them through the trunk.

        Returns how many tokens came from the cache. The last token is always evaluated, so that
        its logits are there.

        Raises:
            WindowFull: there is no room left.
        """
        trunk = min(trunk, len(tokens) - 1)
        stable = tokens[:trunk]
        kept = self._share(branch, stable)
        yield from self._grow_trunk(branch, stable)
        forked = shared_prefix(branch.fork.tokens, tokens)
        if forked >= trunk and forked > 0:
            forked = self._cut(branch.fork, min(forked, len(tokens) - 1))
        if forked < trunk or forked == 0:
            base = self._longest_base(branch, tokens)
            if base is branch.trunk:
                # What the spare holds behind the trunk is of no more use, and takes cells.
                self._clear(branch.spare)
            self._copy(base, branch.fork)
            forked = len(base.tokens)
            cached = kept if base is branch.trunk else forked
        else:
            cached = forked
        stem = len(tokens) - STEM_TAIL
        if not self._can_cut and forked < stem:
            yield from self._extend(branch.fork, tokens[forked:stem], logits="none")
            self._copy(branch.fork, branch.spare)
            forked = stem
        yield from self._extend(branch.fork, tokens[forked:], logits="last")
        return cached

    def warm(self, branch: Branch, tokens: Tokens) -> Generator[None, None, int]:
        """Bring the trunk to `tokens` without a fork; returns how many came from the cache."""
        kept = self._share(branch, tokens)
        yield from self._grow_trunk(branch, tokens)
        return kept

    def show(self, branch: Branch, parts: Iterable[Tokens | Rows]) -> Generator[None, None, None]:
        """Bring an empty branch's fork to a prompt with images, which ends in tokens.

        The branch is to be discarded afterwards, so the next one is empty too.

        Raises:
            WindowFull: there is no room left.
        """
        for part in parts:
            yield from self._extend(branch.fork, part, logits="last")

    def discard(self, branch: Branch) -> None:
        """Take a branch back and forget what it holds: ids do not tell one image from another."""
        self._forget(branch)
        self.release(branch)

    def append(self, branch: Branch, tokens: list[int]) -> None:
        """Evaluate generated tokens on the fork, with logits for each.

        Raises:
            Aborted: interrupted; call again.
            WindowFull: there is no room left.
        """
        if len(tokens) > 1 and not self._can_cut:
            # A hybrid model cannot drop wrong guesses, so it goes back to a copy.
            self._copy(branch.fork, branch.spare)
        self._decode(branch.fork, np.array(tokens, np.int32), logits="all")

    def take_back(self, branch: Branch, wrong: list[int]) -> None:
        """Drop the wrong guesses, which are the fork's last tokens.

        The logits of the right ones stay in their rows, for the next token is picked from them.
        """
        if not wrong:
            return
        right = branch.fork.tokens[: len(branch.fork.tokens) - len(wrong)]
        if self._can_cut:
            self._cut(branch.fork, len(right))
            return
        self._copy(branch.spare, branch.fork)
        self._decode(branch.fork, right[len(branch.fork.tokens) :], logits="all")

    def _share(self, branch: Branch, stable: Tokens) -> int:
        """Cut the trunk to what it has of `stable`, or take over another trunk that has more."""
        best = max(self._all, key=lambda one: self._reusable(one.trunk, stable))
        if self._reusable(best.trunk, stable) > self._reusable(branch.trunk, stable):
            self._copy(best.trunk, branch.trunk)
        self._restore(branch, stable)
        kept = self._cut(branch.trunk, shared_prefix(branch.trunk.tokens, stable))
        if kept < len(stable):
            # Forks of the trunk as it was are of no more use, and the trunk may need their cells.
            self._clear(branch.fork, branch.spare)
        return kept

    def _reusable(self, trunk: Lane, tokens: Tokens) -> int:
        """Return to how many leading ids of `tokens` a trunk can be cut."""
        return self._reusable_of(trunk.tokens, trunk.checkpoints, tokens)

    def _reusable_of(
        self, known: Tokens, checkpoints: tuple[Checkpoint, ...], tokens: Tokens
    ) -> int:
        shared = shared_prefix(known, tokens)
        if self._can_cut or shared == len(known):
            return shared
        return max((one.length for one in checkpoints if one.length <= shared), default=0)

    def _grow_trunk(self, branch: Branch, stable: Tokens) -> Generator[None, None, None]:
        trunk = branch.trunk
        for stop in (*self._places_to_return(stable), len(stable)):
            if len(trunk.tokens) < stop:
                yield from self._extend(trunk, stable[len(trunk.tokens) : stop], logits="none")
                if stop < len(stable):
                    state = self._context.checkpoint(trunk.sequence)
                    trunk.checkpoints = (*trunk.checkpoints, Checkpoint(stop, state))[-CHECKPOINTS:]
                    yield

    def _places_to_return(self, stable: Tokens) -> list[int]:
        """Return the lengths at which a trunk is worth a checkpoint.

        They lie a little before the control tokens, since the last words of a text may be split
        into other tokens once the text goes on.
        """
        if self._can_cut:
            return []
        places = list[int]()
        for mark in np.flatnonzero(np.isin(stable, self._marks)).tolist():
            place = mark - STEM_TAIL
            if place >= (places[-1] if places else 0) + CHECKPOINT_GAP:
                places.append(place)
        return places[-CHECKPOINTS:]

    def _restore(self, branch: Branch, stable: Tokens) -> None:
        """Take over a parked or saved trunk that has much more of `stable` than the branch."""
        parked, most = self._best_parked(stable)
        if parked is not None and most > self._reusable(branch.trunk, stable):
            self._clear(branch.trunk)
            if self._context.restore(branch.trunk.sequence, parked.state):
                branch.trunk.tokens, branch.trunk.checkpoints = parked.tokens, parked.checkpoints
                branch.saved = len(parked.tokens) if parked.is_saved else 0
                self._shelf.used(parked)
        stored, shared = self._best_stored(stable)
        if stored is None or self._store is None:
            return
        if shared < shared_prefix(branch.trunk.tokens, stable) + SMALLEST_SAVED:
            return
        state = self._store.load(stored)
        self._clear(branch.trunk)
        if state is not None and self._context.restore(branch.trunk.sequence, state):
            branch.trunk.tokens, branch.trunk.checkpoints = stored.tokens, ()
            branch.saved = len(stored.tokens)

    def _park_others(self, document: str) -> None:
        """Take other documents' trunks out of the cache, if it matters how full that is."""
        others = [
            one for one in self._all if not one.busy and _place(one.document) != _place(document)
        ]
        held = sum(max(len(one.trunk.tokens), len(one.fork.tokens)) for one in others)
        if not self._context.attends_to_all or held <= PARKED_FROM:
            return
        for one in others:
            trunk = one.trunk
            if len(trunk.tokens) >= SMALLEST_SAVED and not self._shelf.has(trunk.tokens):
                state = self._context.state(trunk.sequence)
                is_saved = one.saved == len(trunk.tokens)
                self._shelf.put(Parked(trunk.tokens, state, trunk.checkpoints, is_saved))
            self._forget(one)

    def _best_parked(self, stable: Tokens) -> tuple[Parked | None, int]:
        lengths = {
            one: self._reusable_of(one.tokens, one.checkpoints, stable) for one in self._shelf
        }
        best = max(lengths, key=lambda one: lengths[one], default=None)
        return best, 0 if best is None else lengths[best]

    def _best_stored(self, stable: Tokens) -> tuple[Stored | None, int]:
        best, most = None, 0
        for one in () if self._store is None else self._store.trunks:
            shared = shared_prefix(one.tokens, stable)
            # A hybrid model cannot cut what it restored.
            if shared > most and (self._can_cut or self._is_beginning(one.tokens, stable)):
                best, most = one, shared
        return best, most

    def _longest_base(self, branch: Branch, tokens: Tokens) -> Lane:
        spare = branch.spare.tokens
        is_base = len(branch.trunk.tokens) < len(spare) < len(tokens)
        if is_base and shared_prefix(spare, tokens) == len(spare):
            return branch.spare
        return branch.trunk

    @staticmethod
    def _is_beginning(tokens: Tokens, longer: Tokens) -> bool:
        return shared_prefix(tokens, longer) == len(tokens)

    def _copy(self, source: Lane, target: Lane) -> None:
        self._context.fork(source.sequence, target.sequence)
        target.tokens, target.checkpoints = source.tokens, source.checkpoints

    def _extend(
        self, lane: Lane, tokens: Tokens | Rows, *, logits: str
    ) -> Generator[None, None, None]:
        done = 0
        while done < len(tokens):
            size = self._rates.chunk(interruptible=self._context.can_interrupt)
            chunk = tokens[done : done + min(size, BATCH)]
            last = done + len(chunk) == len(tokens)
            try:
                with self._rates.prefill(len(chunk)):
                    self._decode(lane, chunk, logits=logits if last else "none")
            except Aborted:
                self._rates.interrupted()
                yield
                continue
            done += len(chunk)
            lane.evaluated += len(chunk)
            if not last:
                yield

    def _decode(self, lane: Lane, tokens: Tokens | Rows, *, logits: str) -> None:
        place = len(lane.tokens)
        while True:
            try:
                if isinstance(tokens, Rows):
                    decode_rows(self._context, tokens, place, lane.sequence)
                else:
                    self._context.decode(tokens, place, lane.sequence, logits=logits)
            except KvFull:
                self._evict()
            else:
                new = tokens.ids if isinstance(tokens, Rows) else tokens
                lane.tokens = np.concatenate([lane.tokens, new])
                return

    def _cut(self, lane: Lane, length: int) -> int:
        """Shorten a lane to `length` tokens or less; returns what is left.

        On a hybrid model that is where the last checkpoint was taken, or nothing.
        """
        if length >= len(lane.tokens):
            return length
        if not self._can_cut:
            return self._go_back(lane, length)
        if length == 0 or not self._context.cut(lane.sequence, length):
            self._clear(lane)
        lane.tokens = lane.tokens[:length]
        return len(lane.tokens)

    def _go_back(self, lane: Lane, length: int) -> int:
        known = [one for one in lane.checkpoints if one.length <= length]
        if known and self._context.go_back(lane.sequence, known[-1].length, known[-1].state):
            lane.tokens, lane.checkpoints = lane.tokens[: known[-1].length], tuple(known)
        else:
            self._clear(lane)
        return len(lane.tokens)

    def _evict(self) -> None:
        idle = [one for one in self._all if not one.busy and one.document]
        if not idle:
            raise WindowFull
        self._forget(min(idle, key=lambda one: one.used))

    def _forget(self, branch: Branch) -> None:
        self._clear(branch.trunk, branch.fork, branch.spare)
        branch.document, branch.saved = "", 0

    def _clear(self, *lanes: Lane) -> None:
        for lane in lanes:
            self._context.clear(lane.sequence)
            lane.tokens, lane.checkpoints = NOTHING, ()


def _place(document: str) -> str:
    """Return what the branches of one document have in common: they are used in turn."""
    return document.removesuffix(" quick").partition("#")[0]


def shared_prefix(one: Tokens, other: Tokens) -> int:
    """Return how many leading ids two arrays have in common."""
    length = min(len(one), len(other))
    differ = one[:length] != other[:length]
    return int(differ.argmax()) if differ.any() else length
