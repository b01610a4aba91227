"""Ollama, vLLM and a plain OpenAI server, as their documentation has them, field by field.

What a real one would refuse, or warn of and ignore, is refused here, so that a request that only
happens to work is found. Answers are scripted: tokens, or HANG, which waits for the client to go.

Written after: Ollama's docs/api.md and api/types.go, vLLM's entrypoints (the protocols of
completion, chat_completion and tokenize, of 2026), and OpenAI's reference of completions and chats.
"""

import itertools
import json
import re
import time
from typing import Any

from tests.harness.http_server import Asked, HttpServer, Reply

HANG = object()
# Like the default model's answers to the conformance suite's questions.
HOLE = ["a", " +", " b", "\n", "\n", "print"]
CHAT = ["Yes", "."]

OPENAI_COMMON = {
    *("model", "max_tokens", "temperature", "stream", "stream_options", "stop", "logprobs"),
    *("top_p", "seed", "n", "frequency_penalty", "presence_penalty", "user"),
}
VLLM_MORE = {"skip_special_tokens", "chat_template_kwargs", "stop_token_ids", "top_k", "min_p"}
OLLAMA_COMMON = {
    *("model", "stream", "options", "keep_alive", "format", "think", "truncate", "shift"),
    *("logprobs", "top_logprobs"),
}
OLLAMA_OPTIONS = {"num_ctx", "num_predict", "temperature", "stop", "seed", "top_k", "top_p"}


class Engine(HttpServer):
    """What the recorded engines share: scripts, a model's name, a key, and a window."""

    model = "qwen2.5-coder-1.5b"
    window = 4096

    def __init__(self, key: str = "") -> None:
        super().__init__()
        self.key = key
        self.scripts: list[list[Any]] = []

    @property
    def requests(self) -> list[Asked]:
        """Those that asked for text."""
        return [one for one in self.asked if "stream" in one.body]

    async def answer(self, asked: Asked, reply: Reply) -> None:
        if self.key and asked.headers.get("authorization") != f"Bearer {self.key}":
            await reply.json(401, self.unauthorized())
            return
        await self.route(asked, reply)

    def unauthorized(self) -> Any:
        raise NotImplementedError

    async def route(self, asked: Asked, reply: Reply) -> None:
        raise NotImplementedError

    def script_for(self, *, is_chat: bool) -> list[Any]:
        return self.scripts.pop(0) if self.scripts else (CHAT if is_chat else HOLE)


def tokens_of(text: str) -> list[str]:
    """Return a text's tokens: a control token is one, as in every tokenizer of Qwen's."""
    return re.findall(r"<\|\w+\|>|\w+|\s|[^\w\s]", text)


def cut(script: list[Any], stop: list[str], limit: int) -> tuple[list[Any], str]:
    """Return the tokens that are sent, and why they end."""
    text, sent = "", list[Any]()
    for token in script:
        if token is HANG:
            return [*sent, HANG], "stop"
        if len(sent) == limit:
            return sent, "length"
        text += token
        ends = [at for at in (text.find(one) for one in stop) if at >= 0]
        if ends:
            rest = text[: min(ends)][len(text) - len(token) :]
            return [*sent, rest] if rest else sent, "stop"
        sent.append(token)
    return sent, "stop"


