"""Writes tests for selected code, for a test file that is there or a new one."""

from contextlib import aclosing
from dataclasses import dataclass

from qwen_lsp import wire
from qwen_lsp.context.snapshot import Snapshot
from qwen_lsp.context.tests_prompt import tests_request
from qwen_lsp.context.tests_target import TestsTarget
from qwen_lsp.errors import BadInput
from qwen_lsp.features.code_block import extract_code
from qwen_lsp.features.new_tests import added, new_file, package_of
from qwen_lsp.features.outcome import Dropped
from qwen_lsp.inference.engine import TextSource
from qwen_lsp.text import Document, Replacement, Span
from qwen_lsp.trace import Trace

ANSWER_TOKENS = 800


@dataclass(frozen=True, slots=True)
class NewTests:
    """What changes in the test file, whose text is "" where it is to be created."""

    document: Document
    replacements: tuple[Replacement, ...]


async def write_tests(
    snapshot: Snapshot,
    target: TestsTarget,
    engine: TextSource,
    trace: Trace,
) -> str | Dropped:
    """Return the code that the model wrote: tests, and imports that they need.

    Args:
        snapshot: its span is what is to be tested.
        target: where the tests belong.
        engine: who answers.
        trace: gets the stages.

    Raises:
        BadInput: the test file cannot be read.
        QwenLspError: there is no model, or the engine cannot be used.
    """
    if target.lines is not None and not target.lines:
        raise BadInput(f"{target.path} cannot be read, so no test can be added to it.")
    answer, reason = "", ""
    request = tests_request(snapshot, target, ANSWER_TOKENS)
    async with aclosing(engine.answer(request)) as events:
        async for event in events:
            if isinstance(event, wire.End):
                reason = event.reason
                trace.fact("evaluated", event.usage.evaluated_tokens)
            else:
                answer += event.text
    trace.stage("stream")
    if reason == "length":
        return Dropped("the answer did not end; select less code")
    code = extract_code(answer)
    return code if code.strip() else Dropped("the model gave no code")


def placed(
    snapshot: Snapshot, target: TestsTarget, test_file: Document, code: str
) -> NewTests | Dropped:
    """Return how the tests get into their file.

    Args:
        snapshot: of the code that is tested.
        target: where the tests belong.
        test_file: as it is now; its text is "" where it is to be created.
        code: what the model wrote.
    """
    if test_file.text.strip():
        replacements = added(test_file, code, target.import_line)
    else:
        package = package_of(snapshot.document)
        text = new_file(test_file.language, code, target.import_line, package)
        whole = Span(0, len(test_file.text))
        replacements = (Replacement(whole, text),) if text else ()
    if not replacements:
        return Dropped("the model wrote no test that is not there")
    return NewTests(test_file, replacements)
