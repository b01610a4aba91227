import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qwen_lsp.index.facts import FileFacts, Import, Symbol
from qwen_lsp.index.receiver import Receiver, receiver, receiver_of


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("foo.", "foo"),
        ("foo.ba", "foo"),
        ("    return foo.bar.", "foo bar"),
        ("self.x.fo", "self x"),
        ("x = self.items[0].price().am", "self items[] price()"),
        ("foo(a, b(c)).", "foo()"),
        ("foo[1](2).", "foo[]()"),
        ("print(foo.", "foo"),
        ("a + foo.", "foo"),
        ("await client.send(x).", "client send()"),
        ("new Order(1).", "Order()"),
        ("foo?.bar!.", "foo bar"),
        ("foo!!.", "foo"),
        ("foo->bar->", "foo bar"),
        ("$this->api->", "this api"),
        ("Shop::Order::", "Shop Order"),
        ("@client.", "self client"),
        ("super().", "super()"),
        ("[...foo.", "foo"),
        ("größe.", "größe"),
        ("foo . bar . ", "foo bar"),
        ("foo", ""),
        ("", ""),
        ("foo ", ""),
        ("1.", ""),
        ("0..n", ""),
        ("'text'.", ""),
        ("(a or b).", ""),
        (").", ""),
        (".", ""),
    ],
)
def test_the_chain_before_the_cursor(before, expected):
    assert receiver_of(before) == tuple(expected.split())


@settings(deadline=None)
@given(st.text(st.sampled_from("ab1.()[]{}->:?!$@ \"'")))
def test_any_text_has_a_chain(before):
    for part in receiver_of(before):
        assert part.rstrip("()[]").isidentifier()


def symbol(name, kind, lines, **rest):
    first, last = lines
    return Symbol(name, kind, rest.pop("owner", ""), first, last, first, first, 0, **rest)


SYMBOLS = (
    symbol("client", "variable", (0, 0), type="HttpClient"),
    symbol("limit", "constant", (1, 1)),
    symbol("connect", "function", (2, 3), type="Promise<Session>"),
    symbol("Base", "class", (4, 8), bases=("Model",)),
    symbol("created", "field", (5, 5), owner="Base", type="Moment"),
    symbol("clone", "method", (6, 7), owner="Base", type="Self"),
    symbol("Order", "class", (10, 60), bases=("Base", "Loop")),
    symbol("items", "field", (11, 11), owner="Order", type="list[Item]"),
    symbol("customer", "field", (12, 12), owner="Order", type="models.Customer | None"),
    symbol("note", "field", (13, 13), owner="Order"),
    symbol("parent", "method", (14, 18), owner="Order", type="Order"),
    symbol("place", "method", (20, 30), owner="Order"),
    symbol("Line", "class", (40, 50), owner="Order"),
    symbol("total", "method", (42, 44), owner="Order.Line", type="Money"),
    symbol("Loop", "class", (61, 62), bases=("Loop",)),
    symbol("shop", "module", (63, 69)),
    symbol("Ship", "method", (70, 79), owner="Order"),
)
IMPORTS = (
    Import("shop", "Basket", "", 0),
    Import("shop", "Voucher", "Coupon", 0),
    Import("numpy", "", "np", 0),
)
FACTS = FileFacts("python", 80, SYMBOLS, (), IMPORTS)


@pytest.mark.parametrize(
    ("before", "line", "expected"),
    [
        pytest.param("self.", 25, "Order", id="self is the class around"),
        pytest.param("self.", 43, "Line", id="self is the innermost class around"),
        pytest.param("self.", 72, "Order", id="self in a method outside of its class"),
        pytest.param("self.", 2, None, id="self outside of classes"),
        pytest.param("self.", 65, None, id="self in a namespace"),
        pytest.param("this.", 2, "Order", id="a parameter with a name like self"),
        pytest.param("client().", 2, None, id="a call of what is no function"),
        pytest.param("super().", 25, "Base", id="super is the first base"),
        pytest.param("super().", 43, None, id="super of a class without bases"),
        pytest.param("self.customer.", 25, "models.Customer", id="a field's class"),
        pytest.param("self.customer.name.", 25, "models.Customer name", id="on to another file"),
        pytest.param("self.customer.pay().", 25, "models.Customer pay()", id="a call over there"),
        pytest.param("self.items.", 25, "list", id="a container"),
        pytest.param("self.items[0].", 25, None, id="an element of a container"),
        pytest.param("self.note.", 25, None, id="a field without a type"),
        pytest.param("self.created.", 25, "Moment", id="a base's field"),
        pytest.param("self.clone().created.", 25, "Moment", id="a base's method"),
        pytest.param("self.clone().items.", 25, "list", id="a method that gives its own class"),
        pytest.param("self.parent().customer.", 25, "models.Customer", id="a method's result"),
        pytest.param("self.save().", 25, "Order save()", id="a member that a base elsewhere has"),
        pytest.param("order.", 25, "Order", id="a parameter"),
        pytest.param("order.customer.", 25, "models.Customer", id="a parameter's field"),
        pytest.param("same.", 25, "Order", id="a parameter of the own class"),
        pytest.param("customer.", 25, "models.Customer", id="a field without self"),
        pytest.param("parent().", 25, "Order", id="a method without self"),
        pytest.param("client.", 2, "HttpClient", id="a variable of the file"),
        pytest.param("client.send().", 2, "HttpClient send()", id="a call on a variable"),
        pytest.param("limit.", 2, None, id="a constant without a type"),
        pytest.param("connect().", 2, "Session", id="a function's result"),
        pytest.param("connect.", 2, None, id="a function itself"),
        pytest.param("Order.", 2, "Order", id="a class of the file"),
        pytest.param("Order(1).customer.", 2, "models.Customer", id="a new object"),
        pytest.param("Anything(1).", 2, "Anything", id="a new object of another file's class"),
        pytest.param("Basket.", 2, "Basket", id="an imported class"),
        pytest.param("Coupon.", 2, "Coupon", id="an imported class under another name"),
        pytest.param("Voucher.", 2, None, id="the name that it does not have here"),
        pytest.param("np.", 2, None, id="a module"),
        pytest.param("unknown.", 2, None, id="an unknown name"),
        pytest.param("unknown().", 2, None, id="an unknown function"),
        pytest.param("unknown", 2, None, id="no access"),
    ],
)
def test_the_class_of_the_receiver(before, line, expected):
    head = ["def place(self, order: Order, same: Self, this: Order):", "    x = 1"]
    name, *rest = expected.split() if expected else ("",)
    assert receiver(before, FACTS, line, head) == (
        Receiver(name, tuple(rest)) if expected else None
    )


def test_of_a_very_long_chain_the_end_is_read():
    found = receiver_of("f()." * 10_000)
    assert set(found) == {"f()"}
    assert len(found) < 100