class OpenAi(Engine):
    """A server of which nothing is known but OpenAI's interface; it refuses what is not in that."""

    fields = OPENAI_COMMON
    owner = "some-company"
    most_stops: int | None = 4

    def unauthorized(self) -> Any:
        told = f"Incorrect API key provided: {self.asked[-1].headers.get('authorization')}."
        return {"error": {"message": told, "type": "invalid_request_error", "code": None}}

    def card(self) -> dict[str, Any]:
        return {"id": self.model, "object": "model", "created": 1, "owned_by": self.owner}

    async def route(self, asked: Asked, reply: Reply) -> None:
        if (asked.method, asked.path) == ("GET", "/v1/models"):
            await reply.json(200, {"object": "list", "data": [self.card()]})
        elif asked.path in ("/v1/completions", "/v1/chat/completions") and asked.method == "POST":
            if refused := self.refusal(asked):
                await reply.json(*refused)
            else:
                await self.generate(asked.body, reply)
        else:
            await reply.json(404, {"detail": "Not Found"})

    def refusal(self, asked: Asked) -> tuple[int, Any] | None:
        body, is_chat = asked.body, asked.path.endswith("/chat/completions")
        unknown = set(body) - self.fields - {"messages" if is_chat else "prompt"}
        if unknown:
            return 400, self.error(f"Unrecognized request argument: {unknown}", 400)
        if body["model"] != self.model:
            return 404, self.error(f"The model `{body['model']}` does not exist.", 404)
        if self.most_stops is not None and len(body.get("stop", [])) > self.most_stops:
            return 400, self.error("'stop' is too long: at most 4 are allowed", 400)
        if "stream_options" in body and not body["stream"]:
            return 400, self.error("Stream options can only be defined when `stream=True`.", 400)
        text = json.dumps(body["messages"]) if is_chat else body["prompt"]
        if len(tokens_of(text)) + body["max_tokens"] > self.window:
            return 400, self.error(
                f"This model's maximum context length is {self.window} tokens.", 400
            )
        return None

    def error(self, message: str, code: int) -> Any:
        kind = "NotFoundError" if code == 404 else "BadRequestError"
        return {"error": {"message": message, "type": kind, "param": None, "code": code}}

    async def generate(self, body: dict[str, Any], reply: Reply) -> None:
        is_chat = "messages" in body
        stop, limit = body.get("stop") or [], body["max_tokens"]
        tokens, reason = cut(self.script_for(is_chat=is_chat), stop, limit)
        await reply.begin("text/event-stream")
        if is_chat:
            await self.event(reply, {"delta": {"role": "assistant", "content": ""}})
        for token in tokens:
            if token is HANG:
                await reply.until_hung_up()
            shown: dict[str, Any] = {"delta": {"content": token}} if is_chat else {"text": token}
            if not is_chat and body.get("logprobs") is not None:
                shown["logprobs"] = {
                    "text_offset": [0],
                    "token_logprobs": [-0.01],
                    "tokens": [token],
                    "top_logprobs": [{token: -0.01}],
                }
            await self.event(reply, shown)
        end: dict[str, Any] = {"delta": {}} if is_chat else {"text": ""}
        await self.event(reply, {**end, "finish_reason": reason, "stop_reason": None})
        if (body.get("stream_options") or {}).get("include_usage"):
            asked = len(tokens_of(json.dumps(body.get("messages") or body["prompt"])))
            counts = {"prompt_tokens": asked, "completion_tokens": len(tokens)}
            usage = {**counts, "total_tokens": sum(counts.values()), "prompt_tokens_details": None}
            await self.chunk(reply, {"choices": [], "usage": usage})
        await reply.piece("data: [DONE]\n\n")
        await reply.end()

    async def event(self, reply: Reply, choice: dict[str, Any]) -> None:
        await self.chunk(
            reply, {"choices": [{"index": 0, "logprobs": None, "finish_reason": None, **choice}]}
        )

    async def chunk(self, reply: Reply, fields: dict[str, Any]) -> None:
        head = {"id": "cmpl-1", "object": "text_completion", "created": 1, "model": self.model}
        await reply.piece(f"data: {json.dumps({**head, **fields})}\n\n")


class Vllm(OpenAi):
    """vLLM's OpenAI-compatible server."""

    model = "Qwen/Qwen2.5-Coder-1.5B"
    fields = OPENAI_COMMON | VLLM_MORE
    owner = "vllm"
    most_stops = None

    def unauthorized(self) -> Any:
        return {"error": "Unauthorized"}

    def card(self) -> dict[str, Any]:
        more: dict[str, Any] = {
            "root": self.model,
            "parent": None,
            "max_model_len": self.window,
            "permission": [],
        }
        return {**super().card(), **more}

    async def route(self, asked: Asked, reply: Reply) -> None:
        if (asked.method, asked.path) == ("POST", "/tokenize"):
            assert set(asked.body) <= {"model", "prompt", "add_special_tokens"}
            tokens = tokens_of(asked.body["prompt"])
            ids = list(range(len(tokens)))
            fields = {"count": len(tokens), "max_model_len": self.window, "tokens": ids}
            await reply.json(200, {**fields, "token_strs": None})
        else:
            await super().route(asked, reply)


class LlamaServer(OpenAi):
    """llama.cpp's server, as far as its own interface tells who it is and how many slots it has.

    The suite's real one is asked the same; this one shows what it was asked, and when.
    """

    fields = OPENAI_COMMON | {"cache_prompt", "timings_per_token", "chat_template_kwargs"}
    owner = "llamacpp"
    most_stops = None

    async def route(self, asked: Asked, reply: Reply) -> None:
        if asked.path == "/props":
            settings = {"n_ctx": self.window}
            await reply.json(200, {"total_slots": 4, "default_generation_settings": settings})
        elif asked.path == "/tokenize":
            assert set(asked.body) <= {"content", "add_special", "parse_special"}
            await reply.json(
                200, {"tokens": list(range(len(tokens_of(str(asked.body["content"])))))}
            )
        else:
            await super().route(asked, reply)


