"""Which prompts an engine by URL has in its cache, as far as we asked for them."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from qwen_lsp.inference.by_url.strings import spelled
from qwen_lsp.text import shared_length
from qwen_lsp.tokens import estimated_tokens
from qwen_lsp.wire import CompletionRequest, Segment, Token

# Documents whose prompts are taken for kept: llama-server has four slots by itself.
MOST_KEPT = 4
# Code points of a token at least, mostly: code has about 3.5.
TOKEN_LENGTH = 3


class Evaluated:
    """The newest prompt of each of the latest documents."""

    def __init__(self) -> None:
        self._kept: dict[str, str] = {}  # by document, the last one last

    def begin(self, request: CompletionRequest) -> None:
        """Hear that a prompt is sent: what it does not share with the one before is dropped."""
        prompt = _flat(request.prompt)
        self._keep(request.document, prompt[: self._shared(request.document, prompt)])

    def end(self, request: CompletionRequest) -> None:
        """Hear that a prompt was evaluated to its end."""
        self._keep(request.document, _flat(request.prompt))

    def forget(self) -> None:
        """Hear that the cache may be lost."""
        self._kept.clear()

    def tokens_left(self, request: CompletionRequest) -> int:
        """Return about how many tokens of a request's trunk have to be evaluated."""
        trunk = _flat(request.prompt[: request.trunk])
        return estimated_tokens(trunk[self._shared(request.document, trunk) :])

    @staticmethod
    def tokens_in(request: CompletionRequest) -> int:
        """Return about how many tokens a request's prompt has."""
        return estimated_tokens(_flat(request.prompt))

    def steps(
        self, request: CompletionRequest, tokens: Callable[[], int]
    ) -> Iterator[CompletionRequest]:
        """Yield a request for growing beginnings of its prompt, each about so many tokens longer.

        What was evaluated by the time of a step is not asked for again.
        """
        prompt, end = _flat(request.prompt), 0
        while (known := self._shared(request.document, prompt)) < len(prompt):
            end = max(end, known) + tokens() * TOKEN_LENGTH
            if end >= len(prompt):
                yield request
                return
            begun = tuple(_beginning(request.prompt, end))
            yield replace(request, prompt=begun, trunk=len(begun))

    def _keep(self, document: str, prompt: str) -> None:
        self._kept.pop(document, None)
        self._kept[document] = prompt
        if len(self._kept) > MOST_KEPT:
            del self._kept[next(iter(self._kept))]

    def _shared(self, document: str, prompt: str) -> int:
        return shared_length(self._kept.get(document, ""), prompt)


def _flat(segments: tuple[Segment, ...]) -> str:
    """Return a prompt as one text, which is only compared."""
    return "".join(map(_text, segments))


def _beginning(segments: tuple[Segment, ...], length: int) -> Iterator[Segment]:
    for one in segments:
        if length <= 0:
            return
        yield one[:length] if isinstance(one, str) else one
        length -= len(_text(one))


def _text(segment: Segment) -> str:
    return spelled(segment.name) if isinstance(segment, Token) else segment
