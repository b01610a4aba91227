"""Qwen's prompt formats: the only file that names its control tokens.

Fill in the middle follows the repository-level format of Qwen2.5-Coder's report; the cursor's line
goes after `fim_middle`, as llama.vim found, so that typing only appends to the prompt.
"""

from dataclasses import replace

from qwen_lsp.context.anchor import Anchor, set_anchor
from qwen_lsp.context.line_width import width_of
from qwen_lsp.context.parts import Part, segments_of
from qwen_lsp.context.snapshot import Snapshot
from qwen_lsp.context.snippet import Context, Snippet
from qwen_lsp.text import Span, plain
from qwen_lsp.wire import CompletionRequest, Token

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
        likely=snapshot.likely,
        # A call that fits into its line stays on it, as formatters have it.
        unbroken=max(width_of(snapshot.document) - len(snapshot.before_cursor), 0),
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
    return f"{snippet.path}\n{plain(snippet.text)}\n"


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
    # A file alone has the format for one: what is said of its place makes a small model write
    # worse. Of 40 lines of HumanEval's holes it got 15 right, without it 21; the bare model 20.
    if snippets := snapshot.context.snippets:
        if snapshot.workspace:
            parts += [_control("repo_name"), Part("repository", f"{snapshot.workspace}\n")]
        for one in snippets:
            parts += [_control("file_sep"), Part("snippet", snippet_text(one), snippet=one)]
        parts += [_control("file_sep"), Part("file", f"{snapshot.path.as_posix()}\n")]
    return (
        *parts,
        _control("fim_prefix"),
        *([Part("imports", plain(anchor.imports))] if anchor.imports else []),
        Part("before", plain(anchor.above), Span(anchor.start, anchor.at)),
        _control("fim_suffix"),
        Part("after", plain(anchor.rest + anchor.below), Span(cursor, end)),
    )


def _since(snapshot: Snapshot, anchor: Anchor) -> tuple[Part, ...]:
    """Return what follows the trunk: what stands between the anchor and the cursor."""
    typed = plain(snapshot.document.text[anchor.at : snapshot.cursor])
    # On a line of blanks the model indents by itself, and knows better how deep (llama.vim).
    text = typed if snapshot.before_cursor.strip() else typed.rstrip(" \t")
    return _control("fim_middle"), Part("typed", text, Span(anchor.at, snapshot.cursor))


def _control(name: str) -> Part:
    return Part("control", Token(name))
