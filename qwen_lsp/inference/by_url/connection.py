"""HTTP to one engine of the user's: time limits, the key, and a sentence for whatever goes wrong.

The only file here that imports httpx2. Redirects are not followed: code goes where the user said.
"""

import asyncio
import json
import os
import re
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx2

from qwen_lsp.errors import EngineError, EngineUnusable
from qwen_lsp.inference.body import Body
from qwen_lsp.inference.by_url.key import KEY_VARIABLE
from qwen_lsp.inference.by_url.line import Line
from qwen_lsp.inference.by_url.openai import message_of
from qwen_lsp.inference.by_url.profile import Chunk, NotServed, StillLoading

Reader = Callable[[str], Chunk | None]

CONNECT_S = 5.0
ASK_S = 10.0  # for small questions, which no model has to answer
MOST_MESSAGE = 300  # characters of an engine's own words
DRAIN_S = 0.2  # for what stands behind the end of an answer, so that the connection can be kept
NO_PROXY = ("all://", "http://", "https://")
MOST_WAIT_S = 300.0  # of what a busy engine asks for


class Connection:
    """One engine's HTTP.

    Attributes:
        where: host and port, for people.
    """

    def __init__(self, url: str, key: str, patience_s: float) -> None:
        self.where = where_of(url)
        self._key = key
        self._patience_s = patience_s
        self._leaving: set[asyncio.Task[None]] = set()
        self._through = " through the system's proxy" if _is_proxied(url) else ""

        def client(kept: int | None) -> httpx2.AsyncClient:
            return httpx2.AsyncClient(
                base_url=url.rstrip("/").removesuffix("/v1"),
                headers={"Authorization": f"Bearer {key}"} if key else {},
                timeout=httpx2.Timeout(None, connect=CONNECT_S, write=patience_s),
                limits=httpx2.Limits(max_keepalive_connections=kept),
                # The system's proxy and certificates; but none stands before this machine itself.
                mounts=dict.fromkeys(NO_PROXY) if _is_this_machine(url) else None,
                follow_redirects=False,
            )

        self._http = client(None)
        self._once = client(0)  # each request has a connection of its own

    async def get(self, path: str) -> Any:
        """Return the JSON of a path.

        Raises:
            EngineError: as `lines`; or it is no JSON.
        """
        return await self._json("GET", path, None)

    async def post(self, path: str, body: dict[str, Any]) -> Any:
        """Return the JSON that a body is answered with.

        Raises:
            EngineError: as `lines`; or it is no JSON.
        """
        return await self._json("POST", path, body)

    async def lines(
        self,
        path: str,
        body: Body,
        read: Reader,
        *,
        whole: bool,
        on_ended: Callable[[], None] | None = None,
    ) -> AsyncGenerator[Chunk, None]:
        """Yield what `read` makes of the lines that a body is answered with.

        Whatever trickles in, the next thing that `read` knows has to come in time, so that a host
        does not hold anybody up; and the end has to come in that time if `whole`.

        Args:
            path: what is asked.
            body: with what.
            read: makes a chunk of a line, or nothing.
            whole: whether the whole answer has to come in time.
            on_ended: hears, once, that the engine is done with it, also with one that was left.

        Raises:
            EngineUnusable: the host cannot be used now, or broke off.
            NotServed: there is no such path or model.
            StillLoading: the model is not ready yet.
            EngineError: the engine refused the request, or failed.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._patience_s
        began = is_over = False
        line = None if on_ended is None else Line(on_ended)
        try:
            async with asyncio.timeout_at(deadline):
                response = await self._send(path, body, line)
            try:
                lines = response.aiter_lines()
                while True:
                    if not whole:
                        deadline = loop.time() + self._patience_s
                    async with asyncio.timeout_at(deadline):
                        found = await self._next(lines, read)
                    is_over = found is None or found.is_last
                    if found is None:
                        return
                    began = True
                    yield found
                    if found.is_last:
                        await _drain(lines)
                        return
            finally:
                await response.aclose()
        except TimeoutError as error:
            raise self._too_slow() from error
        except (httpx2.HTTPError, httpx2.StreamError) as error:
            raise self._failure(error, began=began) from error
        finally:
            if line is not None and is_over:
                line.close()
            elif line is not None:
                self._leave(line)

    async def close(self) -> None:
        """Close all connections."""
        await self._http.aclose()
        await self._once.aclose()
        for task in self._leaving:
            task.cancel()

    def _leave(self, line: Line) -> None:
        task = asyncio.create_task(line.hang_up())
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    async def _send(self, path: str, body: Body, line: Line | None) -> httpx2.Response:
        http = self._http if line is None else self._once
        request = http.build_request("POST", path, content=body, headers=body.headers)
        if line is not None:
            request.extensions["trace"] = line.trace
        try:
            response = await http.send(request, stream=True)
        except (httpx2.RemoteProtocolError, httpx2.ReadError, httpx2.WriteError):
            if line is not None:
                raise
            # A kept connection that the engine closed just then. Nothing was answered yet.
            response = await http.send(request, stream=True)
        if response.status_code != httpx2.codes.OK:
            try:
                await response.aread()
            finally:
                await response.aclose()
            raise self._refusal(response)
        return response

    async def _next(self, lines: AsyncIterator[str], read: Reader) -> Chunk | None:
        async for line in lines:
            try:
                found = read(line)
            except EngineError as error:
                raise EngineUnusable(f"{self.where} failed{self._behind(str(error))}.") from None
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise EngineUnusable(f"{self.where} does not answer as an engine does.") from error
            if found is not None:
                return found
        return None

    async def _json(self, method: str, path: str, body: dict[str, Any] | None) -> Any:
        content = None if body is None else json.dumps(body)
        try:
            async with asyncio.timeout(min(ASK_S, self._patience_s)):
                response = await self._http.request(
                    method, path, content=content, headers={"Content-Type": "application/json"}
                )
        except TimeoutError as error:
            raise self._too_slow(min(ASK_S, self._patience_s)) from error
        except httpx2.HTTPError as error:
            raise self._failure(error, began=False) from error
        if response.status_code != httpx2.codes.OK:
            raise self._refusal(response)
        try:
            return response.json()
        except ValueError:
            raise NotServed("it does not answer as an engine does") from None

    def _too_slow(self, seconds: float = 0.0) -> EngineError:
        return EngineUnusable(
            f"{self.where} did not answer within {seconds or self._patience_s:g} s."
        )

    def _failure(self, error: Exception, *, began: bool) -> EngineError:
        """Return the sentence for a connection that failed."""
        cause = _cause(error)
        if isinstance(error, httpx2.ProxyError):
            text = (
                f"The proxy before {self.where} does not let us through ({error}); see the "
                "variables HTTPS_PROXY and NO_PROXY."
            )
        elif isinstance(cause, ssl.SSLCertVerificationError):
            text = (
                f"The certificate of {self.where} is not to be trusted "
                f"({cause.verify_message}), so nothing was sent."
            )
        elif isinstance(error, httpx2.ConnectTimeout):
            text = (
                f"{self.where} does not answer{self._through}; see whether it runs, and can be "
                "reached from here."
            )
        elif isinstance(error, httpx2.ConnectError):
            text = (
                f"{self.where} cannot be reached{self._through} ({_words(cause)}); see whether the "
                "engine runs there."
            )
        elif began:
            text = f"{self.where} broke off in the middle of an answer."
        else:
            text = f"{self.where} hung up without an answer."
        return EngineUnusable(text)

    def _refusal(self, response: httpx2.Response) -> EngineError:
        """Return the error for an answer that is none."""
        status, words = response.status_code, self._behind(_message(response))
        if status in (404, 405, 501):
            return NotServed(f"HTTP {status}{words}")
        if status == httpx2.codes.SERVICE_UNAVAILABLE and "loading" in words.lower():
            return StillLoading(f"{self.where} is still loading its model.")
        if 400 <= status < 500 and status not in (401, 403, 407, 408, 429):
            return EngineError(f"{self.where} refuses the request (HTTP {status}{words}).")
        text, wait_s = f"{self.where} failed (HTTP {status}{words}).", 0.0
        if status in (401, 403):
            text = (
                f"{self.where} does not accept the API key (HTTP {status}); put the right one into "
                f"the file that `engine.keyFile` names, or into the variable {KEY_VARIABLE}."
            )
        elif status == httpx2.codes.TOO_MANY_REQUESTS:
            text = f"{self.where} takes no more requests for now (HTTP {status})."
            wait_s = _retry_after_s(response.headers.get("Retry-After", ""))
        elif 300 <= status < 400:
            text = (
                f"{self.where} sends us elsewhere (HTTP {status}), where no code goes unless "
                "`engine.url` says so."
            )
        return EngineUnusable(text, retry_after_s=wait_s)

    def _behind(self, message: str) -> str:
        """Return an engine's own words, to stand behind ours."""
        message = " ".join(message.split())
        if self._key:  # some say again what they were sent
            message = message.replace(self._key, "…")
        return f": {message[:MOST_MESSAGE].rstrip('.')}" if message else ""


