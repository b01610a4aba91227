"""What the model is asked about code: what comes first, and in which language it answers."""

from dataclasses import replace

import pytest

from qwen_lsp.context.explain_prompt import explain_parts, explain_request
from qwen_lsp.context.natural_language import answer_in
from qwen_lsp.context.snapshot import Snapshot
from qwen_lsp.context.snippet import Context, Snippet
from qwen_lsp.settings import Settings
from qwen_lsp.text import Document
from tests.harness.marked_text import parse

LEAVE = "leave code and names as they are."


def snapshot(marked="a = 1\n«b = a»\nc = 2\n", **changes):
    place = parse(marked)
    document = Document("file:///w/x.py", "python", 1, place.text)
    return replace(Snapshot(document, place.selection, Settings("any")), **changes)


def test_the_most_stable_comes_first():
    snippets = (
        Snippet("calls.py", ((0, 0),), "use(b)", "usage", ""),
        Snippet("base.py", ((0, 0),), "class Base", "definition", ""),
    )
    at = snapshot(context=Context(snippets), diagnostics=("line 2, `b = a`: bad",))
    parts = explain_parts(at, "Why?")
    names = [one.name for one in parts]
    assert names == [
        *("system", "snippet", "snippet", "file", "before", "after", "code", "diagnostics"),
        *("instruction", "instruction"),
    ]
    assert [one.snippet.path for one in parts if one.snippet] == ["base.py", "calls.py"]


def test_an_outline_stands_for_the_code_and_what_is_around_it():
    text = explain_request(snapshot(), 9, outline="def f()").messages[1].content
    assert "def f()" in text
    assert "b = a" not in text
    assert "c = 2" not in text


def test_thinking_is_off_unless_it_is_set():
    assert not explain_request(snapshot(), 9).thinking
    assert explain_request(snapshot(settings=Settings("any", explain_thinking=True)), 9).thinking


@pytest.mark.parametrize(
    ("language", "instruction", "sentence"),
    [
        pytest.param("", "", "", id="English, which nobody has to ask for"),
        pytest.param("German", "", f"Answer in German; {LEAVE}", id="a name"),
        pytest.param("de", "", f"Answer in German; {LEAVE}", id="a code"),
        pytest.param("pt-BR", "", f"Answer in Portuguese; {LEAVE}", id="a code with a country"),
        pytest.param("zh_CN", "", f"Answer in Chinese; {LEAVE}", id="as on Linux"),
        pytest.param("Klingon", "", f"Answer in Klingon; {LEAVE}", id="a language of their own"),
        pytest.param(
            "", "Was tut das?", f"Answer in the language of the question; {LEAVE}", id="a question"
        ),
        pytest.param("fr", "Was tut das?", f"Answer in French; {LEAVE}", id="the setting decides"),
    ],
)
def test_in_which_language_to_answer(language, instruction, sentence):
    assert answer_in(language, instruction) == sentence
    settings = Settings("any", language=language)
    text = explain_request(snapshot(settings=settings), 9, instruction).messages[1].content
    assert text.endswith(sentence)
