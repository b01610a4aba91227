"""Reads the counters that the engine publishes at `/metrics` on its socket."""

from dataclasses import dataclass
from pathlib import Path

import httpx2

from qwen_lsp import wire
from qwen_lsp.inference.client import samples_of


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

    async def _page(self) -> dict[str, float] | None:
        try:
            response = await self._http.get(wire.METRICS, timeout=5.0)
        except httpx2.HTTPError:
            return None
        if response.status_code != httpx2.codes.OK:
            return None
        return samples_of(response.text)


def _sum(page: dict[str, float], name: str, label: str = "") -> float:
    return sum(
        value for key, value in page.items() if key.partition("{")[0] == name and label in key
    )
