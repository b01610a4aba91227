"""Whether a text written for one place belongs at a later one, and what is left of it there."""

from dataclasses import replace

import pytest

from qwen_lsp.context.snapshot import Snapshot
from qwen_lsp.features.fit import FORGIVEN_S, brought_up_to, rest_at
from qwen_lsp.settings import Settings
from qwen_lsp.text import Document, Replacement, Span
from tests.harness import marked_text

FILE = "import os\n\ndef f(a):\n    b = a\n    ret│\n\ndef g():\n    pass\n"


def snapshot_of(marked: str, version: int = 1) -> Snapshot:
    marks = marked_text.parse(marked)
    document = Document("file:///a.py", "python", version, marks.text)
    return Snapshot(document, marks.selection, Settings(model="none"))


def changed(old: str, new: str) -> str:
    assert FILE.count(old) == 1
    return FILE.replace(old, new)


@pytest.mark.parametrize(
    ("later", "rest"),
    [
        pytest.param(FILE, "urn b", id="nothing changed"),
        pytest.param(changed("ret│", "retu│"), "rn b", id="typed along"),
        pytest.param(changed("ret│", "return b│"), "", id="typed to its end"),
        pytest.param(changed("ret│", "return b + 1│"), None, id="typed beyond its end"),
        pytest.param(changed("ret│", "reti│"), None, id="typed something else"),
        pytest.param(changed("ret│", "re│"), None, id="typed back"),
        pytest.param(changed("ret│", "ret│  "), "urn b", id="trailing blanks behind"),
        pytest.param(changed("b = a\n", "b = a  \n"), "urn b", id="trailing blanks above"),
        pytest.param(changed("os\n", "os\nimport re\n"), "urn b", id="an import added above"),
        pytest.param(
            changed("os\n", "os\nimport re\n").replace("ret│", "retu│"),
            "rn b",
            id="an import added above, and typed along",
        ),
        pytest.param(changed("import os\n", ""), "urn b", id="an import taken away above"),
        pytest.param(changed("    pass", "    return 1"), "urn b", id="a change far below"),
        pytest.param(changed("\n\ndef g", "\n\n\ndef g"), "urn b", id="a blank line below"),
        pytest.param(changed("    ret│", "        ret│"), "urn b", id="the line indented anew"),
        pytest.param(changed("b = a", "b = c"), None, id="the line above changed"),
        pytest.param(changed("f(a)", "f(c)"), None, id="the second line above changed"),
        pytest.param(changed("def g", "def h"), None, id="the next line changed"),
        pytest.param(changed("ret│", "ret│)"), "urn b", id="a bracket that the editor closed"),
        pytest.param(changed("ret│", "ret│ + 1"), None, id="more behind the cursor"),
    ],
)
def test_a_text_fits_as_long_as_what_is_around_it_is_the_same(later, rest):
    assert rest_at("urn b", snapshot_of(FILE), snapshot_of(later), is_done=True) == rest


def test_a_change_elsewhere_is_forgiven_for_a_while():
    old, new = snapshot_of(FILE), snapshot_of(changed("import os\n", "import os, re\n"))
    late = replace(new, asked_at=FORGIVEN_S + 1)
    assert rest_at("urn b", old, new, is_done=True) == "urn b"
    assert rest_at("urn b", old, late, is_done=True) is None
    unchanged = replace(snapshot_of(FILE), asked_at=FORGIVEN_S + 1)
    assert rest_at("urn b", old, unchanged, is_done=True) == "urn b"


def test_a_place_that_looks_alike_is_another_place():
    body = "def f():\n    a = 1\n    ret\n\n"
    text = body * 3
    here = text.index("ret") + 3
    there = here + len(body)
    old = snapshot_of(f"{text[:here]}│{text[here:]}")
    new = snapshot_of(f"{text[:there]}│{text[there:]}")
    assert rest_at("urn a", old, new, is_done=True) is None


def test_lines_of_a_text_are_typed_along():
    old = snapshot_of("import os\nif a:│\nc = 1\n")
    new = snapshot_of("import os\nif a:\r\n    b│\nc = 1\n")
    assert rest_at("\n    b()\n    d()", old, new, is_done=True) == "()\n    d()"


def test_lines_of_a_text_follow_the_indentation_of_its_first_one():
    old, new = snapshot_of("x\nif a:│\n"), snapshot_of("x\n    if a:│\n")
    assert rest_at("\n    b()\n", old, new, is_done=True) == "\n        b()\n"


def test_what_is_still_being_written_may_be_typed_ahead_of():
    old, new = snapshot_of("x = f│"), snapshot_of("x = foobar│")
    assert rest_at("oo", old, new, is_done=False) == ""
    assert rest_at("oo", old, new, is_done=True) is None
    assert rest_at("un", old, new, is_done=False) is None


@pytest.mark.parametrize(
    ("later", "offered"),
    [
        pytest.param(FILE, ("│", "urn b"), id="the same version"),
        pytest.param(changed("os\n", "os\nimport re\n"), ("│", "urn b"), id="a line added above"),
        pytest.param(changed("    pass", "    return"), ("│", "urn b"), id="a change below"),
        pytest.param(changed("ret│", "retur│"), ("│", "n b"), id="typed along"),
        pytest.param(changed("ret│", "return b│"), None, id="typed to its end"),
        pytest.param(changed("ret│", "reti│"), None, id="typed something else"),
        pytest.param(changed("    b = a\n    ret│", "    ret│"), None, id="the line above gone"),
    ],
)
def test_an_answer_follows_its_place(later, offered):
    marks = marked_text.parse(later)
    version = 1 if later == FILE else 2
    document = Document("file:///a.py", "python", version, marks.text)
    found = brought_up_to(document, "urn b", snapshot_of(FILE))
    place = Span(marks.cursor, marks.cursor)
    assert found == (None if offered is None else Replacement(place, offered[1]))


def test_an_answer_to_the_menus_entry_begins_with_it():
    chosen = Replacement(Span(7, 8), ".log")
    document = Document("file:///a.js", "javascript", 4, "console.log")
    snapshot = Snapshot(document, Span(11, 11), Settings(model="none"), chosen=chosen)
    editors = Document("file:///a.js", "javascript", 4, "console.")
    assert brought_up_to(editors, "(1)", snapshot) == Replacement(Span(7, 8), ".log(1)")
    moved_on = Document("file:///a.js", "javascript", 5, "console.l")
    assert brought_up_to(moved_on, "(1)", snapshot) is None
