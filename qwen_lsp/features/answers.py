"""Answers as they come: which changes are complete, when nothing more is needed, what came of it.

One reader for each form of an answer: the whole region again, or only the places that change.
"""

from collections.abc import Sequence

from qwen_lsp.features.code_block import without_thought
from qwen_lsp.features.hunks import Hunks, HunkStream
from qwen_lsp.features.outcome import Dropped
from qwen_lsp.features.region_style import indented_like
from qwen_lsp.features.rewrite_answer import (
    NO_CODE,
    Region,
    gap_in,
    is_answered,
    lines_so_far,
    new_lines,
)
from qwen_lsp.features.search_replace import Block, BlockChanges, blocks_in, changes_of
from qwen_lsp.text import (
    Document,
    LineChange,
    Replacement,
    Span,
    common_indentation,
    replacements_of,
    split_lines,
)

Finished = tuple[tuple[Replacement, ...], Hunks]


class WholeAnswer:
    """An answer that says all of the region again."""

    def __init__(self, document: Document, span: Span, code: str) -> None:
        """Read answers about whole lines of a document, of which the model saw `code`."""
        self._region = Region.of(document, span, code)
        self._stream = HunkStream(document, span)

    def feed(self, answer: str) -> tuple[Replacement, ...]:
        """Return the changes that have become complete in an answer that goes on."""
        return self._stream.feed(lines_so_far(answer, self._region))

    def is_answered(self, answer: str) -> bool:
        """Return whether nothing that may follow is needed."""
        return is_answered(answer, self._region)

    def finish(self, answer: str) -> Finished | Dropped:
        """Return the edit of a whole answer, and what is still to be shown of it."""
        lines = new_lines(answer, self._region)
        return lines if isinstance(lines, Dropped) else self._stream.finish(lines)


class BlockAnswer:
    """An answer of search/replace blocks."""

    def __init__(
        self, document: Document, span: Span, code: str, omitted: int | None = None
    ) -> None:
        """Read answers about whole lines of a document.

        Args:
            document: that is edited.
            span: whole lines.
            code: what the model saw of them; another text where it goes on from an earlier edit.
            omitted: the line of the span that the model did not see and the edit removes.
        """
        self._document, self._span = document, span
        self._old = split_lines(document.text[span.start : span.end])
        self._lines = split_lines(code)
        self._indent = common_indentation(self._lines)
        self._code = [line[len(self._indent) :] for line in self._lines]
        # Of each line that the model saw, where it stands in the region.
        self._places = [at for at in range(len(self._old)) if at != omitted]
        self._is_direct = [self._old[at] for at in self._places] == self._lines
        self._omitted = omitted
        self._blocks: list[Block] = []
        self._made: list[BlockChanges] = []
        self._problem: Dropped | None = None
        self._shown: list[Replacement] = []

    def feed(self, answer: str) -> tuple[Replacement, ...]:
        """Return the changes that have become complete in an answer that goes on."""
        fresh = self._take(answer, is_done=False)
        if self._problem is not None or not self._is_direct:
            return ()
        changes = [one for made in fresh for one in self._in_region(made)]
        if not self._shown and fresh and self._omitted is not None:
            changes.append((LineChange(self._omitted, self._omitted + 1, 0, 0), ()))
        shown = self._replacements(changes)
        self._shown += shown
        return shown

    def is_answered(self, _answer: str) -> bool:
        """Return whether nothing that may follow is needed: a block fits nowhere."""
        return self._problem is not None

    def finish(self, answer: str) -> Finished | Dropped:
        """Return the edit of a whole answer, and what is still to be shown of it."""
        self._take(answer, is_done=True)
        if self._problem is not None:
            return Dropped(f"{self._problem.reason}; select less code or try again")
        if not self._blocks:
            return Dropped(f"{NO_CODE.reason} in blocks; select less code")
        if not self._is_direct:
            return HunkStream(self._document, self._span).finish(self._applied())
        changes = [one for made in self._made for one in self._in_region(made)]
        if self._omitted is not None:
            changes.append((LineChange(self._omitted, self._omitted + 1, 0, 0), ()))
        edit = self._replacements(changes)
        if all(one in edit for one in self._shown):
            return edit, Hunks(tuple(one for one in edit if one not in self._shown))
        return edit, Hunks(edit, replaces=True)

    def _take(self, answer: str, *, is_done: bool) -> list[BlockChanges]:
        """Take in the blocks that are new; return what they change."""
        text = without_thought(answer, "\n".join(self._code))
        blocks, problem = blocks_in(text, is_done=is_done)
        fresh: list[BlockChanges] = []
        for block in blocks[len(self._blocks) :]:
            is_repeated = any(
                (block.search, block.new) == (one.search, one.new) for one in self._blocks
            )
            self._blocks.append(block)
            if self._problem is not None or is_repeated:
                continue
            taken = [(one.first, one.end) for one in (*self._made, *fresh)]
            made = changes_of(block, self._code, taken)
            if isinstance(made, Dropped):
                self._problem = made
            elif (gap := gap_in(made.lines, self._code)) is not None:
                self._problem = Dropped(f"{block.name} leaves code out (`{gap}`)")
            else:
                fresh.append(made)
        self._problem = self._problem or problem
        self._made += fresh
        return fresh

    def _in_region(self, made: BlockChanges) -> list[tuple[LineChange, Sequence[str]]]:
        """Return a block's changes of the region's lines, each with its new lines."""
        count = len(self._places)
        found: list[tuple[LineChange, Sequence[str]]] = []
        for one in made.changes:
            last = self._places[one.old_end - 1] + 1 if one.old_end > one.old_start else None
            start = self._places[one.old_start] if one.old_start < count else len(self._old)
            lines = [
                self._indent + line if line.strip() else ""
                for line in made.lines[one.new_start : one.new_end]
            ]
            found.append((LineChange(start, start if last is None else last, 0, 0), lines))
        return found

    def _replacements(
        self, changes: Sequence[tuple[LineChange, Sequence[str]]]
    ) -> tuple[Replacement, ...]:
        """Return changes with their new lines as replacements; what touches becomes one."""
        joined: list[tuple[int, int, list[str]]] = []
        for one, lines in sorted(changes, key=lambda each: (each[0].old_start, each[0].old_end)):
            if joined and one.old_start <= joined[-1][1]:
                start, end, before = joined[-1]
                joined[-1] = start, max(end, one.old_end), [*before, *lines]
            else:
                joined.append((one.old_start, one.old_end, list(lines)))
        new: list[str] = []
        made = []
        for start, end, lines in joined:
            # What is left of a region without lines is an empty one.
            kept = lines or ([""] if end - start == len(self._old) else [])
            made.append(LineChange(start, end, len(new), len(new) + len(kept)))
            new += kept
        return replacements_of(self._document, self._span, made, new)

    def _applied(self) -> list[str]:
        """Return the code, which is not the document's, with all blocks carried out."""
        lines = list(self._code)
        changes = [(one, made.lines) for made in self._made for one in made.changes]
        for one, new in sorted(changes, key=lambda each: -each[0].old_start):
            lines[one.old_start : one.old_end] = new[one.new_start : one.new_end]
        return indented_like(lines, self._old)
