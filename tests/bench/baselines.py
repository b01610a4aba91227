"""What the same model says without us: the file alone, and the file with plain BM25 chunks.

Both are the repository-level prompt of Qwen2.5-Coder's report: name of the repository, files, and
the text before and after the cursor. The file's window is what llama.vim sends in a fresh
workspace, 256 lines before and 64 after. The chunks are the ones that come with each case.

`python -m tests.bench.baselines` asks all of them, for later runs of `quality` to find.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager

from qwen_lsp import wire
from qwen_lsp.context.qwen import CONTROL_TEXTS
from qwen_lsp.inference.client import EngineClient
from qwen_lsp.wire import Segment, Token
from tests.bench.answers import Answer, Answers, key_of, model_facts, segments_json
from tests.bench.engine_metrics import EngineMetrics, Reading
from tests.bench.isolation import model_path, own_folders, running_engine
from tests.bench.repositories import LANGUAGES, Case, cases

LINES_BEFORE, LINES_AFTER = 256, 64
# More than any target has, so that the limit decides nothing.
LINE_TOKENS, BLOCK_TOKENS = 128, 256


def file_only(case: Case) -> tuple[Segment, ...]:
    """Return the prompt of the case's file alone."""
    return (Token("repo_name"), f"{case.repository}\n", *_file(case))


def crossfile(case: Case) -> tuple[Segment, ...]:
    """Return the prompt with the case's chunks of other files before its file."""
    chunks: list[Segment] = []
    for chunk in case.crossfile:
        chunks += [Token("file_sep"), f"{chunk['path']}\n{chunk['text']}\n"]
    return (Token("repo_name"), f"{case.repository}\n", *chunks, *_file(case))


BASELINES: dict[str, Callable[[Case], tuple[Segment, ...]]] = {
    "file_only": file_only,
    "crossfile": crossfile,
}


class Bare:
    """A running engine, asked without the server; what it answered is kept."""

    def __init__(
        self, client: EngineClient, metrics: EngineMetrics, facts: list[object], answers: Answers
    ) -> None:
        self._client = client
        self._metrics = metrics
        self._facts = facts
        self._answers = answers

    async def baseline(self, name: str, case: Case) -> Answer:
        """Return what a baseline answers to a case, as many lines as the case's target has."""
        is_block = case.kind == "block"
        return await self.answer(
            BASELINES[name](case),
            BLOCK_TOKENS if is_block else LINE_TOKENS,
            lines=len(case.target.split("\n")),
            about=f"{name} {case.id}",
        )

    async def answer(
        self, prompt: tuple[Segment, ...], max_tokens: int, *, lines: int | None, about: str
    ) -> Answer:
        """Return the greedy answer, at most `lines` complete lines of it."""
        key = key_of(
            "bare", self._facts, segments_json(prompt), max_tokens, list(CONTROL_TEXTS), lines
        )
        if (kept := self._answers.find(key)) is not None:
            return kept
        request = wire.CompletionRequest(
            prompt, max_tokens, trunk=0, document="bare", stop=CONTROL_TEXTS
        )
        before = await self._metrics.read()
        start = time.perf_counter()
        text = ""
        async with aclosing(self._client.stream(request)) as events:
            async for event in events:
                if isinstance(event, wire.End):
                    break
                text += event.text
                if lines is not None and text.count("\n") >= lines:
                    break
        seconds = time.perf_counter() - start
        if lines is not None:
            text = "\n".join(text.split("\n")[:lines])
        answer = Answer(text, seconds, await self._tokens_since(before))
        self._answers.keep(key, answer, about)
        return answer

    async def _tokens_since(self, before: Reading) -> int:
        """Return the prompt tokens of the request that has just ended, or was hung up on."""
        assert before.requests is not None
        assert before.tokens is not None
        while (after := await self._metrics.read()).requests == before.requests:
            await asyncio.sleep(0.01)  # the engine hears of a hang-up between two tokens
        assert after.tokens is not None
        return int(after.tokens - before.tokens)


@asynccontextmanager
async def bare_model(client: EngineClient, answers: Answers) -> AsyncIterator[Bare]:
    """Give the bare model behind an engine's client."""
    metrics = EngineMetrics(client.socket)
    build = (await client.health()).build
    try:
        yield Bare(client, metrics, [*model_facts(model_path()), build], answers)
    finally:
        await metrics.close()


def _file(case: Case) -> tuple[Segment, ...]:
    above = case.prefix.split("\n")[-LINES_BEFORE - 1 :]
    below = case.suffix.split("\n")[: LINES_AFTER + 1]
    return (
        *(Token("file_sep"), f"{case.path}\n"),
        *(Token("fim_prefix"), "\n".join(above)),
        *(Token("fim_suffix"), "\n".join(below), Token("fim_middle")),
    )


async def _ask_all() -> None:
    every = [case for language in LANGUAGES for case in cases(language)]
    async with running_engine() as client, bare_model(client, Answers.of_environment()) as bare:
        for number, case in enumerate(every, 1):
            for name in BASELINES:
                answer = await bare.baseline(name, case)
                print(number, name, f"{answer.seconds:.1f} s", repr(answer.text), flush=True)


if __name__ == "__main__":
    with own_folders():
        asyncio.run(_ask_all())
