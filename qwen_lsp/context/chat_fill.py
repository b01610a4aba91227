"""Filling in the middle by chat, for models that have no tokens for it.

The code around the cursor goes into one message, with a mark where the missing text belongs.
"""

from qwen_lsp.context.snapshot import Snapshot
from qwen_lsp.context.window import window
from qwen_lsp.text import Span
from qwen_lsp.wire import ChatRequest, Message

HOLE = "<MISSING>"
# Code points around the cursor. All that follows the cursor's line has to be evaluated again for
# each key, so it is little.
BEFORE, AFTER = 1500, 400
# What the fence, the repeated line and a word of politeness take, beside the text itself.
SPARE_TOKENS = 48

SYSTEM = (
    "You complete code in an editor. The user shows a part of a file in which the mark "
    f"{HOLE} stands at the cursor. Answer with one code block that holds exactly the text that "
    "belongs in the place of the mark, and nothing else: no explanation, and nothing of the code "
    "that stands before or after it."
)


def fill_request(snapshot: Snapshot, max_tokens: int, *, is_block: bool) -> ChatRequest:
    """Return the chat that asks for what is missing at the snapshot's cursor."""
    document, cursor = snapshot.document, snapshot.cursor
    above, below = window(document, Span(cursor, cursor), BEFORE, AFTER)
    before = _plain(document.text[above.start : cursor])
    after = _plain(document.text[cursor : max(below.end, cursor)])
    how_much = "the next lines of this block" if is_block else "the rest of this line"
    content = (
        f"File `{snapshot.path.as_posix()}`:\n"
        f"```{document.language}\n{before}{HOLE}{after}\n```\n\n"
        f"What stands in the place of {HOLE}? Only {how_much}."
    )
    return ChatRequest(
        messages=(Message("system", SYSTEM), Message("user", content)),
        max_tokens=max_tokens + SPARE_TOKENS,
        document=f"fill {document.uri}",
        priority="completion",
    )


def _plain(text: str) -> str:
    # The mark in somebody's source would make two holes.
    return text.replace("\r\n", "\n").replace("\r", "\n").replace(HOLE, "<missing>")
