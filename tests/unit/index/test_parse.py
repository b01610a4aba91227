import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qwen_lsp.index.facts import FileFacts
from qwen_lsp.index.languages import LANGUAGES
from qwen_lsp.index.parse import facts_of, parser_version

NAMES = [language.name for language in LANGUAGES]
PYTHON = "class A:\n    def m(self) -> int:\n        return f(1)\n"
ODD = {
    "an empty file": b"",
    "invalid UTF-8": b"def \xff\xfe(): pass\nclass A\xc3: x = 1\n",
    "UTF-16": PYTHON.encode("utf-16"),
    "NUL bytes": b"def a\0b(): pass\n\0\0\0",
    "lone carriage returns": PYTHON.replace("\n", "\r").encode(),
    "CRLF": PYTHON.replace("\n", "\r\n").encode(),
    "a byte order mark": b"\xef\xbb\xbf" + PYTHON.encode(),
    "a line end that Python alone knows": "x = 1\x0c\u2028y = 2\n".encode(),
}


def assert_lines_are_in_the_file(facts: FileFacts) -> None:
    for one in facts.symbols:
        assert 0 <= one.first_line <= one.name_line <= one.last_line < max(facts.lines, 1)
        assert one.first_line <= one.signature_last_line <= one.last_line
        assert one.name_column >= 0
        assert -1 <= one.doc_first_line <= one.doc_last_line < facts.lines
    lines = [one.line for one in facts.references] + [one.line for one in facts.imports]
    assert all(0 <= line < facts.lines for line in lines)


@pytest.mark.parametrize("language", NAMES)
@pytest.mark.parametrize("source", ODD.values(), ids=ODD)
def test_odd_bytes_have_facts_that_lie_in_the_file(language, source):
    assert_lines_are_in_the_file(facts_of(language, source))


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"], ids=repr)
def test_lines_are_counted_at_every_line_end_that_editors_know(ends):
    facts = facts_of("python", PYTHON.replace("\n", ends).encode())
    assert facts.lines == 3
    if ends != "\r":  # To Python's grammar a lone carriage return ends no statement.
        assert [(one.name, one.name_line) for one in facts.symbols] == [("A", 0), ("m", 1)]
        assert [(one.name, one.line) for one in facts.references] == [("int", 1), ("f", 2)]


def test_columns_are_code_points():
    facts = facts_of("python", "é = 1; größe = 2\n".encode())
    assert [(one.name, one.name_column) for one in facts.symbols] == [("é", 0), ("größe", 7)]


def test_a_byte_order_mark_moves_nothing():
    assert facts_of("python", b"\xef\xbb\xbf" + PYTHON.encode()) == facts_of(
        "python", PYTHON.encode()
    )


@pytest.mark.parametrize("language", ["python", "javascript", "java", "c", "json", "rust"])
def test_ten_thousand_nested_brackets_are_parsed(language):
    assert_lines_are_in_the_file(facts_of(language, b"x = " + b"[" * 10_000 + b"]" * 10_000))


@pytest.mark.parametrize("language", ["python", "javascript", "json"])
def test_one_line_of_300_kilobytes_is_parsed(language):
    facts = facts_of(language, b"x = [" + b"f(1), " * 50_000 + b"]")
    assert facts.lines == 1
    assert len(facts.references) <= 1


MANY = 3000
NAMES_OF_MANY = [f"n{number}" for number in range(MANY)]


@pytest.mark.parametrize(
    ("language", "source", "imports"),
    [
        ("typescript", f"import {{{', '.join(NAMES_OF_MANY)}}} from 'x'", MANY),
        ("javascript", f"const {{{', '.join(NAMES_OF_MANY)}}} = require('x')", MANY),
        ("python", f"from x import {', '.join(NAMES_OF_MANY)}", MANY),
        ("python", f"class A({', '.join(NAMES_OF_MANY)}): pass", 0),
        ("rust", f"use x::{{{', '.join(NAMES_OF_MANY)}}};", MANY),
    ],
    ids=["imported", "required", "imported from", "bases", "used"],
)
def test_thousands_of_names_in_one_statement_are_all_found(language, source, imports):
    facts = facts_of(language, source.encode())
    assert [one.name for one in facts.imports] == NAMES_OF_MANY[:imports]
    if not imports:
        assert facts.symbols[0].bases == tuple(NAMES_OF_MANY)


def test_text_that_a_grammar_crashes_on_is_not_parsed():
    facts = facts_of("yaml", b"- " * 1000 + b"x\n")
    assert (facts.is_broken, facts.symbols, facts.lines) == (True, (), 1)


def test_broken_code_says_so_and_keeps_what_is_sound():
    facts = facts_of("python", b"def f(:\n    pass\n\nclass A:\n    x = 1\n")
    assert facts.is_broken
    assert "A" in {one.name for one in facts.symbols}


def test_an_unknown_language_is_a_key_error():
    with pytest.raises(KeyError):
        facts_of("cobol", b"")


def test_the_parser_version_stays_the_same():
    assert parser_version() == parser_version()
    assert len(parser_version()) == 32


WORDS = ("class", "def", "A", "b", "(", ")", "{", "}", "[", "<", ">", ":", ";", ",", ".", "=", "=>")
MORE_WORDS = (
    "import",
    "from",
    "use",
    "*",
    '"',
    "'",
    "#",
    "//",
    "/*",
    "*/",
    "function",
    "impl",
    "@",
)
CODE = st.lists(
    st.sampled_from([*WORDS, *MORE_WORDS, "\n", "\r", "\n    ", "é", "\0"]), max_size=40
)


@pytest.mark.parametrize("language", NAMES)
@settings(max_examples=15, deadline=None)
@given(text=st.one_of(CODE.map(" ".join), st.text(max_size=60)))
def test_any_text_has_facts_that_lie_in_the_file(language, text):
    assert_lines_are_in_the_file(facts_of(language, text.encode("utf-8", "surrogatepass")))
