"""The chat that goes on from an edit: another solution, or something more.

The server keeps no conversation: the request brings what was asked before and what came of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from qwen_lsp.text import common_indentation, plain, split_lines
from qwen_lsp.wire import ChatRequest, Message

# Asking for the same once more needs some chance, or the same comes once more.
AGAIN_TEMPERATURE = 0.5
_AGAIN = frozenset({"", "again", "retry", "try again", "nochmal", "noch einmal", "erneut"})
REJECTED = (
    "I do not want this solution. Follow the instruction in another way. Answer with one code "
    "block that holds the complete rewritten code, and nothing else."
)
GOES_ON = (
    "\n\nChange the code of your last answer. Answer with one code block that holds the complete "
    "code, and nothing else."
)


@dataclass(frozen=True, slots=True)
class Turn:
    """An edit that was made before.

    Attributes:
        instruction: what was asked.
        code: what the region became.
    """

    instruction: str
    code: str


def is_again(instruction: str) -> bool:
    """Return whether an instruction only asks for another solution."""
    return instruction.strip().strip(".!").lower() in _AGAIN


def follow_up(
    request: ChatRequest, turns: Sequence[Turn], instruction: str, language: str, *, again: bool
) -> ChatRequest:
    """Return the chat that goes on from earlier edits.

    Args:
        request: the chat of the first of them.
        turns: all of them, the first one first.
        instruction: what is asked now.
        language: LSP id, for the fences.
        again: whether another solution of the last one is asked for.
    """
    messages = list(request.messages)
    following = [*(one.instruction for one in turns[1:]), instruction]
    for turn, asked in zip(turns, following, strict=True):
        messages.append(Message("assistant", f"```{language}\n{_dedented(turn.code)}\n```"))
        is_same = asked == turn.instruction
        messages.append(Message("user", REJECTED if is_same else f"Instruction: {asked}{GOES_ON}"))
    temperature = AGAIN_TEMPERATURE if again else request.temperature
    return replace(request, messages=tuple(messages), temperature=temperature)


def _dedented(code: str) -> str:
    lines = split_lines(plain(code))
    indent = common_indentation(lines)
    return "\n".join(line[len(indent) :] for line in lines).strip("\n")
