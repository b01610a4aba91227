"""The shapes that the front and the engine speak: OpenAI's, and what ours adds.

A prompt is a string, or a list of segments: a string is text, `{"token": NAME}` a control token.
Text segments are tokenised without special-token parsing, so a literal `<|im_end|>` in somebody's
source stays text. `trunk` says how many leading segments later requests for the same `document`
are likely to share.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

COMPLETIONS = "/v1/completions"
CHAT = "/v1/chat/completions"
MODELS = "/v1/models"
HEALTH = "/health"
METRICS = "/metrics"
SHUTDOWN = "/shutdown"
LEAVE = "/leave"  # only if nobody needs it now
TOKENIZE = "/tokenize"

Priority = Literal["completion", "edit", "explain", "warm"]
PRIORITIES: tuple[Priority, ...] = ("completion", "edit", "explain", "warm")

# The longest in seconds that a visible completion may take to evaluate its prompt; a longer one is
# answered from its quick prompt first.
QUICK_S = 1.0

EngineState = Literal["off", "loading", "ready", "failed"]

_IMAGE_URL = re.compile(r"data:(image/[\w.+-]+);base64,")


@dataclass(frozen=True, slots=True)
class Token:
    """A control token of the prompt, by name: fim_prefix, fim_suffix, fim_middle, or file_sep."""

    name: str


Segment = Token | str


@dataclass(frozen=True, slots=True)
class Image:
    """An image of a chat: its media type, such as "image/png", and its file's bytes in base64."""

    media_type: str
    base64: str


@dataclass(frozen=True, slots=True)
class Message:
    """One chat message: `role` is "system", "user" or "assistant"; its images precede its text."""

    role: str
    content: str
    images: tuple[Image, ...] = ()


