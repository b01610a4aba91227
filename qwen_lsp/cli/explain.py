"""`qwen-lsp explain`: explanations of files and workspaces, without an editor."""

import re
import sys
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import click

from qwen_lsp import wire
from qwen_lsp.cli.finding import Finder
from qwen_lsp.cli.index import opened
from qwen_lsp.cli.places import lines_of, parse_place, read_document, root_of, snapshot_of
from qwen_lsp.cli.user import run_with_engine, user_settings
from qwen_lsp.context import meant
from qwen_lsp.context.enclosing import lines_with_documentation
from qwen_lsp.context.explain_prompt import LinkedImage, explain_request, image_request
from qwen_lsp.context.outline import outline
from qwen_lsp.context.place import ReadLines
from qwen_lsp.context.snapshot import Snapshot
from qwen_lsp.context.target import Subject, Target
from qwen_lsp.context.workspace_prompt import overview, workspace_request
from qwen_lsp.errors import BadInput
from qwen_lsp.features import budgets, image_link
from qwen_lsp.features import explain as feature
from qwen_lsp.features.image_link import ImageLink, image_link_at
from qwen_lsp.features.links import Links, plain_place
from qwen_lsp.index.facts import Symbol
from qwen_lsp.index.image_files import read_image
from qwen_lsp.index.languages import language_of
from qwen_lsp.index.lookup import Lookup
from qwen_lsp.index.parse import facts_of
from qwen_lsp.index.texts import Texts
from qwen_lsp.index.view import IndexView
from qwen_lsp.index.workspace import resolver_of
from qwen_lsp.inference.engine import AnyEngine
from qwen_lsp.text import Document, Span, split_lines

_SYMBOL = re.compile(r"(?P<file>.+):(?P<name>[^\W\d][\w$]*(?:\.[^\W\d][\w$]*)*)")


@click.command()
@click.argument("place", metavar="FILE[:FIRST-LAST|:SYMBOL]|DIR")
def explain(place: str) -> None:
    """Explain a file, 1-based lines FIRST to LAST or a SYMBOL of it, or a folder, as Markdown."""
    path = Path(place)
    if path.is_dir():
        run_with_engine(lambda engine: _explain_folder(path.resolve(), engine), edits=True)
        return
    path, snapshot = _selection(place)
    snapshot = feature.selected(snapshot)
    if (link := image_link_at(snapshot.document, snapshot.span)) is not None:
        request = _about_image(path, snapshot, link)
        run_with_engine(lambda engine: _print(request, engine, _NoPlaces()), edits=True)
        return
    run_with_engine(lambda engine: _explain_file(path, snapshot, engine), edits=True)


def _selection(place: str) -> tuple[Path, Snapshot]:
    match = _SYMBOL.fullmatch(place)
    if match is not None and not Path(place).exists():
        path = Path(match["file"])
        document = read_document(path)
        symbol = meant.symbol_named(_symbols(path, document), match["name"])
        if symbol is None:
            raise BadInput(f"{path} defines nothing called {match['name']}.")
        first, last = lines_with_documentation(symbol)
        return path, snapshot_of(path, document, lines_of(path, document, first + 1, last + 1))
    named = parse_place(place)
    path, first_line = named.path, named.first
    if named.kind == ":":
        raise BadInput(f"{place} is not FILE:FIRST-LAST or FILE:SYMBOL, such as main.py:12-20.")
    document = read_document(path)
    span = Span(0, len(document.text))
    if first_line is not None:
        span = lines_of(path, document, first_line, named.second or first_line)
    return path, snapshot_of(path, document, span)


