"""Between LSP's positions, ranges and URIs and our offsets, spans and paths."""

from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lsprotocol import types as lsp

from qwen_lsp.server import convert
from qwen_lsp.text import Document, Replacement, Span
from tests.harness import marked_text

UNIT_BYTES = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}
encodings = st.sampled_from(sorted(UNIT_BYTES))
texts = st.text(alphabet="ab\n\r\t\fé漢😀👩\u200d\u0301", max_size=40)


def document_of(text: str, uri: str = "file:///w/a.py") -> Document:
    return Document(uri, "python", 7, text)


def units(text: str, encoding: str) -> int:
    codec, width = UNIT_BYTES[encoding]
    return len(text.encode(codec)) // width


def check(marked, position, encoding, *, back=None):
    """Find the cursor at a position; `back` is the position it has, where that is another one."""
    marks = marked_text.parse(marked)
    document = document_of(marks.text)
    assert convert.offset_at(document, lsp.Position(*position), encoding) == marks.cursor
    found = convert.position_at(document, marks.cursor, encoding)
    assert (found.line, found.character) == (back or position)


@pytest.mark.parametrize(
    ("marked", "position", "encoding"),
    [
        pytest.param("x = '😀é漢'│", (0, 15), "utf-8", id="UTF-8 counts 4, 2 and 3 for 😀é漢"),
        pytest.param("x = '😀é漢'│", (0, 10), "utf-16", id="UTF-16 counts 2, 1 and 1 for 😀é漢"),
        pytest.param("x = '😀é漢'│", (0, 9), "utf-32", id="UTF-32 counts 1, 1 and 1 for 😀é漢"),
        pytest.param("😀\r\n😀│x", (1, 2), "utf-16", id="other lines' characters do not count"),
        pytest.param("a\fb│", (0, 3), "utf-16", id="a form feed is a character in its line"),
        pytest.param("a\n│", (1, 0), "utf-16", id="there is a line after the last line end"),
        pytest.param("│", (0, 0), "utf-8", id="an empty document has a position"),
    ],
)
def test_a_position_and_an_offset_are_the_same_place(marked, position, encoding):
    check(marked, position, encoding)


@pytest.mark.parametrize(
    ("marked", "position", "back"),
    [
        pytest.param("ab│\ncd", (0, 9), (0, 2), id="past a line's end is its end"),
        pytest.param("ab│\r\ncd", (0, 3), (0, 2), id="between CR and LF is before both"),
        pytest.param("😀│\ncd", (0, 9), (0, 2), id="past the end of a line with an emoji"),
        pytest.param("ab\ncd│", (1, 9), (1, 2), id="past the last line's end is the text's end"),
        pytest.param("ab\ncd│", (2, 0), (1, 2), id="past the last line is the text's end"),
        pytest.param("ab\n│", (9, 9), (1, 0), id="past the last empty line is the text's end"),
        pytest.param("a😀│b", (0, 2), (0, 3), id="inside a surrogate pair is after it"),
    ],
)
def test_a_position_that_is_none_is_clamped(marked, position, back):
    check(marked, position, "utf-16", back=back)


@settings(deadline=None, max_examples=200)
@given(st.data(), texts, encodings)
def test_an_offset_goes_to_a_position_and_back(data, text, encoding):
    document = document_of(text)
    line = data.draw(st.integers(0, len(document.line_starts) - 1))
    span = document.line_span(line)
    offset = data.draw(st.integers(span.start, span.end))
    position = convert.position_at(document, offset, encoding)
    expected = units(text[span.start : offset], encoding)
    assert (position.line, position.character) == (line, expected)
    assert convert.offset_at(document, position, encoding) == offset


@settings(deadline=None, max_examples=200)
@given(texts, st.integers(0, 50), st.integers(0, 50), encodings)
def test_any_position_gives_an_offset_in_its_line_or_the_end(text, line, character, encoding):
    document = document_of(text)
    offset = convert.offset_at(document, lsp.Position(line, character), encoding)
    if line < len(document.line_starts):
        assert document.line_span(line).start <= offset <= document.line_span(line).end
    else:
        assert offset == len(text)


def test_an_inverted_range_is_turned_round():
    inverted = lsp.Range(lsp.Position(1, 1), lsp.Position(0, 1))
    assert convert.span_of(document_of("ab\ncd"), inverted, "utf-16") == Span(1, 4)


