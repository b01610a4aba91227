"""What the parser knows of a place in a text, broken as it is while somebody types."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qwen_lsp.index.syntax import Block
from qwen_lsp.index.tree import parse_text, syntax_at
from tests.harness import marked_text


def syntax(language, marked):
    marks = marked_text.parse(marked)
    return syntax_at(parse_text(language, marks.text), marks.cursor)


@pytest.mark.parametrize(
    ("language", "marked", "place"),
    [
        ("python", "x = 'a│b'\n", "string"),
        ("python", "x = 'ab'│\n", "code"),
        ("python", "x = '│'\n", "string"),
        ("python", "x = 'ab│\ny = 1\n", "string"),
        ("python", "x = f'a│b'\n", "template"),
        ("python", "x = f'a{b│}'\n", "code"),
        ("python", "x = f'a│\n", "template"),
        ("python", 'def f():\n    """Do│ it."""\n', "docstring"),
        ("python", '"""Do│ it."""\nx = 1\n', "docstring"),
        ("python", 'def f():\n    x = 1\n    """Do│ it."""\n', "string"),
        ("python", 'def f():\n    """Do│\n', "docstring"),
        ("python", "x = 1  # a│\ny = 2\n", "comment"),
        ("python", "x = 1  # a\n│y = 2\n", "code"),
        ("python", "x = │1  # a\n", "code"),
        ("typescript", "const x = `a│b`;\n", "template"),
        ("typescript", "const x = `a${b│}`;\n", "code"),
        ("typescript", "const x = 'a│b';\n", "string"),
        ("typescript", "const x = 'a│\nconst y = 1;\n", "string"),
        ("typescript", "let x: string│;\n", "code"),
        ("typescript", "// a│\n", "comment"),
        ("typescript", "/** a│ */\nfoo();\n", "doc comment"),
        ("typescript", "/* a */│\n", "code"),
        ("java", 'class A { String s = "a│"; }\n', "string"),
        ("java", "class A {\n  /**\n   * a│\n   */\n  void m() {}\n}\n", "doc comment"),
        ("java", "class A {\n  // a│\n}\n", "comment"),
        ("java", "class A { char c = 'a│'; }\n", "string"),
        ("go", 'package a\nvar s = "a│"\n', "string"),
        ("go", "package a\nvar s = `a│`\n", "string"),
        ("go", "package a\n// a│\n", "comment"),
        ("rust", 'fn f() { let s = "a│"; }\n', "string"),
        ("rust", "/// a│\nfn f() {}\n", "doc comment"),
        ("rust", "/// a\n│fn f() {}\n", "code"),
        ("rust", "fn f<'a│>() {}\n", "code"),
        ("c", 'char *s = "a│";\n', "string"),
        ("c", "/* a│ */\n", "comment"),
        ("ruby", "x = 'a│'\n", "string"),
        ("ruby", 'x = "a#{b}│"\n', "template"),
        ("ruby", 'x = "a#{b│}"\n', "code"),
        ("ruby", "# a│\n", "comment"),
    ],
)
def test_the_parser_knows_strings_and_comments(language, marked, place):
    assert syntax(language, marked).place == place


@pytest.mark.parametrize(
    ("language", "marked", "is_start", "is_empty"),
    [
        ("python", "def f():│\n", True, True),
        ("python", "def f():\n    │\n", True, True),
        ("python", "def f():\n    # why\n    │\n", True, True),
        ("python", "class A:\n    def f(self):\n        │\n\n    def g(self): ...\n", True, True),
        ("python", "def f():\n    │\n    return 1\n", True, False),
        ("python", "def f():\n    x = 1\n    │\n", False, False),
        ("python", "x = {'a':│}\n", False, False),
        ("python", "x = a[1:│]\n", False, False),
        ("python", "x:│\n", False, False),
        ("python", "if a:\n    b()\nelse:\n    │\n", True, True),
        ("python", "for x in y:│\n", True, True),
        ("typescript", "function f() {│}\n", True, True),
        ("typescript", "function f() {\n  │\n}\n", True, True),
        ("typescript", "function f() {│\n", True, True),
        ("typescript", "function f() {\n  │\n  return 1;\n}\n", True, False),
        ("typescript", "class A {\n  │\n}\n", True, True),
        ("typescript", "const x = {│};\n", False, False),
        ("typescript", "const x = () => {\n  │\n};\n", True, True),
        ("java", "class A {\n  void m() {\n    │\n  }\n}\n", True, True),
        ("java", "class A {\n  void m() {\n    a();\n    │\n  }\n}\n", False, False),
        ("go", "package a\n\nfunc f() {\n\t│\n}\n", True, True),
        ("go", "package a\n\nvar x = []int{│}\n", False, False),
        ("rust", "fn f() {\n    │\n}\n", True, True),
        ("rust", "impl A {\n    │\n}\n", True, True),
        ("c", "int f(void)\n{\n  │\n}\n", True, True),
        ("c", "int x[] = {│};\n", False, False),
        ("ruby", "def foo(a)\n  │\nend\n", True, True),
        ("ruby", "def foo\n  │\nend\n", True, True),
        ("ruby", "def foo\n  bar\n  │\nend\n", False, False),
        ("ruby", "class A\n  │\nend\n", True, True),
        ("ruby", "a.each do\n  │\nend\n", True, True),
        ("ruby", "if a\n  │\nend\n", True, True),
    ],
)
def test_the_parser_knows_where_a_block_starts(language, marked, is_start, is_empty):
    found = syntax(language, marked)
    assert (found.is_block_start, found.is_block_empty) == (is_start, is_empty)


