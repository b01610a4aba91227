"""Puts new tests into a test file: missing imports to its imports, the tests to its end."""

import re
from collections.abc import Callable, Iterator

from qwen_lsp.context.window import IMPORT_LINES, import_statements
from qwen_lsp.features.python_tests import python_tests_added
from qwen_lsp.text import (
    Document,
    Replacement,
    Span,
    common_indentation,
    plain,
    split_lines,
)

# In these a test is a member of a class, so it goes in front of the class's last bracket.
_IN_CLASSES = frozenset({"java", "csharp", "php", "scala", "kotlin"})
_CLASS = re.compile(r"^(?:@\w+.*\n)*(?:\w+\s+)*class\s+\w+[^{]*\{\n", re.MULTILINE)
_PACKAGE = re.compile(r"^\s*(?:package|namespace)\b")
# What binds a name at the top of a file, for tests that are there already.
_DEFINED = re.compile(
    r"^(?:\s*(?:async\s+)?def|class|func|\s*(?:\w+\s+)*(?:void|fun))\s+(?P<name>\w+)",
    re.MULTILINE,
)
_BELONG_BELOW = ("@", "#", "//", "[", "/*", "*")
_DOCSTRING = re.compile(r'\A(?:#.*\n|[ \t]*\n)*(?:"""|\'\'\').*?(?:"""|\'\'\')', re.DOTALL)


def added(document: Document, code: str, import_line: str = "") -> tuple[Replacement, ...]:
    """Return what puts tests into a test file that is there; () if none of them is new.

    Args:
        document: the test file.
        code: what the model wrote: imports and tests.
        import_line: makes what is tested known, "" if it is.
    """
    answer = Document("", document.language, 0, plain(code))
    statements, tests = _split(answer)
    if document.language in _IN_CLASSES:
        tests = _members(tests)
    if document.language in (*_IN_CLASSES, "python"):
        tests = _dedented(tests, lambda _line: True)
    tests = _without_known(document, tests)
    if not tests.strip():
        return ()
    end = document.line_end
    if import_line and not _binds(document.language, statements, import_line):
        statements = [*statements, import_line]
    wanted = _missing(document, statements)
    imports = end.join(wanted)
    if document.language == "python":
        return (*_imported(document, imports), python_tests_added(document, tests))
    return (*_imported(document, imports), _appended(document, tests.replace("\n", end)))


def new_file(language: str, code: str, import_line: str, package: str) -> str:
    """Return the text of a new test file.

    Args:
        language: LSP id.
        code: what the model wrote: imports and tests.
        import_line: makes what is tested known, "" if it is.
        package: statement that the file has to begin with, "" if none.
    """
    code = plain(code).strip("\n")
    statements, tests = _split(Document("", language, 0, code))
    parts = []
    if import_line and not _binds(language, statements, import_line):
        parts.append(f"{import_line}\n")
    if package and not any(_PACKAGE.match(one) for one in statements):
        parts.insert(0, f"{package}\n\n")
    if not tests.strip():
        return ""
    return "".join([*parts, code, "\n"])


def package_of(document: Document) -> str:
    """Return the statement that says which package a file is in, "" if it has none."""
    statements = import_statements(document, IMPORT_LINES)
    return next((one[0] for _, one in statements if _PACKAGE.match(one[0])), "")


def _split(answer: Document) -> tuple[list[str], str]:
    """Return the import statements of an answer, each as one text, and the rest."""
    statements, taken = [], set[int]()
    for first, lines in import_statements(answer, len(answer.line_starts)):
        # What a test imports for itself stays in it.
        if not lines[0][:1].isspace():
            statements.append("\n".join(lines))
            taken |= set(range(first, first + len(lines)))
    rest = [line for number, line in enumerate(split_lines(answer.text)) if number not in taken]
    return statements, "\n".join(rest).strip("\n")


def _missing(document: Document, statements: list[str]) -> list[str]:
    there = ["\n".join(lines) for _, lines in import_statements(document, IMPORT_LINES)]
    return [
        one
        for one in statements
        if not _PACKAGE.match(one) and not _binds(document.language, there, one)
    ]