@dataclass(frozen=True, slots=True)
class Likely:
    r"""A text that an answer may begin with: the rest of a name, or of a line with its "\n".

    Attributes:
        text: behind what was typed.
        bonus: what each of its tokens is given in the logits.
    """

    text: str
    bonus: float


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """Continue a prompt.

    Attributes:
        prompt: segments, the most stable first.
        max_tokens: upper limit of the answer; 0 only evaluates the prompt (warm-up).
        trunk: leading segments that stay the same while the user types on.
        quick: a shorter prompt for the same place, answered instead when the whole one would take
            too long now; the whole one is then evaluated behind it.
        document: whose trunk this is; a newer completion for it supersedes an older one.
        stop: texts that end the answer and are not part of it.
        temperature: 0 is greedy.
        heal: the prompt may end inside a word; the answer continues it as if the whole word had
            been generated (token healing).
        avoid: answers that are known already; this one's first visible token begins none of them.
        likely: what the answer likely begins with, behind what was typed.
        unbroken: bytes of the answer's first line in which it does not end behind an opening
            round or square bracket.
    """

    prompt: tuple[Segment, ...]
    max_tokens: int
    trunk: int = 0
    quick: tuple[Segment, ...] = ()
    document: str = ""
    priority: Priority = "completion"
    stop: tuple[str, ...] = ()
    temperature: float = 0.0
    heal: bool = False
    avoid: tuple[str, ...] = ()
    likely: tuple[Likely, ...] = ()
    unbroken: int = 0

    def shortened(self) -> "CompletionRequest":
        """Return the request with its quick prompt in place of the whole one."""
        # Its trunk is all but `fim_middle` and what was typed, as in the whole prompt.
        trunk = len(self.quick) - (len(self.prompt) - self.trunk)
        return replace(self, prompt=self.quick, trunk=max(trunk, 0), quick=())

    def warm_up(self) -> "CompletionRequest":
        """Return the request that has the whole prompt evaluated when nobody waits."""
        return replace(self, max_tokens=0, quick=(), priority="warm")


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """Answer a conversation through the model's own chat template; fields as above."""

    messages: tuple[Message, ...]
    max_tokens: int
    document: str = ""
    priority: Priority = "edit"
    stop: tuple[str, ...] = ()
    temperature: float = 0.0
    thinking: bool = False

    @property
    def has_images(self) -> bool:
        """Whether the model has to see something."""
        return any(message.images for message in self.messages)


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one request: in the prompt, of those taken from the cache, and generated."""

    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0

    @property
    def evaluated_tokens(self) -> int:
        """Prompt tokens that had to be computed."""
        return self.prompt_tokens - self.cached_tokens


@dataclass(frozen=True, slots=True)
class Piece:
    """Text of an answer.

    `logprobs` are the log-probabilities of the tokens it was made of, as far as the model chose
    them: of all tokens, or of those that agree with what was typed. Only completions have them.
    `is_quick`: the quick prompt is answered, not the whole one.
    """

    text: str
    logprobs: tuple[float, ...] = ()
    is_quick: bool = False


@dataclass(frozen=True, slots=True)
class End:
    """The end of an answer: why it ended, and what it cost (ms are the engine's own)."""

    reason: str
    usage: Usage
    prompt_ms: float
    decode_ms: float


@dataclass(frozen=True, slots=True)
class Health:
    """What `/health` answers.

    Attributes:
        state: "loading" with `percent`, "ready", or "failed" with `message`.
        model: name of the model file without its suffix.
        window: tokens the engine can hold in one sequence.
        fills_in_the_middle: whether the model has fill-in-the-middle tokens.
        build: the native build that runs it.
        pid: process id of the engine.
    """

    state: EngineState
    percent: int = 0
    model: str = ""
    window: int = 0
    fills_in_the_middle: bool = False
    message: str = ""
    build: str = ""
    pid: int = 0
    extra: dict[str, Any] = field(default_factory=dict)


def request_json(request: CompletionRequest | ChatRequest) -> dict[str, Any]:
    """Return the JSON body of a streamed request."""
    body: dict[str, Any] = {
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
        "stop": list(request.stop),
        "document": request.document,
        "priority": request.priority,
        "stream": True,
    }
    if isinstance(request, ChatRequest):
        body["messages"] = [message_json(message) for message in request.messages]
        body["chat_template_kwargs"] = {"enable_thinking": request.thinking}
    else:
        body["prompt"] = _segments_json(request.prompt)
        body["quick"] = _segments_json(request.quick)
        body["trunk"] = request.trunk
        body["heal"] = request.heal
        body["avoid"] = list(request.avoid)
        body["likely"] = [asdict(one) for one in request.likely]
        body["unbroken"] = request.unbroken
    return body


def message_json(message: Message) -> dict[str, Any]:
    """Return a message in OpenAI's shape: with images its content is a list of parts."""
    if not message.images:
        return {"role": message.role, "content": message.content}
    urls = (f"data:{one.media_type};base64,{one.base64}" for one in message.images)
    images = [{"type": "image_url", "image_url": {"url": url}} for url in urls]
    text = {"type": "text", "text": message.content}
    return {"role": message.role, "content": [*images, text]}


def _segments_json(segments: tuple[Segment, ...]) -> list[Any]:
    return [{"token": one.name} if isinstance(one, Token) else one for one in segments]


def parse_completion(body: dict[str, Any]) -> CompletionRequest:
    """Read a `/v1/completions` body.

    Raises:
        ValueError: with what is wrong with the body.
    """
    prompt = body.get("prompt")
    if isinstance(prompt, str):
        prompt = [prompt]
    if not isinstance(prompt, list) or not prompt:
        raise ValueError("`prompt` must be a text or a list of segments.")
    segments = tuple(_parse_segment(item) for item in prompt)
    trunk = body.get("trunk", len(segments))
    if not isinstance(trunk, int) or not 0 <= trunk <= len(segments):
        raise ValueError("`trunk` must be a number of leading segments.")
    return CompletionRequest(
        prompt=segments,
        trunk=trunk,
        quick=tuple(_parse_segment(item) for item in body.get("quick") or ()),
        heal=bool(body.get("heal", False)),
        avoid=_parse_texts(body, "avoid"),
        likely=_parse_likely(body),
        unbroken=int(_parse_number(body, "unbroken")),
        **_parse_common(body, default_priority="completion"),
    )


def parse_chat(body: dict[str, Any]) -> ChatRequest:
    """Read a `/v1/chat/completions` body.

    Raises:
        ValueError: with what is wrong with the body.
    """
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise ValueError("`messages` must be a list of messages.")
    options = body.get("chat_template_kwargs") or {}
    if not isinstance(options, dict):
        raise ValueError("`chat_template_kwargs` must be an object.")
    return ChatRequest(
        messages=tuple(_parse_message(item) for item in messages),
        thinking=bool(options.get("enable_thinking", False)),
        **_parse_common(body, default_priority="edit"),
    )


def _parse_message(item: Any) -> Message:
    content = item.get("content") if isinstance(item, dict) else None
    if isinstance(content, str):
        content = [{"type": "text", "text": content}]
    if not isinstance(content, list) or not all(isinstance(part, dict) for part in content):
        raise ValueError("Each message needs a `role` and a `content`: a text, or a list of parts.")
    texts, images = list[str](), list[Image]()
    for part in content:
        if part.get("type") == "text" and isinstance(part.get("text"), str):
            texts.append(part["text"])
        elif part.get("type") == "image_url":
            images.append(_parse_image(part.get("image_url")))
        else:
            raise ValueError("A part of a `content` is a `text`, or an `image_url` with a `url`.")
    return Message(str(item.get("role", "user")), "".join(texts), tuple(images))


def _parse_image(given: Any) -> Image:
    url = given.get("url") if isinstance(given, dict) else None
    if not isinstance(url, str) or (match := _IMAGE_URL.match(url)) is None:
        raise ValueError("The `url` of an image is a data URL in base64; nothing is fetched.")
    return Image(match[1], url[match.end() :])


def parse_texts(body: dict[str, Any]) -> tuple[str, ...]:
    """Read a `/tokenize` body.

    Raises:
        ValueError: with what is wrong with the body.
    """
    if "texts" not in body:
        raise ValueError("`texts` is missing.")
    return _parse_texts(body, "texts")


def _parse_segment(item: Any) -> Segment:
    if isinstance(item, str):
        return item
    if isinstance(item, dict) and isinstance(item.get("token"), str):
        return Token(item["token"])
    raise ValueError('A prompt segment is a text or {"token": NAME}.')


def _parse_likely(body: dict[str, Any]) -> tuple[Likely, ...]:
    found = body.get("likely") or []
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise ValueError("`likely` must be a list of objects.")
    if not all(isinstance(one.get("text"), str) for one in found):
        raise ValueError("Each of `likely` needs a `text`.")
    return tuple(Likely(one["text"], _parse_number(one, "bonus")) for one in found)


def _parse_number(body: dict[str, Any], name: str) -> float:
    number = body.get(name, 0.0)
    if not isinstance(number, (int, float)) or not number >= 0:  # nor NaN
        raise ValueError(f"`{name}` must be 0 or more.")
    return float(number)


def _parse_common(body: dict[str, Any], *, default_priority: Priority) -> dict[str, Any]:
    max_tokens = body.get("max_tokens", 256)
    if not isinstance(max_tokens, int) or max_tokens < 0:
        raise ValueError("`max_tokens` must be a number of tokens, 0 or more.")
    priority = body.get("priority", default_priority)
    if priority not in PRIORITIES:
        raise ValueError(f"`priority` must be one of {', '.join(PRIORITIES)}.")
    return {
        "max_tokens": max_tokens,
        "stop": tuple(text for text in _parse_texts(body, "stop") if text),
        "priority": priority,
        "temperature": _parse_number(body, "temperature"),
        "document": str(body.get("document", "")),
    }


def _parse_texts(body: dict[str, Any], name: str) -> tuple[str, ...]:
    texts = body.get(name) or []
    if isinstance(texts, str):
        texts = [texts]
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise ValueError(f"`{name}` must be a text or a list of texts.")
    return tuple(texts)


def server_sent_events(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    """Yield the JSON of each `data:` line until `[DONE]`."""
    for line in lines:
        if line.startswith("data:"):
            data = line[5:].strip()
            if data == "[DONE]":
                return
            yield json.loads(data)
