"""The chat that writes tests for selected code."""

from collections.abc import Iterator

from qwen_lsp.context.chat_parts import around, block, snippets
from qwen_lsp.context.parts import Part, text_of
from qwen_lsp.context.snapshot import Snapshot
from qwen_lsp.context.tests_target import TestsTarget
from qwen_lsp.context.window import IMPORT_LINES, imports_above
from qwen_lsp.text import Document, plain
from qwen_lsp.wire import ChatRequest, Message

SYSTEM = (
    "You are an expert programmer who writes short tests. Answer with one code block that holds "
    "only the new tests and the imports they need, and nothing else."
)
# What tests are written with where no other test tells.
_FRAMEWORKS = {"python": " with pytest", "java": " with JUnit 5", "kotlin": " with JUnit 5"}


def tests_request(snapshot: Snapshot, target: TestsTarget, max_tokens: int) -> ChatRequest:
    """Return the chat that writes tests for the snapshot's span."""
    system, *user = tests_parts(snapshot, target)
    return ChatRequest(
        messages=(Message("system", text_of([system])), Message("user", text_of(user))),
        max_tokens=max_tokens,
        document=f"edit {snapshot.document.uri}",
        priority="edit",
    )


def tests_parts(snapshot: Snapshot, target: TestsTarget) -> tuple[Part, ...]:
    """Return the parts of that chat; the first is the system's message, the others the user's."""
    span = snapshot.span
    code = plain(snapshot.document.text[span.start : span.end])
    return (
        Part("system", SYSTEM),
        *snippets(snapshot),
        Part("file", f"File `{snapshot.path.as_posix()}`."),
        *around(snapshot, "The code above:", "The code below:"),
        block(snapshot, "code", "The code to test:", code, span),
        *_existing(snapshot, target),
        Part("instruction", f"\n\nInstruction: {_instruction(snapshot, target)}"),
    )


def _existing(snapshot: Snapshot, target: TestsTarget) -> Iterator[Part]:
    """Yield what a test file of the project looks like: its imports, and one of its tests."""
    shown = target.shown
    if shown is None:
        return
    document = Document("", snapshot.document.language, 0, "\n".join(shown.lines))
    pieces = [imports_above(document, IMPORT_LINES)]
    if shown.example is not None:
        first, last = shown.example
        pieces.append("\n".join(shown.lines[first : last + 1]))
    text = "\n".join(one for one in pieces if one)
    if text:
        fenced = f"```{snapshot.document.language}\n{text}\n```"
        yield Part("tests", f"\n\nThe test file `{shown.path}` has tests like this:\n{fenced}")


def _instruction(snapshot: Snapshot, target: TestsTarget) -> str:
    names = ", ".join(f"`{one}`" for one in target.names[:3]) or "this code"
    framework = "" if target.shown else _FRAMEWORKS.get(snapshot.document.language, "")
    where = f" for the {'new ' if target.lines is None else ''}test file `{target.path}`"
    how = f" Use `{target.import_line}`." if target.import_line else ""
    return f"Write tests for {names}{framework}{where}.{how}"
