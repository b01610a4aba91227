"""An editor: a real `qwen-lsp serve` process over stdio, driven by pygls' client."""

import asyncio
import sys
from pathlib import Path
from typing import Any

from lsprotocol import types as lsp
from pygls.lsp.client import LanguageClient

from qwen_lsp.server import convert
from qwen_lsp.server.extensions import DID_CHANGE_STATUS, EDIT, EXPLAIN, STATS, STATUS
from qwen_lsp.text import Document, Replacement, Span, apply
from tests.harness import marked_text

PATIENCE_S = 120  # two shared cores may be busy; it only ends what hangs


class Editor:
    """One editor window. Use `await Editor.start(…)`, and `await close()` at the end."""

    def __init__(self, workspace: Path, encoding: str) -> None:
        self.workspace = workspace
        self.encoding = encoding
        self.client = LanguageClient("test-editor", "1")
        self.messages: list[str] = []
        self.progress: list[Any] = []
        self.status_notes: list[dict[str, Any]] = []
        self.shown_documents: list[str] = []
        self.registered: list[str] = []
        self.applied: list[lsp.WorkspaceEdit] = []
        self.configuration: dict[str, Any] | None = None
        self.documents: dict[str, Document] = {}
        self.capabilities: lsp.ServerCapabilities | None = None
        self.log: list[str] = []
        self._log_reader: asyncio.Task[None] | None = None
        self._news = asyncio.Event()
        self._listen()
        # lsprotocol takes each code action that carries a command for a bare command.
        self.client.protocol._converter.register_structure_hook(
            lsp.Command | lsp.CodeAction,
            lambda value, _type: self.client.protocol._converter.structure(value, lsp.CodeAction),
        )

    @classmethod
    async def start(
        cls,
        workspace: Path,
        *,
        env: dict[str, str] | None = None,
        options: dict[str, Any] | None = None,
        encoding: str = "utf-16",
        resolves: bool = True,
        annotates: bool = False,
        configuration: dict[str, Any] | None = None,
        watches: bool = False,
        creates: bool = False,
        qwen: dict[str, bool] | None = None,
        server: tuple[str, ...] = ("-m", "qwen_lsp", "serve"),
    ) -> "Editor":
        editor = cls(workspace, encoding)
        editor.configuration = configuration
        await editor.client.start_io(sys.executable, *server, env=env)
        editor._log_reader = asyncio.create_task(editor._read_log())
        params = _initialize_params(
            workspace, encoding, options, resolves, configuration is not None
        )
        assert params.capabilities.workspace is not None
        if annotates:
            edits = params.capabilities.workspace.workspace_edit
            assert edits is not None
            edits.change_annotation_support = lsp.ChangeAnnotationsSupportOptions()
        params.capabilities.workspace.did_change_watched_files = (
            lsp.DidChangeWatchedFilesClientCapabilities(dynamic_registration=watches)
        )
        edits = params.capabilities.workspace.workspace_edit
        if creates and edits is not None:
            edits.resource_operations = [lsp.ResourceOperationKind.Create]
            edits.change_annotation_support = lsp.ChangeAnnotationsSupportOptions()
        params.capabilities.experimental = None if qwen is None else {"qwen": qwen}
        answer = await editor.client.initialize_async(params)
        editor.capabilities = answer.capabilities
        assert answer.capabilities.position_encoding == encoding
        editor.client.initialized(lsp.InitializedParams())
        return editor

    def open(self, name: str, marked: str, language: str = "python", version: int = 1):
        """Open a document; returns its URI and its marks."""
        marks = marked_text.parse(marked)
        uri = (self.workspace / name).as_uri()
        self.documents[uri] = Document(uri, language, version, marks.text)
        item = lsp.TextDocumentItem(uri, language, version, marks.text)
        self.client.text_document_did_open(lsp.DidOpenTextDocumentParams(item))
        return uri, marks

    def change(self, uri: str, span: Span, text: str) -> None:
        """Type: replace a span by text."""
        self.change_at_once(uri, Replacement(span, text))

    def change_at_once(self, uri: str, *replacements: Replacement) -> None:
        """Send several changes, each of the text after the one before, in one notification."""
        document, events = self.documents[uri], []
        version = document.version + 1
        for replacement in replacements:
            range_ = convert.range_of(document, replacement.span, self.encoding)
            events.append(lsp.TextDocumentContentChangePartial(range_, replacement.text))
            document = document.replace(replacement, version)
        self.documents[uri] = document
        self.client.text_document_did_change(
            lsp.DidChangeTextDocumentParams(
                lsp.VersionedTextDocumentIdentifier(version, uri), [*events]
            )
        )

    def close_document(self, uri: str) -> None:
        del self.documents[uri]
        identifier = lsp.TextDocumentIdentifier(uri)
        self.client.text_document_did_close(lsp.DidCloseTextDocumentParams(identifier))

    async def complete(
        self,
        uri: str,
        cursor: int | lsp.Position,
        *,
        is_automatic: bool = False,
        selected: lsp.SelectedCompletionInfo | None = None,
    ) -> list[Any]:
        """Ask for completions, by hand or as typing does; returns the items."""
        if isinstance(cursor, int):
            cursor = convert.position_at(self.documents[uri], cursor, self.encoding)
        kinds = lsp.InlineCompletionTriggerKind
        kind = kinds.Automatic if is_automatic else kinds.Invoked
        answer = await self._patient(
            self.client.text_document_inline_completion_async(
                lsp.InlineCompletionParams(
                    context=lsp.InlineCompletionContext(kind, selected),
                    text_document=lsp.TextDocumentIdentifier(uri),
                    position=cursor,
                )
            )
        )
        return list(answer.items if isinstance(answer, lsp.InlineCompletionList) else answer or ())

    async def code_actions(
        self, uri: str, span: Span, diagnostics=(), only=None
    ) -> dict[str, lsp.CodeAction]:
        """Ask for code actions; returns them by title."""
        range_ = convert.range_of(self.documents[uri], span, self.encoding)
        answer = await self._patient(
            self.client.text_document_code_action_async(
                lsp.CodeActionParams(
                    lsp.TextDocumentIdentifier(uri),
                    range_,
                    lsp.CodeActionContext(list(diagnostics), only),
                )
            )
        )
        return {one.title: one for one in answer or ()}

    async def until_offered(self, uri: str, span: Span, title: str) -> dict[str, lsp.CodeAction]:
        """Wait until an action is offered: until the parser has read the document; returns all."""
        async with asyncio.timeout(PATIENCE_S):
            while title not in (actions := await self.code_actions(uri, span)):
                # There is nothing to wait for but the next answer.
                await asyncio.sleep(0.02)
        return actions

    async def resolve(self, action: lsp.CodeAction) -> lsp.CodeAction:
        return await self._patient(self.client.code_action_resolve_async(action))

    async def execute(self, command: lsp.Command) -> Any:
        params = lsp.ExecuteCommandParams(command.command, command.arguments)
        return await self._patient(self.client.workspace_execute_command_async(params))

    async def edit(self, uri: str, span: Span, instruction: str = "", **more: Any) -> Any:
        params = {**self._selection(uri, span), "instruction": instruction, **more}
        return await self._ours(EDIT, params)

    def hunks(self, uri: str, token: str) -> tuple[Replacement, ...]:
        """Return the changes that were shown under a token, as they add up by now.

        The document has to be at the version that the request was for.
        """
        shown: list[Replacement] = []
        structure = self.client.protocol._converter.structure
        for value in self.told(token):
            edits = [structure(one, lsp.TextEdit) for one in value["hunks"]]
            shown = [] if value.get("replaces") else shown
            shown += [self._replacement(uri, one) for one in edits]
        return tuple(shown)

    def told(self, token: str) -> list[Any]:
        """Return what progress was told under a token."""
        return [value for name, value in self.progress if name == token]

    async def explain(self, uri: str, span: Span, **more: Any) -> str:
        params = {**self._selection(uri, span), "partialResultToken": "explanation", **more}
        return (await self._ours(EXPLAIN, params)).markdown

    async def explain_workspace(self, **more: Any) -> str:
        return (await self._ours(EXPLAIN, {"scope": "workspace", **more})).markdown

    async def status(self) -> Any:
        return await self._ours(STATUS, {})

    async def stats(self) -> dict[str, Any]:
        """Return what `qwen/stats` answers, as plain JSON."""
        return _plain_json(await self._ours(STATS, {}))

    async def until_indexed(self, holds=lambda _index: True) -> Any:
        """Wait until the index is ready and `holds` of its state; returns that."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                state = (await self.status()).index
                if state.state == "ready" and holds(state):
                    return state
                # There is nothing to wait for but the next answer.
                await asyncio.sleep(0.02)

    def tell_changed(self, *names: str) -> None:
        """Say that files of the workspace changed on disk, as an editor that watches does."""
        changes = [
            lsp.FileEvent((self.workspace / name).as_uri(), lsp.FileChangeType.Changed)
            for name in names
        ]
        self.client.workspace_did_change_watched_files(lsp.DidChangeWatchedFilesParams(changes))

    async def until(self, condition, what: str) -> None:
        """Wait for messages of the server until a condition holds."""
        async with asyncio.timeout(PATIENCE_S):
            while not condition():
                self._news.clear()
                try:
                    await self._news.wait()
                except asyncio.CancelledError:
                    raise AssertionError(f"never came: {what}; {self.messages}") from None

    def after(self, uri: str, edit: lsp.WorkspaceEdit | Any) -> str:
        """Return the document's text after an edit of exactly its version."""
        [change] = _either(edit, "document_changes", "documentChanges")
        identifier = _either(change, "text_document", "textDocument")
        document = self.documents[uri]
        assert (identifier.uri, identifier.version) == (uri, document.version)
        return apply(document.text, tuple(self._replacement(uri, one) for one in change.edits))

    async def close(self) -> None:
        """Shut the server down as the protocol has it; it must leave by itself, without error."""
        await self._patient(self.client.shutdown_async(None))
        self.client.exit(None)
        process = self._process()
        await self._patient(process.wait())
        await self.client.stop()
        assert self._log_reader is not None
        await self._log_reader
        assert process.returncode == 0

    def _replacement(self, uri: str, edit: Any) -> Replacement:
        span = convert.span_of(self.documents[uri], edit.range, self.encoding)
        return Replacement(span, _either(edit, "new_text", "newText"))

    def _process(self) -> asyncio.subprocess.Process:
        process = self.client._server  # pygls has no public name for it
        assert process is not None
        return process

    async def _read_log(self) -> None:
        # Unread, the pipe would fill and stop the server; pytest shows it when a test fails.
        stderr = self._process().stderr
        assert stderr is not None
        while line := await stderr.readline():
            self.log.append(line.decode())
            sys.stderr.write(line.decode())

    def _selection(self, uri: str, span: Span) -> dict[str, Any]:
        document = self.documents[uri]
        range_ = convert.range_of(document, span, self.encoding)
        return {
            "textDocument": {"uri": uri, "version": document.version},
            "range": {
                "start": {"line": range_.start.line, "character": range_.start.character},
                "end": {"line": range_.end.line, "character": range_.end.character},
            },
        }

    async def _ours(self, method: str, params: dict[str, Any]) -> Any:
        return await self._patient(self.client.protocol.send_request_async(method, params))

    async def _patient(self, answer):
        async with asyncio.timeout(PATIENCE_S):
            return await answer

    def _listen(self) -> None:
        client = self.client

        @client.feature(lsp.WINDOW_SHOW_MESSAGE)
        def show_message(params: lsp.ShowMessageParams) -> None:
            self.messages.append(params.message)
            self._news.set()

        @client.feature(lsp.PROGRESS)
        def progress(params: lsp.ProgressParams) -> None:
            self.progress.append((params.token, params.value))
            self._news.set()

        @client.feature(DID_CHANGE_STATUS)
        def did_change_status(params: Any) -> None:
            self.status_notes.append(_plain_json(params))
            self._news.set()

        @client.feature(lsp.WINDOW_WORK_DONE_PROGRESS_CREATE)
        def create_progress(_params: lsp.WorkDoneProgressCreateParams) -> None:
            return None

        @client.feature(lsp.WORKSPACE_CONFIGURATION)
        def configuration(params: lsp.ConfigurationParams) -> list[Any]:
            return [self.configuration for _ in params.items]

        @client.feature(lsp.CLIENT_REGISTER_CAPABILITY)
        def register(params: lsp.RegistrationParams) -> None:
            self.registered += [one.method for one in params.registrations]
            self._news.set()

        @client.feature(lsp.WINDOW_SHOW_DOCUMENT)
        def show_document(params: lsp.ShowDocumentParams) -> lsp.ShowDocumentResult:
            self.shown_documents.append(params.uri)
            self._news.set()
            return lsp.ShowDocumentResult(success=True)

        @client.feature(lsp.WORKSPACE_APPLY_EDIT)
        def apply_edit(params: lsp.ApplyWorkspaceEditParams) -> lsp.ApplyWorkspaceEditResult:
            self.applied.append(params.edit)
            return lsp.ApplyWorkspaceEditResult(applied=True)