def _binds(language: str, there: list[str], statement: str) -> bool:
    """Whether import statements make known all that another one would."""
    if statement.strip() in {one.strip() for one in there}:
        return True
    bound = {name for one in there for name in _bound_by(language, one)}
    wanted = set(_bound_by(language, statement))
    return bool(wanted) and wanted <= bound


def _bound_by(language: str, statement: str) -> Iterator[str]:
    """Yield the names that an import makes known, in languages where statements name several."""
    if language == "python":
        _, _, listed = statement.partition("import")
        for one in re.sub(r"#.*|[()]", "", listed).split(","):
            yield one.split()[-1] if one.split() else ""
    elif language.startswith(("javascript", "typescript")):
        listed = re.sub(r"\bfrom\b.*|=\s*require.*|\b(?:import|const|type)\b|[{}]", "", statement)
        for one in listed.split(","):
            yield one.split()[-1] if one.split() else ""


def _without_known(document: Document, tests: str) -> str:
    """Return tests without those that the file has: same text, or same name."""
    text = plain(document.text)
    known = {name for match in _DEFINED.finditer(text) if (name := match["name"])}
    # A test in a class may be called as one in another class.
    there = (
        _dedented(text, lambda line: line[:1].isspace())
        if document.language in _IN_CLASSES
        else text
    )
    kept = []
    for block in _blocks(split_lines(tests)):
        name = _DEFINED.search("\n".join(block))
        whole = "\n".join(block).strip("\n")
        is_known = whole in there or (name is not None and name["name"] in known)
        if not is_known or not whole:
            kept += block
    return "\n".join(kept).strip("\n")


def _blocks(lines: list[str]) -> Iterator[list[str]]:
    """Yield the lines of each definition or statement, with decorators and comments above it."""
    block: list[str] = []
    has_code = False
    for line in lines:
        if has_code and line.strip() and line[0] not in " \t)]}":
            yield block
            block, has_code = [], False
        block.append(line)
        has_code = has_code or bool(line.strip() and not line.lstrip().startswith(_BELONG_BELOW))
    yield block


def _dedented(text: str, counts: Callable[[str], bool]) -> str:
    """Return lines without the indentation that those have in common that count."""
    lines = split_lines(text)
    indent = common_indentation([line for line in lines if counts(line)])
    return "\n".join(line.removeprefix(indent) for line in lines)


def _members(tests: str) -> str:
    """Return the members of the class that tests were written in, if they were."""
    match = _CLASS.search(tests)
    if match is None:
        return tests
    end = tests.rfind("}")
    return tests[match.end() : end].strip("\n") if end > match.end() else tests


def _imported(document: Document, imports: str) -> Iterator[Replacement]:
    """Yield the insertion of import statements below those that a file has."""
    if not imports:
        return
    last = None
    for first, lines in import_statements(document, IMPORT_LINES):
        if not lines[0][:1].isspace():
            last = first + len(lines) - 1
    end = document.line_end
    if last is not None:
        at = document.line_span(last).end
        yield Replacement(Span(at, at), end + imports)
        return
    docstring = _DOCSTRING.match(document.text) if document.language == "python" else None
    if docstring:
        yield Replacement(Span(docstring.end(), docstring.end()), end + end + imports)
    else:
        yield Replacement(Span(0, 0), imports + end + end)


def _appended(document: Document, tests: str) -> Replacement:
    """Return the insertion of tests at the end of a file, or of its last class."""
    end, text = document.line_end, document.text
    if document.language in _IN_CLASSES and (closing := text.rfind("}")) >= 0:
        at = document.line_starts[document.line_at(closing)]
        inside = end.join(f"    {one}" if one.strip() else "" for one in tests.split(end))
        return Replacement(Span(at, at), f"{end}{inside}{end}")
    body = len(text.rstrip())
    gap = end * 2 if body else ""
    return Replacement(Span(body, len(text)), f"{gap}{tests}{end}")
