"""From a model's answer to the new lines of a region that it was to rewrite as a whole.

Nothing takes the place of code but code: words, a shell command, a difference, or code with a gap
("… rest as before") are refused with a reason.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from qwen_lsp.features.code_block import PROSE, CodeBlock, blocks_of, without_thought
from qwen_lsp.features.outcome import Dropped
from qwen_lsp.features.overlap import without_beginning, without_repeats
from qwen_lsp.features.prose import is_all_prose, without_prose
from qwen_lsp.features.region_style import indented_like
from qwen_lsp.text import Document, Span, split_lines

# Tags of blocks that show how to call a thing or what it prints, where there are others.
_FOREIGN = frozenset({"bash", "sh", "shell", "console", "text", "txt", "plaintext", "output"})
_DIFFERENCE = frozenset({"diff", "patch"})
# Share of the region's words that one of several blocks needs to count as its rewrite.
_SHARED_WORDS = 0.3
_WORD = re.compile(r"\w+")
_CODE_MARK = re.compile(r"[(){}\[\];=<>:]")
_COMMENT = r"\s*(?:#|//|/\*|--|<!--|;|%|\{/\*)\s*"
_GAP = re.compile(
    rf"{_COMMENT}(?:\.\.\.|…)|"
    rf"{_COMMENT}.*\b(?:existing|remaining|previous|other|same|unchanged|rest)\b.*(?:\.\.\.|…)|"
    rf"{_COMMENT}(?:the )?(?:rest of|existing|remaining) (?:the )?(?:code|function|method|class|"
    r"file|implementation|lines)\b",
    re.IGNORECASE,
)
# Lines of the document on either side that an answer may repeat.
_AROUND = 400

NO_CODE = Dropped("the model gave no code")
WORDS = Dropped("the model answered in words, not with code")
DIFFERENCE = Dropped("the model answered with a difference, not with code")


@dataclass(frozen=True, slots=True)
class Region:
    """What is rewritten, and what is around it.

    Attributes:
        code: lines that the model saw.
        above: the document's lines above, the nearest last.
        below: the document's lines below.
        language: LSP id.
    """

    code: tuple[str, ...]
    above: tuple[str, ...]
    below: tuple[str, ...]
    language: str

    @classmethod
    def of(cls, document: Document, span: Span, code: str) -> "Region":
        """Return whole lines of a document, of which the model saw `code`."""
        first, last = document.line_at(span.start), document.line_at(span.end)
        count = len(document.line_starts)
        return cls(
            tuple(split_lines(code)),
            tuple(map(document.line_text, range(max(first - _AROUND, 0), first))),
            tuple(map(document.line_text, range(last + 1, min(last + 1 + _AROUND, count)))),
            document.language,
        )

    @property
    def text(self) -> str:
        """The code as one text."""
        return "\n".join(self.code)


def new_lines(answer: str, region: Region) -> list[str] | Dropped:
    """Return the region's new lines from a whole answer, or why there are none."""
    code = _code_in(answer, region)
    if isinstance(code, Dropped):
        return code
    lines = without_repeats(split_lines(code), region.code, region.above, region.below)
    if not any(map(str.strip, lines)):
        return NO_CODE
    if (gap := gap_in(lines, region.code)) is not None:
        return Dropped(f"the model left code out (`{gap}`); select less code")
    return _placed(lines, region)


def lines_so_far(answer: str, region: Region) -> list[str]:
    """Return the new lines that are known from the beginning of an answer.

    As a rule more of the answer only adds to them; where it does not, `new_lines` is right.
    """
    blocks = blocks_of(without_thought(answer, region.text), region.text)
    if not blocks or not _may_be_meant(blocks[0], region):
        return []
    lines = split_lines(blocks[0].code)
    if not blocks[0].is_closed and not answer.endswith("\n"):
        lines.pop()
    lines = without_beginning(lines, region.code, region.above)
    while lines and not lines[-1].strip():
        lines.pop()
    return _placed(lines, region) if lines else []


def is_answered(answer: str, region: Region) -> bool:
    """Return whether an answer that still goes on has given the code: only talk can follow."""
    text = without_thought(answer, region.text)
    blocks = blocks_of(text, region.text)
    if len(blocks) != 1 or not blocks[0].is_closed or text.rstrip(" \t").endswith(("```", "~~~")):
        return False  # what looks like the closing fence may yet go on as another one
    has_fences = "```" in region.text or "~~~" in region.text
    return not has_fences and _fits(blocks[0], region) and not _is_same(blocks[0], region)


def gap_in(lines: Sequence[str], code: Sequence[str]) -> str | None:
    """Return a line that stands for code that was left out, None if there is none."""
    known = {line.strip() for line in code}
    return next(
        (line.strip() for line in lines if _GAP.match(line) and line.strip() not in known), None
    )


def _code_in(answer: str, region: Region) -> str | Dropped:
    text = without_thought(answer, region.text)
    fenced = blocks_of(text, region.text)
    is_words_meant = region.language in PROSE or is_all_prose(list(region.code))
    if blocks := [one for one in fenced if one.code.strip()]:
        return _code_of(_chosen(blocks, region), region, is_words_meant=is_words_meant)
    if fenced or not text.strip():
        return NO_CODE
    return text.strip("\r\n") if is_words_meant else _unfenced_code(text, region)


def _code_of(block: CodeBlock, region: Region, *, is_words_meant: bool) -> str | Dropped:
    if block.tag in _DIFFERENCE and region.language not in _DIFFERENCE:
        return DIFFERENCE
    if block.tag in _FOREIGN and not _fits(block, region):
        return NO_CODE
    if is_all_prose(split_lines(block.code)) and not is_words_meant:
        return WORDS
    return block.code


def _unfenced_code(text: str, region: Region) -> str | Dropped:
    lines = without_prose(split_lines(text))
    code = "\n".join(lines)
    is_related = _CODE_MARK.search(code) or _words(code) & _words(region.text)
    return WORDS if is_all_prose(lines) or not is_related else code


def _chosen(blocks: Sequence[CodeBlock], region: Region) -> CodeBlock:
    """Return the block that is the rewrite: the first complete one that fits and changes a thing.

    An answer may first show the code as it is, or how to call it.
    """
    meant = [one for one in blocks if _fits(one, region)] or list(blocks)
    changed = [one for one in meant if not _is_same(one, region)] or meant
    return next((one for one in changed if one.is_closed), changed[0])


def _fits(block: CodeBlock, region: Region) -> bool:
    words = _words(region.text)
    shares_words = len(words & _words(block.code)) >= _SHARED_WORDS * len(words)
    return _may_be_meant(block, region) and shares_words and bool(block.code.strip())


def _may_be_meant(block: CodeBlock, region: Region) -> bool:
    is_like_it = region.language in (*PROSE, "shellscript", block.tag)
    return is_like_it or block.tag not in (_FOREIGN | _DIFFERENCE)


def _is_same(block: CodeBlock, region: Region) -> bool:
    ours, theirs = split_lines(block.code), region.code
    return [line.strip() for line in ours] == [line.strip() for line in theirs]


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text))


def _placed(lines: Sequence[str], region: Region) -> list[str]:
    return indented_like(lines, region.code, (*region.above, *region.below))
