"""`qwen-lsp serve`: the language server that an editor starts."""

import logging
import os
import sys

import click


@click.command()
@click.option("--stdio", is_flag=True, help="Speak over standard input and output (the default).")
@click.option("--tcp", metavar="HOST:PORT", help="Listen for one editor on this address instead.")
@click.option("--log-level", default="INFO", show_default=True)
def serve(stdio: bool, tcp: str | None, log_level: str) -> None:
    """Start the language server; this is the command to put into an editor's settings."""
    del stdio
    # Whatever prints by mistake must not end up between protocol messages.
    protocol_out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    logging.basicConfig(
        level=log_level.upper(), stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s"
    )
    # pygls logs whole messages, and with them document text, at INFO.
    logging.getLogger("pygls").setLevel(logging.ERROR)
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    from qwen_lsp.server.app import build_server

    server = build_server()
    if tcp:
        host, _, port = tcp.rpartition(":")
        if not port.isdigit():
            raise click.UsageError("--tcp needs HOST:PORT, such as 127.0.0.1:2087.")
        server.start_tcp(host or "127.0.0.1", int(port))
        return
    server.start_io(sys.stdin.buffer, protocol_out)
