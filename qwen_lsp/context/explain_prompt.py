"""The chat that explains code."""

from qwen_lsp.context.chat_parts import around, block
from qwen_lsp.context.parts import Part, text_of
from qwen_lsp.context.snapshot import Snapshot
from qwen_lsp.text import plain
from qwen_lsp.wire import ChatRequest, Message

SYSTEM = (
    "You are an expert programmer who explains code to a colleague. Begin with one or two "
    "sentences that say what the code does and why. Then explain the details that matter, in "
    "short paragraphs or a short list, using the real names from the code. Answer in Markdown."
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
    code = plain(snapshot.document.text[span.start : span.end])
    parts = [
        Part("system", SYSTEM),
        Part("file", f"File `{snapshot.path.as_posix()}`."),
        *around(snapshot, "For context, the code above it:", "For context, the code below it:"),
        block(snapshot, "code", "Explain this code:", code, span),
    ]
    if snapshot.diagnostics:
        text = "\n\nDiagnostics reported in it:\n" + "\n".join(snapshot.diagnostics)
        parts.append(Part("diagnostics", text))
    return tuple(parts)
