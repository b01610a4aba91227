"""Open documents are parsed as they are typed, away from whoever types."""

import asyncio
import queue

import pytest

from qwen_lsp.index.open_documents import OpenDocuments
from qwen_lsp.index.syntax import Definition
from qwen_lsp.text import Document, difference

PATIENCE_S = 60


@pytest.fixture
def documents(tmp_path, heard):
    opened = OpenDocuments(tmp_path, lambda path, facts: heard.put((path, facts)))
    yield opened
    opened.close()


@pytest.fixture
def heard():
    return queue.Queue()


def names(heard):
    path, facts = heard.get(timeout=PATIENCE_S)
    return path, [symbol.name for symbol in facts.symbols]


def test_a_document_is_known_as_it_is_typed(documents, heard):
    documents.show("a.py", "python", "def one(): ...\n")
    assert names(heard) == ("a.py", ["one"])
    for text in ("def one(): ...\nd", "def one(): ...\ndef two(): ...\n"):
        documents.show("a.py", "python", text)
    assert names(heard) == ("a.py", ["one", "two"])


def test_what_is_ignored_on_disk_is_not_known_when_it_is_open(documents, heard, tmp_path):
    (tmp_path / ".gitignore").write_text("ignored.py\n")
    documents.show("ignored.py", "python", "def one(): ...\n")
    documents.show(".env", "python", "TOKEN = 1\n")
    documents.show("a.py", "python", "def two(): ...\n")
    assert names(heard) == ("a.py", ["two"])


def test_a_language_that_is_not_known_is_left_alone(documents, heard):
    documents.show("a.txt", "plaintext", "text")
    documents.show("a.py", "python", "def two(): ...\n")
    assert names(heard) == ("a.py", ["two"])


def test_a_parser_that_is_killed_is_started_again(documents, heard):
    documents.show("a.py", "python", "def one(): ...\n")
    assert names(heard) == ("a.py", ["one"])
    documents._parser.process.kill()
    documents._parser.process.wait()
    documents.show("b.py", "python", "def lost(): ...\n")
    documents.show("a.py", "python", "def two(): ...\n")
    # The text that it died on is not tried again until it changes.
    assert names(heard) == ("a.py", ["two"])
    documents.show("b.py", "python", "def three(): ...\n")
    assert names(heard) == ("b.py", ["three"])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", ""),
        ("abc", "abc"),
        ("abc", "axc"),
        ("aaa", "aaaa"),
        ("aaaa", "aa"),
        ("", "x"),
        ("x", ""),
        ("one\ntwo\nthree", "one\n2\nthree"),
        ("é😀b", "é😀😀b"),
    ],
)
def test_the_difference_of_two_texts_makes_one_of_the_other(old, new):
    replacement = difference(old, new)
    changed = Document("u", "", 1, old).replace(replacement, 2)
    assert changed.text == new
    assert len(replacement.text) <= max(len(new) - len(old), 0) + 1 + len(new) // 2


async def test_the_syntax_of_the_newest_text_is_known_at_once(documents, heard):
    documents.show("a.py", "python", "def one(): ...\n")
    assert names(heard) == ("a.py", ["one"])
    text = "def one():\n    f('"
    syntax = await asked_until_known(documents, text, len(text))
    assert syntax.in_string
    assert syntax.definition == Definition("one", "function")


async def test_of_what_is_not_parsed_no_syntax_is_known(documents, heard, tmp_path):
    (tmp_path / ".gitignore").write_text("ignored.py\n")
    documents.show("ignored.py", "python", "x = 1\n")
    documents.show("a.py", "python", "def two(): ...\n")
    assert names(heard) == ("a.py", ["two"])
    assert await documents.syntax_at("ignored.py", "x = 1\n", 0) is None
    assert await documents.syntax_at("unknown.py", "x = 1\n", 0) is None
    documents.close()
    assert await documents.syntax_at("a.py", "def two(): ...\n", 0) is None


async def test_of_two_questions_the_older_is_given_up(documents, heard):
    documents.show("a.py", "python", "x = ''\n")
    assert names(heard) == ("a.py", ["x"])
    documents._changed.acquire()  # the thread cannot take the first question yet
    first = asyncio.ensure_future(documents.syntax_at("a.py", "x = 'a'\n", 5))
    second = asyncio.ensure_future(documents.syntax_at("a.py", "x = 'b'\n", 5))
    await asyncio.sleep(0)
    documents._changed.release()
    assert await first is None
    await second


async def test_a_parser_that_dies_of_a_question_is_not_asked_again_before_it_has_parsed(
    documents, heard
):
    documents.show("a.py", "python", "x = ''\n")
    assert names(heard) == ("a.py", ["x"])
    documents._parser.process.kill()
    documents._parser.process.wait()
    while documents._documents["a.py"].is_sound:
        assert await documents.syntax_at("a.py", "x = 'a'\n", 5) is None
    documents.show("a.py", "python", "y = ''\n")
    assert names(heard) == ("a.py", ["y"])
    assert (await asked_until_known(documents, "y = 'a'\n", 5)).place == "string"


async def asked_until_known(documents, text, offset):
    """Ask until the answer comes in time, which a busy machine may need some tries for."""
    async with asyncio.timeout(PATIENCE_S):
        while (syntax := await documents.syntax_at("a.py", text, offset)) is None:
            pass
    return syntax
