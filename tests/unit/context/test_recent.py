"""Where the user worked lately, followed through later edits."""

import pytest

from qwen_lsp.context.recent import Recent
from qwen_lsp.text import Document


def after(*edits):
    """Return (document, first, last) of what is remembered after edits, the newest first.

    An edit is a document, the line where it begins, and how many lines it removes and adds.
    """
    recent, texts = Recent(), dict[str, list[str]]()
    for number, (uri, first, removed, added) in enumerate(edits):
        lines = texts.get(uri) or [f"{uri}{line}" for line in range(6000)]
        new = [f"new {number} {line}" for line in range(added + 1)]
        changed = [*lines[:first], *new, *lines[first + removed + 1 :]]
        old, newer = (Document(uri, "", 1, "\n".join(one)) for one in (lines, changed))
        recent, texts[uri] = recent.after(old, newer), changed
    return [(one.uri, one.first, one.last) for one in recent.visits]


@pytest.mark.parametrize(
    ("edits", "places"),
    [
        pytest.param([("a", 5, 0, 0)], [("a", 5, 5)], id="a key"),
        pytest.param([("a", 5, 0, 2)], [("a", 5, 7)], id="two new lines"),
        pytest.param([("a", 5, 0, 0), ("a", 8, 0, 0)], [("a", 5, 8)], id="two near places are one"),
        pytest.param(
            [("a", 5, 0, 0), ("a", 90, 0, 0)],
            [("a", 90, 90), ("a", 5, 5)],
            id="the newest comes first",
        ),
        pytest.param(
            [("a", 90, 0, 0), ("a", 5, 0, 10)],
            [("a", 5, 15), ("a", 100, 100)],
            id="lines above push a place down",
        ),
        pytest.param(
            [("a", 90, 0, 0), ("a", 5, 3, 0)],
            [("a", 5, 5), ("a", 87, 87)],
            id="lines removed above pull it up",
        ),
        pytest.param([("a", 50, 0, 0), ("a", 30, 40, 0)], [("a", 30, 30)], id="removed with it"),
        pytest.param(
            [("a", 5, 0, 0), ("b", 5, 0, 0), ("a", 5, 0, 0)],
            [("a", 5, 5), ("b", 5, 5)],
            id="a place that is edited again is the newest again",
        ),
    ],
)
def test_edited_places_are_followed(edits, places):
    assert after(*edits) == places


def test_no_more_than_some_places_are_remembered():
    assert len(after(*(("a", line * 50, 0, 0) for line in range(100)))) == 24
