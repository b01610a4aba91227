"""The chats that explain code: a selection, a problem that was reported, or an outline of a file.

What stays the same from one question to the next comes first, so that it is evaluated once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from qwen_lsp.context.chat_parts import around, block
from qwen_lsp.context.natural_language import answer_in
from qwen_lsp.context.parts import Part, text_of
from qwen_lsp.context.snapshot import Snapshot
from qwen_lsp.context.snippet import Snippet
from qwen_lsp.text import plain
from qwen_lsp.wire import ChatRequest, Image, Message

SYSTEM = (
    "You are an expert programmer who explains code to a colleague. Begin with one or two "
    "sentences that say what the code does and why. Then explain the details that matter, in "
    "short paragraphs or a short list, using the real names from the code in backticks. "
    "Answer in Markdown."
)
SYSTEM_PROBLEM = (
    "You are an expert programmer who helps a colleague with a problem in their code. Begin with "
    "one or two sentences that say what the problem means at this code. Then say why it is "
    "reported and what to change, using the real names from the code in backticks. "
    "Answer in Markdown."
)
SYSTEM_IMAGE = (
    "You are an expert programmer who explains images of a project to a colleague: screenshots, "
    "diagrams, charts. Begin with one or two sentences that say what the image shows and what for. "
    "Then explain the details that matter, in short paragraphs or a short list. Say only what can "
    "be seen. Answer in Markdown."
)
_FIRST = {
    "code": "Explain this code:",
    "problem": "The code with the problem:",
    "outline": "Explain this file by its outline; bodies are left out:",
}


def explain_request(
    snapshot: Snapshot,
    max_tokens: int,
    instruction: str = "",
    outline: str = "",
) -> ChatRequest:
    """Return the chat that explains the snapshot's span.

    Args:
        snapshot: the span is explained; its diagnostics are a problem in it, if there are any.
        max_tokens: of the answer.
        instruction: a question about it, in the user's words.
        outline: shown instead of the span's text, which is too long.
    """
    parts = explain_parts(snapshot, instruction, outline)
    return chat_of(
        parts, snapshot.document.uri, max_tokens, thinks=snapshot.settings.explain_thinking
    )


@dataclass(frozen=True, slots=True)
class LinkedImage:
    """An image, its path in the workspace folder, and what the link to it says of it."""

    image: Image
    path: str
    alt: str


def image_request(
    snapshot: Snapshot, linked: LinkedImage, max_tokens: int, instruction: str = ""
) -> ChatRequest:
    """Return the chat that explains an image.

    Args:
        snapshot: the span is the link to it.
        linked: the image.
        max_tokens: of the answer.
        instruction: a question about it, in the user's words.
    """
    named = f", which the link calls “{linked.alt}”" if linked.alt else ""
    parts = (
        Part("system", SYSTEM_IMAGE),
        Part("file", f"The image is `{linked.path}`, in `{snapshot.path.as_posix()}`."),
        *around(snapshot, "For context, the text above it:", "For context, the text below it:"),
        Part("code", f"\n\nExplain the image{named}.", snapshot.span),
        *question_parts(snapshot.settings.language, instruction),
    )
    return chat_of(
        parts,
        snapshot.document.uri,
        max_tokens,
        thinks=snapshot.settings.explain_thinking,
        images=(linked.image,),
    )


def chat_of(
    parts: Sequence[Part],
    about: str,
    max_tokens: int,
    *,
    thinks: bool,
    images: tuple[Image, ...] = (),
) -> ChatRequest:
    """Return the chat whose first part is the system's message, and the others the user's."""
    system, *user = parts
    return ChatRequest(
        messages=(Message("system", text_of([system])), Message("user", text_of(user), images)),
        max_tokens=max_tokens,
        document=f"explain {about}",
        priority="explain",
        # Greedy small models fall into loops in prose.
        temperature=0.2,
        thinking=thinks,
    )


def explain_parts(snapshot: Snapshot, instruction: str = "", outline: str = "") -> tuple[Part, ...]:
    """Return the parts of that chat; the first is the system's message, the others the user's."""
    span = snapshot.span
    kind = "outline" if outline else "problem" if snapshot.diagnostics else "code"
    code = outline or plain(snapshot.document.text[span.start : span.end])
    parts = [
        Part("system", SYSTEM_PROBLEM if kind == "problem" else SYSTEM),
        *_snippets(snapshot),
        Part("file", f"File `{snapshot.path.as_posix()}`."),
        *_heads(snapshot),
    ]
    if not outline:
        parts += around(
            snapshot, "For context, the code above it:", "For context, the code below it:"
        )
    parts.append(block(snapshot, "code", _FIRST[kind], code, span))
    if snapshot.diagnostics:
        text = "\n\nReported in it:\n" + "\n".join(snapshot.diagnostics)
        parts.append(Part("diagnostics", text + "\n\nExplain this problem."))
    return (*parts, *question_parts(snapshot.settings.language, instruction))


def question_parts(language: str, instruction: str) -> tuple[Part, ...]:
    """Return the parts that ask a question and say in which language to answer."""
    texts = [f"Question: {instruction.strip()}"] if instruction.strip() else []
    if sentence := answer_in(language, instruction):
        texts.append(sentence)
    return tuple([Part("instruction", f"\n\n{text}") for text in texts])


def _snippets(snapshot: Snapshot) -> Iterable[Part]:
    """Yield the other code: definitions that the code uses, then its callers."""
    snippets = snapshot.context.snippets
    used = [one for one in snippets if one.source != "usage"]
    calls = [one for one in snippets if one.source == "usage"]
    for title, some in (("Code that it uses", used), ("Code that calls it", calls)):
        for one in some:
            yield _snippet(snapshot, title, one)


def _snippet(snapshot: Snapshot, title: str, one: Snippet) -> Part:
    language = snapshot.document.language
    text = f"{title}, `{one.path}`:\n```{language}\n{plain(one.text)}\n```\n\n"
    return Part("snippet", text, snippet=one)


def _heads(snapshot: Snapshot) -> Iterable[Part]:
    """Yield what the code is in, where that is further above than what is shown."""
    document = snapshot.document
    lines = [
        document.line_text(line)
        for first, last in snapshot.context.heads
        for line in range(first, last + 1)
        if line < len(document.line_starts)
    ]
    if lines:
        code = "\n".join(lines)
        yield Part("before", f"\n\nIt is part of:\n```{document.language}\n{code}\n```")
