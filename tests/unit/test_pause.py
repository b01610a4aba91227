"""How long an automatic request waits for the next key."""

from dataclasses import replace

import pytest

from qwen_lsp.context.snapshot import Snapshot
from qwen_lsp.context.typing import Typing
from qwen_lsp.features.pause import LONGEST_S, pause_s
from qwen_lsp.settings import Settings
from qwen_lsp.text import Document, Span
from tests.harness import marked_text

KEYS = (0.1, 0.1, 0.1, 0.1)


def asked(marked="x = fo│", last="typed", intervals=KEYS, rested=0.0) -> Snapshot:
    marks = marked_text.parse(marked)
    document = Document("file:///a.py", "python", 1, marks.text)
    typing = Typing(last, Span(0, 0), at=5.0, intervals=intervals)
    settings = Settings(model="none")
    return Snapshot(document, marks.selection, settings, typing=typing, asked_at=5.0 + rested)


@pytest.mark.parametrize(
    ("snapshot", "first_text_s", "wait"),
    [
        pytest.param(asked(), 1.0, 0.15, id="while keys come"),
        pytest.param(asked(last="deleted"), 1.0, 0.15, id="while backspaces come"),
        pytest.param(asked(), None, 0.15, id="while the model's speed is not known"),
        pytest.param(asked(rested=0.1), 1.0, 0.05, id="less what the editor waited"),
        pytest.param(asked(rested=0.2), 1.0, 0.0, id="not if the editor waited long enough"),
        pytest.param(asked(intervals=(0.5,) * 4), 1.0, LONGEST_S, id="not long for who types slow"),
        pytest.param(asked(), 0.05, 0.0, id="not when answers come between two keys"),
        pytest.param(asked("x = foo.│"), 1.0, 0.0, id="not behind a dot"),
        pytest.param(asked("x = │"), 1.0, 0.0, id="not behind an equals sign"),
        pytest.param(asked("if x:\n    │"), 1.0, 0.0, id="not at a line's start"),
        pytest.param(asked(last="accepted"), 1.0, 0.0, id="not after an accept"),
        pytest.param(asked(last="nothing"), 1.0, 0.0, id="not when nothing was typed"),
        pytest.param(asked(intervals=(0.1,)), 1.0, 0.0, id="not before the speed is known"),
        pytest.param(replace(asked(), is_invoked=True), 1.0, 0.0, id="not when asked by hand"),
    ],
)
def test_a_request_waits_only_while_a_key_is_likely(snapshot, first_text_s, wait):
    assert pause_s(snapshot, first_text_s) == pytest.approx(wait)
