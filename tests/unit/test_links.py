"""How the names and places in an answer become links."""

import asyncio

import pytest

from qwen_lsp.context.target import Target
from qwen_lsp.features.answer_reader import AnswerReader
from qwen_lsp.features.links import Links, markdown_link, plain_place

NAMES = {"Stock": Target("shop/stock.py", 15, "Stock"), "reserve()": Target("shop/stock.py", 20)}
PLACES = {
    "shop/stock.py:15": Target("shop/stock.py", 15),
    "stock.py#L15": Target("shop/stock.py", 15),
    "a b/x.py:2": Target("a b/x.py", 2),
}


class Shop:
    """Knows two names and three places."""

    async def named(self, text):
        return NAMES.get(text)

    async def cited(self, text):
        return PLACES.get(text)


def shown(answer, form):
    links, reader = Links(Shop(), form), AnswerReader()
    items = [*reader.feed(answer), *reader.end()]
    return asyncio.run(links.text_of(items))


STOCK = "file:///w/shop/stock.py"
CASES = [
    pytest.param(
        "`Stock` and `Stock`",
        f"[`Stock`]({STOCK}#L15) and `Stock`",
        "`Stock` (shop/stock.py:15) and `Stock`",
        id="a name, where it is mentioned first",
    ),
    pytest.param(
        "`reserve()`",
        f"[`reserve()`]({STOCK}#L20)",
        "`reserve()` (shop/stock.py:20)",
        id="a call",
    ),
    pytest.param("`Basket`", "`Basket`", "`Basket`", id="a name that nobody knows"),
    pytest.param("Stock", "Stock", "Stock", id="a word"),
    pytest.param(
        "See shop/stock.py:15.",
        f"See [shop/stock.py:15]({STOCK}#L15).",
        "See shop/stock.py:15.",
        id="a place",
    ),
    pytest.param(
        "`shop/stock.py:15`",
        f"[`shop/stock.py:15`]({STOCK}#L15)",
        "`shop/stock.py:15`",
        id="a place in backticks",
    ),
    pytest.param("shop/no.py:1", "shop/no.py:1", "shop/no.py:1", id="a place that is not there"),
    pytest.param(
        "[the stock](stock.py#L15)",
        f"[the stock]({STOCK}#L15)",
        "the stock (shop/stock.py:15)",
        id="a link of the model's own",
    ),
    pytest.param("[docs](http://e/x)!", "docs!", "docs!", id="a link to elsewhere is its text"),
    pytest.param("![pic](http://e/x)", "pic", "pic", id="an image is its text"),
    pytest.param(
        "[`Stock`](nowhere.py)",
        f"[`Stock`]({STOCK}#L15)",
        "`Stock` (shop/stock.py:15)",
        id="the name in a link that leads nowhere",
    ),
    pytest.param("[[a](http://x)](http://y)", "a", "a", id="a link in a link that leads nowhere"),
]


@pytest.mark.parametrize(("answer", "as_markdown", "as_text"), CASES)
def test_what_becomes_of_names_and_places(answer, as_markdown, as_text):
    assert shown(answer, markdown_link("/w")) == as_markdown
    assert shown(answer, plain_place) == as_text


def test_a_link_to_a_path_with_blanks_is_one():
    text = shown("[x](a b/x.py:2)", markdown_link("/w (1)"))
    assert text == "[x](file:///w%20%281%29/a%20b/x.py#L2)"


def test_an_answer_ends_with_where_to_read_on():
    links = Links(Shop(), markdown_link("/w"))
    caller = Target("app.py", 3)
    assert links.closing([NAMES["Stock"]], [caller]) == (
        f"\n\nDefined in: [`Stock` shop/stock.py:15]({STOCK}#L15)  \n"
        "Called from: [app.py:3](file:///w/app.py#L3)"
    )
    assert links.closing([], []) == ""
