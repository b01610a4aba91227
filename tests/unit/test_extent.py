"""How much of a model's text is one completion: as it comes, with and without the parser."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qwen_lsp.context.snapshot import Snapshot
from qwen_lsp.features.document_style import from_cursor
from qwen_lsp.features.extent import (
    complete_lines,
    leaves_code_dead,
    may_go_on,
    unfinished,
    wants_block,
    whole,
)
from qwen_lsp.index.languages import language_of_id
from qwen_lsp.index.tree import parse_text, syntax_at
from qwen_lsp.settings import Settings
from qwen_lsp.text import Document, lines_with_ends
from tests.harness import marked_text


def snapshot_of(marked: str, language: str, *, is_parsed: bool, most: int = 12) -> Snapshot:
    marks = marked_text.parse(marked)
    document = Document("file:///a", language, 1, marks.text)
    chosen = Settings(model="none", completion_max_lines=most)
    snapshot = Snapshot(document, marks.selection, chosen)
    if not is_parsed:
        return snapshot
    tree = parse_text(language_of_id(language) or "", marks.text)
    return replace(snapshot, syntax=syntax_at(tree, marks.cursor))


def taken(answer: str, snapshot: Snapshot) -> str | None:
    """Return what is taken of an answer that comes character by character."""
    for end in range(1, len(answer) + 1):
        if (text := whole(from_cursor(answer[:end], snapshot), snapshot)) is not None:
            return text
    return None


both_ways = pytest.mark.parametrize("is_parsed", [True, False], ids=["parsed", "not parsed"])


@both_ways
@pytest.mark.parametrize(
    ("language", "marked", "answer", "shown"),
    [
        pytest.param("python", "x = │", "a + b\ny = 1\n", "a + b", id="a statement is one line"),
        pytest.param("python", "x = │", "foo(\n    1,\n)\ny", "foo(\n    1,\n)", id="brackets"),
        pytest.param(
            "python", "if │", "a:\n    b()\nc()\n", "a:\n    b()\n", id="a line opens a block"
        ),
        pytest.param(
            "python",
            "if │",
            "a:\n    b()\nelse:\n    c()\nd()\n",
            "a:\n    b()\nelse:\n    c()\n",
            id="and goes on with its statement",
        ),
        pytest.param(
            "python",
            "if a:\n    │",
            "    b()\nelse:\n    c()\n",
            "b()\n",
            id="in a body the statement above is not gone on with",
        ),
        pytest.param(
            "python",
            "def f(│",
            "\n    a,\n    b,\n):\n    return a\n\nx = 1\n",
            "\n    a,\n    b,\n):\n    return a\n\n",
            id="a closer that opens a block goes on",
        ),
        pytest.param("python", "f(│)", "a,\n  b\n", "a,", id="with a rest of line one line"),
        pytest.param("python", "f(│", "a, b)\nc\n", "a, b)", id="arguments are one line"),
        pytest.param("python", "# a│", " b:\nx = 1\n", " b:", id="a comment is one line"),
        pytest.param("python", "x = 1│", "\ny = 2\nz", "\ny = 2", id="the line after"),
        pytest.param("python", "x = 1│", "\n\n\ny = 2\n", "", id="nothing after two blank lines"),
        pytest.param(
            "python", "x = 1│", "\nif y:\n    z()\na\n", "\nif y:\n    z()\n", id="and its block"
        ),
        pytest.param(
            "python",
            "def f():│",
            "\n    a()\n    b()\n\nc()\n",
            "\n    a()\n    b()\n\n",
            id="a block ends where it dedents",
        ),
        pytest.param(
            "python",
            "def f():\n    │",
            "    a(\n        1\n    )\n\n    b()\nc()\n",
            "a(\n        1\n    )\n\n    b()\n",
            id="statements go on behind a blank line",
        ),
        pytest.param(
            "python",
            "│",
            "def f():\n    a()\n\ndef g():\n    b()\n",
            "def f():\n    a()\n\n",
            id="not behind a block of their own",
        ),
        pytest.param("python", "│", "a()\n\n\nb()\n", "a()\n", id="two blank lines end all"),
        pytest.param("python", "│", "\na()\n", "", id="a line the model leaves empty"),
        pytest.param(
            "typescript",
            "function f() {│",
            "\n  a();\n}\nb();\n",
            "\n  a();\n}",
            id="the brace that closes a block belongs to it",
        ),
        pytest.param(
            "typescript",
            "if (a) │",
            "{\n  b();\n} else {\n  c();\n}\nd();\n",
            "{\n  b();\n} else {\n  c();\n}",
            id="so does an else behind a brace",
        ),
        pytest.param(
            "typescript",
            "it('a', │",
            "async () => {\n  b();\n});\nc();\n",
            "async () => {\n  b();\n});",
            id="a function in arguments",
        ),
        pytest.param("typescript", "let x:│", " string;\nb\n", " string;", id="a type is no block"),
        pytest.param(
            "java",
            "class A {\n  │\n",
            "  int a() {\n    return 1;\n  }\n\n  int b() {\n    return 2;\n  }\n",
            "int a() {\n    return 1;\n  }\n",
            id="one method of a class",
        ),
        pytest.param(
            "java",
            "class A {\n  void f() {\n    │\n",
            "    a();\n  }\n\n  void g() {}\n",
            "a();\n  }",
            id="the brace that closes the block around",
        ),
        pytest.param("go", "if │", "a {\n\tb()\n}\nc()\n", "a {\n\tb()\n}", id="a block of tabs"),
        pytest.param(
            "go",
            "switch a {\ncase 1:│",
            "\n\tb()\ncase 2:\n\tc()\n",
            "\n\tb()\n",
            id="one case of a switch",
        ),
        pytest.param(
            "rust", "match a {\n    A =>│", " b,\n    B => c,\n", " b,", id="an arm of a match"
        ),
        pytest.param(
            "ruby",
            "def foo│",
            "(a)\n  b\nend\n\ndef c\n",
            "(a)\n  b\nend",
            id="an end belongs to its block",
        ),
        pytest.param(
            "ruby", "a.each │", "do |x|\n  b\nend\nc\n", "do |x|\n  b\nend", id="a block of do"
        ),
        pytest.param("c", "int f(void)\n{\n  │\n}", "  a();\n}\n", "a();\n}", id="a body in C"),
        pytest.param(
            "python",
            "def f():\n    │\n        b()\n",
            "    if a:\n        c()\n",
            "if a:",
            id="a block that stands below",
        ),
        pytest.param(
            "python", "for │\n    b()\n", "a in c:\n    d()\n", "a in c:", id="and of a line begun"
        ),
        pytest.param(
            "python",
            "def f():\n    │\n    return 2\n",
            "    a()\n    return 1\n    b()\n",
            "a()",
            id="nothing returns in front of code",
        ),
        pytest.param(
            "python",
            "def f():\n    │\n    b()\n",
            "    return 1\n    c()\n",
            "return 1",
            id="unless it begins so",
        ),
        pytest.param(
            "python",
            "def f():\n    │\n    b()\n",
            "    return g(\n        1,\n    )\n    c()\n",
            "return g(\n        1,\n    )",
            id="no code behind a return",
        ),
        pytest.param(
            "ruby",
            "def f\n  │\nend",
            "  return if a\n  b\nend\n",
            "return if a\n  b\nend",
            id="but behind one with a condition",
        ),
        pytest.param(
            "typescript",
            "function f() {\n  │\n}",
            "  if (a) {\n    return 1;\n  }\n  return 2;\n}\n",
            "if (a) {\n    return 1;\n  }\n  return 2;\n}",
            id="and behind one that is deeper",
        ),
        pytest.param("plaintext", "a:│", " b\nc\n", " b", id="prose is one line"),
    ],
)
def test_a_completion_ends_with_its_scope(language, marked, answer, shown, is_parsed):
    is_parsed = is_parsed and language != "plaintext"
    text = taken(answer, snapshot_of(marked, language, is_parsed=is_parsed))
    assert text is not None
    # Line ends at the end are cleaned away.
    assert text.rstrip("\n") == shown.rstrip("\n")


@pytest.mark.parametrize(
    ("language", "answer"),
    [
        ("csharp", "return new A\n{\n  B = 1,\n};\n"),
        ("cpp", "return [&](int x)\n{\n  f(x);\n};\n"),
        ("python", 'return """\nSELECT *\n"""\n'),
        ("typescript", "return `\nabc\n`;\n"),
        ("ruby", "return <<~SQL\n  SELECT 1\nSQL\n"),
        ("javascript", "return x\n.map(a)\n.filter(b)\n"),
        ("ruby", 'raise ArgumentError,\n"no" unless x\n@x = x\n'),
        ("java", "return a +\nb;\n"),
        ("yaml", "continue: on\nsave: x\n"),
        ("haskell", "return ()\nprint x\n"),
        ("go", "return a\n// then\n"),
    ],
)
def test_what_may_belong_to_a_jump_is_not_cut_off(language, answer):
    snapshot = snapshot_of("│", language, is_parsed=False)
    # Something less deep ends it, at the latest.
    text = taken("".join(f"  {line}\n" for line in answer.splitlines()) + "x\n", snapshot)
    assert text is not None
    assert text.split() == answer.split()


@both_ways
@pytest.mark.parametrize(
    ("language", "marked", "text", "is_dead"),
    [
        ("python", "def f(a):\n    │\n    return a\n", "return 1", True),
        ("python", "def f(a):\n    │\n    return a\n", "return 1 if a else 2", True),
        ("python", "def f(a):\n    │\n    return a\n", "b = a", False),
        ("python", "def f(a):\n    ret│\n    return a\n", "urn 1", False),
        ("python", "def f(a):\n    │\n\ndef g():\n    pass\n", "return 1", False),
        ("python", "def f(a):\n    │\n    pass\n", "return 1", False),
        ("python", "def f(a):\n    │\n    # return a\n", "return 1", False),
        ("python", "def f(a):\n    │\n    # no\n    b()\n", "return 1", True),
        ("ruby", "def f\n  │\n  b\nend\n", "return unless a", False),
        ("ruby", "def f\n  │\n  b\nend\n", "return a", True),
        ("typescript", "switch (a) {\n  case 1:\n  │\n  case 2:\n}", "return b;", False),
        ("typescript", "function f() {\n  │\n  function g() {}\n}", "return g;", False),
        ("c", "int f() {\n  │\n  out:\n  free(p);\n}", "return 1;", False),
        ("c", "int f() {\n  │\n  free(p);\n}", "return 1;", True),
        ("yaml", "- name: t\n  │\n  run: x\n", "continue-on-error: true", False),
        ("css", "a {\n  │\n  color: red;\n}", "break-inside: avoid;", False),
    ],
)
def test_code_below_would_not_run(language, marked, text, is_dead, is_parsed):
    assert leaves_code_dead(text, snapshot_of(marked, language, is_parsed=is_parsed)) == is_dead


@pytest.mark.parametrize(
    ("language", "marked", "answer", "shown"),
    [
        ("python", 'def f():\n    """It does│\n    """', " it:\n    and\n", " it:"),
        ("python", 'def f():\n    """\n    │\n    """', "It does.\n    And\n", "It does."),
        ("typescript", "/**\n * It does│\n */", " it: {\n * and\n", " it: {"),
        ("ruby", "if a\n  │\nend", "  b\n  c\nend\n", "b\n  c\nend"),
    ],
)
def test_with_the_parser_more_is_known(language, marked, answer, shown):
    assert taken(answer, snapshot_of(marked, language, is_parsed=True)) == shown


@both_ways
@pytest.mark.parametrize(
    ("language", "marked", "wants"),
    [
        ("python", "def f():│", True),
        ("python", "def f():\n    │\n", True),
        ("python", "x = {│", True),
        ("python", "f(│", False),
        ("python", "f(│)", False),
        ("python", "{'a':│", True),
        ("typescript", "const f = () => │", False),
        ("typescript", "case 1:│", True),
        ("lua", "function f()│", True),
        ("lua", "local x = 1│", False),
        ("lua", "if a then b() end│", False),
        ("ruby", "def f = 1│", False),
    ],
)
def test_several_lines_are_wanted_where_a_block_starts(language, marked, wants, is_parsed):
    assert wants_block(snapshot_of(marked, language, is_parsed=is_parsed)) == wants


@both_ways
def test_at_most_the_lines_of_the_setting(is_parsed):
    snapshot = snapshot_of("│", "python", is_parsed=is_parsed, most=3)
    assert taken("a()\nb()\nc()\nd()\n", snapshot) == "a()\nb()\nc()"


def test_line_ends_stay_as_they_are():
    snapshot = snapshot_of("def f():│\r\n", "python", is_parsed=False)
    assert taken("\n    a()\n    b()\nc\n", snapshot) == "\r\n    a()\r\n    b()\r\n"[:-2]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", ""),
        ("a", ""),
        ("a\n", "a"),
        ("a\nb", "a"),
        ("\n  a\r\nb", "\n  a"),
        ("\n\n", ""),
        ("a\r", "a"),
    ],
)
def test_complete_lines_have_an_end(text, lines):
    assert complete_lines(text) == lines


@pytest.mark.parametrize(
    ("marked", "text", "shown"),
    [
        pytest.param("│", "a()\nb()\nc(", "a()\nb()", id="the lines before"),
        pytest.param("x = │", "a + bc", "a", id="one line up to its last word"),
        pytest.param("x = │", "f(a) + bc", "f(a)", id="or to a bracket that closes"),
        pytest.param("x = │", "f(a, bc", "", id="a call that stays open shows nothing"),
        pytest.param("x = f(│)", "a, bc", "a,", id="in arguments that are closed behind"),
        pytest.param("x = │", "'a b c", "", id="a string that stays open shows nothing"),
        pytest.param("x = 'a │", "b c", "b", id="inside a string up to a word"),
        pytest.param("x = │", "abc", "", id="half a word shows nothing"),
    ],
)
def test_what_is_shown_of_a_text_that_was_cut_off(marked, text, shown):
    assert unfinished(text, snapshot_of(marked, "python", is_parsed=False)) == shown


def test_words_in_a_string_are_no_jump():
    text = 'def f():\n    """It does\n    │\n    and so on."""\n'
    assert not leaves_code_dead("return it", snapshot_of(text, "python", is_parsed=True))


texts = st.lists(
    st.sampled_from(["a", "\n", "\r\n", "  ", "{", "}", "(", ")", ":", "else", "end", "# ", "'"]),
    max_size=14,
).map("".join)


@settings(deadline=None, max_examples=300)
@given(texts, texts, texts, st.sampled_from(["python", "typescript", "ruby"]), st.booleans())
def test_a_completion_is_a_beginning_of_the_text(before, after, text, language, is_parsed):
    snapshot = snapshot_of(f"{before}│{after}", language, is_parsed=is_parsed)
    for one in (whole(text, snapshot), complete_lines(text), unfinished(text, snapshot)):
        assert one is None or text.startswith(one)
    if (one := whole(text, snapshot)) is not None:
        assert len(lines_with_ends(one)) <= snapshot.settings.completion_max_lines
        assert may_go_on(snapshot) or len(lines_with_ends(one.strip())) <= 2
