"""What the names and places of an answer mean, in a small workspace that is really indexed."""

import pytest

from qwen_lsp.context.meant import called_from, cited, defined_in, named, symbol_at
from qwen_lsp.context.snippet import Snippet
from qwen_lsp.context.target import Subject, Target
from qwen_lsp.index import workspace
from qwen_lsp.index.lookup import Lookup
from qwen_lsp.text import split_lines
from tests.harness.marked_text import parse

ORDERS = (
    "from shop.stock import Stock, price_of\n\n\n"
    "class Order:\n"
    "    def __init__(self, stock: Stock) -> None:\n"
    "        self.stock = stock\n\n"
    "    def total(self, articles):\n"
    "        return sum(price_of(one) for one in articles) + self.stock.fee\n"
)
FILES = {
    "shop/orders.py": ORDERS,
    "shop/stock.py": (
        "class Stock:\n    fee = 1\n\n    def reserve(self, article): ...\n\n"
        "    def get(self): ...\n\n\ndef price_of(article):\n    return 5\n"
    ),
    "shop/till.py": "class Till:\n    def get(self): ...\n\n    def articles(self): ...\n",
    "shop/app.py": "from shop.orders import Order\n\n\ndef run():\n    Order(None).total([])\n",
    "web/app.py": "def serve(): ...\n",
    "shop/.env": "SECRET = 'hunter2'\n",
}


@pytest.fixture
def lookup(indexed):
    return Lookup(indexed.view, workspace.resolver_of(indexed.root, indexed.view.stored))


def read(path):
    return split_lines(FILES[path])


TOTAL = "\n".join(ORDERS.split("\n")[7:9])
SUBJECT = Subject("/w", "shop/orders.py", TOTAL)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        pytest.param("Stock", "shop/stock.py:1", id="a class"),
        pytest.param("price_of", "shop/stock.py:9", id="a function that the code calls"),
        pytest.param("price_of(one)", "shop/stock.py:9", id="a call"),
        pytest.param("total", "shop/orders.py:8", id="what is explained"),
        pytest.param("Stock.reserve", "shop/stock.py:4", id="a member by its class"),
        pytest.param("stock.price_of", "shop/stock.py:9", id="a function by its module"),
        pytest.param("Stock.get()", "shop/stock.py:6", id="one of several, by its class"),
        pytest.param("get()", "", id="one of several"),
        pytest.param("self.total", "shop/orders.py:8", id="a method of this"),
        pytest.param("articles", "", id="a parameter that something elsewhere is called like"),
        pytest.param("reserve", "", id="what the code does not call"),
        pytest.param("reserve()", "shop/stock.py:4", id="what only one thing can be"),
        pytest.param("SECRET", "", id="what stands in a secret file"),
        pytest.param("a + b", "", id="no name"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_what_a_name_means(lookup, text, place):
    found = named(lookup, SUBJECT, text)
    assert ("" if found is None else f"{found.path}:{found.line}") == place


@pytest.mark.parametrize(
    ("text", "place"),
    [
        pytest.param("shop/stock.py:4", "shop/stock.py:4", id="a path and a line"),
        pytest.param("shop/stock.py:4-6", "shop/stock.py:4", id="lines"),
        pytest.param("shop/stock.py#L4", "shop/stock.py:4", id="as on the web"),
        pytest.param("shop/stock.py", "shop/stock.py:1", id="a file"),
        pytest.param("./shop/stock.py:4", "shop/stock.py:4", id="from here"),
        pytest.param("stock.py:4", "shop/stock.py:4", id="beside the document"),
        pytest.param("app.py:2", "shop/app.py:2", id="the one beside the document of several"),
        pytest.param("web/app.py:1", "web/app.py:1", id="another one"),
        pytest.param("file:///w/shop/stock.py#L4", "shop/stock.py:4", id="a URI"),
        pytest.param("shop/stock.py:400", "", id="a line that is not there"),
        pytest.param("shop/stock.py:0", "", id="no line"),
        pytest.param("shop/gone.py:1", "", id="a file that is not there"),
        pytest.param("shop/.env:1", "", id="a secret file"),
        pytest.param("../../etc/passwd:1", "", id="a file outside"),
        pytest.param("/etc/passwd", "", id="another one"),
        pytest.param("http://shop/stock.py:4", "", id="an address"),
        pytest.param(":4", "", id="a line alone"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_what_a_place_means(lookup, text, place):
    found = cited(lookup, SUBJECT, text, read)
    assert ("" if found is None else f"{found.path}:{found.line}") == place


def test_where_to_read_on_is_told_of_the_snippets(lookup):
    snippets = (
        Snippet("shop/stock.py", ((0, 0), (3, 3)), "", "definition", ""),
        Snippet("shop/orders.py", ((3, 3),), "", "definition", ""),
        Snippet("shop/app.py", ((2, 4),), "", "usage", ""),
        Snippet("shop/app.py", ((0, 0),), "", "usage", ""),
    )
    subject = Subject("/w", "shop/orders.py", TOTAL, snippets)
    assert defined_in(lookup, subject) == [Target("shop/stock.py", 1, "Stock")]
    calls = called_from(lookup, subject, read)
    assert calls == [Target("shop/app.py", 4, "run"), Target("shop/app.py", 1)]


@pytest.mark.parametrize(
    ("marked", "name"),
    [
        pytest.param(ORDERS.replace("sum(", "s│um("), "total", id="around the cursor"),
        pytest.param(ORDERS.replace("price_of(one", "price│_of(one"), "price_of", id="a call"),
        pytest.param(ORDERS.replace("stock: Stock", "stock: │Stock"), "Stock", id="a type"),
        pytest.param(ORDERS.replace("def total", "def to│tal"), "total", id="its own name"),
        pytest.param(ORDERS.replace("\n\n\nclass", "\n│\n\nclass"), "", id="between definitions"),
        pytest.param(ORDERS.replace("articles):", "art│icles):"), "total", id="a parameter"),
    ],
)
def test_what_is_explained_at_a_cursor(lookup, marked, name):
    place = parse(marked)
    before = place.text[: place.cursor]
    line, column = before.count("\n"), len(before) - before.rfind("\n") - 1
    found = symbol_at(lookup, "shop/orders.py", split_lines(place.text), line, column)
    assert ("" if found is None else found.symbol.name) == name
