"""Drives `qwen-lsp serve` over stdio as an editor would, and prints what came back and when."""

import asyncio
import difflib
import shutil
import sys
import tempfile
import time
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import click
from lsprotocol import types as lsp
from pygls.lsp.client import LanguageClient

from qwen_lsp import __version__
from qwen_lsp.errors import EngineError
from qwen_lsp.server import convert
from qwen_lsp.server.extensions import EXPLAIN, STATUS
from qwen_lsp.text import Document, Replacement, Span, apply

EXPLAIN_TOKEN = "explanation"  # noqa: S105 - a progress token
START_LIMIT_S = 600.0  # a large model from a slow disk

TYPED = '''
    def cheaper_than(self, price_cents: int) -> list[Book]:
        """Return all books that cost less."""
        return '''


def run() -> None:
    """Copy the sample workspace, show a completion, an edit and an explanation of it."""
    with tempfile.TemporaryDirectory(prefix="qwen-lsp-demo-") as folder:
        workspace = Path(folder) / "bookshop"
        with as_file(files("qwen_lsp.demo") / "sample") as sample:
            shutil.copytree(sample, workspace, ignore=shutil.ignore_patterns("__pycache__"))
        asyncio.run(_tour(workspace))


async def _tour(workspace: Path) -> None:
    client = LanguageClient("qwen-lsp-demo", __version__)
    failures: list[str] = []

    @client.feature(lsp.PROGRESS)  # type: ignore[untyped-decorator]  # pygls leaves it untyped
    def progress(params: lsp.ProgressParams) -> None:
        if params.token == EXPLAIN_TOKEN:
            click.echo(_field(params.value, "text"), nl=False)

    @client.feature(lsp.WINDOW_SHOW_MESSAGE)  # type: ignore[untyped-decorator]
    def show_message(params: lsp.ShowMessageParams) -> None:
        failures.append(params.message)

    start = time.perf_counter()
    await client.start_io(
        sys.executable, "-P", "-m", "qwen_lsp", "serve", "--stdio", "--log-level", "ERROR"
    )
    await client.initialize_async(_initialize_params(workspace))
    client.initialized(lsp.InitializedParams())
    _say("The server is up", start)

    catalogue = _open(client, workspace / "catalogue.py", typed=TYPED)
    orders = _open(client, workspace / "orders.py")
    start = time.perf_counter()
    await _wait_for_model(client, failures)
    _say("The model is loaded", start)

    await _show_completion(client, catalogue, len(catalogue.text))
    await _show_edit(client, orders)
    await _show_explanation(client, orders)
    await client.shutdown_async(None)
    client.exit(None)
    await client.stop()  # type: ignore[no-untyped-call]


def _open(client: LanguageClient, path: Path, typed: str = "") -> Document:
    text = path.read_text(encoding="utf-8") + typed
    document = Document(path.as_uri(), "python", 1, text)
    item = lsp.TextDocumentItem(document.uri, "python", document.version, document.text)
    client.text_document_did_open(lsp.DidOpenTextDocumentParams(item))
    return document


async def _wait_for_model(client: LanguageClient, failures: list[str]) -> None:
    deadline = time.monotonic() + START_LIMIT_S
    while True:
        status = await client.protocol.send_request_async(STATUS, {})
        engine = _field(status, "engine")
        if _field(engine, "state") == "ready":
            return
        if failures or time.monotonic() > deadline:
            raise EngineError(failures[0] if failures else "The model took too long to load.")
        await asyncio.sleep(0.1)


async def _show_completion(client: LanguageClient, document: Document, cursor: int) -> None:
    start = time.perf_counter()
    answer = await client.text_document_inline_completion_async(
        lsp.InlineCompletionParams(
            context=lsp.InlineCompletionContext(lsp.InlineCompletionTriggerKind.Invoked),
            text_document=lsp.TextDocumentIdentifier(document.uri),
            position=convert.position_at(document, cursor, convert.UTF16),
        )
    )
    items = answer.items if isinstance(answer, lsp.InlineCompletionList) else answer
    offered = str(items[0].insert_text) if items else ""
    _say("Completion", start)
    typed = click.style(TYPED.strip("\n"), fg="white")
    click.echo(typed + click.style(offered, fg="green") + "\n")


async def _show_edit(client: LanguageClient, document: Document) -> None:
    first = document.text.index("def format_price")
    span = document.whole_lines(Span(first, len(document.text) - 1))
    params = lsp.CodeActionParams(
        lsp.TextDocumentIdentifier(document.uri),
        convert.range_of(document, span, convert.UTF16),
        lsp.CodeActionContext([]),
    )
    start = time.perf_counter()
    actions = await client.text_document_code_action_async(params)
    action = next(one for one in actions or () if "documentation" in one.title)
    assert isinstance(action, lsp.CodeAction)
    resolved = await client.code_action_resolve_async(action)
    _say(f"Code action “{action.title}”", start)
    for line in _diff(document, resolved.edit):
        color = {"+": "green", "-": "red", "@": "cyan"}.get(line[0])
        click.secho(line, fg=color)
    click.echo()


async def _show_explanation(client: LanguageClient, document: Document) -> None:
    first = document.text.index("    def put")
    last = document.text.index("    def total_cents")
    range_ = convert.range_of(document, Span(first, last), convert.UTF16)
    click.secho("Explanation of Order.put, as it streams", bold=True)
    start = time.perf_counter()
    await client.protocol.send_request_async(
        EXPLAIN,
        {
            "textDocument": {"uri": document.uri, "version": document.version},
            "range": {
                "start": {"line": range_.start.line, "character": range_.start.character},
                "end": {"line": range_.end.line, "character": range_.end.character},
            },
            "partialResultToken": EXPLAIN_TOKEN,
        },
    )
    click.echo()
    _say("Explained", start)


def _initialize_params(workspace: Path) -> lsp.InitializeParams:
    resolve = lsp.ClientCodeActionResolveOptions(properties=["edit"])
    code_action = lsp.CodeActionClientCapabilities(data_support=True, resolve_support=resolve)
    edit = lsp.WorkspaceEditClientCapabilities(document_changes=True)
    return lsp.InitializeParams(
        capabilities=lsp.ClientCapabilities(
            text_document=lsp.TextDocumentClientCapabilities(code_action=code_action),
            workspace=lsp.WorkspaceClientCapabilities(workspace_edit=edit),
        ),
        workspace_folders=[lsp.WorkspaceFolder(workspace.as_uri(), workspace.name)],
    )


def _diff(document: Document, edit: lsp.WorkspaceEdit | None) -> list[str]:
    if edit is None or not edit.document_changes:
        return ["The model changed nothing."]
    change = edit.document_changes[0]
    assert isinstance(change, lsp.TextDocumentEdit)
    replacements = tuple(
        Replacement(convert.span_of(document, one.range, convert.UTF16), one.new_text)
        for one in change.edits
        if not isinstance(one, lsp.SnippetTextEdit)
    )
    after = apply(document.text, replacements)
    lines = difflib.unified_diff(document.text.splitlines(), after.splitlines(), lineterm="", n=1)
    return list(lines)[2:]


def _field(value: Any, name: str) -> Any:
    return value[name] if isinstance(value, dict) else getattr(value, name)


def _say(what: str, start: float) -> None:
    click.secho(f"{what} ({(time.perf_counter() - start):.2f} s)", bold=True)
