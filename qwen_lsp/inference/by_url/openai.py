"""OpenAI's HTTP interface, as any compatible engine speaks it; vLLM and llama-server add to it."""

import json
from collections.abc import Sequence
from typing import Any

from qwen_lsp.errors import EngineError
from qwen_lsp.inference.by_url.profile import (
    Caller,
    Chunk,
    Fim,
    NotServed,
    ServedModel,
    chosen,
    fills_by_name,
)
from qwen_lsp.inference.by_url.strings import Strings
from qwen_lsp.wire import (
    CHAT,
    COMPLETIONS,
    MODELS,
    ChatRequest,
    CompletionRequest,
    Usage,
    message_json,
)

# Of an engine that does not say; every Qwen model has more.
USUAL_WINDOW = 8192
# OpenAI's own limit. The reader of the answer knows all of them, so what is left out costs time
# only: it comes last what a model that fills in the middle hardly ever writes.
MOST_STOPS = 4


class OpenAi:
    """Any engine with OpenAI's interface, of which nothing else is known."""

    kind = "openai"
    warms = False
    tells_cache = False

    async def find_model(self, caller: Caller, wanted: str) -> ServedModel:
        """Return the model of that name, or the most suitable one."""
        cards = model_cards(await caller.get(MODELS))
        name = chosen([str(card["id"]) for card in cards], wanted)
        return await self._facts(caller, next(card for card in cards if card["id"] == name))

    async def _facts(self, caller: Caller, card: dict[str, Any]) -> ServedModel:
        del caller
        name = str(card["id"])
        fim: Fim = "qwen" if fills_by_name(name) else "none"
        window = card.get("max_model_len") or USUAL_WINDOW
        return ServedModel(name, int(window), fim, thinks="qwen3" in name.lower())

    def ask(self, strings: Strings, model: ServedModel) -> tuple[str, dict[str, Any]]:
        """Return the path and the body of a streamed request."""
        request = strings.request
        body: dict[str, Any] = {
            "model": model.name,
            "max_tokens": max(request.max_tokens, 1),
            "temperature": request.temperature,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        if request.stop:
            body["stop"] = self._stops(request.stop)
        if isinstance(request, ChatRequest):
            body["messages"] = [message_json(one) for one in strings.messages()]
            # A strict engine refuses what it does not know, so only models that know it get it.
            if model.thinks:
                body["chat_template_kwargs"] = {"enable_thinking": request.thinking}
            return CHAT, body
        return COMPLETIONS, {**body, "prompt": strings.prompt(), **self._completion_extras(request)}

    def _stops(self, stop: Sequence[str]) -> list[str]:
        return list(stop[:MOST_STOPS])

    def _completion_extras(self, request: CompletionRequest) -> dict[str, Any]:
        return {"logprobs": 1} if request.max_tokens else {}

    def read(self, line: str) -> Chunk | None:
        """Return what a line of the stream says."""
        if not line.startswith("data:"):
            return None
        if (data := line[5:].strip()) == "[DONE]":
            return Chunk(is_last=True)
        fields: dict[str, Any] = json.loads(data)
        if error := fields.get("error"):
            raise EngineError(message_of(error))
        choices = fields.get("choices") or [{}]
        choice: dict[str, Any] = choices[0]
        timings = fields.get("timings") or {}
        return Chunk(
            text=_text(choice),
            logprobs=_logprobs(choice.get("logprobs") or {}),
            reason=choice.get("finish_reason") or "",
            usage=_usage(fields.get("usage"), timings),
            prompt_ms=timings.get("prompt_ms", 0.0),
            decode_ms=timings.get("predicted_ms", 0.0),
        )

    async def count(self, caller: Caller, model: ServedModel, texts: Sequence[str]) -> list[int]:
        """Never asked: there is no way to ask for that in OpenAI's interface."""
        raise NotImplementedError


def model_cards(answer: Any) -> list[dict[str, Any]]:
    """Return the models that `/v1/models` lists.

    Raises:
        NotServed: it is no such list.
    """
    cards = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(cards, list):
        raise NotServed("there is no list of models")
    return [card for card in cards if isinstance(card, dict) and card.get("id")]


def message_of(error: Any) -> str:
    """Return the sentence of an engine's `error`, which is a text or an object that has one."""
    if isinstance(error, dict):
        error = error.get("message") or error
    return str(error)


def _text(choice: dict[str, Any]) -> str:
    # Thoughts come as `reasoning_content`, and are nothing to show.
    return str(choice.get("text") or (choice.get("delta") or {}).get("content") or "")


def _logprobs(given: dict[str, Any]) -> tuple[float, ...]:
    found = given.get("token_logprobs")
    if found is None:  # llama-server has the shape of chats here
        found = [one.get("logprob") for one in given.get("content") or ()]
    return tuple(float(one) for one in found if one is not None)


def _usage(given: dict[str, Any] | None, timings: dict[str, Any]) -> Usage | None:
    if given:
        details = given.get("prompt_tokens_details") or {}
        return Usage(
            prompt_tokens=given.get("prompt_tokens") or 0,
            cached_tokens=details.get("cached_tokens") or 0,
            completion_tokens=given.get("completion_tokens") or 0,
        )
    if "prompt_n" in timings:
        cached = timings.get("cache_n", 0)
        return Usage(timings["prompt_n"] + cached, cached, timings.get("predicted_n", 0))
    return None
