"""What is found for a selection, in a small workspace that is really indexed."""

from pathlib import PurePath

import pytest

from qwen_lsp.context.choose import fitted
from qwen_lsp.context.gather_selection import gather_selection
from qwen_lsp.context.snapshot import Snapshot
from qwen_lsp.index import workspace
from qwen_lsp.index.lookup import Lookup
from qwen_lsp.index.parse import facts_of
from qwen_lsp.settings import Settings
from qwen_lsp.text import Document, split_lines
from tests.harness.marked_text import parse

# More than the prompt shows above and below a selection anyway.
FAR = "".join(f"# line {number} of a long comment\n" for number in range(60))
FILES = {
    "shop/logger.py": (
        "from shop.base import Sink\n"
        "class Logger(Sink):\n"
        '    """Writes what happens."""\n'
        "    def __init__(self, name: str) -> None:\n"
        "        self.name = name\n"
        "    def log_order(self, order, level) -> None:\n"
        "        for line in order.lines:\n"
        "            print(self.name, level, line)\n"
        "    def rotate(self) -> None:\n"
        "        self.close()\n"
    ),
    "shop/base.py": "class Sink:\n    def close(self) -> None:\n        self.closed = True\n",
    "shop/prices.py": (
        "def with_vat(net: float) -> float:\n"
        '    """Add the tax.\n\n    Rounded half up.\n    """\n'
        "    rate = 0.19\n"
        "    if net < 0:\n"
        "        raise ValueError(net)\n"
        "    gross = net * (1 + rate)\n"
        "    return round(gross, 2)\n"
    ),
    "shop/basket.py": (
        "from shop.prices import with_vat\n"
        "from shop.orders import total_of\n\n\n"
        "def basket_total(basket, customer):\n"
        "    net = total_of(basket.lines)\n"
        "    customer.charge(net)\n"
        "    return with_vat(net)\n"
    ),
    "shop/elsewhere.py": "def run(thing):\n    thing.get()\n",
    "shop/one.py": "class One:\n    def get(self): ...\n",
    "shop/two.py": "class Two:\n    def get(self): ...\n",
    "shop/.env": "SECRET = 'hunter2'\n",
}


def gathered(indexed, marked, path="shop/orders.py", *, budget=2000, callers=True):
    """Return what was found for the marked selection, and its document."""
    place = parse(marked)
    document = Document(f"file:///{path}", "python", 1, place.text)
    snapshot = Snapshot(document, place.selection, Settings(model="any"), "shop", PurePath(path))
    view = indexed.view.with_overlay(path, facts_of("python", place.text.encode()))
    lookup = Lookup(view, workspace.resolver_of(indexed.root, indexed.view.stored))

    def read(one):
        return split_lines(place.text if one == path else (indexed.root / one).read_text())

    found = gather_selection(lookup, path, snapshot, read, budget, wants_callers=callers)
    return found, document


def snippets(indexed, marked, **options):
    """Return the texts by their reasons, a token being a character."""
    found, _ = gathered(indexed, marked, **options)
    budget = options.get("budget", 2000)
    chosen = fitted(found.forms, budget, lambda one: len(one.text)).snippets
    return {one.reason: one.text for one in chosen}


@pytest.mark.parametrize(
    ("marked", "reason", "shown"),
    [
        pytest.param(
            "from shop.prices import with_vat\n«def total(net):\n    return with_vat(net)\n»",
            "function `with_vat`, used nearby",
            'def with_vat(net: float) -> float:\n    """Add the tax.',
            id="a function that is called, with its documentation",
        ),
        pytest.param(
            "from shop.logger import Logger\n«def run(log: Logger):\n    log.rotate()\n»",
            "`Logger`, the class of `log`",
            "def rotate(self) -> None:",
            id="the class of a variable, with the member that is used",
        ),
        pytest.param(
            "from shop.logger import Logger\n"
            "def run(log: Logger):\n    level = 1\n    «log.rotate()»\n",
            "`Logger`, the class of `log`",
            "class Logger(Sink):",
            id="the class of a parameter of the function around the selection",
        ),
        pytest.param(
            "from shop.base import Sink\nclass Tape(Sink):\n    «def stop(self):\n        pass\n»",
            "`Sink`, which `Tape` extends",
            "def close(self) -> None:",
            id="a base of the class around the selection",
        ),
        pytest.param(
            "«def total_of(lines):\n    return sum(line.net for line in lines)\n»",
            "calls `total_of`",
            "    net = total_of(basket.lines)\n    customer.charge(net)",
            id="who calls the selected function",
        ),
        pytest.param(
            f"«def rounded(net):\n    return helper(net)\n»{FAR}def helper(net):\n    return net\n",
            "function `helper`, used nearby",
            "def helper(net):",
            id="a definition of the same file that is too far away to be shown",
        ),
    ],
)
def test_what_helps_with_the_selection_is_found_and_says_why(indexed, marked, reason, shown):
    found = snippets(indexed, marked)
    assert reason in found
    assert shown in found[reason]


def test_what_the_prompt_shows_anyway_is_not_found(indexed):
    marked = (
        "def helper(net):\n    return net\n\n«def run(net):\n    return helper(net)\n»\nrun(1)\n"
    )
    assert snippets(indexed, marked) == {}


def test_callers_are_left_out_where_no_signature_changes(indexed):
    marked = "«def total_of(lines):\n    return 0\n»"
    assert not [one for one in snippets(indexed, marked, callers=False) if "calls" in one]


def test_a_name_that_many_define_has_only_callers_that_see_this_one(indexed):
    marked = "class Three:\n    «def get(self):\n        return 1\n»"
    assert snippets(indexed, marked) == {}


def test_a_constructor_is_called_by_its_class_name(indexed):
    marked = f"class Row:\n    «def __init__(self, net):\n        self.net = net\n»{FAR}Row(5)\n"
    assert snippets(indexed, marked)["calls `Row`"].endswith("Row(5)")


def test_a_long_definition_is_shortened_before_it_is_left_out(indexed):
    marked = "from shop.prices import with_vat\n«def total(net):\n    return with_vat(net)\n»"
    found = snippets(indexed, marked, budget=40)
    assert found == {"function `with_vat`, used nearby": "def with_vat(net: float) -> float:"}


def test_without_a_budget_only_the_heads_are_told(indexed):
    marked = (
        "class Row:\n    def first(self):\n" + FAR.replace("#", "        #") + "«        run()»\n"
    )
    found, document = gathered(indexed, marked, budget=0)
    assert found.forms == []
    assert [document.line_text(first) for first, _ in found.heads] == [
        "class Row:",
        "    def first(self):",
    ]


def test_a_head_that_the_prompt_shows_anyway_is_not_told(indexed):
    marked = "class Row:\n    def first(self):\n        «run()»\n"
    assert gathered(indexed, marked)[0].heads == ()


def test_a_secret_file_is_in_no_prompt(indexed):
    assert "hunter2" not in "".join(snippets(indexed, "«print(SECRET)»\n").values())


@pytest.mark.parametrize(
    "marked", ["«»", "«\n\n»", "«def f(:\n»"], ids=["empty", "blank", "broken"]
)
def test_any_selection_has_a_context(indexed, marked):
    assert snippets(indexed, marked) == {}
