"""Qwen's prompt formats: the only file that names its control tokens.

Fill in the middle follows the repository-level format of Qwen2.5-Coder's report; the cursor's line
goes after `fim_middle`, as llama.vim found, so that typing only appends to the prompt.
"""

from dataclasses import replace

from qwen_lsp.context.anchor import Anchor, set_anchor
from qwen_lsp.context.parts import Part, PartName, segments_of, text_of
from qwen_lsp.context.snapshot import Snapshot
from qwen_lsp.context.snippet import Context, Snippet
from qwen_lsp.context.window import window
from qwen_lsp.text import Span, common_indentation, split_lines
from qwen_lsp.wire import ChatRequest, CompletionRequest, Message, Token

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
    anchor = _anchor(snapshot)
    return CompletionRequest(
        prompt=segments_of(completion_parts(snapshot)),
        trunk=len(_trunk(snapshot, anchor)),
        quick=segments_of(quick_parts(snapshot)),
        max_tokens=max_tokens,
        document=f"{snapshot.document.uri}#{anchor.number}",
        stop=CONTROL_TEXTS,
        heal=True,
    )


def completion_parts(snapshot: Snapshot) -> tuple[Part, ...]:
    """Return the parts of the whole prompt of a completion at the snapshot's cursor."""
    anchor = _anchor(snapshot)
    return (*_trunk(snapshot, anchor), *_since(snapshot, anchor))


def quick_parts(snapshot: Snapshot) -> tuple[Part, ...]:
    """Return the parts of the short prompt that is answered first where the whole one is new."""
    if snapshot.is_invoked:
        return ()  # who asks gets the best answer there is; who types gets one at once
    quick = _anchor(snapshot).narrowed(QUICK_BEFORE, QUICK_AFTER)
    alone = replace(snapshot, context=Context())
    return (*_trunk(alone, quick), *_since(alone, quick))


def snippet_text(snippet: Snippet) -> str:
    """Return how a prompt holds a snippet, behind a control token."""
    return f"{snippet.path}\n{_plain(snippet.text)}\n"


def warm_request(snapshot: Snapshot, anchor: Anchor) -> CompletionRequest:
    """Return the request that only evaluates the document's trunk."""
    trunk = segments_of(_trunk(snapshot, anchor))
    return CompletionRequest(
        prompt=trunk,
        trunk=len(trunk),
        max_tokens=0,
        document=f"{snapshot.document.uri}#{anchor.number}",
        priority="warm",
    )


def _anchor(snapshot: Snapshot) -> Anchor:
    return snapshot.anchor or set_anchor(snapshot.document, snapshot.cursor, BEFORE, AFTER)


def _trunk(snapshot: Snapshot, anchor: Anchor) -> tuple[Part, ...]:
    document, cursor = snapshot.document, snapshot.cursor
    end = document.line_span(snapshot.line).end + len(anchor.below)
    parts: list[Part] = []
    if snapshot.workspace:
        parts += [_control("repo_name"), Part("repository", f"{snapshot.workspace}\n")]
    for one in snapshot.context.snippets:
        parts += [_control("file_sep"), Part("snippet", snippet_text(one), snippet=one)]
    return (
        *parts,
        *(_control("file_sep"), Part("file", f"{snapshot.path.as_posix()}\n")),
        _control("fim_prefix"),
        *([Part("imports", _plain(anchor.imports))] if anchor.imports else []),
        Part("before", _plain(anchor.above), Span(anchor.start, anchor.at)),
        _control("fim_suffix"),
        Part("after", _plain(anchor.rest + anchor.below), Span(cursor, end)),
    )


def _since(snapshot: Snapshot, anchor: Anchor) -> tuple[Part, ...]:
    """Return what follows the trunk: what stands between the anchor and the cursor."""
    typed = _plain(snapshot.document.text[anchor.at : snapshot.cursor])
    # On a line of blanks the model indents by itself, and knows better how deep (llama.vim).
    text = typed if snapshot.before_cursor.strip() else typed.rstrip(" \t")
    return _control("fim_middle"), Part("typed", text, Span(anchor.at, snapshot.cursor))


def edit_request(snapshot: Snapshot, code: str, instruction: str, max_tokens: int) -> ChatRequest:
    """Return the chat that rewrites `code`, which stands at the snapshot's span of whole lines."""
    system, *user = edit_parts(snapshot, code, instruction)
    return ChatRequest(
        messages=(Message("system", text_of([system])), Message("user", text_of(user))),
        max_tokens=max_tokens,
        document=f"edit {snapshot.document.uri}",
        priority="edit",
    )


def edit_parts(snapshot: Snapshot, code: str, instruction: str) -> tuple[Part, ...]:
    """Return the parts of that chat; the first is the system's message, the others the user's."""
    code = _plain(code)
    indent = common_indentation(split_lines(code))
    dedented = "\n".join(line[len(indent) :] for line in split_lines(code))
    above, below = _around(
        snapshot,
        "The code above it, which stays as it is:",
        "The code below it, which stays as it is:",
    )
    return (
        Part("system", EDIT_SYSTEM),
        Part("file", f"File `{snapshot.path.as_posix()}`."),
        *above,
        *below,
        _block(snapshot, "code", "The code to rewrite:", dedented, snapshot.span),
        Part("instruction", f"\n\nInstruction: {instruction}"),
    )


def explain_request(snapshot: Snapshot, max_tokens: int) -> ChatRequest:
    """Return the chat that explains the snapshot's span."""
    system, *user = explain_parts(snapshot)
    return ChatRequest(
        messages=(Message("system", text_of([system])), Message("user", text_of(user))),
        max_tokens=max_tokens,
        document=f"explain {snapshot.document.uri}",
        priority="explain",
        # Greedy small models fall into loops in prose.
        temperature=0.2,
    )


def explain_parts(snapshot: Snapshot) -> tuple[Part, ...]:
    """Return the parts of that chat; the first is the system's message, the others the user's."""
    span = snapshot.span
    code = _plain(snapshot.document.text[span.start : span.end])
    above, below = _around(
        snapshot, "For context, the code above it:", "For context, the code below it:"
    )
    parts = [
        Part("system", EXPLAIN_SYSTEM),
        Part("file", f"File `{snapshot.path.as_posix()}`."),
        *above,
        *below,
        _block(snapshot, "code", "Explain this code:", code, span),
    ]
    if snapshot.diagnostics:
        text = "\n\nDiagnostics reported in it:\n" + "\n".join(snapshot.diagnostics)
        parts.append(Part("diagnostics", text))
    return tuple(parts)


def _around(snapshot: Snapshot, above: str, below: str) -> tuple[list[Part], list[Part]]:
    """Return the parts of the code above and below the span, each under a sentence."""
    document = snapshot.document
    spans = window(document, snapshot.span, CHAT_BEFORE, CHAT_AFTER)
    texts = [_plain(document.text[span.start : span.end]).strip("\n") for span in spans]
    before = [_block(snapshot, "before", above, texts[0], spans[0])] if texts[0] else []
    after = [_block(snapshot, "after", below, texts[1], spans[1])] if texts[1] else []
    return before, after


def _block(snapshot: Snapshot, name: PartName, sentence: str, code: str, span: Span) -> Part:
    """Return a paragraph of a chat: a sentence, and code in a fence."""
    return Part(name, f"\n\n{sentence}\n```{snapshot.document.language}\n{code}\n```", span)


def _control(name: str) -> Part:
    return Part("control", Token(name))


def _plain(text: str) -> str:
    r"""Return the text with every line end as "\n", the only one the model saw much of."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
