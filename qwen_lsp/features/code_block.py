"""The code in what a model answers: fences, thoughts and chatter around it go."""

import re
from dataclasses import dataclass

from qwen_lsp.context.qwen import CONTROL_TEXTS

_FENCE = re.compile(
    r"^(?P<indent>[ \t]*)(?P<marks>`{3,}|~{3,})[ \t]*(?P<tag>[^\s`]*)[^\n`]*$", re.MULTILINE
)
_THOUGHT = re.compile(r"<think>.*?(</think>|\Z)", re.DOTALL)
# A thought or a fence in front of a completion, and a fence that ends it.
_THOUGHT_IN_FRONT = re.compile(r"\s*<think>.*?(?:</think>\s*|\Z)", re.DOTALL)
_FENCE_IN_FRONT = re.compile(r"\s*(?:`{3,}|~{3,})[\w+#.-]*[ \t]*(?:\r\n|\n|\r|\Z)")
_FENCE_LINE = re.compile(r"(?:^|(?<=[\r\n]))[ \t]*(?:`{3,}|~{3,})[ \t]*(?=\r|\n|\Z)")
# LSP ids of documents in which a fence is content.
PROSE = frozenset({"markdown", "mdx", "quarto", "restructuredtext", "asciidoc", "plaintext", ""})


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """A fenced block of an answer.

    Attributes:
        code: what stands in it, without blank lines at its ends.
        tag: the language that its fence names, in lower case; "" if it names none.
        is_closed: whether its closing fence is there.
    """

    code: str
    tag: str
    is_closed: bool


def cut_control_texts(text: str, known: str = "") -> str:
    """End the text at the first control token that the model spelled out.

    Args:
        text: an answer.
        known: code that it is about; what stands there may well come again.
    """
    spelled = (control for control in CONTROL_TEXTS if control not in known)
    cuts = [at for at in (text.find(control) for control in spelled) if at >= 0]
    return text[: min(cuts)] if cuts else text


def cut_wrapping(text: str, document: str, language: str) -> str:
    """Take away a thought and a fence around a completion.

    Args:
        text: the completion.
        document: the text of the document; one that has fences may well get another.
        language: its LSP id.
    """
    text = text[match.end() :] if (match := _THOUGHT_IN_FRONT.match(text)) else text
    if language in PROSE or not ("```" in text or "~~~" in text):
        return text
    if match := _FENCE_IN_FRONT.match(text):
        text = text[match.end() :]
    elif "```" in document or "~~~" in document:
        return text
    closing = _FENCE_LINE.search(text)
    return text[: closing.start()].rstrip("\r\n") if closing else text


def without_thought(answer: str, known: str = "") -> str:
    """Take thoughts and spelled-out control tokens away.

    Args:
        answer: of a model, perhaps not whole yet.
        known: the code that it is about, which may hold such texts itself.
    """
    answer = cut_control_texts(answer, known)
    if "<think>" in known or "</think>" in known:
        return _THOUGHT_IN_FRONT.sub("", answer, count=1)
    answer = _THOUGHT.sub("", answer)
    # A template may have opened the thought itself.
    return answer.rpartition("</think>")[2]


def blocks_of(answer: str, known: str = "") -> tuple[CodeBlock, ...]:
    """Return the fenced blocks of an answer without thoughts, in order.

    Args:
        answer: perhaps not whole yet.
        known: the code that it is about; where that has fences, so has its block, which then goes
            on to the last fence there is.
    """
    found: list[CodeBlock] = []
    at, has_fences = 0, _FENCE.search(known) is not None
    while (opening := _FENCE.search(answer, at)) is not None:
        # The code may hold fences of its own, which are indented more, shorter, or of another kind.
        closings = re.compile(
            rf"^[ \t]{{0,{len(opening['indent'])}}}{opening['marks']}+[ \t\r]*$", re.MULTILINE
        ).finditer(answer, opening.end())
        closing = next(closings, None)
        if has_fences and closing is not None:
            *_, closing = closing, *closings
        # An answer that was cut off has no closing fence.
        end = closing.start() if closing else len(answer)
        code = answer[opening.end() : end].strip("\r\n")
        found.append(CodeBlock(code, opening["tag"].lower(), closing is not None))
        at = closing.end() if closing else len(answer)
    return tuple(found)


def extract_code(answer: str) -> str:
    """Return the code of an answer that should be one code block: fences and chatter removed."""
    answer = without_thought(answer)
    blocks = blocks_of(answer)
    return blocks[0].code if blocks else answer.strip("\r\n")
