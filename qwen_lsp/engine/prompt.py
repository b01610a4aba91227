"""From a structured prompt to token ids.

Text is tokenised without special-token parsing, and each text segment's ids are kept by content:
boundaries, and with them the KV prefix, stay stable, and a long prompt is not tokenised again for
each key. Chat goes through the model's own template, user text again as text.
"""

import secrets
import threading
from collections import OrderedDict
from collections.abc import Iterable
from typing import Any

import numpy as np
from jinja2.exceptions import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from qwen_lsp.engine.llama import Model, Tokens
from qwen_lsp.wire import ChatRequest, CompletionRequest, Image, Segment, Token

CACHED_SEGMENTS = 4096
OPEN_THOUGHT = "<think>"
# What llama.cpp falls back on too when a file carries no template.
CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


class PromptEncoder:
    """Encodes prompts for one model."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._cache: OrderedDict[str, Tokens] = OrderedDict()
        self._cache_lock = threading.Lock()
        environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
        environment.globals["raise_exception"] = _raise
        environment.globals["strftime_now"] = lambda _format: ""
        self._template = environment.from_string(model.chat_template or CHATML)

    def encode_completion(self, request: CompletionRequest) -> tuple[Tokens, int]:
        """Return the prompt's ids, and how many of them are the trunk.

        Raises:
            ValueError: the model lacks a control token that the prompt names.
        """
        trunk = self._encode(request.prompt[: request.trunk])
        rest = self._encode(request.prompt[request.trunk :])
        return np.concatenate([trunk, rest]), len(trunk)

    def encode_chat(self, request: ChatRequest) -> tuple[Tokens, int]:
        """Return the ids of the rendered conversation; all of it is trunk but the last token.

        Raises:
            ValueError: the model's template refuses the conversation.
        """
        tokens = np.concatenate([one for one in self.parts(request) if not isinstance(one, Image)])
        return tokens, len(tokens) - 1

    def parts(self, request: ChatRequest) -> list[Tokens | Image]:
        """Return the rendered conversation: ids, and images where they stand between them.

        Raises:
            ValueError: the model's template refuses the conversation.
        """
        # Message contents are rendered as marks and put back as text segments, so that nothing in
        # them can become a control token. The marks are random, so no content can contain one.
        mark = secrets.token_hex(8)
        messages = {f"{mark}-{i}.": message for i, message in enumerate(request.messages)}
        rendered = self._render(request, messages)
        parts: list[Tokens | Image] = []
        for name, message in messages.items():
            before, _, rendered = rendered.partition(name)
            parts.append(self._model.tokenize(before, special=True))
            parts += message.images
            parts.append(self._text(message.content))
        parts.append(self._model.tokenize(rendered, special=True))
        return parts

    def opens_thought(self, request: ChatRequest) -> bool:
        """Whether the model's template begins the answer with a thought.

        Raises:
            ValueError: the model's template refuses the conversation.
        """
        contents = (f"{number}." for number in range(len(request.messages)))
        return self._render(request, contents).rstrip().endswith(OPEN_THOUGHT)

    def count(self, text: str) -> int:
        """Return how many tokens a text segment has. Any thread may ask."""
        return len(self._text(text))

    def _render(self, request: ChatRequest, contents: Iterable[str]) -> str:
        messages = [
            {"role": message.role, "content": content}
            for message, content in zip(request.messages, contents, strict=True)
        ]
        try:
            return self._template.render(
                messages=messages,
                add_generation_prompt=True,
                enable_thinking=request.thinking,
                bos_token="",
                eos_token="",
            )
        except TemplateError as error:
            raise ValueError(f"The model's chat template refuses this: {error}.") from error

    def _encode(self, segments: Iterable[Segment]) -> Tokens:
        parts = [np.empty(0, np.int32)]
        for segment in segments:
            if isinstance(segment, Token):
                parts.append(np.array([self._control(segment.name)], np.int32))
            else:
                parts.append(self._text(segment))
        return np.concatenate(parts)

    def _control(self, name: str) -> int:
        try:
            token = self._model.control_token(name)
        except KeyError:
            token = None
        if token is None:
            raise ValueError(f"This model has no control token {name!r}.")
        return token

    def _text(self, text: str) -> Tokens:
        with self._cache_lock:
            if (cached := self._cache.get(text)) is not None:
                self._cache.move_to_end(text)
                return cached
        # Not under the lock: nobody waits while somebody else's long text is tokenised.
        tokens = self._model.tokenize(text, special=False)
        with self._cache_lock:
            self._cache[text] = tokens
            if len(self._cache) > CACHED_SEGMENTS:
                self._cache.popitem(last=False)
        return tokens


def _raise(message: str) -> Any:
    raise TemplateError(message)
