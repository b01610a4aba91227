"""Where tests of a selection belong, and what tests look like there: values only."""

from collections.abc import Sequence
from dataclasses import dataclass

from qwen_lsp.text import Span


@dataclass(frozen=True, slots=True)
class ShownTests:
    """A test file as the prompt shows it: what it is like, not all of it.

    Attributes:
        path: of it.
        lines: all of them.
        example: first and last line of one test, None if none was found.
    """

    path: str
    lines: Sequence[str]
    example: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class TestsTarget:
    """Where tests of a selection belong.

    Attributes:
        path: of the test file in the workspace.
        lines: that it has; None if it is to be created.
        shown: the file itself, or for a new one the nearest other one; None without any.
        span: of the document, what is to be tested.
        names: of what is defined there.
        import_line: that makes the first name known in the test file; "" if none is needed.
    """

    path: str
    lines: Sequence[str] | None
    shown: ShownTests | None
    span: Span
    names: tuple[str, ...]
    import_line: str
