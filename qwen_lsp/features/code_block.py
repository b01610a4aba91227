"""The code in what a model answers: fences, thoughts and chatter around it go."""

import re

from qwen_lsp.context.qwen import CONTROL_TEXTS

_FENCE = re.compile(r"^(?P<indent>[ \t]*)(?P<marks>`{3,}|~{3,})[^\n`]*$", re.MULTILINE)
_THINKING = re.compile(r"<think>.*?(</think>|\Z)", re.DOTALL)
# A thought or a fence in front of a completion, and a fence that ends it.
_THOUGHT_IN_FRONT = re.compile(r"\s*<think>.*?(?:</think>\s*|\Z)", re.DOTALL)
_FENCE_IN_FRONT = re.compile(r"\s*(?:`{3,}|~{3,})[\w+#.-]*[ \t]*(?:\r\n|\n|\r|\Z)")
_FENCE_LINE = re.compile(r"(?:^|(?<=[\r\n]))[ \t]*(?:`{3,}|~{3,})[ \t]*(?=\r|\n|\Z)")
# LSP ids of documents in which a fence is content.
_PROSE = frozenset({"markdown", "mdx", "quarto", "restructuredtext", "asciidoc", "plaintext", ""})


def cut_control_texts(text: str) -> str:
    """End the text at the first control token that the model spelled out."""
    cuts = [at for at in (text.find(control) for control in CONTROL_TEXTS) if at >= 0]
    return text[: min(cuts)] if cuts else text


def cut_wrapping(text: str, document: str, language: str) -> str:
    """Take away a thought and a fence around a completion.

    Args:
        text: the completion.
        document: the text of the document; one that has fences may well get another.
        language: its LSP id.
    """
    text = text[match.end() :] if (match := _THOUGHT_IN_FRONT.match(text)) else text
    if language in _PROSE or not ("```" in text or "~~~" in text):
        return text
    if match := _FENCE_IN_FRONT.match(text):
        text = text[match.end() :]
    elif "```" in document or "~~~" in document:
        return text
    closing = _FENCE_LINE.search(text)
    return text[: closing.start()].rstrip("\r\n") if closing else text


def extract_code(answer: str) -> str:
    """Return the code of an answer that should be one code block: fences and chatter removed."""
    answer = _THINKING.sub("", cut_control_texts(answer))
    opening = _FENCE.search(answer)
    if opening is None:
        return answer.strip("\r\n")
    # The code may hold fences of its own, which are indented more, shorter, or of another kind.
    closing = re.compile(
        rf"^[ \t]{{0,{len(opening['indent'])}}}{opening['marks']}+[ \t\r]*$", re.MULTILINE
    ).search(answer, opening.end())
    # An answer that was cut off has no closing fence.
    end = closing.start() if closing else len(answer)
    return answer[opening.end() : end].strip("\r\n")
