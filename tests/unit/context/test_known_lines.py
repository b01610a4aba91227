"""How a line may go on, by what other code has behind the same lines."""

import pytest

from qwen_lsp.context.known_lines import known_lines
from tests.unit.context.test_gather import asked

ROUTES = """\
def routes(app):
    app.add("orders", list_orders, permissions=[READ])
    app.add("order", show_order, permissions=[READ])

    # Only for those who may.
    app.add("delete", delete_order, permissions=[WRITE, DELETE])


def handle(request):
    try:
        order = read_order(request)
        return order.as_json()
    except KeyError as error:
        raise NotFound(str(error)) from error
"""


FILES = {"shop/routes.py": ROUTES}


def lines_at(indexed, marked):
    lookup, place = asked(indexed, marked, "shop/admin.py")
    texts = {"shop/routes.py": ROUTES.split("\n"), place.path: place.lines}
    return [(one.text, one.bonus) for one in known_lines(lookup, place, lambda one: texts[one])]


SURE, LIKELY = 3.0, 1.0


@pytest.mark.parametrize(
    ("marked", "lines"),
    [
        pytest.param(
            """\
            def handle(request):
                try:
                    order = read_order(request)
                    return │
            """,
            [("order.as_json()\n", SURE)],
            id="behind the same three lines",
        ),
        pytest.param(
            """\
            def other(request):
                with lock:
                    order = read_order(request)
                    return │
            """,
            [("order.as_json()\n", LIKELY)],
            id="behind one line that is the same",
        ),
        pytest.param(
            """\
            def other(request):
                order = read_order(request)
                │
            """,
            [("    return order.as_json()\n", LIKELY)],
            id="a whole line, as deep as the cursor",
        ),
        pytest.param(
            """\
            def admin_routes(app):
                app.add("orders", list_orders, permissions=[READ])
                app.add("order", show_order, permissions=[READ])
                app.│
            """,
            [],
            id="comments count",
        ),
        pytest.param(
            """\
            def other(request):
                order = load_order(request)
                return │
            """,
            [],
            id="behind no line that is the same",
        ),
        pytest.param(
            """\
            def other(request):
                order = read_order(request)
                raise │
            """,
            [],
            id="the line begins otherwise",
        ),
        pytest.param(
            """\
            def other(request):
                order = read_order(request)
                return │ + tail
            """,
            [],
            id="something follows on the line",
        ),
        pytest.param(
            """\
            def one(request):
                order = find(request)
                return order.total()
            def two(request):
                order = find(request)
                return │
            """,
            [("order.total()\n", LIKELY)],
            id="of the document itself",
        ),
        pytest.param(
            """\
            def one(request):
                order = find(request)
                │
                return order.total()
            """,
            [],
            id="not what follows the cursor anyway",
        ),
    ],
)
def test_the_rests_of_lines(indexed, marked, lines):
    assert lines_at(indexed, marked.replace("\n            ", "\n").strip(" ")) == lines
