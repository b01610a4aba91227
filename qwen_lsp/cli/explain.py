"""`qwen-lsp explain`: explanations of files, without an editor."""

import sys
from contextlib import aclosing

import click

from qwen_lsp.cli.places import lines_of, parse_place, read_document, snapshot_of
from qwen_lsp.cli.user import run_with_engine
from qwen_lsp.errors import BadInput
from qwen_lsp.features.explain import explain as explain_feature
from qwen_lsp.inference.engine import Engine
from qwen_lsp.text import Span


@click.command()
@click.argument("place", metavar="FILE[:FIRST-LAST]")
def explain(place: str) -> None:
    """Explain a file, or 1-based lines FIRST to LAST of it, as Markdown."""
    named = parse_place(place)
    path, first = named.path, named.first
    if named.kind == ":":
        raise BadInput(f"{place} is not FILE:FIRST-LAST, such as main.py:12-20.")
    document = read_document(path)
    whole = Span(0, len(document.text))
    span = whole if first is None else lines_of(path, document, first, named.second or first)
    snapshot = snapshot_of(path, document, span)

    async def stream(engine: Engine) -> None:
        async with aclosing(explain_feature(snapshot, engine)) as pieces:
            async for piece in pieces:
                click.echo(piece, nl=False)
                sys.stdout.flush()
        click.echo()

    run_with_engine(stream)
