"""What tests are about and where they go, in a small workspace that is really indexed."""

from pathlib import PurePath

import pytest

from qwen_lsp.context.gather_tests import import_line, target_of_tests
from qwen_lsp.context.snapshot import Snapshot
from qwen_lsp.index import workspace
from qwen_lsp.index.lookup import Lookup
from qwen_lsp.index.parse import facts_of
from qwen_lsp.settings import Settings
from qwen_lsp.text import Document, split_lines
from tests.harness.marked_text import parse

FILES = {
    "tests/test_prices.py": (
        "from shop.prices import with_vat\n\nRATE = 1\n\n\n"
        "def test_vat():\n    assert with_vat(1) == 1.19\n\n\ndef test_more():\n    pass\n"
    ),
    "tests/test_empty.py": "\n",
}


def target(indexed, marked, path):
    place = parse(marked)
    document = Document(f"file:///{path}", "python", 1, place.text)
    snapshot = Snapshot(document, place.selection, Settings(model="any"), "", PurePath(path))
    view = indexed.view.with_overlay(path, facts_of("python", place.text.encode()))
    lookup = Lookup(view, workspace.resolver_of(indexed.root, indexed.view.stored))

    def read(one):
        return split_lines(place.text if one == path else (indexed.root / one).read_text())

    return target_of_tests(lookup, path, snapshot, read), document


def test_the_matching_file_shows_one_of_its_tests(indexed):
    found, _ = target(indexed, "«def with_vat(net):\n    return net\n»", "shop/prices.py")
    assert found.path == "tests/test_prices.py"
    assert found.lines == FILES[found.path].split("\n")
    assert (found.shown.path, found.shown.example) == (found.path, (5, 6))
    assert (found.names, found.import_line) == (
        ("with_vat",),
        "from shop.prices import with_vat",
    )


def test_a_new_file_is_shown_what_tests_look_like_elsewhere(indexed):
    found, _ = target(indexed, "«def run():\n    pass\n»", "shop/orders.py")
    assert (found.path, found.lines) == ("tests/test_orders.py", None)
    assert found.shown.path == "tests/test_prices.py"


def test_an_empty_file_is_as_good_as_none(indexed):
    found, _ = target(indexed, "«def run():\n    pass\n»", "shop/empty.py")
    assert (found.path, found.shown.path) == ("tests/test_empty.py", "tests/test_prices.py")


@pytest.mark.parametrize(
    ("marked", "names", "selected", "imported"),
    [
        pytest.param(
            "class Row:\n    def net(self):\n        «return 1»\n",
            ("net",),
            "    def net(self):\n        return 1",
            "Row",
            id="a part of a method is about the method",
        ),
        pytest.param(
            "«class Row:\n    def net(self):\n        return 1\n»",
            ("Row",),
            "class Row:\n    def net(self):\n        return 1",
            "Row",
            id="a class is about itself, not its members",
        ),
        pytest.param(
            "«def one(): ...\ndef two(): ...»\n",
            ("one", "two"),
            "def one(): ...\ndef two(): ...",
            "one",
            id="several functions",
        ),
        pytest.param("«x = 1»\n", (), "x = 1", "", id="no definition"),
    ],
)
def test_what_is_tested(indexed, marked, names, selected, imported):
    found, document = target(indexed, marked, "shop/orders.py")
    assert found.names == names
    assert document.text[found.span.start : found.span.end] == selected
    assert found.import_line == (f"from shop.orders import {imported}" if imported else "")


@pytest.mark.parametrize(
    ("source", "test", "expected"),
    [
        ("shop/prices.py", "tests/test_prices.py", "from shop.prices import x"),
        ("src/shop/__init__.py", "tests/test_shop.py", "from shop import x"),
        ("shop-2/prices.py", "tests/test_prices.py", ""),
        ("src/a.ts", "src/a.test.ts", 'import { x } from "./a";'),
        ("src/a.tsx", "tests/unit/a.test.tsx", 'import { x } from "../../src/a";'),
        ("src/main/java/A.java", "src/test/java/ATest.java", ""),
    ],
)
def test_how_a_test_file_knows_what_it_tests(source, test, expected):
    assert import_line(source, test, "x") == expected