async def _explain_file(path: Path, snapshot: Snapshot, engine: AnyEngine) -> None:
    await engine.ready()
    settings, document, span = snapshot.settings, snapshot.document, snapshot.span
    budget, shown = await budgets.code_budget(engine, settings), ""
    if feature.tokens_of(snapshot) > budget:
        first, last = document.line_at(span.start), document.line_at(span.end)
        lines = split_lines(document.text)
        shown = outline(_symbols(path, document), lines, first, last, budget)
        if not shown:
            raise feature.too_large(snapshot, budget)
    finder = Finder(path, engine, is_quiet=not sys.stderr.isatty())
    others = await budgets.context_budget(engine)
    context = await finder.of_selection(snapshot, others, wants_callers=True)
    snapshot = replace(snapshot, context=context)
    request = explain_request(snapshot, budgets.answer_tokens(settings), outline=shown)
    code = shown or document.text[span.start : span.end]
    root = root_of(path)
    if root is None or not settings.index_enabled:
        await _print(request, engine, _NoPlaces())
        return
    subject = Subject(root.as_posix(), snapshot.path.as_posix(), code, context.snippets)
    with _looking(root.resolve()) as (lookup, read):
        await _print(request, engine, _Indexed(lookup, read, subject))


def _about_image(path: Path, snapshot: Snapshot, link: ImageLink) -> wire.ChatRequest:
    root = path.absolute().parents[len(snapshot.path.parts) - 1]
    linked = image_link.path_of(link, snapshot.path.as_posix())
    image = LinkedImage(read_image(root, linked), linked, link.alt)
    at = replace(snapshot, span=link.span)
    return image_request(at, image, budgets.answer_tokens(snapshot.settings))


async def _explain_folder(root: Path, engine: AnyEngine) -> None:
    await engine.ready()
    settings = user_settings()
    budget = await budgets.workspace_budget(engine, settings)
    with _looking(root) as (lookup, read):
        if not lookup.view.paths():
            raise BadInput(f"{root} holds no code that can be indexed.")
        shown = overview(lookup, read, budget)
        tokens = budgets.answer_tokens(settings)
        request = workspace_request(root.name, shown, settings, "", tokens)
        await _print(request, engine, _Indexed(lookup, read, Subject(root.as_posix())))


@contextmanager
def _looking(root: Path) -> Iterator[tuple[Lookup, ReadLines]]:
    """Give the look-ups of a folder, and what reads its files.

    Raises:
        QwenLspError: the index cannot be built or read.
    """
    with opened(root, is_quiet=not sys.stderr.isatty()) as stored:
        texts = Texts(root)
        lookup = Lookup(IndexView(stored), resolver_of(root, stored))
        yield lookup, lambda path: texts.lines(path, {})


async def _print(
    request: wire.ChatRequest, engine: AnyEngine, places: "_NoPlaces | _Indexed"
) -> None:
    links = Links(places, plain_place)
    pieces = feature.explain(request, engine, links, lambda: places.closing(links))
    async with aclosing(pieces):
        async for piece in pieces:
            click.echo(piece, nl=False)
            sys.stdout.flush()
    click.echo()


def _symbols(path: Path, document: Document) -> tuple[Symbol, ...]:
    source = document.text.encode()
    language = language_of(path, source)
    return facts_of(language, source).symbols if language else ()


class _NoPlaces:
    """Of a file outside all projects nothing is known."""

    async def named(self, _text: str) -> Target | None:
        return None

    async def cited(self, _text: str) -> Target | None:
        return None

    async def closing(self, _links: Links) -> str:
        return ""


@dataclass(frozen=True, slots=True)
class _Indexed:
    """Finds what an answer names in an index."""

    lookup: Lookup
    read: ReadLines
    subject: Subject

    async def named(self, text: str) -> Target | None:
        return meant.named(self.lookup, self.subject, text)

    async def cited(self, text: str) -> Target | None:
        return meant.cited(self.lookup, self.subject, text, self.read)

    async def closing(self, links: Links) -> str:
        defined = meant.defined_in(self.lookup, self.subject)
        called = meant.called_from(self.lookup, self.subject, self.read)
        return links.closing(defined, called)