class Ollama(Engine):
    """Ollama's own interface, and as much of its compatible one as tells who it is."""

    model = "qwen2.5-coder:1.5b"
    window = 32_768
    capabilities = ("completion", "tools", "insert")
    family = "qwen2"

    def unauthorized(self) -> Any:
        return {"error": "unauthorized"}

    async def route(self, asked: Asked, reply: Reply) -> None:
        if asked.path == "/api/version":
            await reply.json(200, {"version": "0.12.11"})
        elif asked.path == "/v1/models":
            card = {"id": self.model, "object": "model", "created": 1, "owned_by": "library"}
            await reply.json(200, {"object": "list", "data": [card]})
        elif asked.path == "/api/tags":
            await reply.json(200, {"models": [{"name": self.model, "model": self.model}]})
        elif asked.path in ("/api/show", "/api/generate", "/api/chat"):
            await self.answer_for_model(asked, reply)
        else:
            await reply.json(404, "404 page not found")

    async def answer_for_model(self, asked: Asked, reply: Reply) -> None:
        body = asked.body
        if body["model"] != self.model:
            await reply.json(404, {"error": f"model '{body['model']}' not found"})
        elif asked.path == "/api/show":
            info: dict[str, Any] = {"general.architecture": self.family}
            info[f"{self.family}.context_length"] = self.window
            shown = {"details": {"family": self.family}, "model_info": info, "template": ""}
            await reply.json(200, {**shown, "capabilities": list(self.capabilities)})
        elif refused := self.refusal(asked):
            await reply.json(400, {"error": refused})
        else:
            await self.generate(asked, reply)

    def refusal(self, asked: Asked) -> str:
        body, options = asked.body, asked.body["options"]
        mine = {"messages"} if asked.path == "/api/chat" else {"prompt", "suffix", "raw"}
        if unknown := set(body) - OLLAMA_COMMON - mine:
            return f"unknown {unknown}"
        if unknown := set(options) - OLLAMA_OPTIONS:
            return f"invalid option provided: {unknown}"
        if body.get("think") and "thinking" not in self.capabilities:
            return f'"{self.model}" does not support thinking'
        if body.get("suffix") and (body.get("raw") or "insert" not in self.capabilities):
            return f'"{self.model}" does not support insert'
        text = body.get("prompt") or json.dumps(body.get("messages"))
        if len(tokens_of(text)) > options["num_ctx"] and not body["truncate"]:
            return "the input length exceeds the context length"
        return ""

    async def generate(self, asked: Asked, reply: Reply) -> None:
        body, options, is_chat = asked.body, asked.body["options"], asked.path == "/api/chat"
        script = self.script_for(is_chat=is_chat)
        tokens, reason = cut(script, options["stop"], options["num_predict"])
        if tokens[:1] == [HANG]:  # the head comes with the first token
            await reply.until_hung_up()
        await reply.begin("application/x-ndjson")
        for token in tokens:
            if token is HANG:
                await reply.until_hung_up()
            text: Any = {"role": "assistant", "content": token} if is_chat else token
            line = {"message" if is_chat else "response": text, "done": False}
            if body.get("logprobs"):
                line["logprobs"] = [{"token": token, "logprob": -0.01, "bytes": [1]}]
            await self.line(reply, line)
        text = {"role": "assistant", "content": ""} if is_chat else ""
        asked_count = len(tokens_of(body.get("prompt") or json.dumps(body.get("messages"))))
        await self.line(
            reply,
            {
                "message" if is_chat else "response": text,
                "done": True,
                "done_reason": reason,
                "total_duration": 5_000_000,
                "load_duration": 1_000_000,
                "prompt_eval_count": asked_count,
                "prompt_eval_duration": 2_000_000,
                "eval_count": len(tokens),
                "eval_duration": 2_000_000,
            },
        )
        await reply.end()

    async def line(self, reply: Reply, fields: dict[str, Any]) -> None:
        created = time.strftime("%Y-%m-%dT%H:%M:%S.0Z", time.gmtime(0))
        await reply.piece(json.dumps({"model": self.model, "created_at": created, **fields}) + "\n")


def endless() -> list[Any]:
    """Return a script that begins, and then waits until the client hangs up."""
    return [*itertools.islice(itertools.cycle(["one ", "two "]), 4), HANG]
