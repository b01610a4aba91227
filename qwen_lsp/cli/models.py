"""`qwen-lsp model`: list, fetch, check, locate and remove model files."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from qwen_lsp.cli.recommend import hint, recommend
from qwen_lsp.models import catalogue, gguf, other_programs, store
from qwen_lsp.models.catalogue import DEFAULT_MODEL, Model
from qwen_lsp.models.gguf import Facts
from qwen_lsp.models.other_programs import Found
from qwen_lsp.models.projectors import projector_of
from qwen_lsp.models.shape import Shape
from qwen_lsp.models.store import Progress

NAME = click.argument("name", default=DEFAULT_MODEL)
NO_FIM = "no fill in the middle: completes by chat, slower, less exact"
NO_SUM = "its SHA-256 is not known to this release, so only its length was compared."


@click.group()
def model() -> None:
    """The model files on this machine."""


model.add_command(recommend)


@model.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_models(as_json: bool) -> None:
    """Show the models there are, and which of them are installed."""
    here = other_programs.found()
    if as_json:
        entries = [_as_json(entry) for entry in catalogue.MODELS]
        click.echo(json.dumps([*entries, *(_found_as_json(one) for one in here)], indent=2))
        return
    names = [*(entry.name for entry in catalogue.MODELS), *(one.name for one in here)]
    width = max(len(name) for name in names)
    for entry in catalogue.MODELS:
        columns = (
            entry.name.ljust(width),
            entry.parameters.rjust(7),
            entry.quantisation.ljust(7),
            f"{entry.bytes / 1e6:,.0f} MB".rjust(9),
            entry.licence.ljust(13),
            ", ".join(notes_on(entry, is_installed=store.is_installed(entry))),
        )
        click.echo("  ".join(columns).rstrip())
    if here:
        click.echo("\nAlready on this machine, and used where they lie:")
    for one in here:
        columns = (
            one.name.ljust(width),
            "".rjust(7),
            (one.facts.quantisation or "?").ljust(7),
            f"{one.facts.bytes / 1e6:,.0f} MB".rjust(9),
            (one.facts.licence or "?").ljust(13),
            ", ".join([one.whose, *([] if one.facts.fim else [NO_FIM])]),
        )
        click.echo("  ".join(columns).rstrip())


@model.command()
@NAME
@click.option("--accept-licence", is_flag=True, help="Accept a licence that is not a free one.")
def pull(name: str, accept_licence: bool) -> None:
    """Fetch a model, the default one if no NAME is given, and print where it is."""
    # Only this command needs an HTTP client, which is slow to import.
    from qwen_lsp.models.pull import pull as fetch

    wanted = catalogue.find(name)
    if store.is_installed(wanted):
        click.echo(f"{name} is already installed.", err=True)
    with _shown(name) as progress:
        path = fetch(wanted, progress, accepts_licence=accept_licence)
    if wanted.sha256 is None:
        click.echo(f"{name}: {NO_SUM}", err=True)
    click.echo(path)
    if name == DEFAULT_MODEL and (better := hint()):
        click.echo(better, err=True)


@model.command()
@NAME
def verify(name: str) -> None:
    """Compare an installed model's length and SHA-256 with the catalogue's."""
    with _shown(name) as progress:
        path = store.verify(catalogue.find(name), progress)
    checked = catalogue.find(name).sha256 is not None
    what = "and the SHA-256 is right." if checked else f"but {NO_SUM}"
    click.echo(f"{path} is whole: {path.stat().st_size:,} bytes, {what}")


@model.command()
@NAME
def path(name: str) -> None:
    """Print where an installed model lies."""
    click.echo(store.resolve(name))


@model.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(name: str, as_json: bool) -> None:
    """Print what a model file says of itself; NAME may be a path."""
    path = store.resolve(name)
    facts = gguf.read(path)
    if as_json:
        click.echo(json.dumps(_facts_as_json(path, facts), indent=2))
        return
    for title, value in _facts_as_json(path, facts).items():
        click.echo(f"{title.replace('_', ' '):16} {'?' if value is None else value}")


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
    notes += [] if entry.fim else [NO_FIM]
    notes += ["no commercial use"] if entry.terms else []
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
        **_memory_as_json(entry.shape),
        "from": None,
        "installed": installed,
        "path": str(store.path_of(entry)) if installed else None,
    }


def _found_as_json(one: Found) -> dict[str, object]:
    """Return the same shape for a model that is here already; `from` says whose it is."""
    return {
        "name": one.name,
        "default": False,
        "family": one.facts.architecture,
        "parameters": None,
        "quantisation": one.facts.quantisation,
        "bytes": one.facts.bytes,
        "sha256": None,
        "licence": one.facts.licence,
        "context": one.facts.context,
        "fim": one.facts.fim,
        **_memory_as_json(one.facts.shape),
        "from": one.whose,
        "installed": True,
        "path": str(one.path),
    }


def _facts_as_json(path: Path, facts: Facts) -> dict[str, object]:
    return {
        "path": str(path),
        "name": facts.name,
        "architecture": facts.architecture,
        "quantisation": facts.quantisation,
        "bytes": facts.bytes,
        "licence": facts.licence,
        "context": facts.context,
        "fim": facts.fim,
        "chat_template": facts.has_template,
        "projector": None if (found := projector_of(path)) is None else str(found),
        "parameters": None if facts.shape is None else facts.shape.parameters,
        **_memory_as_json(facts.shape),
    }


def _memory_as_json(shape: Shape | None) -> dict[str, object]:
    """Return bytes of memory beside the weights: for 1,024 tokens, and for a sequence as such."""
    if shape is None:
        return {"kv_bytes_per_1k": None, "recurrent_bytes": None}
    return {
        "kv_bytes_per_1k": round(1024 * shape.kv_bytes_per_token("f16")),
        "recurrent_bytes": shape.recurrent_bytes,
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
