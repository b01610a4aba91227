"""What can be asked about a workspace."""

import shutil
import sqlite3

import pytest

from qwen_lsp.index.store import FILE_NAME
from tests.unit.index.indexed import Workspace
from tests.unit.index.stand_in import facts_of

FILES = {
    "app/main.py": "import models\nclass Window(Widget)\n    def show\n    def close\nuse helper",
    "app/widget.py": "class Widget(Base)\n    def show\n    def resize",
    "app/base.py": "class Base(Window)\n    def destroy\nuse helper\nuse helper",
    "lib/widget.py": "class Widget\n    def other",
    "go/shape.go": "class Shape\ndef Shape.Area",
    "go/name.go": "def Shape.Name",
    "go/other.go": "class Shape\ndef Shape.Other",
    "py/shape.py": "def Shape.Python",
    "lib/helper.py": "def helper\ndef helper_two\ndef HelperThree\ntype Widget",
}


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A workspace for tests that only ask."""
    folder = tmp_path_factory.mktemp("workspace")
    yield (workspace := fill(Workspace(folder / "files", folder / "index")))
    workspace.close()


@pytest.fixture
def view(filled):
    yield filled.view
    assert filled.errors == []


def fill(workspace):
    for path, text in FILES.items():
        workspace.write(path, text)
    workspace.refresh()
    return workspace


def names(definitions):
    return [one.symbol.name for one in definitions]


def test_a_name_is_found_where_it_is_defined_with_everything_about_it(view):
    [found] = view.definitions("Window")
    assert (found.path, found.symbol.kind, found.symbol.bases) == (
        "app/main.py",
        "class",
        ("Widget",),
    )
    assert found.symbol == facts_of(FILES["app/main.py"]).symbols[0]
    assert {one.path for one in view.definitions("Widget")} == {"app/widget.py", "lib/widget.py"}
    assert view.definitions("widget") == []


def test_no_more_definitions_come_than_asked_for(view):
    assert len(view.definitions("show", 1)) == 1


def test_a_prefix_is_found_in_its_case(view):
    assert names(view.definitions_with_prefix("helper")) == ["helper", "helper_two"]
    assert names(view.definitions_with_prefix("")) != []


def test_a_part_is_found_in_any_case_and_short_names_come_first(view):
    assert names(view.definitions_containing("ELPER")) == ["helper", "helper_two", "HelperThree"]


@pytest.mark.parametrize("text", ["%", "_", "'", "*", "[", "\0", "\ud800"], ids=ascii)
def test_signs_that_mean_something_elsewhere_mean_themselves(view, text):
    assert names(view.definitions_containing(text)) == (["helper_two"] if text == "_" else [])
    assert view.definitions_with_prefix(text) == view.definitions(text) == []
    assert (list(view.usages(text)), view.symbols(text), view.search([text], 3)) == ([], (), [])


def test_symbols_of_a_file_come_in_their_order(view):
    assert [one.name for one in view.symbols("app/main.py")] == ["Window", "show", "close"]
    assert view.symbols("nowhere.py") == ()


def test_uses_of_a_name_come_with_files_lines_and_kind(view):
    found = {(one.path, one.kind, one.lines) for one in view.usages("helper")}
    assert found == {("app/main.py", "call", (4,)), ("app/base.py", "call", (2, 3))}
    assert [(one.path, one.kind) for one in view.usages("Widget")] == [("lib/helper.py", "type")]
    assert set(view.stored.paths_using("helper")) == {"app/main.py", "app/base.py"}


def test_what_a_file_uses_and_imports_is_known(view):
    assert [(one.name, one.lines) for one in view.uses_in("app/base.py")] == [("helper", (2, 3))]
    assert [one.module for one in view.imports("app/main.py")] == ["models"]
    assert (view.language("app/main.py"), view.language("nowhere.py")) == ("python", "")


def test_members_come_with_inherited_ones_nearest_first_though_classes_go_in_a_circle(view):
    [window] = view.definitions("Window")
    assert [(one.path, one.symbol.name) for one in view.members(window)] == [
        ("app/main.py", "show"),
        ("app/main.py", "close"),
        ("app/widget.py", "resize"),
        ("app/base.py", "destroy"),
    ]


@pytest.mark.parametrize(
    "written",
    ["Widget[int, str]", "app.Widget", "app::Widget<T>", "*Widget", "public Widget", "Widget(x)"],
)
def test_a_base_is_found_however_it_is_written(view, written):
    view = view.with_overlay("app/new.py", facts_of(f"class New({written})"))
    [new] = view.definitions("New")
    assert "resize" in names(view.members(new))


def test_a_type_has_members_in_other_files_but_not_those_of_a_namesake(view):
    [*shapes] = view.definitions("Shape")
    one = next(one for one in shapes if one.path == "go/shape.go")
    assert names(view.members(one)) == ["Area", "Name"]
    opened = view.with_overlay("go/name.go", facts_of("def Shape.Renamed", "go"))
    assert names(opened.members(one)) == ["Area", "Renamed"]
    namesake = view.with_overlay("go/name.go", facts_of("class Shape\ndef Shape.New", "go"))
    assert names(namesake.members(one)) == ["Area"]


def test_links_say_which_contents_define_and_use_a_name(view):
    numbers = view.stored.contents()
    [link] = [one for one in view.stored.links() if one.name == "helper"]
    assert set(link.defined_in) == {numbers["lib/helper.py"]}
    assert set(link.used_in) == {numbers["app/main.py"], numbers["app/base.py"]}


def test_an_open_document_hides_what_is_stored_of_its_file(view):
    view = view.with_overlay(
        "lib/helper.py", facts_of("def helped\nuse helper\nimport x", "typescript")
    )
    assert names(view.definitions_with_prefix("help")) == ["helped"]
    assert names(view.definitions_containing("HELP")) == ["helped"]
    assert view.definitions("helper") == []
    assert next(view.usages("helper")).path == "lib/helper.py"
    assert list(view.usages("Widget")) == []
    assert [one.name for one in view.uses_in("lib/helper.py")] == ["helper"]
    assert [one.name for one in view.symbols("lib/helper.py")] == ["helped"]
    assert [one.module for one in view.imports("lib/helper.py")] == ["x"]
    assert view.language("lib/helper.py") == "typescript"
    assert "lib/helper.py" not in {one.path for one in view.search(["helper"], 9)}
    assert len(view.paths()) == len(FILES)


def test_a_view_is_not_changed_by_another(view):
    changed = view.with_overlay("new.py", facts_of("def fresh"))
    assert (names(changed.definitions("fresh")), view.definitions("fresh")) == (["fresh"], [])
    assert changed.without_overlay("new.py").definitions("fresh") == []
    assert "new.py" in changed.paths()


def test_pieces_of_code_are_found_by_their_words(view):
    pieces = view.search(["resize", "destroy", "show"], 3)
    assert pieces[0].path == "app/widget.py"
    assert (pieces[0].first_line, pieces[0].last_line) == (0, 2)
    assert len(view.search(["def"], 2)) == 2


def test_a_damaged_index_finds_nothing_and_says_so(indexed):
    view = fill(indexed).view
    indexed.close()
    path = indexed.folder / FILE_NAME
    path.write_bytes(b"garbage" * 1000)
    assert (view.definitions("helper"), view.paths(), view.symbols("app/main.py")) == ([], [], ())
    assert "is damaged" in str(indexed.errors[0])
    indexed.refresh()
    assert "is being made anew" in indexed.problems()[0]
    assert len(view.definitions("helper")) == 1


def test_an_index_that_lost_its_words_is_made_anew(indexed):
    view = fill(indexed).view
    indexed.builder.close()
    shutil.rmtree(indexed.folder / "words-1")
    assert view.search(["helper"], 3) == []
    indexed.refresh()
    assert "is being made anew" in indexed.problems()[0]
    assert len(view.search(["helper"], 9)) == 3


def test_before_there_is_an_index_nothing_is_found(indexed):
    assert (indexed.view.definitions("f"), indexed.view.search(["f"], 3)) == ([], [])
    sqlite3.connect(indexed.folder / FILE_NAME).close()
    assert (indexed.view.paths(), indexed.errors) == ([], [])


def test_what_was_asked_about_before_is_asked_anew_once_the_index_has_changed(tmp_path):
    workspace = fill(Workspace(tmp_path / "files", tmp_path / "index"))
    ask = workspace.view.definitions_of_each
    assert names(ask(["helper"], 9)["helper"]) == ["helper"]
    workspace.write("lib/more.py", "def helper")
    workspace.update("lib/more.py")
    assert [one.path for one in ask(["helper"], 9)["helper"]] == ["lib/helper.py", "lib/more.py"]
    assert ask(["helper"], 1)["helper"] == []
    shutil.rmtree(workspace.folder)
    assert ask(["helper"], 9)["helper"] == []
    workspace.close()


def test_what_could_not_be_read_is_not_remembered(tmp_path):
    workspace = fill(Workspace(tmp_path / "files", tmp_path / "index"))
    path = workspace.folder / FILE_NAME
    whole = path.read_bytes()
    workspace.view.stored.close()
    workspace.builder.close()
    path.write_bytes(b"no database" * 100)
    assert workspace.view.definitions_of_each(["helper"], 9)["helper"] == []
    assert workspace.errors
    workspace.view.stored.close()
    path.write_bytes(whole)
    assert names(workspace.view.definitions_of_each(["helper"], 9)["helper"]) == ["helper"]
    workspace.view.stored.close()
