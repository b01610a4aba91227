"""Runs the language server in this process, over standard input and output or a socket."""

import gc
import logging
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pygls.lsp.server import LanguageServer


def run_stdio(log_level: str = "INFO") -> None:
    """Serve one editor over standard input and output until it hangs up."""
    # Whatever prints by mistake must not end up between protocol messages.
    protocol_out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    _build(log_level).start_io(sys.stdin.buffer, protocol_out)


def run_tcp(host: str, port: int, log_level: str = "INFO") -> None:
    """Serve one editor over TCP."""
    _build(log_level).start_tcp(host, port)


def _build(log_level: str) -> "LanguageServer":
    # What is imported here stays: collecting garbage meanwhile, and again later, finds nothing.
    gc.disable()
    logging.basicConfig(
        level=log_level.upper(), stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s"
    )
    # pygls logs whole messages, and with them document text, at INFO.
    logging.getLogger("pygls").setLevel(logging.ERROR)
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    from qwen_lsp.server import garbage
    from qwen_lsp.server.app import build_server

    server = build_server()
    garbage.collect_rarely()
    gc.enable()
    return server
