"""vLLM: OpenAI's interface, a tokenizer to ask, and control tokens that have to be asked for."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from qwen_lsp.inference.by_url.openai import OpenAi
from qwen_lsp.inference.by_url.profile import Caller, NotServed, ServedModel
from qwen_lsp.inference.by_url.strings import FIM_PREFIX
from qwen_lsp.wire import TOKENIZE, CompletionRequest


class Vllm(OpenAi):
    """vLLM's server."""

    kind = "vllm"

    async def _facts(self, caller: Caller, card: dict[str, Any]) -> ServedModel:
        model = await super()._facts(caller, card)
        try:
            [count] = await self.count(caller, model, [FIM_PREFIX])
        except NotServed:  # a gateway may keep it away
            return model
        return replace(model, fim="qwen" if count == 1 else "none", counts=True)

    def _stops(self, stop: Sequence[str]) -> list[str]:
        return list(stop)

    def _completion_extras(self, request: CompletionRequest) -> dict[str, Any]:
        # Without them a control token would be left out of the text, and no stop text found in it.
        return {**super()._completion_extras(request), "skip_special_tokens": False}

    async def count(self, caller: Caller, model: ServedModel, texts: Sequence[str]) -> list[int]:
        """Return how many tokens each text has."""

        async def one(text: str) -> int:
            body = {"model": model.name, "prompt": text, "add_special_tokens": False}
            return int((await caller.post(TOKENIZE, body))["count"])

        return await asyncio.gather(*(one(text) for text in texts))