@pytest.mark.parametrize(
    ("language", "marked", "enclosure"),
    [
        ("python", "f(a, │)\n", "arguments"),
        ("python", "f(a, │\n", "arguments"),
        ("python", "f(a)│\n", ""),
        ("python", "def f(a, │): ...\n", "parameters"),
        ("python", "x = [1, │]\n", "collection"),
        ("python", "x = {\n    'a': 1,\n    │\n}\n", "collection"),
        ("python", "f(lambda: g(│))\n", "arguments"),
        ("typescript", "foo(a, │);\n", "arguments"),
        ("typescript", "function f() {\n  foo(a, │\n}\n", "arguments"),
        ("typescript", "foo(() => {\n  a();\n  │\n});\n", ""),
        ("typescript", "const x = {\n  a: 1,\n  │\n};\n", "collection"),
        ("java", "class A { void m() { f(a, │); } }\n", "arguments"),
        ("java", "class A { void m(int a, │) {} }\n", "parameters"),
        ("go", "package a\n\nfunc f() {\n\tg(a, │)\n}\n", "arguments"),
        ("go", "package a\n\nvar x = []int{1, │}\n", "collection"),
        ("rust", "fn f() { g(a, │); }\n", "arguments"),
        ("c", "int f(void) { g(a, │); }\n", "arguments"),
        ("c", "int x[] = {1, │};\n", "collection"),
        ("ruby", "foo(a, │)\n", "arguments"),
        ("ruby", "x = [1, │]\n", "collection"),
    ],
)
def test_the_parser_knows_arguments_and_collections(language, marked, enclosure):
    assert syntax(language, marked).enclosure == enclosure


@pytest.mark.parametrize(
    ("language", "marked", "block"),
    [
        ("python", "x = 1\n│\n", Block(0, 1, 0)),
        ("python", "def f():\n    x = 1\n    │\n\ny = 2\n", Block(1, 1, 4)),
        ("python", "def f():\n    x = 1\n│\ny = 2\n", Block(0, 3, 0)),
        ("typescript", "function f() {\n  a();\n  │\n}\n", Block(0, 3, 2)),
        ("java", "class A {\n  void m() {\n    a();│\n  }\n}\n", Block(1, 3, 4)),
        ("c", "int f(void)\n{\n  a();\n  │\n}\n", Block(1, 4, 2)),
    ],
)
def test_the_parser_knows_the_innermost_block(language, marked, block):
    assert syntax(language, marked).block == block


@pytest.mark.parametrize(
    ("language", "marked", "definition"),
    [
        ("python", "x = │1\n", None),
        ("python", "def f():\n    x = 1\n    │\n", ("f", "function")),
        ("python", "class A:\n    def f(self):\n        x = 1\n        │\n", ("f", "method")),
        ("python", "class A:\n    def f(self):\n        x = 1\n    │\n", ("A", "class")),
        ("typescript", "class A {\n  m() {\n    │\n  }\n}\n", ("m", "method")),
        ("typescript", "interface A {\n  │\n}\n", ("A", "interface")),
        ("java", "class A {\n  A() {\n    │\n  }\n}\n", ("A", "method")),
        ("go", "package a\n\nfunc (s *S) f() {\n\t│\n}\n", ("f", "method")),
        ("rust", "impl A {\n    fn f() {\n        │\n    }\n}\n", ("f", "method")),
        ("rust", "struct A {\n    │\n}\n", ("A", "struct")),
        ("c", "static int *f(int a)\n{\n  │\n}\n", ("f", "function")),
        ("ruby", "class A\n  def f\n    │\n  end\nend\n", ("f", "method")),
        ("ruby", "module A\n  │\nend\n", ("A", "module")),
    ],
)
def test_the_parser_knows_the_definition_around(language, marked, definition):
    found = syntax(language, marked).definition
    assert (found and (found.name, found.kind)) == definition


LANGUAGES = ["python", "typescript", "java", "go", "rust", "c", "ruby", "lua", "bash", "php"]
pieces = st.sampled_from(
    [
        *("def f():\n", "    ", "\n", "{", "}", "(", ")", '"', "'", "`", "${", "// ", "# "),
        *("class A ", "end\n", "é\U0001f600", "x = 1\n", '"""', "/* ", " */", "do\n", "\ud800"),
    ]
)


@pytest.mark.parametrize("language", LANGUAGES)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_place_in_any_text_has_some_syntax(language, data):
    text = "".join(data.draw(st.lists(pieces, max_size=14)))
    found = syntax_at(parse_text(language, text), data.draw(st.integers(0, len(text))))
    assert found is not None
    assert found.block is not None
    assert found.block.first_line <= found.block.last_line
    assert found.is_block_start or not found.is_block_empty


def test_a_text_that_is_not_parsed_has_no_syntax():
    assert syntax_at(parse_text("yaml", "- " * 1000 + "x\n"), 3) is None
