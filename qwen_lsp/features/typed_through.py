"""Completions that were offered, advanced by what was typed since: answers without the model."""

from collections import OrderedDict

from qwen_lsp.context.snapshot import Snapshot

REMEMBERED = 64  # completions; the oldest is forgotten


class TypedThrough:
    """The completions offered in one session."""

    def __init__(self) -> None:
        self._offers: OrderedDict[tuple[str, int], tuple[Snapshot, str]] = OrderedDict()

    def remember(self, snapshot: Snapshot, text: str) -> None:
        """Keep what was offered at a snapshot's cursor."""
        key = (snapshot.document.uri, snapshot.cursor)
        self._offers[key] = (snapshot, text)
        self._offers.move_to_end(key)
        if len(self._offers) > REMEMBERED:
            self._offers.popitem(last=False)

    def advance(self, snapshot: Snapshot) -> str:
        """Return the rest of a completion whose beginning was typed since, "" if there is none."""
        for old, text in reversed(self._offers.values()):
            if old.document.uri == snapshot.document.uri:
                rest = _rest(old, text, snapshot)
                if rest:
                    return rest
        return ""


def _rest(old: Snapshot, text: str, new: Snapshot) -> str:
    typed = new.cursor - old.cursor
    if not 0 <= typed < len(text):
        return ""
    before, after = old.document.text, new.document.text
    if after[old.cursor : new.cursor] != text[:typed]:
        return ""
    if len(after) - new.cursor != len(before) - old.cursor and new.after_cursor.strip(")]}\"'`;"):
        return ""  # something else changed behind the cursor
    same_above = after.startswith(before[: old.cursor])
    lines_below = before[old.document.line_span(old.line).end :]
    return text[typed:] if same_above and after.endswith(lines_below) else ""
