"""The typing bench's own editor: what keys do to a buffer, and what a session file may say."""

import json
from pathlib import Path

import pytest

from tests.bench.typing_sessions import Buffer, Session, SessionError, load


def buffer_after(keys: str, text: str = "\n") -> str:
    """Press keys at the start of a text (`<` is backspace); returns it with `│` at the cursor."""
    session = Session("s", Path("s.py"), text, (), ("()", "[]", "{}", '""'), 4)
    buffer = Buffer(session, "file:///s.py")
    for key in keys:
        if key == "\n":
            buffer.enter(None)
        elif key == "<":
            buffer.backspace()
        else:
            buffer.press(key)
    text = buffer.document.text
    return f"{text[: buffer.cursor]}│{text[buffer.cursor :]}"


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("f(", "f(│)\n"),
        ("f(a)", "f(a)│\n"),
        ("f(<", "f│\n"),
        ('f("a"', 'f("a"│)\n'),
        ('"""', '"""│\n'),
        ('"""a"""', '"""a"""│\n'),
        ("if x:\n", "if x:\n    │\n"),
        ("f() {\nx", "f() {\n    x│\n}\n"),
        ("if x:\n<", "if x:\n│\n"),
    ],
)
def test_keys_do_what_they_do_in_an_editor(keys: str, expected: str) -> None:
    assert buffer_after(keys) == expected


def test_a_bracket_before_a_word_is_not_closed() -> None:
    assert buffer_after("f(", "x\n") == "f(│x\n"


def test_a_session_names_its_places_by_the_text_of_a_line(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\ny = 2\ny = 2\n")
    record = {"file": "a.py", "lines": [1, 9], "events": [{"jump": "x = 1"}, {"type": "ab"}]}
    path = tmp_path / "a.json"
    path.write_text(json.dumps(record))
    assert [event.kind for event in load(path).events] == ["jump", "char", "char"]
    path.write_text(json.dumps({**record, "events": [{"jump": "y = 2"}]}))
    with pytest.raises(SessionError, match="2 times"):
        load(path)


def test_a_file_of_another_size_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    (tmp_path / "a.json").write_text(json.dumps({"file": "a.py", "events": []}))
    with pytest.raises(SessionError, match="300 to 2000 lines"):
        load(tmp_path / "a.json")
