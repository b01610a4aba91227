"""`qwen-lsp serve`: the language server that an editor starts."""

import click

from qwen_lsp.server import run


@click.command()
@click.option("--stdio", is_flag=True, help="Speak over standard input and output (the default).")
@click.option("--tcp", metavar="HOST:PORT", help="Listen for one editor on this address instead.")
@click.option("--log-level", default="INFO", show_default=True)
def serve(stdio: bool, tcp: str | None, log_level: str) -> None:
    """Start the language server; this is the command to put into an editor's settings."""
    del stdio
    if tcp:
        host, _, port = tcp.rpartition(":")
        if not port.isdigit():
            raise click.UsageError("--tcp needs HOST:PORT, such as 127.0.0.1:2087.")
        run.run_tcp(host or "127.0.0.1", int(port), log_level)
    else:
        run.run_stdio(log_level)
