"""Models whose template begins the answer with a thought: who reads the answer is told so."""

from dataclasses import replace
from typing import Any

import pytest

from qwen_lsp.engine.prompt import PromptEncoder
from qwen_lsp.wire import ChatRequest, Message

# As Qwen3.5 does: it opens a thought, or writes an empty one where none is wanted.
TEMPLATE = (
    "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}assistant:\n"
    "{% if enable_thinking %}<think>\n{% else %}<think>\n\n</think>\n\n{% endif %}"
)


class WithTemplate:
    """A model with another chat template."""

    def __init__(self, model: Any, template: str) -> None:
        self._model = model
        self.chat_template = template

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)


@pytest.mark.parametrize(
    ("template", "thinks", "begins"),
    [
        pytest.param(TEMPLATE, True, True, id="a thought that the template opens"),
        pytest.param(TEMPLATE, False, False, id="no thought is wanted"),
        pytest.param("", True, False, id="a model that does not think"),
    ],
)
async def test_an_answer_begins_with_the_thought_that_the_template_opened(
    dense, open_engine, template, thinks, begins
):
    model: Any = WithTemplate(dense.model, template)
    encoder = PromptEncoder(model)
    engine = open_engine(replace(dense, encoder=encoder))
    request = ChatRequest((Message("user", "Why <think>?"),), max_tokens=3, thinking=thinks)
    answer = await engine.answer(request)
    assert answer.text.startswith("<think>\n") == begins