def test_a_span_goes_to_a_range_and_back():
    document = document_of("😀\r\nab")
    found = convert.range_of(document, Span(0, 4), "utf-16")
    assert found == lsp.Range(lsp.Position(0, 0), lsp.Position(1, 1))
    assert convert.span_of(document, found, "utf-16") == Span(0, 4)


def test_a_second_change_refers_to_the_text_that_the_first_one_left():
    def insert(line, character, text):
        here = lsp.Position(line, character)
        return lsp.TextDocumentContentChangePartial(lsp.Range(here, here), text)

    changes = [insert(0, 0, "😀\n"), insert(1, 1, "x"), insert(0, 2, "y")]
    after = convert.changed(document_of("ab"), 8, changes, "utf-16")
    assert (after.text, after.version, after.uri) == ("😀y\naxb", 8, "file:///w/a.py")


def test_a_change_without_a_range_is_the_whole_text():
    change = lsp.TextDocumentContentChangeWholeDocument("new")
    after = convert.changed(document_of("old"), 8, [change], "utf-16")
    assert after == Document("file:///w/a.py", "python", 8, "new")


@pytest.mark.parametrize(
    ("uri", "folders", "place"),
    [
        pytest.param(
            "file:///w/app/src/a.py", ["file:///w/app"], ("app", "src/a.py"), id="inside a folder"
        ),
        pytest.param(
            "file:///w/app/a.py", ["file:///w/app/"], ("app", "a.py"), id="folder with a slash"
        ),
        pytest.param(
            "file:///w/lib/a.py", ["file:///w/app", "file:///w/lib"], ("lib", "a.py"), id="second"
        ),
        pytest.param(
            "file:///home/me/secret/a.py", ["file:///w/app"], ("", "a.py"), id="outside all folders"
        ),
        pytest.param(
            "file:///w/app2/a.py", ["file:///w/app"], ("", "a.py"), id="a longer folder's name"
        ),
        pytest.param("file:///home/me/a.py", [], ("", "a.py"), id="no folders"),
        pytest.param(
            "file:///w/my%20app/caf%C3%A9%23%3F.py",
            ["file:///w/my%20app"],
            ("my app", "café#?.py"),
            id="percent-encoded",
        ),
        pytest.param(
            "file:///w/c%2B%2B/a.cc", ["file:///w/c++"], ("c++", "a.cc"), id="encoded on one side"
        ),
        pytest.param("untitled:Untitled-1", ["file:///w"], ("", "Untitled-1"), id="untitled"),
        pytest.param("untitled:", ["file:///w"], ("", "untitled"), id="untitled without a name"),
        pytest.param(
            "untitled:/home/me/new.py", ["file:///home/me"], ("", "new.py"), id="untitled with path"
        ),
        pytest.param(
            "vscode-remote://host/w/a.py", ["file:///w"], ("", "a.py"), id="on another machine"
        ),
        pytest.param(
            "file:///w/a.py", ["vscode-remote://host/w"], ("", "a.py"), id="folder elsewhere"
        ),
    ],
)
def test_a_place_tells_no_more_than_the_workspace(uri, folders, place):
    workspace, path = convert.place_of(uri, folders)
    assert (workspace, path) == (place[0], PurePosixPath(place[1]))


def test_only_a_file_uri_has_a_path():
    assert convert.path_of("file:///w/my%20a.py") == Path("/w/my a.py")
    assert convert.path_of("untitled:Untitled-1") is None


REPLACEMENTS = (Replacement(Span(0, 2), "x"), Replacement(Span(3, 3), "y\n"))
EDITS = [
    lsp.TextEdit(lsp.Range(lsp.Position(0, 0), lsp.Position(0, 3)), "x"),
    lsp.TextEdit(lsp.Range(lsp.Position(1, 0), lsp.Position(1, 0)), "y\n"),
]


def test_a_versioned_edit_names_the_version_it_was_made_for():
    edit = convert.workspace_edit(document_of("😀a\nb"), REPLACEMENTS, "utf-16", versioned=True)
    identifier = lsp.OptionalVersionedTextDocumentIdentifier("file:///w/a.py", 7)
    expected = [lsp.TextDocumentEdit(identifier, list(EDITS))]
    assert edit == lsp.WorkspaceEdit(document_changes=expected)


def test_an_edit_without_versions_goes_by_the_uri():
    edit = convert.workspace_edit(document_of("😀a\nb"), REPLACEMENTS, "utf-16", versioned=False)
    assert edit == lsp.WorkspaceEdit(changes={"file:///w/a.py": EDITS})
