"""A workspace on a few pages: what comes first, and what fits."""

import pytest

from qwen_lsp.context.repo_map import description, folders, ranks_of, repo_map
from qwen_lsp.context.workspace_prompt import overview
from qwen_lsp.index import workspace
from qwen_lsp.index.lookup import Lookup
from qwen_lsp.index.stored import Link
from qwen_lsp.text import split_lines
from qwen_lsp.tokens import estimated_tokens

FILES = {
    "README.md": (
        "<!-- a comment -->\n[![badge](http://b)](http://b)\n# The shop\n\n"
        "Sells [pens](http://pens) to <b>you</b>.\n"
    ),
    "pyproject.toml": '[project]\nname = "shop"\ndescription = "Sells things"\n',
    "shop/stock.py": (
        'class StockRoom:\n    """What is there."""\n    def reserve_article(self, article: str)'
        " -> None: ...\n    def _hidden(self): ...\n"
    ),
    "shop/orders.py": "from shop.stock import StockRoom\ndef take_order(room: StockRoom): ...\n",
    "shop/old/stock.py": "class StockRoom:\n    old = 1\n",
    "shop/main.py": (
        "from shop.stock import StockRoom\nfrom shop.orders import take_order\n"
        "def main():\n    room = StockRoom()\n    room.reserve_article('x')\n    take_order(room)\n"
    ),
    "tests/test_stock.py": (
        "from shop.stock import StockRoom\ndef test_it():\n    StockRoom()\n    helper_of_tests()\n"
        "def helper_of_tests(): ...\n"
    ),
    ".env": "SECRET = 'hunter2'\n",
}


@pytest.fixture
def lookup(indexed):
    return Lookup(indexed.view, workspace.resolver_of(indexed.root, indexed.view.stored))


def read(path):
    return split_lines(FILES[path])


def test_what_is_used_most_comes_first(lookup):
    shown = overview(lookup, read, 1000).main
    assert [line for line in shown.split("\n") if not line.startswith(" ")][:3] == [
        "shop/stock.py",
        "shop/orders.py",
        "shop/main.py",
    ]
    assert shown.startswith(
        "shop/stock.py\n  class StockRoom — What is there.\n"
        "    def reserve_article(self, article: str) -> None: ..."
    )


def test_what_is_there_twice_is_shown_once(lookup):
    shown = overview(lookup, read, 1000).main
    assert shown.count("class StockRoom") == 1
    assert "shop/old/stock.py" not in shown


def test_what_is_hidden_secret_or_nowhere_is_not_shown(lookup):
    shown = str(overview(lookup, read, 1000))
    assert "_hidden" not in shown
    assert "hunter2" not in shown
    assert ".env" not in shown


@pytest.mark.parametrize("budget", [0, 10, 30, 60])
def test_it_never_takes_more_than_its_budget(lookup, budget):
    shown = repo_map(lookup, ranks_of({}, [], {}), read, budget)
    assert shown == ""
    contents = lookup.view.stored.contents()
    shown = repo_map(lookup, ranks_of(contents, lookup.view.stored.links(), {}), read, budget)
    assert estimated_tokens(shown) <= budget


def test_it_says_what_the_workspace_says_of_itself(lookup):
    assert description(lookup, read) == (
        "`pyproject.toml` says: name `shop`, description `Sells things`.\n\n"
        "`README.md` begins:\n# The shop\nSells pens to you."
    )


def test_folders_are_told_with_what_is_in_them():
    paths = ["a.py", "src/x/y/z/deep.ts", "src/x/y/q.ts", "docs/b.md"]
    assert folders(paths) == (
        "./: 1 files, mostly .py\ndocs/: 1 files, mostly .md\nsrc/x/y/: 2 files, mostly .ts"
    )


def test_a_name_means_what_its_user_imports():
    links = [Link("Thing", (1, 2), (3,))]
    contents = {"old.py": 1, "new.py": 2, "user.py": 3}
    ranks = ranks_of(contents, links, {"user.py": ["new.py"]})
    assert ranks.names["new.py", "Thing"] > 0
    assert ("old.py", "Thing") not in ranks.names
    assert ranks.files["new.py"] > ranks.files["old.py"]


def test_a_name_that_everybody_defines_counts_for_nobody():
    contents = {f"{one}.py": one for one in range(9)}
    ranks = ranks_of(contents, [Link("get", tuple(range(8)), (8,))], {})
    assert ranks.names == {}


def test_contents_that_are_gone_do_not_count():
    ranks = ranks_of({"a.py": 1}, [Link("Thing", (1, 7), (8,))], {})
    assert ranks.names == {}
