"""A model file from the model hub: one HTTPS download that goes on where it was cut off."""

import queue
import socket
import threading
import urllib.request
from http import HTTPStatus
from urllib.parse import urlsplit

import httpx2

from qwen_lsp.models.catalogue import HubSource
from qwen_lsp.models.sources import PartFile, SourceFailed

# A firewall that drops packets must not cost more than this before the packages are tried.
CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0
# How often one pull takes up a broken download again, as long as each attempt brought something.
ATTEMPTS = 4


def fetch(source: HubSource, part: PartFile) -> None:
    """Download what is missing in the part file.

    Raises:
        SourceFailed: the hub cannot be reached, sends something else, or keeps breaking off.
        ModelError: the disk is too small.
    """
    part.resume()
    if not part.missing:
        # All there, but the pull ended before it was checked.
        return
    part.show(f"connecting to {urlsplit(source.url).hostname}")
    _check_reachable(source.url)
    part.require_space()
    try:
        with _client() as client:
            for attempt in range(1, ATTEMPTS + 1):
                before = part.size
                try:
                    _download(client, source.url, part)
                except (httpx2.NetworkError, httpx2.ReadTimeout, httpx2.RemoteProtocolError):
                    if part.size == before or attempt == ATTEMPTS:
                        raise
                else:
                    return
    except httpx2.HTTPError as error:
        raise SourceFailed(_reason(error, part)) from error


def _client() -> httpx2.Client:
    try:
        # trust_env, on by default, is what honours the user's proxies and certificates.
        return httpx2.Client(
            follow_redirects=True,
            timeout=httpx2.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
        )
    except (ValueError, ImportError, httpx2.InvalidURL) as error:
        raise SourceFailed(f"the proxy settings cannot be used ({error})") from error


def _download(client: httpx2.Client, url: str, part: PartFile) -> None:
    headers = {"Accept-Encoding": "identity"}
    if part.size:
        headers["Range"] = f"bytes={part.size}-"
    with client.stream("GET", url, headers=headers) as response:
        resumed = response.status_code == HTTPStatus.PARTIAL_CONTENT
        if not resumed and response.status_code != HTTPStatus.OK:
            raise SourceFailed(f"it answered {response.status_code} {response.reason_phrase}")
        if resumed and not _continues_at(response, part.size):
            raise SourceFailed("it answered with another range than was asked for")
        # Looked at before anything is thrown away: a sign-in page also answers 200.
        coming = response.headers.get("Content-Length")
        expected = part.missing if resumed else part.missing + part.size
        if coming is not None and coming != str(expected):
            raise SourceFailed(f"it offers {coming} bytes where {expected} were expected")
        if not resumed:
            part.restart()
        for block in response.iter_raw():
            part.write(block, "downloading")
    if part.missing:
        raise httpx2.ReadError("the answer ended early")


def _continues_at(response: httpx2.Response, start: int) -> bool:
    return response.headers.get("Content-Range", "").startswith(f"bytes {start}-")


def _reason(error: httpx2.HTTPError, part: PartFile) -> str:
    if isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.ProxyError):
        return f"no connection ({error})"
    if part.size:
        return f"the connection broke, {part.missing:,} bytes are still to come"
    return f"no answer ({str(error) or type(error).__name__})"


def _check_reachable(url: str) -> None:
    """Find out within `CONNECT_SECONDS` whether the host answers at all.

    The client's own limit holds for each of a host's addresses in turn and not for the name's
    look-up, so a machine behind a firewall would wait for a minute. A proxy is asked directly.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    proxied = urllib.request.getproxies().keys() & {parts.scheme, "all"}
    if proxied and not urllib.request.proxy_bypass(host):
        return
    port = parts.port or (443 if parts.scheme == "https" else 80)
    answers: queue.SimpleQueue[str] = queue.SimpleQueue()

    def connect() -> None:
        try:
            socket.create_connection((host, port), timeout=CONNECT_SECONDS / 2).close()
        except OSError as error:
            answers.put(f"no connection ({error.strerror or error})")
        else:
            answers.put("")

    # A daemon, since a look-up that hangs cannot be stopped and must not keep the process alive.
    threading.Thread(target=connect, name="reach-hub", daemon=True).start()
    try:
        reason = answers.get(timeout=CONNECT_SECONDS)
    except queue.Empty:
        reason = f"no connection within {CONNECT_SECONDS:.0f} s"
    if reason:
        raise SourceFailed(reason)
