"""Everything one request may see, frozen before its first await."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePath

from qwen_lsp.context.anchor import Anchor
from qwen_lsp.context.recent import Recent
from qwen_lsp.context.snippet import Context
from qwen_lsp.context.typing import Typing
from qwen_lsp.index.syntax import Syntax
from qwen_lsp.settings import Settings
from qwen_lsp.text import Document, Replacement, Span
from qwen_lsp.wire import Likely


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The world of one request.

    Attributes:
        document: the text and its version.
        span: the selection; for a completion the empty span at the cursor.
        settings: as they are now.
        workspace: name of the workspace folder, "" if there is none.
        path: of the document inside the workspace folder, or just its name.
        diagnostics: messages of the diagnostics that touch the span.
        anchor: where the document's prompt is split, if it was split before.
        context: what of the workspace the prompt holds besides the document.
        likely: what of the workspace may follow the cursor.
        recent: where the user worked lately, in this document and others.
        syntax: what the parser knows of the cursor's place; None if it does not say in time.
        is_invoked: the user asked for a completion, instead of just typing.
        typing: how the document came to be as it is.
        asked_at: when the request came, in seconds of the session's clock.
        chosen: the selected entry of the editor's own menu, as a replacement in the document as the
            editor has it; `document` is as if it had been accepted.
    """

    document: Document
    span: Span
    settings: Settings
    workspace: str = ""
    path: PurePath = field(default_factory=lambda: PurePath("untitled"))
    diagnostics: tuple[str, ...] = ()
    anchor: Anchor | None = None
    context: Context = field(default_factory=Context)
    likely: tuple[Likely, ...] = ()
    recent: Recent = field(default_factory=Recent)
    syntax: Syntax | None = None
    is_invoked: bool = False
    typing: Typing = field(default_factory=Typing)
    asked_at: float = 0.0
    chosen: Replacement | None = None

    @property
    def cursor(self) -> int:
        """Where text would be inserted, as an offset."""
        return self.span.end

    @property
    def line(self) -> int:
        """The cursor's line, 0-based."""
        return self.document.line_at(self.cursor)

    @property
    def before_cursor(self) -> str:
        """The cursor's line up to the cursor."""
        return self.document.text[self.document.line_starts[self.line] : self.cursor]

    def lines_below(self, most: int = 24) -> Iterator[str]:
        """Yield those of the next `most` lines below the cursor's that are not blank."""
        document = self.document
        last = min(self.line + most, len(document.line_starts) - 1)
        for line in range(self.line + 1, last + 1):
            if (text := document.line_text(line)).strip():
                yield text

    @property
    def after_cursor(self) -> str:
        """The rest of the cursor's line."""
        return self.document.text[self.cursor : self.document.line_span(self.line).end]