def _either(value: Any, typed: str, raw: str) -> Any:
    """Read a field of lsprotocol's object, or of the plain one that `qwen/*` answers come as."""
    return getattr(value, typed) if hasattr(value, typed) else getattr(value, raw)


def _plain_json(value: Any) -> Any:
    """Turn pygls' objects for JSON, which cannot be asked for their keys, back into JSON."""
    if hasattr(value, "_asdict"):
        return {name: _plain_json(one) for name, one in value._asdict().items()}
    return value


def _initialize_params(
    workspace: Path, encoding: str, options: Any, resolves: bool, configuration: bool
) -> lsp.InitializeParams:
    resolve = lsp.ClientCodeActionResolveOptions(properties=["edit"]) if resolves else None
    return lsp.InitializeParams(
        capabilities=lsp.ClientCapabilities(
            general=lsp.GeneralClientCapabilities(position_encodings=[encoding]),
            window=lsp.WindowClientCapabilities(
                work_done_progress=True,
                show_document=lsp.ShowDocumentClientCapabilities(support=True),
            ),
            text_document=lsp.TextDocumentClientCapabilities(
                code_action=lsp.CodeActionClientCapabilities(
                    data_support=True, resolve_support=resolve
                )
            ),
            workspace=lsp.WorkspaceClientCapabilities(
                apply_edit=True,
                configuration=configuration,
                workspace_edit=lsp.WorkspaceEditClientCapabilities(document_changes=True),
            ),
        ),
        initialization_options=options,
        workspace_folders=[lsp.WorkspaceFolder(workspace.as_uri(), workspace.name)],
    )
