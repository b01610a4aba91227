"""What an edit is to do: a preset, a `qwen:` comment or the user's words, as one instruction."""

from dataclasses import dataclass, replace

from qwen_lsp.context.snapshot import Snapshot
from qwen_lsp.errors import BadInput
from qwen_lsp.features import presets
from qwen_lsp.features.instruction_comment import find_instruction
from qwen_lsp.features.presets import COMMENT, PRESETS
from qwen_lsp.text import Span


@dataclass(frozen=True, slots=True)
class EditTask:
    """An edit that was asked for.

    Attributes:
        snapshot: its span is what is to change, in whole lines.
        instruction: what to do; "" while it is still being typed.
        omit: a line in the selection that the model does not see and the edit removes.
        wants_callers: whether the prompt should hold calls of what the selection defines.
    """

    snapshot: Snapshot
    instruction: str
    omit: Span | None = None
    wants_callers: bool = True


def implied_preset(snapshot: Snapshot, instruction: str | None) -> str | None:
    """Return the preset that is meant where none is named: a `qwen:` comment, if there is one."""
    if instruction or find_instruction(snapshot.document, snapshot.span) is None:
        return None
    return COMMENT


def edit_task(snapshot: Snapshot, preset: str | None, instruction: str | None) -> EditTask:
    """Return what an edit of the snapshot's selection is to do.

    Args:
        snapshot: the selection is its span, which is widened to whole lines.
        preset: name of one, or None.
        instruction: in the user's words; beside a preset it is added to that.

    Raises:
        BadInput: there is no such preset, it does not fit, or there is no code for it.
    """
    document = snapshot.document
    if preset == COMMENT:
        found = find_instruction(document, snapshot.span)
        if found is None:
            raise BadInput("There is no `qwen: …` comment at the selection; write one above it.")
        return EditTask(replace(snapshot, span=found.span), found.text, found.comment)
    snapshot = replace(snapshot, span=document.whole_lines(snapshot.span))
    if preset is None:
        return EditTask(snapshot, instruction or "")
    known = PRESETS.get(preset)
    if known is None:
        raise BadInput(f"There is no preset `{preset}`: use {presets.names()}.")
    if not known.fits(document.language):
        raise BadInput(
            f"The preset `{preset}` makes no sense in {document.language or 'this language'}."
        )
    if not document.text[snapshot.span.start : snapshot.span.end].strip():
        raise BadInput("There is no code in the selection; select what to change.")
    words = known.instruction_in(document.language, is_reported=bool(snapshot.diagnostics))
    words = f"{words} {instruction}" if instruction else words
    return EditTask(snapshot, words, wants_callers=known.changes_signatures)
