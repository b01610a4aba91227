"""Where links of an answer may lead, and what an answer is about."""

from dataclasses import dataclass

from qwen_lsp.context.snippet import Snippet


@dataclass(frozen=True, slots=True)
class Target:
    """A place that a link may lead to.

    Attributes:
        path: of a file of the workspace, relative to its folder.
        line: 1-based.
        name: of the definition that it is, or is in; "" without one.
    """

    path: str
    line: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """What an answer is about.

    Attributes:
        root: of the workspace folder, as a path with forward slashes.
        path: of the file in it; "" for the workspace as a whole.
        code: that is explained.
        snippets: of other code that the prompt shows.
    """

    root: str
    path: str = ""
    code: str = ""
    snippets: tuple[Snippet, ...] = ()
