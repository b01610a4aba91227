"""What is told about a prompt is what is sent."""

from dataclasses import replace

import pytest

from qwen_lsp.context import qwen
from qwen_lsp.context.edit_prompt import edit_request
from qwen_lsp.context.explain_prompt import explain_request
from qwen_lsp.context.parts import segments_of
from qwen_lsp.features.context_report import as_json
from qwen_lsp.text import Span
from qwen_lsp.wire import Token
from tests.harness.context_sample import report, snapshot


def told(task="complete", **options):
    return as_json(report(task, **options))


def test_the_parts_of_a_completion_are_its_prompt():
    at = snapshot()
    request = qwen.completion_request(at, 64)
    segments = [
        Token(one["token"]) if one["part"] == "control" else one["text"] for one in told()["prompt"]
    ]
    assert tuple(segments) == request.prompt
    assert segments_of(qwen.quick_parts(at)) == request.quick


@pytest.mark.parametrize("task", ["edit", "explain"])
def test_the_parts_of_a_chat_are_its_messages(task):
    at = snapshot()
    lines = at.document.whole_lines(Span(at.cursor - 200, at.cursor))
    at = replace(at, span=lines, diagnostics=("unknown name",))
    code = at.document.text[lines.start : lines.end]
    request = (
        edit_request(at, code, "do it", 9) if task == "edit" else explain_request(at, 9, "do it")
    )
    system, *user = told(task, at=at, instruction="do it")["prompt"]
    assert system["text"] == request.messages[0].content
    assert "".join(one["text"] for one in user) == request.messages[1].content


def test_lines_and_columns_are_1_based_and_parts_know_their_lines_and_snippets():
    answer = told()
    assert (answer["path"], answer["line"], answer["column"]) == ("shop/orders.py", 37, 30)
    assert answer["window"]["first_line"] == 1
    assert answer["window"]["last_line"] == 46
    typed = next(one for one in answer["prompt"] if one["part"] == "typed")
    assert (typed["first_line"], typed["last_line"]) == (37, 37)
    assert [one["snippet"] for one in answer["prompt"] if one["part"] == "snippet"] == [0, 1, 2, 3]
    assert answer["snippets"][0]["lines"] == [[12, 14], [21, 23]]
    assert answer["tokens"] == sum(one["tokens"] for one in answer["prompt"])
    assert "text" not in answer["left_out"][0]
    assert [one["name"] for one in answer["last_request"]["stages"]][:2] == ["wait", "context"]


def test_an_edit_takes_the_instruction_that_stands_in_the_code():
    at = snapshot("a = 1\n# qwen: double it│\nb = a\n")
    parts = {one["part"]: one.get("text") for one in told("edit", at=at)["prompt"]}
    assert parts["instruction"] == "\n\nInstruction: double it"
    assert "qwen:" not in parts["code"]
