"""Fetching a model from the hub, for which a real HTTP server on this machine stands in."""

import contextlib
import hashlib
import http.server
import random
import re
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from qwen_lsp.errors import ModelError
from qwen_lsp.models import catalogue, store
from qwen_lsp.models.catalogue import HubSource
from qwen_lsp.models.pull import pull

CONTENT = b"GGUF" + random.Random(7).randbytes(299_996)  # noqa: S311 - only has to be incompressible
TINY = replace(
    catalogue.find(catalogue.DEFAULT_MODEL),
    name="tiny",
    file="tiny.gguf",
    bytes=len(CONTENT),
    sha256=hashlib.sha256(CONTENT).hexdigest(),
    sources=(),
)
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@dataclass
class Hub:
    """A local HTTP server for one file; what it does next is set by the test."""

    content: bytes = CONTENT
    status: int = 200
    serves_ranges: bool = True
    cuts: list[int] = field(default_factory=list)  # bytes after which each answer breaks off
    redirects: int = 0
    targets: list[str] = field(default_factory=list)
    ranges: list[str | None] = field(default_factory=list)
    asked: threading.Event = field(default_factory=threading.Event)
    may_answer: threading.Event = field(default_factory=threading.Event)
    port: int = 0

    @property
    def source(self):
        return HubSource(f"http://127.0.0.1:{self.port}/tiny.gguf")

    def answer(self, request):
        self.targets.append(request.path)
        self.ranges.append(request.headers.get("Range"))
        self.asked.set()
        assert self.may_answer.wait(60)
        if self.redirects:
            self.redirects -= 1
            request.send_response(302)
            request.send_header("Location", "/elsewhere/tiny.gguf")
            request.send_header("Content-Length", "0")
            request.end_headers()
            return
        body, status = self.content, self.status
        if "elsewhere" in request.path:
            body, status = CONTENT, 200
        asked_range = re.fullmatch(r"bytes=(\d+)-", self.ranges[-1] or "")
        start = int(asked_range[1]) if asked_range and self.serves_ranges else 0
        if start and status == 200:
            body, status = body[start:], 206
        request.send_response(status)
        request.send_header("Content-Length", str(len(body)))
        if status == 206:
            end = len(self.content)
            request.send_header("Content-Range", f"bytes {start}-{end - 1}/{end}")
        request.end_headers()
        if self.cuts:
            body = body[: self.cuts.pop(0)]
            request.close_connection = True
        request.wfile.write(body)


