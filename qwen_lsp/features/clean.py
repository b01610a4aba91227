"""From the model's text to what may be shown: small filters, applied in order.

They only take away, and all but the one for fences and thoughts only from the end. Applying them
twice changes nothing more. Blanks and line ends are the document's already: what the model writes
goes through `document_style.py` as it comes.
"""

from qwen_lsp.context.snapshot import Snapshot
from qwen_lsp.features.brackets import cut_unbalanced
from qwen_lsp.features.code_block import cut_control_texts, cut_wrapping
from qwen_lsp.features.repeats import (
    cut_loops,
    cut_repeated_lines_below,
    cut_repeated_rest_of_line,
    cut_runaway,
)


def _end_control_texts(text: str, _snapshot: Snapshot) -> str:
    return cut_control_texts(text)


def _unwrap(text: str, snapshot: Snapshot) -> str:
    return cut_wrapping(text, snapshot.document.text, snapshot.document.language)


# What is no code goes first, then what is there already; brackets are judged by what is left.
FILTERS = (
    _end_control_texts,
    _unwrap,  # also takes away in front
    cut_repeated_rest_of_line,
    cut_repeated_lines_below,
    cut_loops,
    cut_runaway,
    cut_unbalanced,
)


def clean_completion(text: str, snapshot: Snapshot) -> str:
    """Return what of a completion is worth showing at the cursor, "" for nothing."""
    before, text = "", text.rstrip()
    # What one filter cuts may bring to light what another one cuts.
    while text != before:
        before = text
        for apply in FILTERS:
            text = apply(text, snapshot).rstrip()
    return text
