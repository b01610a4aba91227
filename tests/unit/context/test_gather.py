"""What is found for a cursor, in a small workspace that is really indexed."""

from pathlib import PurePath

import pytest

from qwen_lsp.context.anchor import set_anchor
from qwen_lsp.context.choose import fitted
from qwen_lsp.context.gather import gather, likely_at, place_of
from qwen_lsp.context.snapshot import Snapshot
from qwen_lsp.index import workspace
from qwen_lsp.index.lookup import Lookup
from qwen_lsp.index.methods import methods
from qwen_lsp.index.parse import facts_of
from qwen_lsp.settings import Settings
from qwen_lsp.text import Document, Span, split_lines
from tests.harness.marked_text import parse
from tests.unit.index.indexed import Workspace

# What a member is given that may not be the only one.
LIKELY = 2.0

FILES = {
    "shop/logger.py": (
        "from shop.base import Sink\n"
        "class Logger(Sink):\n"
        '    """Writes what happens."""\n'
        "    level: int\n"
        "    def __init__(self, name: str) -> None:\n"
        "        self.name = name\n"
        "    def log_order(self, order, level) -> None:\n"
        "        for line in order.lines:\n"
        "            print(self.name, level, line)\n"
        "    def _rotate(self) -> None:\n"
        "        self.close()\n"
    ),
    "shop/base.py": "class Sink:\n    def close(self) -> None:\n        self.closed = True\n",
    "shop/prices.py": (
        "VAT = 0.19\n"
        "def with_vat(net: float) -> float:\n"
        '    """Add the tax.\n\n    Rounded half up.\n    """\n'
        "    return round(net * (1 + VAT), 2)\n"
    ),
    "shop/basket.py": (
        "from shop.prices import with_vat\n"
        "def basket_total(basket, customer):\n"
        "    net = sum(line.net for line in basket.lines)\n"
        "    total = with_vat(net)\n"
        "    customer.charge(total)\n"
        "    return total\n"
    ),
    "shop/everything.py": "from prices import *\nPRICE = 1\n",
    "shop/error.py": "class ShopError(LookupError):\n    code: int\n",
    "shop/till.py": "import shop.prices\nfrom shop.logger import Logger\nclass Till: ...\n",
    "shop/.env": "SECRET = 'hunter2'\n",
}


def asked(indexed, marked, path):
    """Return the look-ups and the place of the mark in a document."""
    marks = parse(marked)
    document = Document(f"file:///{path}", "python", 1, marks.text)
    anchor = set_anchor(document, marks.cursor, 2000, 500)
    span, settings = Span(marks.cursor, marks.cursor), Settings(model="any")
    snapshot = Snapshot(document, span, settings, "shop", PurePath(path), anchor=anchor)
    view = indexed.view.with_overlay(path, facts_of("python", marks.text.encode()))
    lookup = Lookup(view, workspace.resolver_of(indexed.root, indexed.view.stored))
    return lookup, place_of(lookup, path, snapshot)


def found(indexed, marked, path="shop/orders.py", budget=2000):
    """Return the context at the mark in a document, a token being a character."""
    lookup, place = asked(indexed, marked, path)

    def read(one):
        return place.lines if one == path else split_lines((indexed.root / one).read_text())

    forms = gather(lookup, place, read, budget)
    return fitted(forms, budget, lambda one: len(one.text))


@pytest.mark.parametrize(
    ("marked", "reason", "shown"),
    [
        pytest.param(
            "from shop.logger import Logger\ndef run(log: Logger):\n    log.│\n",
            "members of `Logger`, the class of `log`",
            "def log_order(self, order, level) -> None:",
            id="the members of the class of what stands before the dot",
        ),
        pytest.param(
            "from shop.logger import Logger\ndef run(log: Logger):\n    log.│\n",
            "members of `Sink`, the class of `log`",
            "def close(self) -> None:",
            id="inherited members",
        ),
        pytest.param(
            "def run(logger):\n    logger.│\n",
            "members of `Logger`, which `logger` is called after",
            "def log_order(",
            id="a class that the variable is called after",
        ),
        pytest.param(
            "from shop import prices\ndef run():\n    return prices.│\n",
            "`with_vat` of `prices`",
            "def with_vat(net: float) -> float:",
            id="what a module defines",
        ),
        pytest.param(
            "from shop.prices import with_vat\nnet = 1\n│\n",
            "`with_vat`, imported and not used yet",
            "def with_vat(net: float) -> float:",
            id="an import that is not used yet",
        ),
        pytest.param(
            "from shop.prices import with_vat\nx = with_vat(1)\ny = with_vat(│\n",
            "function `with_vat`, used nearby",
            "def with_vat(net: float) -> float:",
            id="the function that is being called",
        ),
        pytest.param(
            "from shop.base import Sink\nclass Tape(Sink):\n    def │\n",
            "`Sink`, which `Tape` extends",
            "def close(self) -> None:",
            id="the class that the class around extends",
        ),
        pytest.param(
            "from shop.prices import with_vat\n"
            "def order_total(order, customer):\n"
            "    net = sum(line.net for line in order.lines)\n"
            "    total = │\n",
            "similar code",
            "customer.charge(total)",
            id="similar code, with how it goes on",
        ),
        pytest.param(
            "customer = 1\n│\n",
            "`Till`, which files nearby know",
            "class Till",
            id="what files beside it define",
        ),
    ],
)
def test_what_helps_at_the_cursor_is_found_and_says_why(indexed, marked, reason, shown):
    snippets = {one.reason: one.text for one in found(indexed, marked).snippets}
    assert reason in snippets
    assert shown in snippets[reason]


