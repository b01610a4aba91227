r"""Real typing, replayed key by key in real time: tokens per key, and when a line is to be seen.

Ours is `qwen-lsp serve` over stdio, asked as Neovim 0.12 asks (`neovim_client.py`); the peer is
llama-server asked as llama.vim asks (`llama_vim.py`). Same model file, threads, machine and run, in
turn in each session, with the order changed from session to session. `QWEN_BENCH_SESSIONS` names a
folder of other sessions; `sessions/README.md` says what is in one.

**tokens_per_char, tokens_per_enter, tokens_per_accept_extra** (ours): prompt tokens evaluated for a
completion request whose last key was such a one; medians over warm requests (neither the first one
seen in the document nor the first one seen after a jump). The editor asks when the keys rest, so a
request mostly follows several keys, and their text has to be evaluated whatever the engine does.
Hence a character's tokens are divided by the keys since the request before, and from an Enter's and
an accept's those of the text that was typed or accepted besides are taken off. The detail has them
as they are (`prompt_tokens_after`) and of requests after exactly one key. A request that was
superseded before its answer was to be seen counts, keys and tokens, for the one that was seen; one
that was answered without the model counts with 0 tokens.

**line_p50_ratio, line_mean_ratio**: at each pause of a session the user waits for a line, at most
10 s. The time runs from the last key to the moment from which the suggestion that is there at the
end stood there unchanged; 0 if it stood there before that key. Both sides are waited for until
nothing more can change without another key, so a stale line earns nothing. **Nothing offered counts
as 10 s on both sides**, whether the answer was late, empty, or never asked for: the session says
that the user wants a line there, and silence must not win. The detail has the ratio over those
pauses at which both sides offered something, too. What a line is worth is not judged here.

`--engine llama-server`: our server asks that same llama-server, by URL, instead of an engine of its
own. What a prompt cost is then not known, so the figures of tokens are missing.

Run it on a machine with nothing else to do: it takes about ten minutes, and with other processes on
the same cores both sides, the peer above all, stall. `others_busy_cores` says how it was.
"""

import asyncio
import contextlib
import io
import os
import statistics
import time
from collections.abc import Callable, Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import httpx2

from qwen_lsp.models import catalogue, store
from tests.bench.busy import OthersBusy
from tests.bench.isolation import own_folders
from tests.bench.llama_vim import LlamaVim
from tests.bench.neovim_client import NeovimSide
from tests.bench.report import Figure, Report
from tests.bench.typing_replay import Asked, Replayed, Side, Waited, replay
from tests.bench.typing_sessions import Buffer, Session, SessionError, load_all
from tests.harness.real_llama_server import running_llama_server, usual_threads

SESSIONS = Path(__file__).parent / "sessions"

# Of the ratios' median and mean. With the peer's own engine it is enough not to be slower.
BUDGETS = {"ours": (0.3, 0.25), "llama-server": (1.0, 1.0)}

Sides = dict[str, list[Replayed]]


def run(engine: str) -> Report:
    try:
        sessions = load_all(Path(os.environ.get("QWEN_BENCH_SESSIONS") or SESSIONS))
    except SessionError as error:
        raise SystemExit(str(error)) from None
    model = store.resolve(catalogue.DEFAULT_MODEL)
    start = time.monotonic()
    # The harness passes the server's log on to standard error, which nobody reads here.
    with own_folders() as folder, contextlib.redirect_stderr(io.StringIO()):
        replayed, count = asyncio.run(_replay_all(sessions, model, folder, engine))
    figures, detail = _figures(replayed, count, BUDGETS[engine])
    detail["sessions"] = {one.name: {"file": one.path.name, "keys": one.keys} for one in sessions}
    detail["peer_is"] = f"llama-server of xllamacpp {version('xllamacpp')}, asked as llama.vim does"
    detail["threads"] = usual_threads()
    detail["our_engine"] = engine
    detail["wall_s"] = round(time.monotonic() - start)
    return Report("typing", figures, detail)


async def _replay_all(
    sessions: list[Session], model: Path, folder: Path, engine: str
) -> tuple[Sides, dict[str, int]]:
    """Replay every session on both sides; returns what happened, and typed texts in tokens."""
    sides: Sides = {"ours": [], "peer": []}
    with running_llama_server(model, folder, usual_threads()) as url:
        by_url = {"engine": {"url": url}}

        async def ours(session: Session) -> Side:
            workspace = folder / session.name
            workspace.mkdir()
            options = {"model": str(model), **(by_url if engine == "llama-server" else {})}
            return await NeovimSide.start(session, workspace, model, options)

        async def peer(session: Session) -> Side:
            return LlamaVim(Buffer(session, session.path.as_uri()), url)

        makers = [("ours", ours), ("peer", peer)]
        for session in sessions:
            for name, make in makers:
                side = await make(session)
                others = OthersBusy(str(folder))
                try:
                    await replay(session, side)
                finally:
                    result = await side.close()
                result.others_busy_cores = round(others.cores(), 2)
                sides[name].append(result)
            makers.reverse()
        asked = [one for results in sides.values() for one in _asked(results)]
        return sides, await _token_counts(url, {one.typed for one in asked})


async def _token_counts(url: str, texts: set[str]) -> dict[str, int]:
    async with httpx2.AsyncClient(base_url=url, trust_env=False) as client:
        answers = {
            text: await client.post("/tokenize", json={"content": text, "add_special": False})
            for text in texts
        }
    return {text: len(answer.json()["tokens"]) for text, answer in answers.items()}


