"""What becomes of the tests that a model wrote."""

import pytest

from qwen_lsp.features.new_tests import added, new_file
from qwen_lsp.text import Document, apply


def after(text, code, language="python"):
    document = Document("file:///t", language, 1, text)
    return apply(text, added(document, code))


PYTHON = "import pytest\nfrom shop import price\n\n\ndef test_one():\n    assert price(1) == 1\n"
JAVA = (
    "package shop;\n\nimport org.junit.jupiter.api.Test;\n\nclass PriceTest {\n"
    "    @Test\n    void one() {\n        check(1);\n    }\n}\n"
)


@pytest.mark.parametrize(
    ("text", "code", "language", "expected"),
    [
        pytest.param(
            PYTHON,
            "from shop import price\n\ndef test_two():\n    assert price(2) == 2\n",
            "python",
            PYTHON + "\n\ndef test_two():\n    assert price(2) == 2\n",
            id="an import that is there is not repeated",
        ),
        pytest.param(
            PYTHON,
            "import math\n\ndef test_two():\n    assert math.pi\n",
            "python",
            PYTHON.replace("price\n\n", "price\nimport math\n\n")
            + "\n\ndef test_two():\n    assert math.pi\n",
            id="a missing import goes to the imports",
        ),
        pytest.param(
            PYTHON,
            "def test_one():\n    assert price(3)\n\n\n@slow\ndef test_two():\n    assert price(2)",
            "python",
            PYTHON + "\n\n@slow\ndef test_two():\n    assert price(2)\n",
            id="a test whose name there is already is left out",
        ),
        pytest.param(
            '"""Tests."""\n',
            "import price\n\ndef test_two():\n    assert price",
            "python",
            '"""Tests."""\n\nimport price\n\n\ndef test_two():\n    assert price\n',
            id="the first import comes below the docstring",
        ),
        pytest.param(
            'import { price } from "./price";\n\ntest("one", () => {\n  price(1);\n});\n',
            'import { price, vat } from "./price";\n\ntest("two", () => {\n  vat(2);\n});\n',
            "typescript",
            'import { price } from "./price";\nimport { price, vat } from "./price";\n\n'
            'test("one", () => {\n  price(1);\n});\n\ntest("two", () => {\n  vat(2);\n});\n',
            id="a call is a test, too",
        ),
        pytest.param(
            JAVA,
            "package shop;\nimport java.util.List;\n\npublic class PriceTest {\n\n  @Test\n"
            "  void two() {\n    check(List.of(2));\n  }\n}",
            "java",
            JAVA.replace("Test;\n", "Test;\nimport java.util.List;\n", 1).replace(
                "    }\n}\n",
                "    }\n\n    @Test\n    void two() {\n      check(List.of(2));\n    }\n}\n",
            ),
            id="members of a class go into the class",
        ),
        pytest.param(
            JAVA,
            "@Test\nvoid one() {\n  other();\n}\n\n@Test\nvoid two() {\n  check(2);\n}",
            "java",
            JAVA.replace(
                "    }\n}\n", "    }\n\n    @Test\n    void two() {\n      check(2);\n    }\n}\n"
            ),
            id="members without a class, one of them known",
        ),
        pytest.param(
            PYTHON.replace("\n", "\r\n"),
            "def test_two():\n    assert price(2)",
            "python",
            PYTHON.replace("\n", "\r\n") + "\r\n\r\ndef test_two():\r\n    assert price(2)\r\n",
            id="line ends are the file's",
        ),
        pytest.param(PYTHON, PYTHON, "python", PYTHON, id="nothing new"),
        pytest.param(PYTHON, "", "python", PYTHON, id="nothing at all"),
    ],
)
def test_new_tests_go_to_the_end_and_imports_to_the_imports(text, code, language, expected):
    assert after(text, code, language) == expected


@pytest.mark.parametrize(
    ("language", "code", "line", "package", "expected"),
    [
        (
            "python",
            "def test_one():\n    assert price(1)\n",
            "from shop import price",
            "",
            "from shop import price\ndef test_one():\n    assert price(1)\n",
        ),
        (
            "python",
            "import a\nfrom shop import price\n\ntest()\n",
            "from shop import price",
            "",
            None,
        ),
        ("java", "class T {}", "", "package shop;", "package shop;\n\nclass T {}\n"),
        ("java", "package shop;\n\nclass T {}", "", "package shop;", None),
        ("python", "import a\n", "from shop import price", "", ""),
    ],
)
def test_a_new_file_knows_what_it_tests(language, code, line, package, expected):
    expected = code.strip("\n") + "\n" if expected is None else expected
    assert new_file(language, code, line, package) == expected


UNITTEST = (
    "import unittest\nfrom shop import price\n\n\nclass PriceTest(unittest.TestCase):\n"
    "    def test_one(self):\n        assert price(1) == 1\n\n\n"
    'if __name__ == "__main__":\n    unittest.main()\n'
)


@pytest.mark.parametrize(
    "code",
    [
        pytest.param(
            "    def test_two(self):\n        assert price(2)\n", id="as the class has them"
        ),
        pytest.param("def test_two(self):\n    assert price(2)\n", id="not indented"),
    ],
)
def test_methods_go_into_the_class_that_is_there(code):
    assert after(UNITTEST, code) == UNITTEST.replace(
        "== 1\n", "== 1\n\n    def test_two(self):\n        assert price(2)\n"
    )


def test_functions_stay_above_what_runs_the_file():
    assert after(UNITTEST, "def test_two():\n    assert price(2)\n") == UNITTEST.replace(
        "== 1\n", "== 1\n\n\ndef test_two():\n    assert price(2)\n"
    )


def test_methods_without_a_class_get_one():
    assert after(PYTHON, "def test_two(self):\n    assert price(2)\n") == PYTHON + (
        "\n\nclass TestMore:\n    def test_two(self):\n        assert price(2)\n"
    )


def test_a_method_that_is_there_is_not_added_again():
    assert after(UNITTEST, "def test_one(self):\n    assert price(3)\n") == UNITTEST


def test_what_is_tested_is_imported_unless_it_is():
    document = Document("file:///t", "python", 1, PYTHON)
    code = "def test_two():\n    assert tax(2)\n"
    changed = apply(PYTHON, added(document, code, "from shop import tax"))
    assert "from shop import price\nfrom shop import tax\n" in changed
    assert "import price\n\n" in apply(PYTHON, added(document, code, "from shop import price"))
