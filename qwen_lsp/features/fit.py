"""Whether a text that was written for one place still belongs at a later one.

A document changes while the model writes, and between two requests: the user types on, a formatter
or an import organiser changes lines elsewhere. A text fits as long as what stands right around its
place is the same and what was typed since is its beginning.
"""

from dataclasses import replace

from qwen_lsp.context.snapshot import Snapshot
from qwen_lsp.text import Document, Replacement, Span, difference, indentation

# Lines that are not blank, above the cursor's line, that have to be the same.
LINES_ABOVE = 2
# Lines that may have been typed of a text that is still being written: no completion is longer.
MOST_LINES = 32
# Seconds for which a text fits although the document changed elsewhere. Later the change may be
# the very thing that was missing, and the model has to see it.
FORGIVEN_S = 15.0
# What an editor adds and takes away by itself behind the cursor.
_CLOSERS = ")]}\"'`; \t"


def rest_at(text: str, old: Snapshot, new: Snapshot, *, is_done: bool) -> str | None:
    """Return what is left at `new` of a text that was written for `old`; None if it does not fit.

    A text that is not done may still be written as it was typed: then nothing is left of it yet.
    """
    if not _same_behind(old, new):
        return None
    document = new.document
    furthest = min(text.count("\n") if is_done else MOST_LINES, new.line)
    for line in range(new.line, new.line - furthest - 1, -1):
        at = _place_in(old, new, line)
        if at is None or at > new.cursor:
            continue
        typed = _plain(document.text[at : new.cursor])
        if is_done and len(typed) > len(text):
            return None
        written = _indented_as(text, old.before_cursor, document.line_text(line))
        known = written[: len(typed)]
        if typed.startswith(known) and _is_same_place(old, new, at, line):
            return written[len(typed) :]
    return None


def brought_up_to(document: Document, text: str, snapshot: Snapshot) -> Replacement | None:
    """Return what to insert now of a text that was written for an earlier version of the document.

    None if it does not belong there any more, or nothing of it is left.
    """
    chosen = snapshot.chosen
    if document.version == snapshot.document.version:
        if chosen is not None:
            return Replacement(chosen.span, chosen.text + text)
        return Replacement(snapshot.span, text)
    # The editor asks again whenever another entry of its menu is selected.
    moved = None if chosen is not None else _moved(snapshot, document)
    if moved is None:
        return None
    rest = rest_at(text, snapshot, moved, is_done=True)
    return Replacement(moved.span, rest) if rest and rest.strip() else None


def _moved(snapshot: Snapshot, document: Document) -> Snapshot | None:
    """Return the snapshot in a later version of its document; None if its cursor's place is gone.

    What was inserted at the cursor counts as typed there, so the cursor stands behind it.
    """
    cursor = snapshot.cursor
    change = difference(snapshot.document.text, document.text)
    if change.span.end <= cursor:
        cursor += len(document.text) - len(snapshot.document.text)
    elif change.span.start < cursor:
        return None
    return replace(snapshot, document=document, span=Span(cursor, cursor))


def _same_behind(old: Snapshot, new: Snapshot) -> bool:
    """Whether the rest of the cursor's line and the next line that is not blank are the same."""
    before, after = old.after_cursor.rstrip(), new.after_cursor.rstrip()
    if before != after and (before.strip(_CLOSERS) or after.strip(_CLOSERS)):
        return False
    return _lines_from(old, old.line + 1, 1, 1) == _lines_from(new, new.line + 1, 1, 1)


def _place_in(old: Snapshot, new: Snapshot, line: int) -> int | None:
    """Return the offset of the old cursor if it is in this line now; None if it is not."""
    start, text = new.document.line_starts[line], new.document.line_text(line)
    before = old.before_cursor
    if text.startswith(before):
        return start + len(before)
    # A line that holds code may be indented anew; on one of blanks the depth says what comes.
    code = before.lstrip()
    if code and text.lstrip().startswith(code):
        return start + len(indentation(text)) + len(code)
    return None


def _is_same_place(old: Snapshot, new: Snapshot, at: int, line: int) -> bool:
    above = _lines_from(old, old.line - 1, -1, LINES_ABOVE)
    if _lines_from(new, line - 1, -1, LINES_ABOVE) != above:
        return False
    before, after = old.document, new.document
    behind_old = len(before.text) - before.line_span(old.line).end
    behind_new = len(after.text) - after.line_span(new.line).end
    # Code that looks alike in two places: a change on one side leaves the distance from the other
    # end as it was, a jump of the cursor leaves neither.
    if at != old.cursor and behind_old != behind_new:
        return False
    if new.asked_at - old.asked_at <= FORGIVEN_S:
        return True
    is_same_above = after.text.startswith(before.text[: old.cursor])
    return is_same_above and after.text.endswith(before.text[len(before.text) - behind_old :])


def _lines_from(snapshot: Snapshot, first: int, step: int, count: int) -> list[str]:
    """Return the next lines that are not blank, trailing blanks cut off."""
    document, found = snapshot.document, list[str]()
    end = len(document.line_starts) if step > 0 else -1
    for line in range(first, end, step):
        text = document.line_text(line).rstrip()
        if text:
            found.append(text)
            if len(found) == count:
                break
    return found


def _indented_as(text: str, old_line: str, new_line: str) -> str:
    """Return the text with its later lines indented as its first line is now."""
    before, after = indentation(old_line), indentation(new_line)
    if before == after or not old_line.strip() or "\n" not in text:
        return text
    first, *later = text.split("\n")
    return "\n".join([first, *(_shifted(line, before, after) for line in later)])


def _shifted(line: str, before: str, after: str) -> str:
    return after + line[len(before) :] if line.startswith(before) and line.strip() else line


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
