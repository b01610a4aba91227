"""`qwen-lsp complete`: completions on files, without an editor."""

import json

import click

from qwen_lsp.cli.finding import Finder
from qwen_lsp.cli.places import parse_place, snapshot_at
from qwen_lsp.cli.user import run_with_engine
from qwen_lsp.features.inline_completion import Completion
from qwen_lsp.features.inline_completion import complete as complete_feature
from qwen_lsp.features.offers import Offers
from qwen_lsp.features.outcome import Dropped
from qwen_lsp.inference.engine import Engine
from qwen_lsp.trace import Trace


@click.command()
@click.argument("place", metavar="FILE:LINE:COL")
@click.option("--json", "as_json", is_flag=True)
def complete(place: str, as_json: bool) -> None:
    """Print the text that would be inserted at a 1-based line and column."""
    snapshot = snapshot_at(place)
    trace = Trace("complete")

    async def run(engine: Engine) -> Completion | Dropped:
        finder = Finder(parse_place(place).path, engine, is_quiet=as_json)
        return await complete_feature(snapshot, engine, Offers(), trace, finder.inform)

    outcome = run_with_engine(run)
    text = outcome.text if isinstance(outcome, Completion) else ""
    reason = outcome.reason if isinstance(outcome, Dropped) else ""
    if as_json:
        click.echo(json.dumps({"text": text, "reason": reason, "trace": trace.line()}))
    elif text:
        click.echo(text)
    else:
        click.echo(f"Nothing to offer: {reason}.", err=True)
