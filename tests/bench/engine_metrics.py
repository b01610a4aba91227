"""Reads the counters that the engine publishes at `/metrics` on its socket."""

import re
from dataclasses import dataclass
from pathlib import Path

import httpx2

_LINE = re.compile(r"^(?P<name>\w+)(\{(?P<labels>[^}]*)\})? (?P<value>\S+)$", re.MULTILINE)

Counters = dict[tuple[str, str], float]


@dataclass(frozen=True, slots=True)
class Reading:
    """Totals since the engine started; None where it publishes none.

    Attributes:
        tokens: prompt tokens evaluated for completions.
        requests: completions that ended, however.
        all_tokens: prompt tokens evaluated for whatever purpose.
    """

    tokens: float | None = None
    requests: float | None = None
    all_tokens: float | None = None


class EngineMetrics:
    """One engine's counters; knows nothing, but does not fail, where there are none."""

    def __init__(self, socket: Path) -> None:
        self._http = httpx2.AsyncClient(
            transport=httpx2.AsyncHTTPTransport(uds=str(socket)),
            base_url="http://engine",
            trust_env=False,
        )

    async def read(self) -> "Reading":
        page = await self._page()
        if page is None:
            return Reading()
        tokens, requests = "qwen_prompt_tokens_evaluated_total", "qwen_requests_total"
        completion = 'priority="completion"'
        return Reading(
            _sum(page, tokens, completion), _sum(page, requests, completion), _sum(page, tokens)
        )

    async def close(self) -> None:
        await self._http.aclose()

    async def _page(self) -> Counters | None:
        try:
            response = await self._http.get("/metrics", timeout=5.0)
        except httpx2.HTTPError:
            return None
        if response.status_code != httpx2.codes.OK:
            return None
        return {
            (found["name"], found["labels"] or ""): float(found["value"])
            for found in _LINE.finditer(response.text)
        }


def _sum(page: Counters, name: str, label: str = "") -> float:
    return sum(value for key, value in page.items() if key[0] == name and label in key[1])
