"""Reads the counters that the engine publishes at `/metrics` on its socket."""

import re
from pathlib import Path

import httpx2

_LINE = re.compile(r"^(?P<name>\w+)(\{(?P<labels>[^}]*)\})? (?P<value>\S+)$", re.MULTILINE)

Counters = dict[tuple[str, str], float]


class EngineMetrics:
    """One engine's counters; knows nothing, but does not fail, where there are none."""

    def __init__(self, socket: Path) -> None:
        self._http = httpx2.AsyncClient(
            transport=httpx2.AsyncHTTPTransport(uds=str(socket)),
            base_url="http://engine",
            trust_env=False,
        )

    async def prompt_tokens(self) -> tuple[float | None, float | None]:
        """Return prompt tokens evaluated so far: for completions, and for all priorities."""
        page = await self._read()
        name = "qwen_prompt_tokens_evaluated_total"
        if page is None or not any(key[0] == name for key in page):
            return None, None
        return _sum(page, name, 'priority="completion"'), _sum(page, name)

    async def completions(self) -> float | None:
        """Return how many completion requests reached the engine."""
        page = await self._read()
        name = "qwen_requests_total"
        if page is None or not any(key[0] == name for key in page):
            return None
        return _sum(page, name, 'priority="completion"')

    async def close(self) -> None:
        await self._http.aclose()

    async def _read(self) -> Counters | None:
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