def test_nothing_is_shown_twice(indexed):
    marked = "from shop.logger import Logger\ndef run(log: Logger):\n    Logger('x')\n    log.│\n"
    lines = [
        (one.path, line)
        for one in found(indexed, marked).snippets
        for first, last in one.ranges
        for line in range(first, last + 1)
    ]
    assert len(lines) == len(set(lines))


def test_what_the_window_shows_is_not_found_again(indexed):
    marked = "def run():\n    return 1\n\nrun(│\n"
    assert "shop/orders.py" not in [one.path for one in found(indexed, marked).snippets]


def test_a_secret_file_is_in_no_prompt(indexed):
    texts = "".join(one.text for one in found(indexed, "SECRET = │\n").snippets)
    assert "hunter2" not in texts


def test_an_empty_document_has_a_context(indexed):
    assert found(indexed, "│").budget == 2000


def test_what_is_on_disk_for_the_document_itself_is_not_shown(indexed):
    # The editor's text is newer; without the parser's word on it the index still has the old one.
    text = "from shop.prices import with_vat\ndef basket_total(basket, customer):\n    net = │\n"
    marked = found(indexed, text, path="shop/basket.py")
    assert "shop/basket.py" not in [one.path for one in marked.snippets]


def test_two_indexes_of_the_same_files_give_the_same_context(indexed, tmp_path):
    again = Workspace(tmp_path / "files", tmp_path / "index", methods(), 10.0)
    for path, text in reversed(FILES.items()):
        again.write(path, text)
        again.refresh()
    marked = "from shop.prices import with_vat\ndef run(log: Logger):\n    log.│\n"
    first, second = found(indexed, marked), found(again, marked)
    again.close()
    assert first == second


LOGGER = {"level", "__init__", "name", "log_order", "_rotate", "close", "closed"}


@pytest.mark.parametrize(
    ("marked", "names", "is_all"),
    [
        pytest.param(
            "from shop.logger import Logger\ndef run(log: Logger):\n    log.│\n",
            LOGGER,
            True,
            id="of a class that is declared, with those of its bases",
        ),
        pytest.param(
            "from shop.logger import Logger\ndef run():\n    log = Logger()\n    log.log_o│\n",
            LOGGER,
            True,
            id="of a class that was called, the name begun",
        ),
        pytest.param(
            "def run(logger):\n    logger.│\n", LOGGER, False, id="of a class guessed by name"
        ),
        pytest.param(
            "from shop.error import ShopError\ndef run(error: ShopError):\n    error.│\n",
            {"code"},
            False,
            id="with a base that is in no workspace",
        ),
        pytest.param(
            "from shop import prices\nx = prices.│\n", {"VAT", "with_vat"}, True, id="of a module"
        ),
        pytest.param(
            "from shop import everything\nx = everything.│\n",
            {"PRICE"},
            False,
            id="of a module with what it takes from who knows where",
        ),
        pytest.param("def run(anything):\n    anything.│\n", set(), False, id="of who knows what"),
        pytest.param("from shop.logger import Logger\n│\n", set(), False, id="without a dot"),
    ],
)
def test_what_may_follow_a_dot(indexed, marked, names, is_all):
    lookup, place = asked(indexed, marked, "shop/orders.py")
    likely = likely_at(lookup, place, lambda _path: ())
    typed = "log_o" if "log_o" in marked else ""
    assert {typed + one.text for one in likely} == {one for one in names if typed in one}
    assert all((one.bonus > LIKELY) is is_all for one in likely)