def where_of(url: str) -> str:
    """Return the host and port of a URL, for people."""
    return urlsplit(url).netloc.rpartition("@")[2]


def _message(response: httpx2.Response) -> str:
    """Return an engine's own words for why it refuses."""
    try:
        fields = response.json()
    except ValueError:
        return ""
    error = fields.get("error", fields.get("detail")) if isinstance(fields, dict) else None
    return "" if error is None else message_of(error)


async def _drain(lines: AsyncIterator[str]) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_S):
            async for _ in lines:
                pass


def _is_this_machine(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_proxied(url: str) -> bool:
    """Whether the system names a proxy for a URL."""
    parts = urlsplit(url)
    named = getproxies()
    if _is_this_machine(url) or not (parts.scheme in named or "all" in named):
        return False
    return not proxy_bypass(parts.netloc)


def _words(cause: BaseException) -> str:
    if not isinstance(cause, OSError):
        return str(cause)
    # A name that cannot be looked up has a number of its own, below 0.
    number = cause.errno or 0
    return os.strerror(number) if number > 0 else cause.strerror or str(cause)


def _cause(error: BaseException) -> BaseException:
    """Return what is at the bottom of an error, such as the system's own."""
    while (below := error.__cause__ or error.__context__) is not None:
        error = below
    return error


def _retry_after_s(value: str) -> float:
    """Read a `Retry-After` header: seconds, or a date; 0 if it says nothing."""
    if re.fullmatch(r"\d+", value.strip()):
        seconds = float(value)
    else:
        try:
            seconds = (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError):
            return 0.0
    return min(max(seconds, 0.0), MOST_WAIT_S)
