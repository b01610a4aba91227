"""Which of a name's definitions a file means, on small workspaces that are really indexed."""

import pytest

from qwen_lsp.index import workspace
from qwen_lsp.index.lookup import Lookup, is_test
from qwen_lsp.index.methods import methods
from qwen_lsp.index.parse import facts_of
from tests.unit.index.indexed import Workspace

FILES = {
    "app/main.py": (
        "from app.shapes import Circle as Round\n"
        "from app import names\n"
        "import other\n"
        "def run(): Round().area(); names.Public(); helper()\n"
        "def helper(): ...\n"
    ),
    "app/shapes.py": (
        "from app.base import Shape\n"
        "class Circle(Shape):\n"
        "    centre: Point\n"
        "    def area(self) -> float: ...\n"
        "class Point:\n"
        "    x: int\n"
    ),
    "app/base.py": "class Shape:\n    def area(self): ...\n    def name(self): ...\n",
    "app/names/__init__.py": "from app.names.inner import Public\n",
    "app/names/inner.py": "class Public: ...\n",
    "far/away/public.py": "class Public: ...\nclass Circle: ...\ndef helper(): ...\n",
    "tests/test_names.py": "class Public: ...\ndef area(): ...\n",
    "other.py": "def area(): ...\nclass Shape: ...\n",
}


@pytest.fixture(scope="module")
def lookup(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lookup")
    indexed = Workspace(folder / "files", folder / "index", methods(), 10.0)
    for path, text in FILES.items():
        indexed.write(path, text)
    indexed.refresh()
    resolver = workspace.resolver_of(indexed.root, indexed.view.stored)
    yield Lookup(indexed.view, resolver)
    indexed.close()


@pytest.mark.parametrize(
    ("path", "name", "first"),
    [
        pytest.param("app/main.py", "helper", "app/main.py", id="its own"),
        pytest.param("app/main.py", "Round", "app/shapes.py", id="imported by another name"),
        pytest.param("app/main.py", "Public", "app/names/inner.py", id="passed on by a package"),
        pytest.param("app/main.py", "Shape", "other.py", id="in a module that is imported"),
        pytest.param("app/shapes.py", "Shape", "app/base.py", id="imported by its name"),
        pytest.param("app/main.py", "name", "app/base.py", id="a member, two imports away"),
        pytest.param("far/away/public.py", "area", "app/shapes.py", id="code before tests"),
    ],
)
def test_the_first_definition_is_the_one_a_file_means(lookup, path, name, first):
    if name == "area":
        assert not is_test(lookup.definitions(path, name)[0].path)
    else:
        assert lookup.definitions(path, name)[0].path == first


def test_no_more_definitions_come_than_asked_for(lookup):
    assert len(lookup.definitions("app/main.py", "area", 2)) == 2


def test_members_of_a_class_hold_inherited_ones(lookup):
    found = lookup.members("app/main.py", "Round")
    assert [one.symbol.qualified_name for one in found] == [
        "Circle.centre",
        "Circle.area",
        "Shape.name",
    ]


@pytest.mark.parametrize(
    ("way", "end"),
    [
        (("centre",), ("app/shapes.py", "Point")),
        ((), ("app/main.py", "Round")),
        (("nothing",), ("", "")),
    ],
)
def test_members_are_followed_to_their_class(lookup, way, end):
    assert lookup.follow("app/main.py", "Round", way) == end


def test_callers_that_see_a_definition_come_first(lookup):
    area = next(one for one in lookup.view.definitions("area") if one.symbol.owner == "Circle")
    assert [one.path for one in lookup.callers(area)] == ["app/main.py"]


def test_what_is_around_a_line_comes_innermost_first(lookup):
    assert [one.name for one in lookup.enclosing("app/shapes.py", 3)] == ["area", "Circle"]


def test_near_files_are_those_that_imports_lead_to(lookup):
    near = [path for path, _rank in lookup.near_files("app/main.py")]
    assert set(near) == {
        "app/shapes.py",
        "app/base.py",
        "app/names/__init__.py",
        "app/names/inner.py",
        "other.py",
    }
    assert near.index("app/shapes.py") < near.index("app/names/inner.py")


def test_an_open_document_is_seen_as_it_is_typed(lookup):
    facts = facts_of("python", b"from far.away.public import Circle\n")
    newer = lookup.seen_through(lookup.view.with_overlay("app/main.py", facts))
    assert newer.definitions("app/main.py", "Circle")[0].path == "far/away/public.py"
    assert lookup.definitions("app/main.py", "Round")[0].path == "app/shapes.py"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("tests/test_a.py", True),
        ("src/main/java/A.java", False),
        ("src/test/java/A.java", True),
        ("a/conftest.py", True),
        ("a/b.test.ts", True),
        ("a/contest.py", False),
        ("a_test.go", True),
    ],
)
def test_tests_are_known_by_their_paths(path, expected):
    assert is_test(path) is expected
