"""How long an automatic request waits for the next key before the model is asked.

A wait here buys less than elsewhere: what is typed meanwhile joins what the model writes, and a
cancel stops it within a token. But on a slow machine every key that parts from what is written
costs an evaluation for nothing. So a request waits only while another key is likelier than a pause,
and only where the answer would come later than that key.
"""

from statistics import median

from qwen_lsp.context.snapshot import Snapshot

# Of the intervals in the bench's sessions, three in four are at most this many times the median of
# the twelve before. Who has rested for longer is likelier to go on resting.
PATIENCE = 1.5
# Since the last key. Neovim waits so long by itself, so nothing is added there; others that ask at
# each key, VS Code among them, are held back for as long.
LONGEST_S = 0.2
FEWEST_INTERVALS = 4
# Behind these the next word is wanted, and mostly it cannot be typed along without thinking.
_TRIGGERS = (".", "(", "[", "{", "=", ":", ",", "->", "=>")


def pause_s(snapshot: Snapshot, first_text_s: float | None) -> float:
    """Return the seconds to wait before the model is asked at the snapshot's cursor.

    `first_text_s` is how long the model took to begin its latest answers, None if nobody knows.
    The time since the last change counts as waited already, whichever side spent it.
    """
    typing = snapshot.typing
    before = snapshot.before_cursor.rstrip(" \t")
    is_wanted_now = (
        snapshot.is_invoked
        or typing.last not in ("typed", "deleted")
        or not before
        or before.endswith(_TRIGGERS)
        or len(typing.intervals) < FEWEST_INTERVALS
    )
    if is_wanted_now:
        return 0.0
    usual = median(typing.intervals)
    if first_text_s is not None and first_text_s <= usual:
        return 0.0  # the answer is there before the next key
    rested = snapshot.asked_at - typing.at
    return max(min(PATIENCE * usual, LONGEST_S) - rested, 0.0)