def _figures(
    sides: Sides, count: dict[str, int], budgets: tuple[float, float]
) -> tuple[dict[str, Figure], dict[str, Any]]:
    ours, peer = _seconds(sides["ours"]), _seconds(sides["peer"])
    figures = {}
    tokens = _tokens_a_key(sides["ours"], count)
    for kind, name, budget in (
        ("char", "tokens_per_char", 2),
        ("enter", "tokens_per_enter", 4),
        ("accept", "tokens_per_accept_extra", 2),
    ):
        if tokens[kind]:
            figures[name] = Figure(statistics.median(tokens[kind]), budget=budget)
    if ours:
        p50 = statistics.median(ours) / statistics.median(peer)
        figures["line_p50_ratio"] = Figure(p50, budget=budgets[0])
        mean = statistics.mean(ours) / statistics.mean(peer)
        figures["line_mean_ratio"] = Figure(mean, budget=budgets[1])
    detail = {name: _side_detail(results, count) for name, results in sides.items()}
    detail["both_offered"] = _both_offered(sides)
    return figures, detail


def _side_detail(results: list[Replayed], count: dict[str, int]) -> dict[str, Any]:
    waits, asked = _waits(results), _asked(results)
    shown = sum(one.shown for one in results)
    seconds = [one.counted for one in waits]
    answered = [one.ms for one in asked if one.ms is not None]
    keys, totals = sum(one.keys for one in asked if one.ms is not None), _totals(results)
    return {
        "line_s": _spread(seconds, digits=2),
        "line_s_by_session": [
            [None if one.seconds is None else round(one.counted, 2) for one in result.waited]
            for result in results
        ],
        "others_busy_cores": [one.others_busy_cores for one in results],
        "pauses": len(waits),
        "pauses_with_nothing": sum(one.seconds is None for one in waits),
        "accepts": [sum(one) for one in (result.accepts for result in results)],
        "requests": len(asked),
        "requests_superseded": len(asked) - len(answered),
        "answer_ms": _spread(answered, digits=0),
        "shown": shown,
        "shown_without_model": sum(one.shown_without_model for one in results),
        "share_without_model": _share(sum(one.shown_without_model for one in results), shown),
        "tokens_a_key": _spreads(_tokens_a_key(results, count)),
        "prompt_tokens_after": _spreads(_tokens(results)),
        "prompt_tokens_after_one_key": _spreads(_tokens(results, lambda one: one.keys == 1)),
        "prompt_tokens_over_keys": _share(
            sum(one.tokens or 0 for one in asked if one.warm),
            sum(one.keys for one in asked if one.warm and one.ms is not None),
        ),
        "prompt_tokens_in_all": totals,
        "prompt_tokens_in_all_over_keys": None if totals is None else _share(totals, keys),
    }


def _both_offered(sides: Sides) -> dict[str, Any]:
    pairs = [
        (one.counted, other.counted)
        for one, other in zip(_waits(sides["ours"]), _waits(sides["peer"]), strict=True)
        if one.seconds is not None and other.seconds is not None
    ]
    if not pairs:
        return {"pauses": 0}
    ours, peer = [one for one, _ in pairs], [other for _, other in pairs]
    return {
        "pauses": len(pairs),
        "line_p50_ratio": _share(statistics.median(ours), statistics.median(peer)),
        "line_mean_ratio": _share(statistics.mean(ours), statistics.mean(peer)),
    }


def _tokens_a_key(results: list[Replayed], count: dict[str, int]) -> dict[str, list[float]]:
    """Return what warm requests cost by last key: a character's share, or beyond other text."""
    found = _by_key()
    for one in _counted(results):
        assert one.tokens is not None
        other = count[one.typed]
        is_char = one.kind == "char"
        found[one.kind].append(one.tokens / one.keys if is_char else max(one.tokens - other, 0))
    return found


def _tokens(
    results: list[Replayed], only: Callable[[Asked], bool] = bool
) -> dict[str, list[float]]:
    """Return the tokens of warm requests as they are, by last key."""
    found = _by_key()
    for one in filter(only, _counted(results)):
        assert one.tokens is not None
        found[one.kind].append(one.tokens)
    return found


def _by_key() -> dict[str, list[float]]:
    return {"char": [], "enter": [], "backspace": [], "accept": []}


def _counted(results: list[Replayed]) -> list[Asked]:
    kinds = _by_key()
    return [
        one for one in _asked(results) if one.warm and one.tokens is not None and one.kind in kinds
    ]


def _spreads(values: dict[str, list[float]]) -> dict[str, Any]:
    return {kind: _spread(all_) for kind, all_ in values.items()}


def _totals(results: list[Replayed]) -> float | None:
    totals = [one.all_tokens for one in results]
    return None if None in totals else sum(one for one in totals if one is not None)


def _seconds(results: list[Replayed]) -> list[float]:
    return [one.counted for one in _waits(results)]


def _waits(results: list[Replayed]) -> list[Waited]:
    return [one for result in results for one in result.waited]


def _asked(results: Iterable[Replayed]) -> list[Asked]:
    return [one for result in results for one in result.asked]


def _spread(values: list[float], digits: int = 1) -> dict[str, float] | None:
    if not values:
        return None
    p95 = sorted(values)[min(int(len(values) * 0.95), len(values) - 1)]
    parts = {"p50": statistics.median(values), "p95": p95, "mean": statistics.mean(values)}
    return {"count": len(values), **{name: round(one, digits) for name, one in parts.items()}}


def _share(part: float, whole: float) -> float | None:
    return round(part / whole, 3) if whole else None
