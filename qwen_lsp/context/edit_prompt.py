"""The chat that rewrites a selection on instruction."""

from typing import Literal

from qwen_lsp.context.chat_parts import around, block, diagnostics, snippets
from qwen_lsp.context.natural_language import language_rule
from qwen_lsp.context.parts import Part, text_of
from qwen_lsp.context.snapshot import Snapshot
from qwen_lsp.text import common_indentation, plain, split_lines
from qwen_lsp.wire import ChatRequest, Message

SYSTEM = (
    "You are an expert programmer. You rewrite exactly the code you are given, following the "
    "instruction, and change nothing else. Keep names, style and indentation. Answer with one "
    "code block that holds the complete rewritten code, and nothing else."
)

SYSTEM_FOR_BLOCKS = (
    "You are an expert programmer. You change the code you are given, following the instruction, "
    "and change nothing else. Keep names, style and indentation. Answer with one block of this "
    "form for each place that changes, and nothing else:\n"
    "<<<<<<< SEARCH\nlines of the code, copied exactly\n=======\nthe lines that take their place\n"
    ">>>>>>> REPLACE\n"
    "Copy only the lines that change and one or two next to them, so that they are found in one "
    "place only. To add code, copy the line next to it and repeat it among the new lines."
)

# Whether all of the code is said again, or only the places that change.
Form = Literal["whole", "blocks"]

# Most tokens of other code in the prompt: three seconds of a 2-core laptop, most of which pass
# while the instruction is typed. A small model gets lost in more.
CONTEXT_TOKENS = 512


def edit_request(
    snapshot: Snapshot, code: str, instruction: str, max_tokens: int, form: Form = "whole"
) -> ChatRequest:
    """Return the chat that rewrites `code`, which stands at the snapshot's span of whole lines."""
    system, *user = edit_parts(snapshot, code, instruction, form)
    return ChatRequest(
        messages=(Message("system", text_of([system])), Message("user", text_of(user))),
        max_tokens=max_tokens,
        document=f"edit {snapshot.document.uri}",
        priority="edit",
    )


def edit_parts(
    snapshot: Snapshot, code: str, instruction: str, form: Form = "whole"
) -> tuple[Part, ...]:
    """Return the parts of that chat; the first is the system's message, the others the user's.

    The instruction is the last, so that all the others can be evaluated while it is typed.

    Args:
        snapshot: its span is what is rewritten.
        code: what stands there, without what the model is not to see.
        instruction: in the user's words.
        form: of the answer.
    """
    code = plain(code)
    indent = common_indentation(split_lines(code))
    dedented = "\n".join(line[len(indent) :] for line in split_lines(code))
    rule = language_rule(instruction, snapshot.settings.language)
    return (
        Part("system", SYSTEM if form == "whole" else SYSTEM_FOR_BLOCKS),
        *snippets(snapshot),
        Part("file", f"File `{snapshot.path.as_posix()}`."),
        *around(
            snapshot,
            "The code above it, which stays as it is:",
            "The code below it, which stays as it is:",
        ),
        block(snapshot, "code", "The code to rewrite:", dedented, snapshot.span),
        *diagnostics(snapshot),
        Part("instruction", f"\n\nInstruction: {instruction}{f' {rule}' if rule else ''}"),
    )
