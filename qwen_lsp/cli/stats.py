"""`qwen-lsp stats`: what became of the completions so far."""

import json
from typing import Any

import click

from qwen_lsp.errors import QwenLspError

DAYS_SHOWN = 14
HEADINGS = (
    *("requests", "shown", "accepted", "kept", "model p50", "p95", "at once p50", "p95"),
    *("tokens evaluated", "reused"),
)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--delete", is_flag=True, help="Delete what was counted.")
def stats(*, as_json: bool, delete: bool) -> None:
    """Show how many completions were shown, accepted and kept, and how long they took.

    It is counted on this machine only: numbers, and never any text of your code.
    """
    from qwen_lsp.statistics.store import default_store
    from qwen_lsp.statistics.summary import summary_of

    store = default_store()
    try:
        if delete:
            store.delete()
            click.echo(f"{store.path} is deleted.", err=True)
            return
        stored = store.read()
    except OSError as error:
        raise QwenLspError(f"{store.path} cannot be used: {error.strerror or error}.") from error
    if stored.unreadable:
        click.echo(
            f"qwen-lsp: {store.path} has {stored.unreadable} lines that cannot be read; "
            "they are left out.",
            err=True,
        )
    summary = summary_of(stored.rows)
    if as_json:
        click.echo(json.dumps(summary, indent=2))
    elif not stored.rows:
        click.echo("Nothing is counted yet.")
    else:
        click.echo("\n".join([*_table(summary), "", f"Times are in ms. All of it: {store.path}"]))


def _table(summary: dict[str, Any]) -> list[str]:
    days = summary["days"][-DAYS_SHOWN:]
    rows = [("", *HEADINGS), (f"since {summary['since']}", *_cells(summary["total"]))]
    for groups in (summary["models"], summary["languages"], days):
        rows.append(())
        rows += [(figures["name"] or "unknown", *_cells(figures)) for figures in groups]
    widths = [max(len(row[column]) for row in rows if row) for column in range(len(rows[0]))]
    return [
        "  ".join(
            cell.rjust(width) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=False))
        )
        for row in rows
    ]


def _cells(figures: dict[str, Any]) -> tuple[str, ...]:
    model, at_once = figures["latency_ms"]["model"], figures["latency_ms"]["without_model"]
    tokens = figures["prompt_tokens"]
    return (
        f"{figures['requests']:,}",
        f"{figures['shown']:,}",
        f"{figures['accepted']:,}{_percent(figures['accepted_share'])}",
        _percent(figures["kept_share"]).strip(" ()") or "-",
        *(_milliseconds(times[name]) for times in (model, at_once) for name in ("p50", "p95")),
        f"{tokens['evaluated']:,}",
        f"{tokens['reused']:,}{_percent(tokens['reused_share'])}",
    )


def _percent(share: float | None) -> str:
    return "" if share is None else f" ({share:.0%})"


def _milliseconds(time: float | None) -> str:
    return "-" if time is None else f"{time:,.0f}"
