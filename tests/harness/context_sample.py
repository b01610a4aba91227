"""A report as a real one looks, for the page's tests and the picture in the docs."""

from pathlib import PurePath

from qwen_lsp.context.anchor import set_anchor
from qwen_lsp.context.snapshot import Snapshot
from qwen_lsp.context.snippet import Context, Snippet
from qwen_lsp.features.context_report import Made, Report, Task, report_on
from qwen_lsp.settings import Settings
from qwen_lsp.text import Document, Span
from qwen_lsp.trace import Fact, Stage
from tests.harness import marked_text

ORDERS = '''"""Orders of the shop."""

from dataclasses import dataclass, field

from shop.prices import Price, total_of
from shop.stock import Stock


@dataclass
class Order:
    """What one customer wants, and where it goes."""

    customer: str
    lines: list[tuple[str, int]] = field(default_factory=list)
    is_paid: bool = False

    def add(self, article: str, count: int = 1) -> None:
        """Put an article into the order."""
        self.lines.append((article, count))


class Checkout:
    """Takes orders and turns them into invoices."""

    def __init__(self, stock: Stock) -> None:
        self.stock = stock
        self.orders: list[Order] = []

    def take(self, order: Order) -> None:
        """Reserve what is ordered, and note the order."""
        for article, count in order.lines:
            self.stock.reserve(article, count)
        self.orders.append(order)

    def price_of(self, order: Order) -> Price:
        """Return what an order costs."""
        prices = [self.stock.│
        return total_of(prices)

    def cancel(self, order: Order) -> None:
        """Give back what was reserved."""
        self.orders.remove(order)


def open_orders(checkout: Checkout) -> list[Order]:
    return [order for order in checkout.orders if not order.is_paid]
'''

SNIPPETS = (
    Snippet(
        "shop/prices.py",
        ((11, 13), (20, 22)),
        'class Price:\n    cents: int\n    currency: str = "EUR"\n'
        "def total_of(prices: Iterable[Price]) -> Price:\n"
        '    """Return the sum of prices in one currency."""\n'
        "    return Price(sum(price.cents for price in prices))",
        "import",
        "`total_of` and `Price`, which the file imports",
        61,
    ),
    Snippet(
        "shop/returns.py",
        ((40, 44),),
        "def refund_for(self, order: Order) -> Price:\n"
        "    prices = [\n"
        "        self.stock.price(article).times(count) for article, count in order.lines\n"
        "    ]\n"
        "    return total_of(prices)",
        "usage",
        "uses `stock` and `total_of` in similar code",
        52,
    ),
    Snippet(
        "tests/test_orders.py",
        ((7, 9),),
        "def test_an_order_costs_what_its_articles_cost(checkout):\n"
        '    order = Order("Ada", [("pen", 2)])\n'
        "    assert checkout.price_of(order) == Price(400)",
        "sibling",
        "the file's tests",
        44,
    ),
    Snippet(
        "shop/stock.py",
        ((14, 16), (22, 23), (30, 31)),
        'class Stock:\n    """What is in the shelves, and what it costs."""\n\n'
        "    def reserve(self, article: str, count: int) -> None:\n"
        '        """Take articles out of the shelves; OutOfStock if there are too few."""\n'
        "    def price(self, article: str) -> Price:\n"
        '        """Return what one piece costs."""',
        "members",
        "members of `Stock`, the class of `self.stock`",
        71,
    ),
)  # fmt: skip
LEFT_OUT = (
    Snippet("shop/invoices.py", ((3, 60),), "", "similar", "code about the same names", 640),
    Snippet("shop/stock.py", ((50, 71),), "", "recent", "edited a minute ago", 210),
)


class Counter:
    """Counts as a tokenizer roughly does."""

    async def count_tokens(self, texts):
        return [-(-len(text) // 4) for text in texts]


def snapshot(marked: str = ORDERS, context: Context | None = None) -> Snapshot:
    """Return a snapshot at the cursor, three lines below its anchor."""
    marks = marked_text.parse(marked)
    document = Document("file:///w/shop/orders.py", "python", 3, marks.text)
    cursor = marks.cursor
    above = document.line_starts[max(document.line_at(cursor) - 3, 0)]
    anchor = set_anchor(document, above, 5600, 1400)
    return Snapshot(
        document,
        Span(cursor, cursor),
        Settings("model"),
        "shop",
        PurePath("shop/orders.py"),
        anchor=anchor if anchor.holds(document, cursor) else None,
        context=Context(SNIPPETS, LEFT_OUT, 256) if context is None else context,
    )


def made(
    at: Snapshot, text: str = "price(article).times(count) for article, count in order.lines]"
):
    stages = (
        Stage("wait", 75.0),
        Stage("context", 6.2),
        Stage("prompt", 0.8),
        Stage("first_token", 182.0),
        Stage("stream", 410.0),
        Stage("clean", 0.3),
    )
    return Made(at, stages, (Fact("evaluated", 17),), text, "" if text else "the model is not sure")


def report(task: Task = "complete", at: Snapshot | None = None, **options) -> Report:
    """Return the report on a place; the counter never waits, so this needs no event loop."""
    at = snapshot() if at is None else at
    options = {"is_exact": True, "made": made(at) if task == "complete" else None, **options}
    working = report_on(at, task, Counter(), **options)
    try:
        working.send(None)
    except StopIteration as done:
        told: Report = done.value
        return told
    raise AssertionError("the report waited for something")
