"""llama-server, llama.cpp's own: OpenAI's interface, `/infill`, `/props`, and its tokenizer.

Models that know Qwen's control tokens get our own prompt as text: `/infill` moves what was typed
and cuts the code around by its batch size, so that its cache would be lost while the user types.
"""

import json
from collections.abc import Sequence
from typing import Any

from qwen_lsp.inference.by_url.openai import USUAL_WINDOW, OpenAi
from qwen_lsp.inference.by_url.profile import Caller, Chunk, Fim, NotServed, ServedModel
from qwen_lsp.inference.by_url.strings import FIM_PREFIX, Strings
from qwen_lsp.wire import TOKENIZE, ChatRequest, Usage

INFILL = "/infill"
PROPS = "/props"


class LlamaServer(OpenAi):
    """llama.cpp's server."""

    kind = "llama-server"
    warms = True
    tells_cache = True

    async def _facts(self, caller: Caller, card: dict[str, Any]) -> ServedModel:
        meta = card.get("meta") or {}
        window = meta.get("n_ctx") or meta.get("n_ctx_train") or USUAL_WINDOW
        tokens = await self._tokens(caller, FIM_PREFIX, is_special=True)
        is_qwens = len(tokens) == 1
        slots, slot_window = await self._slots(caller)
        return ServedModel(
            str(card["id"]),
            slot_window or int(window),
            "qwen" if is_qwens else await self._own_fim(caller),
            counts=is_qwens,
            separator=tokens[0] if is_qwens else None,
            thinks=True,  # its templates take what they know, and leave the rest
            keeps_several=is_qwens and slots > 1,
        )

    async def _slots(self, caller: Caller) -> tuple[int, int]:
        """Return how many slots the context is shared out to, and a slot's tokens; 0: not told."""
        try:
            properties = await caller.get(PROPS)
        except NotServed:
            return 0, 0
        settings = properties.get("default_generation_settings") or {}
        return int(properties.get("total_slots") or 0), int(settings.get("n_ctx") or 0)

    async def _own_fim(self, caller: Caller) -> Fim:
        try:
            await caller.post(INFILL, {"input_prefix": "", "input_suffix": "", "n_predict": 0})
        except NotServed:
            return "none"
        return "own"

    def ask(self, strings: Strings, model: ServedModel) -> tuple[str, dict[str, Any]]:
        """Return the path and the body of a streamed request."""
        request = strings.request
        if isinstance(request, ChatRequest) or model.fim != "own":
            path, body = super().ask(strings, model)
            return path, {**body, "cache_prompt": True, "timings_per_token": True}
        holed = strings.holed()
        return INFILL, {
            "input_extra": [{"filename": path, "text": text} for path, text in holed.extra],
            "input_prefix": holed.prefix,
            "input_suffix": holed.suffix,
            "prompt": holed.typed,
            "n_predict": request.max_tokens,
            "temperature": request.temperature,
            "n_probs": 1,
            "stop": list(request.stop),
            "stream": True,
            "cache_prompt": True,
            "timings_per_token": True,
        }

    def _stops(self, stop: Sequence[str]) -> list[str]:
        return list(stop)

    def read(self, line: str) -> Chunk | None:
        """Return what a line of the stream says, in OpenAI's shape or in that of `/infill`."""
        if '"choices"' in line or not line.startswith("data: {"):
            return super().read(line)
        fields: dict[str, Any] = json.loads(line[5:])
        if "content" not in fields:
            return super().read(line)
        timings, is_last = fields.get("timings") or {}, bool(fields.get("stop"))
        cached = timings.get("cache_n", 0)
        count = timings.get("prompt_n", 0) + cached
        ended = "length" if fields.get("stop_type") == "limit" else "stop"
        return Chunk(
            text=str(fields["content"]),
            logprobs=tuple(
                float(one["logprob"]) for one in fields.get("completion_probabilities") or ()
            ),
            reason=ended if is_last else "",
            usage=Usage(count, cached, timings.get("predicted_n", 0)) if count else None,
            prompt_ms=timings.get("prompt_ms", 0.0),
            decode_ms=timings.get("predicted_ms", 0.0),
            is_last=is_last,
        )

    async def count(self, caller: Caller, model: ServedModel, texts: Sequence[str]) -> list[int]:
        """Return how many tokens each text has: one question, the texts parted by a token."""
        assert model.separator is not None
        parted: list[str | int] = []
        for text in texts:
            parted += [text, model.separator]
        counts, count = list[int](), 0
        for token in await self._tokens(caller, parted, is_special=False):
            if token == model.separator:
                counts.append(count)
                count = 0
            else:
                count += 1
        return counts

    async def _tokens(self, caller: Caller, content: Any, *, is_special: bool) -> list[int]:
        body = {"content": content, "add_special": False, "parse_special": is_special}
        return [int(token) for token in (await caller.post(TOKENIZE, body))["tokens"]]
