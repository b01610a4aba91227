"""`qwen-lsp model`: list, fetch, check, locate and remove model files."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager

import click

from qwen_lsp.models import catalogue, store
from qwen_lsp.models.catalogue import DEFAULT_MODEL, Model
from qwen_lsp.models.store import Progress

NAME = click.argument("name", default=DEFAULT_MODEL)


@click.group()
def model() -> None:
    """The model files on this machine."""


@model.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_models(as_json: bool) -> None:
    """Show the models there are, and which of them are installed."""
    if as_json:
        click.echo(json.dumps([_as_json(entry) for entry in catalogue.MODELS], indent=2))
        return
    width = max(len(entry.name) for entry in catalogue.MODELS)
    for entry in catalogue.MODELS:
        columns = (
            entry.name.ljust(width),
            entry.parameters.rjust(5),
            (entry.quantisation or "?").ljust(7),
            f"{entry.bytes / 1e6:,.0f} MB".rjust(9),
            (entry.licence or "?").ljust(10),
            ", ".join(notes_on(entry, is_installed=store.is_installed(entry))),
        )
        click.echo("  ".join(columns).rstrip())


@model.command()
@NAME
def pull(name: str) -> None:
    """Fetch a model, the default one if no NAME is given, and print where it is."""
    # Only this command needs an HTTP client, which is slow to import.
    from qwen_lsp.models.pull import pull as fetch

    wanted = catalogue.find(name)
    if store.is_installed(wanted):
        click.echo(f"{name} is already installed.", err=True)
    with _shown(name) as progress:
        click.echo(fetch(wanted, progress))


@model.command()
@NAME
def verify(name: str) -> None:
    """Compare an installed model's length and SHA-256 with the catalogue's."""
    with _shown(name) as progress:
        path = store.verify(catalogue.find(name), progress)
    click.echo(f"{path} is whole: {path.stat().st_size:,} bytes, and the SHA-256 is right.")


@model.command()
@NAME
def path(name: str) -> None:
    """Print where an installed model lies."""
    click.echo(store.resolve(name))


@model.command()
@click.argument("name")
def remove(name: str) -> None:
    """Delete an installed model, and what an unfinished download of it left."""
    store.remove(catalogue.find(name))
    click.echo(f"{name} is removed.", err=True)


def notes_on(entry: Model, *, is_installed: bool) -> list[str]:
    """Return what the list says of a model beside its figures."""
    notes = ["installed"] if is_installed else []
    notes += ["default"] if entry.name == DEFAULT_MODEL else []
    notes += [] if entry.fim else ["no fill in the middle: completes by chat, slower, less exact"]
    return notes


def _as_json(entry: Model) -> dict[str, object]:
    """Return the stable shape of `model list --json`; a figure that is not known is null."""
    installed = store.is_installed(entry)
    return {
        "name": entry.name,
        "default": entry.name == DEFAULT_MODEL,
        "family": entry.family,
        "parameters": entry.parameters,
        "quantisation": entry.quantisation,
        "bytes": entry.bytes,
        "sha256": entry.sha256,
        "licence": entry.licence,
        "context": entry.context,
        "fim": entry.fim,
        "installed": installed,
        "path": str(store.path_of(entry)) if installed else None,
    }


@contextmanager
def _shown(name: str) -> Iterator[Progress]:
    """Show progress on standard error: a bar on a terminal, otherwise a few plain lines."""
    # Slow to import, and only these commands draw.
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
        TransferSpeedColumn,
    )
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    if not console.is_terminal:
        yield _plain_lines(name)
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn())
    figures = (DownloadColumn(), TransferSpeedColumn(), TimeElapsedColumn())
    with Bar(*columns, *figures, console=console, transient=True) as bar:
        task = bar.add_task(name, total=None)

        def show(done_bytes: int, total_bytes: int, what: str) -> None:
            bar.update(task, completed=done_bytes, total=total_bytes, description=what)

        yield show


def _plain_lines(name: str) -> Progress:
    """Return a progress that writes a line per quarter, and in between only after a silence."""
    last_quarter, last_what, last_time = -1, "", 0.0

    def show(done_bytes: int, total_bytes: int, what: str) -> None:
        nonlocal last_quarter, last_what, last_time
        quarter = 4 * done_bytes // total_bytes
        silent = time.monotonic() - last_time
        if quarter != last_quarter or (what != last_what and silent > 10):
            last_quarter, last_what, last_time = quarter, what, time.monotonic()
            click.echo(f"{name}: {100 * done_bytes // total_bytes} %, {what}", err=True)

    return show