@pytest.fixture(autouse=True)
def own_world(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def hub():
    hub = Hub()
    hub.may_answer.set()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            hub.answer(self)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        hub.port = server.server_port
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield hub
        hub.may_answer.set()
        server.shutdown()
        thread.join()


def silent(done_bytes, total_bytes, what):
    pass


def check_installed(model):
    """Pull, and check that exactly the model and its lock are there afterwards."""
    path = pull(model, silent)
    assert path == store.path_of(model)
    assert path.read_bytes() == CONTENT
    assert [left.name for left in store.partial_dir().iterdir()] == ["tiny.gguf.lock"]


def check_refused(model):
    """Pull, and return the error's text: one sentence, and nothing half-installed."""
    with pytest.raises(ModelError) as caught:
        pull(model, silent)
    text = str(caught.value)
    assert text.endswith(".")
    assert not re.search(r"[.?!] [A-Z]|\n", text), text
    assert not store.path_of(model).exists()
    return text


def from_hub(hub, *others):
    return replace(TINY, sources=(hub.source, *others))


def test_the_hub_delivers_the_file(hub):
    check_installed(from_hub(hub))
    assert hub.ranges == [None]


def test_an_installed_model_is_not_fetched_again(hub):
    check_installed(from_hub(hub))
    check_installed(from_hub(hub))
    assert len(hub.targets) == 1


def test_an_installed_file_that_was_cut_short_is_replaced(hub):
    store.path_of(TINY).write_bytes(CONTENT[:1000])
    check_installed(from_hub(hub))


def test_redirects_of_the_hub_are_followed(hub):
    hub.redirects = 2
    check_installed(from_hub(hub))
    assert hub.targets[-1] == "/elsewhere/tiny.gguf"


def test_a_connection_that_breaks_is_taken_up_where_it_broke(hub):
    hub.cuts = [100_000, 50_000]
    check_installed(from_hub(hub))
    assert hub.ranges == [None, "bytes=100000-", "bytes=150000-"]


def test_a_connection_that_keeps_breaking_keeps_what_came_for_the_next_pull(hub):
    hub.cuts = [100_000, 0]
    assert "the connection broke, 200,000 bytes are still to come" in check_refused(from_hub(hub))
    assert store.hub_part(TINY).read_bytes() == CONTENT[:100_000]
    check_installed(from_hub(hub))
    assert hub.ranges[-1] == "bytes=100000-"


def test_a_hub_without_ranges_starts_over(hub):
    hub.cuts = [100_000]
    hub.serves_ranges = False
    check_installed(from_hub(hub))


def test_a_finished_download_that_was_not_checked_yet_needs_no_network():
    store.hub_part(TINY).write_bytes(CONTENT)
    check_installed(replace(TINY, sources=(HubSource("http://127.0.0.1:9/tiny.gguf"),)))


def test_a_page_in_place_of_the_file_does_not_cost_what_was_downloaded(hub):
    store.hub_part(TINY).write_bytes(CONTENT[:1000])
    hub.content, hub.serves_ranges = b"<p>Please sign in", False
    assert "it offers 17 bytes where 300000 were expected" in check_refused(from_hub(hub))
    assert store.hub_part(TINY).read_bytes() == CONTENT[:1000]


def test_a_file_with_the_wrong_sum_is_deleted(hub):
    hub.content = bytes(len(CONTENT))
    assert "has the wrong SHA-256, and was deleted" in check_refused(from_hub(hub))
    assert not store.hub_part(TINY).exists()


@pytest.mark.parametrize("variable", ["http_proxy", "all_proxy"])
def test_the_hub_is_reached_through_the_proxy_of_the_environment(hub, monkeypatch, variable):
    monkeypatch.setenv(variable, f"http://127.0.0.1:{hub.port}")
    # A name that no look-up finds: only the proxy can know it.
    check_installed(replace(TINY, sources=(HubSource("http://hub.invalid/tiny.gguf"),)))
    assert hub.targets == ["http://hub.invalid/tiny.gguf"]


def test_a_hub_whose_packets_are_dropped_is_given_up_after_a_few_seconds():
    # A full accept queue drops new connections just as a firewall does.
    with contextlib.ExitStack() as sockets:
        listener = sockets.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        address = listener.getsockname()
        for _ in range(4):
            client = sockets.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(address)
        begun = time.monotonic()
        text = check_refused(
            replace(TINY, sources=(HubSource(f"http://127.0.0.1:{address[1]}/x"),))
        )
        assert time.monotonic() - begun < 4.5
    assert "127.0.0.1: no connection (timed out)" in text


@pytest.mark.parametrize("trouble", [{"status": 503}, {"content": bytes(len(CONTENT))}])
def test_the_next_source_is_taken_when_one_refuses_or_sends_wrong_bytes(hub, trouble):
    for name, value in trouble.items():
        setattr(hub, name, value)
    check_installed(from_hub(hub, HubSource(f"http://127.0.0.1:{hub.port}/elsewhere")))
    assert hub.targets == ["/tiny.gguf", "/elsewhere"]


def test_a_model_larger_than_the_free_space_is_not_begun(hub):
    huge = replace(from_hub(hub), bytes=10**18)
    text = check_refused(huge)
    assert "tiny needs 1,000,000,000,000 MB in " in text
    assert hub.targets == []


PULL_IN_A_PROCESS = """
import resource, sys
from dataclasses import replace
from qwen_lsp.models import catalogue
from qwen_lsp.models.catalogue import HubSource
from qwen_lsp.models.pull import pull

url, size, sha256, file_limit = sys.argv[1:]
if int(file_limit):
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(file_limit), int(file_limit)))
model = catalogue.find(catalogue.DEFAULT_MODEL)
model = replace(model, name="tiny", file="tiny.gguf", bytes=int(size), sha256=sha256,
                sources=(HubSource(url),))
print(pull(model, lambda done, total, what: print(what, flush=True)))
"""


def start_pull(hub, file_limit=0):
    arguments = [hub.source.url, str(TINY.bytes), TINY.sha256, str(file_limit)]
    return subprocess.Popen(
        [sys.executable, "-c", PULL_IN_A_PROCESS, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_disk_that_fills_up_is_one_error_and_the_pull_can_go_on_later(hub):
    with start_pull(hub, file_limit=120_000) as process:
        _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert f"ModelError: The disk of {store.path_of(TINY).parent} is full: make room" in said
    assert not store.path_of(TINY).exists()
    check_installed(from_hub(hub))
    assert hub.ranges == [None, "bytes=120000-"]


def test_a_folder_that_cannot_be_written_is_named(hub):
    store.hub_part(TINY).mkdir()
    text = check_refused(from_hub(hub))
    assert str(store.hub_part(TINY)) in text
    assert "cannot be used (Is a directory)" in text


def test_of_two_pulls_at_once_the_second_waits_and_finds_it_installed(hub):
    hub.may_answer.clear()
    with start_pull(hub) as first:
        assert hub.asked.wait(60)
        with start_pull(hub) as second:
            assert second.stdout
            assert second.stdout.readline() == "waiting for another pull\n"
            hub.may_answer.set()
            for process in (first, second):
                output, said = process.communicate(timeout=60)
                assert process.returncode == 0, said
                assert Path(output.splitlines()[-1]).read_bytes() == CONTENT
    assert len(hub.targets) == 1
