"""HumanEvalFix: a function with a bug, and tests that it must pass when it is right.

Only the code is shown to anybody: neither what the function is for nor its tests. HumanEvalFix's
own prompt has the tests; somebody who selects a function and asks for "Fix" has not sent them, so
these figures are lower than those that are published.
"""

import json
from dataclasses import dataclass

from qwen_lsp.index.parse import facts_of
from qwen_lsp.text import Document, Span
from tests.bench.repositories import CASES

FILE = "humanevalfix.jsonl"
SUFFIXES = {"python": ".py", "javascript": ".js", "java": ".java"}
JAVA_CLASS = "Solution"  # that every Java item is in; such a file is called as its class


@dataclass(frozen=True, slots=True)
class FixItem:
    """A file with a bug in one function.

    Attributes:
        name: of the function.
        buggy: the whole file.
        fixed: the same without the bug.
        setup: what comes before the file when its tests are run.
        tests: what comes behind it.
    """

    id: str
    language: str
    name: str
    buggy: str
    fixed: str
    setup: str
    tests: str

    @property
    def path(self) -> str:
        """What the file is called."""
        stem = JAVA_CLASS if self.language == "java" else self.name
        return stem + SUFFIXES[self.language]

    @property
    def document(self) -> Document:
        """The file as it is opened."""
        return Document("", self.language, 1, self.buggy)

    def program(self, text: str) -> str:
        """Return a program that runs the tests on a text of the file."""
        return f"{self.setup}\n{text}\n{self.tests}"


def fix_items() -> list[FixItem]:
    """Return all items, language by language."""
    path = CASES / FILE
    if not path.exists():
        raise SystemExit(f"There are no cases at {path}.")
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [
        FixItem(
            row["id"].removeprefix("humanevalfix/"),
            row["language"],
            row["entry_point"],
            row["before"],
            row["after"],
            f"{row['import']}\n{row['test_setup']}",
            row["tests"],
        )
        for row in rows
    ]


def function_span(item: FixItem) -> Span:
    """Return the lines of the buggy function, the last one's line end left out."""
    document = item.document
    symbols = facts_of(item.language, item.buggy.encode()).symbols
    function = next(one for one in symbols if one.name == item.name)
    start = document.line_starts[function.first_line]
    return document.whole_lines(Span(start, document.line_span(function.last_line).end))
