"""Prompts and answers as plain strings, for engines that take nothing else.

Such an engine reads every `<|name|>` as a control token, wherever it stands. So those that stand in
texts get a blank inside, and lose it again where the answer repeats them.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from qwen_lsp.wire import ChatRequest, CompletionRequest, Message, Segment, Token


def spelled(name: str) -> str:
    """Return how a string holds a control token of Qwen's."""
    return f"<|{name}|>"


FIM_PREFIX = spelled("fim_prefix")

_LITERAL = re.compile(r"<\|(\w+\|>)")
_TRAILING_BLANKS = re.compile(r"[^\S\n]+\Z")
_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Holed:
    """A prompt to fill in the middle, in the parts that engines with a format of their own take.

    Attributes:
        extra: path and text of each snippet of other files.
        prefix: before the hole, up to the anchor.
        suffix: behind the hole.
        typed: what stands between the anchor and the cursor.
    """

    extra: tuple[tuple[str, str], ...]
    prefix: str
    suffix: str
    typed: str


@dataclass(slots=True)
class Strings:
    """One request in strings, and what is needed to read its answer.

    Attributes:
        request: what is asked.
        is_healed: blanks at the prompt's end are left to the model, which begins words with them.
    """

    request: CompletionRequest | ChatRequest
    is_healed: bool = field(init=False)
    _blank: str = field(init=False)
    _hidden: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.is_healed = isinstance(self.request, CompletionRequest) and self.request.heal
        self._blank = " "
        # Should a text have the disguise itself, undoing it would change that text.
        texts = list(_texts(self.request))
        while any(f"<|{self._blank}" in text for text in texts):
            self._blank += " "
        names = dict.fromkeys(name for text in texts for name in _LITERAL.findall(text))
        self._hidden = {f"<|{self._blank}{name}": f"<|{name}" for name in names}

    def messages(self) -> list[Message]:
        """Return the conversation."""
        assert isinstance(self.request, ChatRequest)
        return [replace(one, content=self._plain(one.content)) for one in self.request.messages]

    def prompt(self) -> str:
        """Return the whole prompt in Qwen's format."""
        assert isinstance(self.request, CompletionRequest)
        joined = "".join(
            spelled(one.name) if isinstance(one, Token) else self._plain(one)
            for one in _merged(self.request.prompt)
        )
        return self._without_blanks(joined)

    def holed(self) -> Holed:
        """Return the prompt in parts."""
        assert isinstance(self.request, CompletionRequest)
        parts: dict[str, str] = {"fim_prefix": "", "fim_suffix": "", "fim_middle": ""}
        files, name = list[str](), ""
        for one in _merged(self.request.prompt):
            if isinstance(one, Token):
                name = one.name
            elif name == "file_sep":
                files.append(self._plain(one))
            elif name in parts:
                parts[name] = self._plain(one)
        extra = tuple(
            (path, text) for path, _, text in (file.partition("\n") for file in files[:-1])
        )
        typed = self._without_blanks(parts["fim_middle"])
        return Holed(extra, parts["fim_prefix"], parts["fim_suffix"], typed)

    def answer(self) -> "AnswerReader":
        """Return what reads the answer."""
        blanks = ""
        if isinstance(self.request, CompletionRequest) and self.is_healed:
            last = self.request.prompt[-1]
            found = _TRAILING_BLANKS.search(last) if isinstance(last, str) else None
            blanks = found.group() if found else ""
        return AnswerReader(self.request.stop, self._hidden, blanks)

    def _without_blanks(self, text: str) -> str:
        return _TRAILING_BLANKS.sub("", text) if self.is_healed else text

    def _plain(self, text: str) -> str:
        return _LITERAL.sub(rf"<|{self._blank}\1", without_halves(text))


class AnswerReader:
    """Makes the answer's text of pieces: up to the first stop text, without disguises.

    What may be the beginning of a stop text or of a disguise is held back until that is known.
    """

    def __init__(
        self, stop: Sequence[str], hidden: Mapping[str, str], typed_blanks: str = ""
    ) -> None:
        self._stop = stop
        self._hidden = hidden
        self._typed_blanks = typed_blanks
        self._held = ""
        self.stopped = False

    def feed(self, piece: str) -> str:
        """Return the text that is now sure; sets `stopped` when a stop text was reached."""
        if self.stopped:
            return ""
        text = self._held + piece
        cuts = [at for at in (text.find(stop) for stop in self._stop) if at >= 0]
        if cuts:
            self.stopped, self._held = True, ""
            return self._shown(text[: min(cuts)])
        marks = (*self._stop, *self._hidden)
        keep = max((_overlap(text, mark) for mark in marks), default=0)
        self._held = text[len(text) - keep :]
        return self._shown(text[: len(text) - keep])

    def finish(self) -> str:
        """Return what was held back, at the end of the answer."""
        held, self._held = self._held, ""
        return self._shown(held)

    def _shown(self, text: str) -> str:
        while self._typed_blanks and text:
            # The model says again what was left to it; what it does not say is there already.
            if text[0] != self._typed_blanks[0]:
                self._typed_blanks = ""
                break
            text, self._typed_blanks = text[1:], self._typed_blanks[1:]
        for disguised, literal in self._hidden.items():
            text = text.replace(disguised, literal)
        return text


def without_halves(text: str) -> str:
    """Replace halves of surrogate pairs, which an editor may send: no text to a strict reader."""
    return _LONE_SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)


def _merged(segments: Iterable[Segment]) -> list[Segment]:
    """Join neighbouring texts, over whose boundary a literal could reach."""
    merged: list[Segment] = []
    for one in segments:
        if merged and isinstance(one, str) and isinstance(last := merged[-1], str):
            merged[-1] = last + one
        else:
            merged.append(one)
    return merged


def _texts(request: CompletionRequest | ChatRequest) -> Iterable[str]:
    if isinstance(request, ChatRequest):
        return (one.content for one in request.messages)
    return (one for one in _merged(request.prompt) if isinstance(one, str))


def _overlap(text: str, mark: str) -> int:
    """Return the length of the longest end of `text` that begins `mark`."""
    for length in range(min(len(text), len(mark) - 1), 0, -1):
        if mark.startswith(text[-length:]):
            return length
    return 0
