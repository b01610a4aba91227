"""Qwen's prompt formats: the only file that names its control tokens.

Fill in the middle follows the repository-level format of Qwen2.5-Coder's report; the cursor's line
goes after `fim_middle`, as llama.vim found, so that typing only appends to the prompt.
"""

from qwen_lsp.context.anchor import Anchor, set_anchor
from qwen_lsp.context.snapshot import Snapshot
from qwen_lsp.context.window import window
from qwen_lsp.text import common_indentation, split_lines
from qwen_lsp.wire import ChatRequest, CompletionRequest, Message, Segment, Token

# Texts of control tokens, should a model spell one out instead of generating the token.
CONTROL_TEXTS = (
    "<|endoftext|>",
    "<|fim_prefix|>",
    "<|fim_middle|>",
    "<|fim_suffix|>",
    "<|fim_pad|>",
    "<|repo_name|>",
    "<|file_sep|>",
    "<|im_start|>",
    "<|im_end|>",
)

# Code points of the document around the cursor, at about 3.5 to a token: the window that is built
# behind the user's back and then kept, and one that a 2-core laptop evaluates in a second.
BEFORE, AFTER = 5600, 1400
QUICK_BEFORE, QUICK_AFTER = 450, 150
CHAT_BEFORE, CHAT_AFTER = 1500, 500

EDIT_SYSTEM = (
    "You are an expert programmer. You rewrite exactly the code you are given, following the "
    "instruction, and change nothing else. Keep names, style and indentation. Answer with one "
    "code block that holds the complete rewritten code, and nothing else."
)
EXPLAIN_SYSTEM = (
    "You are an expert programmer who explains code to a colleague. Begin with one or two "
    "sentences that say what the code does and why. Then explain the details that matter, in "
    "short paragraphs or a short list, using the real names from the code. Answer in Markdown."
)


def completion_request(snapshot: Snapshot, max_tokens: int) -> CompletionRequest:
    """Return the fill-in-the-middle request at the snapshot's cursor."""
    document, cursor = snapshot.document, snapshot.cursor
    anchor = snapshot.anchor or set_anchor(document, cursor, BEFORE, AFTER)
    quick = anchor.narrowed(QUICK_BEFORE, QUICK_AFTER)
    trunk = _trunk(snapshot, anchor)
    quick_trunk = _trunk(snapshot, quick)
    return CompletionRequest(
        prompt=(*trunk, Token("fim_middle"), _typed(snapshot, anchor)),
        trunk=len(trunk),
        quick=(*quick_trunk, Token("fim_middle"), _typed(snapshot, quick)),
        max_tokens=max_tokens,
        document=f"{document.uri}#{anchor.number}",
        stop=CONTROL_TEXTS,
        heal=True,
    )


def warm_request(snapshot: Snapshot, anchor: Anchor) -> CompletionRequest:
    """Return the request that only evaluates the document's trunk."""
    trunk = _trunk(snapshot, anchor)
    return CompletionRequest(
        prompt=trunk,
        trunk=len(trunk),
        max_tokens=0,
        document=f"{snapshot.document.uri}#{anchor.number}",
        priority="warm",
    )


def _trunk(snapshot: Snapshot, anchor: Anchor) -> tuple[Segment, ...]:
    repository: tuple[Segment, ...] = ()
    if snapshot.workspace:
        repository = (Token("repo_name"), f"{snapshot.workspace}\n")
    return (
        *repository,
        *(Token("file_sep"), f"{snapshot.path.as_posix()}\n"),
        *(Token("fim_prefix"), _plain(anchor.above)),
        *(Token("fim_suffix"), _plain(anchor.rest + anchor.below)),
    )


def _typed(snapshot: Snapshot, anchor: Anchor) -> str:
    """Return what stands between the anchor and the cursor."""
    typed = _plain(snapshot.document.text[anchor.at : snapshot.cursor])
    # On a line of blanks the model indents by itself, and knows better how deep (llama.vim).
    return typed if snapshot.before_cursor.strip() else typed.rstrip(" \t")


def edit_request(snapshot: Snapshot, code: str, instruction: str, max_tokens: int) -> ChatRequest:
    """Return the chat that rewrites `code`, which stands at the snapshot's span of whole lines."""
    document, span = snapshot.document, snapshot.span
    above, below = window(document, span, CHAT_BEFORE, CHAT_AFTER)
    code = _plain(code)
    indent = common_indentation(split_lines(code))
    dedented = "\n".join(line[len(indent) :] for line in split_lines(code))
    parts = [f"File `{snapshot.path.as_posix()}`."]
    if before := _plain(document.text[above.start : above.end]).strip("\n"):
        parts.append(f"The code above it, which stays as it is:\n{_block(snapshot, before)}")
    if after := _plain(document.text[below.start : below.end]).strip("\n"):
        parts.append(f"The code below it, which stays as it is:\n{_block(snapshot, after)}")
    parts.append(f"The code to rewrite:\n{_block(snapshot, dedented)}")
    parts.append(f"Instruction: {instruction}")
    return ChatRequest(
        messages=(Message("system", EDIT_SYSTEM), Message("user", "\n\n".join(parts))),
        max_tokens=max_tokens,
        document=f"edit {document.uri}",
        priority="edit",
    )


def explain_request(snapshot: Snapshot, max_tokens: int) -> ChatRequest:
    """Return the chat that explains the snapshot's span."""
    document, span = snapshot.document, snapshot.span
    above, below = window(document, span, CHAT_BEFORE, CHAT_AFTER)
    parts = [f"File `{snapshot.path.as_posix()}`."]
    if before := _plain(document.text[above.start : above.end]).strip("\n"):
        parts.append(f"For context, the code above it:\n{_block(snapshot, before)}")
    if after := _plain(document.text[below.start : below.end]).strip("\n"):
        parts.append(f"For context, the code below it:\n{_block(snapshot, after)}")
    code = _plain(document.text[span.start : span.end])
    parts.append(f"Explain this code:\n{_block(snapshot, code)}")
    if snapshot.diagnostics:
        parts.append("Diagnostics reported in it:\n" + "\n".join(snapshot.diagnostics))
    return ChatRequest(
        messages=(Message("system", EXPLAIN_SYSTEM), Message("user", "\n\n".join(parts))),
        max_tokens=max_tokens,
        document=f"explain {document.uri}",
        priority="explain",
        # Greedy small models fall into loops in prose.
        temperature=0.2,
    )


def _block(snapshot: Snapshot, code: str) -> str:
    return f"```{snapshot.document.language}\n{code}\n```"


def _plain(text: str) -> str:
    r"""Return the text with every line end as "\n", the only one the model saw much of."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
