"""Ollama, in its own interface: its compatible one knows neither a window nor a raw prompt.

Lines of JSON instead of server-sent events, durations in nanoseconds, errors as plain texts.
"""

import json
from collections.abc import Sequence
from typing import Any

from qwen_lsp.errors import EngineError
from qwen_lsp.inference.by_url.openai import USUAL_WINDOW, message_of
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
from qwen_lsp.wire import ChatRequest, CompletionRequest, Message, Usage

TAGS = "/api/tags"
SHOW = "/api/show"
GENERATE = "/api/generate"
CHAT = "/api/chat"
# Tokens. Without a number Ollama may cut a prompt to 4,096, silently; another number than in the
# request before makes it load the model again. Our own engine has as many.
MOST_WINDOW = 16_384
NS_PER_MS = 1e6


class Ollama:
    """Ollama's server."""

    kind = "ollama"
    warms = True
    tells_cache = False

    async def find_model(self, caller: Caller, wanted: str) -> ServedModel:
        """Return the model of that name, or the most suitable one."""
        listed = await caller.get(TAGS)
        tags = listed.get("models") if isinstance(listed, dict) else None
        if tags is None:
            raise NotServed("there is no list of models")
        name = chosen([str(tag["name"]) for tag in tags], wanted)
        facts: dict[str, Any] = await caller.post(SHOW, {"model": name})
        info = facts.get("model_info") or {}
        family = str(info.get("general.architecture") or "")
        abilities = facts.get("capabilities") or ()
        longest = int(info.get(f"{family}.context_length") or USUAL_WINDOW)
        return ServedModel(
            name,
            min(longest, MOST_WINDOW),
            _fim(name, family, can_insert="insert" in abilities),
            thinks="thinking" in abilities,
        )

    def ask(self, strings: Strings, model: ServedModel) -> tuple[str, dict[str, Any]]:
        """Return the path and the body of a streamed request."""
        request = strings.request
        body: dict[str, Any] = {
            "model": model.name,
            "stream": True,
            # A prompt that is too long is to be refused, not cut behind our back.
            "truncate": False,
            "shift": False,
            "options": {
                "num_ctx": model.window,
                "num_predict": max(request.max_tokens, 1),  # 0 would be no limit
                "temperature": request.temperature,
                "stop": list(request.stop),
            },
        }
        if isinstance(request, ChatRequest):
            # Refused where the model cannot think, even if it is not to.
            thinking = {"think": request.thinking} if model.thinks else {}
            messages = [_message(one) for one in strings.messages()]
            return CHAT, {**body, "messages": messages, **thinking}
        if model.fim == "own":
            holed = strings.holed()
            prompt = {"prompt": holed.prefix + holed.typed, "suffix": holed.suffix}
        else:
            prompt = {"prompt": strings.prompt()}
        extras = self._extras(request, is_raw=model.fim != "own")
        return GENERATE, {**body, **prompt, **extras}

    def _extras(self, request: CompletionRequest, *, is_raw: bool) -> dict[str, Any]:
        return {
            **({"raw": True} if is_raw else {}),
            **({"logprobs": True} if request.max_tokens else {}),
        }

    def read(self, line: str) -> Chunk | None:
        """Return what a line of the stream says."""
        if not line.strip():
            return None
        fields: dict[str, Any] = json.loads(line)
        if error := fields.get("error"):
            raise EngineError(message_of(error))
        message = fields.get("message") or {}
        is_last = bool(fields.get("done"))
        return Chunk(
            text=str(fields.get("response") or message.get("content") or ""),
            logprobs=tuple(float(one["logprob"]) for one in fields.get("logprobs") or ()),
            reason=(fields.get("done_reason") or "stop") if is_last else "",
            usage=_usage(fields) if is_last else None,
            prompt_ms=fields.get("prompt_eval_duration", 0) / NS_PER_MS,
            decode_ms=fields.get("eval_duration", 0) / NS_PER_MS,
            is_last=is_last,
        )

    async def count(self, caller: Caller, model: ServedModel, texts: Sequence[str]) -> list[int]:
        """Never asked: Ollama has no way to ask for that."""
        raise NotImplementedError


def _message(one: Message) -> dict[str, Any]:
    images = {"images": [image.base64 for image in one.images]} if one.images else {}
    return {"role": one.role, "content": one.content, **images}


def _fim(name: str, family: str, *, can_insert: bool) -> Fim:
    # A coder that somebody calls otherwise has "insert" all the same, by its template.
    if fills_by_name(name) or (can_insert and family.startswith("qwen")):
        return "qwen"
    return "own" if can_insert else "none"


def _usage(fields: dict[str, Any]) -> Usage | None:
    if "prompt_eval_count" not in fields:  # left out when the whole prompt was in the cache
        return None
    return Usage(fields["prompt_eval_count"], 0, fields.get("eval_count", 0))
