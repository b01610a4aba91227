"""build_server(): every handler of the language server, registered in one place."""

import functools
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer

from qwen_lsp import __version__, wire
from qwen_lsp.errors import DocumentMoved, QwenLspError
from qwen_lsp.features.context_report import as_json, made_of
from qwen_lsp.features.inline_completion import Completion, read_ahead
from qwen_lsp.inference.engine import AnyEngine
from qwen_lsp.server import code_actions, context_page, convert, edits, explanations, extensions
from qwen_lsp.server.candidates import find_candidates, items_of
from qwen_lsp.server.client import read_features
from qwen_lsp.server.feedback import KEPT_AFTER_S
from qwen_lsp.server.progress import Progress
from qwen_lsp.server.protocol import ContentModified, Protocol, RequestFailed
from qwen_lsp.server.session import Session
from qwen_lsp.server.status_notes import StatusNotes
from qwen_lsp.trace import Trace

if TYPE_CHECKING:
    from qwen_lsp.index.workspace import State

log = logging.getLogger(__name__)

WORTH_SHOWING = 200  # files to index, below which no progress is shown

Handler = Callable[..., Awaitable[Any]]


class QwenLanguageServer(LanguageServer):
    """pygls' server; what the client sent wrongly goes to the log, not into a pop-up."""

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Log an error that no request waits for."""
        log.error("%s: %s", getattr(source, "__name__", source), error)


WATCH_EVERYTHING = lsp.RegistrationParams(
    [
        lsp.Registration(
            "watch",
            lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES,
            lsp.DidChangeWatchedFilesRegistrationOptions([lsp.FileSystemWatcher("**/*")]),
        )
    ]
)


def build_server(kept_after_s: float = KEPT_AFTER_S) -> LanguageServer:
    """Return a server with a session of its own.

    What was accepted is looked at again after `kept_after_s` seconds.
    """
    server = QwenLanguageServer("qwen-lsp", __version__, protocol_cls=Protocol)
    notes = StatusNotes(server, lambda: session.features.hears_status)
    indexing = Progress(server, "Indexing")
    loading = {task: Progress(server, "Loading the model") for task in ("complete", "edit")}

    def show(sentence: str, kind: lsp.MessageType) -> None:
        server.window_show_message(lsp.ShowMessageParams(kind, f"qwen-lsp: {sentence}"))

    def on_health(task: str, health: wire.Health) -> None:
        notes.on_health(task, health)
        # Who hears that shows the loading by itself.
        if session.features.progress and not session.features.hears_status:
            is_loading = health.state == "loading"
            text = health.model if is_loading else health.message or health.state
            loading[task].update(text, health.percent if is_loading else None)

    def on_index(state: "State") -> None:
        # A handful of files is there before anybody could read the words.
        is_long = state.name == "building" and state.total >= WORTH_SHOWING
        if session.features.progress:
            percent = 100 * state.done // state.total if is_long else None
            indexing.update(f"{state.done} of {state.total} files" if is_long else "ready", percent)

    hears = (functools.partial(on_health, "complete"), functools.partial(on_health, "edit"))
    session = Session(show, hears, on_index, notes.on_busy, kept_after_s=kept_after_s)
    _register_lifecycle(server, session, notes)
    _register_status(server, session)
    _register_documents(server, session)
    _register_completion(server, session)
    _register_feedback(server, session)
    _register_edits(server, session)
    _register_context(server, session)
    return server


def _register_lifecycle(server: LanguageServer, session: Session, notes: StatusNotes) -> None:
    @server.feature(lsp.INITIALIZE)
    def initialize(params: lsp.InitializeParams) -> None:
        session.features = read_features(params.capabilities)
        session.encoding = str(server.workspace.position_encoding or session.encoding)
        folders = params.workspace_folders or ()
        root = [params.root_uri] if params.root_uri and not folders else []
        session.folders = [folder.uri for folder in folders] or root
        options = params.initialization_options
        session.configure(initial_options=options if isinstance(options, dict) else {})

    @server.feature(lsp.INITIALIZED)
    async def initialized(_params: lsp.InitializedParams) -> None:
        await configure()
        session.index_folders()
        if session.features.watches_files:
            await server.client_register_capability_async(WATCH_EVERYTHING)

    @server.feature(lsp.WORKSPACE_DID_CHANGE_CONFIGURATION)
    async def did_change_configuration(_params: lsp.DidChangeConfigurationParams) -> None:
        await configure()
        session.index_folders()

    @server.feature(lsp.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    async def did_change_folders(params: lsp.DidChangeWorkspaceFoldersParams) -> None:
        gone = {folder.uri for folder in params.event.removed}
        kept = [uri for uri in session.folders if uri not in gone]
        session.folders = kept + [folder.uri for folder in params.event.added]
        session.index_folders()

    @server.feature(lsp.SHUTDOWN)
    async def shutdown(_params: None) -> None:
        await session.close()

    async def configure() -> None:
        if session.features.configuration:
            items = [lsp.ConfigurationItem(section="qwen-lsp")]
            answer = await server.workspace_configuration_async(lsp.ConfigurationParams(items))
            options = answer[0] if answer else None
            session.configure(client_options=options if isinstance(options, dict) else {})
        notes.on_paused(not session.settings.completion_enabled)


def _register_status(server: LanguageServer, session: Session) -> None:
    @server.feature(extensions.STATUS)
    async def status(_params: Any) -> dict[str, Any]:
        edits, settings = session.edit_engine, session.settings
        return {
            "engine": await _state_of(session.engine, settings.model),
            "edits": None
            if edits is session.engine
            else await _state_of(edits, settings.edit_model),
            "index": session.workspaces.status(),
            "paused": not session.settings.completion_enabled,
        }


def _register_documents(server: LanguageServer, session: Session) -> None:
    @server.feature(lsp.TEXT_DOCUMENT_DID_OPEN)
    async def did_open(params: lsp.DidOpenTextDocumentParams) -> None:
        document = params.text_document
        session.open(document.uri, document.language_id, document.version, document.text)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CHANGE)
    def did_change(params: lsp.DidChangeTextDocumentParams) -> None:
        document = params.text_document
        session.change(document.uri, document.version, params.content_changes)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CLOSE)
    def did_close(params: lsp.DidCloseTextDocumentParams) -> None:
        session.close_document(params.text_document.uri)

    @server.feature(lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    async def did_change_watched_files(params: lsp.DidChangeWatchedFilesParams) -> None:
        paths = [convert.path_of(change.uri) for change in params.changes]
        session.workspaces.files_changed(path for path in paths if path is not None)

    @server.feature(extensions.DID_FOCUS)
    async def did_focus(params: Any) -> None:
        session.workspaces.look_again()
        session.warm_focused(extensions.focused_uri(params))


def _register_completion(server: LanguageServer, session: Session) -> None:
    @server.feature(lsp.TEXT_DOCUMENT_INLINE_COMPLETION, lsp.InlineCompletionOptions())
    async def inline_completion(params: lsp.InlineCompletionParams) -> lsp.InlineCompletionList:
        trace = Trace("inline_completion")
        uri = params.text_document.uri
        snapshot = session.snapshot_at(uri, params.position, params.context)
        if snapshot is None:
            return lsp.InlineCompletionList([])
        try:
            outcome = await session.newest(uri, find_candidates(snapshot, session, trace))
        except QwenLspError as error:
            session.show_once(str(error), lsp.MessageType.Error)
            return lsp.InlineCompletionList([])
        snapshot = session.with_context(snapshot)
        session.warm_when_idle(snapshot)
        items = items_of(snapshot, outcome, session, trace) if isinstance(outcome, tuple) else []
        best = outcome[0] if isinstance(outcome, tuple) else outcome
        if best is not None and uri in session.documents:
            session.made[uri] = made_of(snapshot, trace, best)
        trace.fact("outcome", _outcome_name(best, is_current=bool(items)))
        log.info("%s", trace.line())
        is_quiet = session.is_current(snapshot) and not session.workspaces.is_building
        if items and isinstance(best, Completion) and is_quiet:
            read_ahead(snapshot, best.text, session.engine, session.offers)
        return lsp.InlineCompletionList(items)


def _register_feedback(server: LanguageServer, session: Session) -> None:
    @server.feature(extensions.DID_SHOW)
    def did_show(params: Any) -> None:
        session.feedback.told_shown(extensions.item_name(params))

    @server.feature(extensions.DID_PARTIALLY_ACCEPT)
    def did_partially_accept(params: Any) -> None:
        length = extensions.accepted_length(params)
        session.feedback.told_accepted(extensions.item_name(params), length)

    @server.command(extensions.ACCEPTED_COMMAND)
    async def accepted(*arguments: Any) -> None:
        session.feedback.told_accepted(str(arguments[0]) if arguments else "")

    @server.feature(extensions.STATS)
    async def stats(_params: Any) -> dict[str, Any]:
        try:
            return await session.feedback.summary()
        except OSError as error:
            raise RequestFailed(f"The statistics cannot be read: {error}.") from error


def _register_edits(server: LanguageServer, session: Session) -> None:
    kinds = [lsp.CodeActionKind.RefactorRewrite, lsp.CodeActionKind.QuickFix]
    options = lsp.CodeActionOptions(code_action_kinds=kinds, resolve_provider=True)

    @server.feature(lsp.TEXT_DOCUMENT_CODE_ACTION, options)
    def code_action(params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
        return code_actions.code_actions(session, params)

    @server.feature(lsp.CODE_ACTION_RESOLVE)
    @_answering_errors
    async def resolve(action: lsp.CodeAction) -> lsp.CodeAction:
        if action.data is not None:
            await edits.resolve_edit(session, action)
        return action

    @server.feature(extensions.EDIT)
    @_answering_errors
    async def edit(params: Any) -> dict[str, Any]:
        return await edits.answer_edit(server, session, params)

    @server.feature(extensions.EXPLAIN)
    @_answering_errors
    async def explain(params: Any) -> dict[str, Any]:
        return {"markdown": await explanations.stream_explanation(server, session, params)}

    @server.command(extensions.EDIT_COMMAND)
    @_answering_errors
    async def edit_command(params: Any) -> None:
        await edits.edit_and_apply(server, session, extensions.read_selection(params))

    @server.command(extensions.EXPLAIN_COMMAND)
    @_answering_errors
    async def explain_command(params: Any) -> None:
        await explanations.show_explanation(server, session, params)

    @server.command(extensions.EXPLAIN_WORKSPACE_COMMAND)
    async def explain_workspace_command(*params: Any) -> None:
        given = params[0] if params and isinstance(params[0], dict) else {}
        await explain_command({**given, "scope": "workspace"})


def _register_context(server: LanguageServer, session: Session) -> None:
    @server.feature(extensions.CONTEXT)
    @_answering_errors
    async def context(params: Any) -> dict[str, Any]:
        return as_json(await context_page.report(session, params))

    @server.command(extensions.CONTEXT_COMMAND)
    @_answering_errors
    async def context_command(params: Any) -> None:
        await context_page.show_page(server, session, params)


def _answering_errors(handler: Handler) -> Handler:
    """Answer the request with the sentence of an error the user can act on."""

    @functools.wraps(handler)
    async def wrapper(params: Any) -> Any:
        try:
            return await handler(params)
        except DocumentMoved as error:
            raise ContentModified(str(error)) from error
        except (QwenLspError, ValueError) as error:
            raise RequestFailed(str(error)) from error

    return wrapper


async def _state_of(engine: AnyEngine, model: str) -> dict[str, Any]:
    """Return what a client may want to know of an engine; `model` is the one of the settings."""
    answer_per_s = await engine.answer_per_s()
    health = engine.health
    return {
        "state": health.state,
        "model": health.model or model,
        "adapter": health.extra.get("adapter", ""),
        "context": health.window,
        "where": engine.where,
        "fim": health.fills_in_the_middle,
        "message": health.message,
        "tokensPerSecond": round(answer_per_s, 1) or None,
    }


def _outcome_name(outcome: Any, *, is_current: bool) -> str:
    if outcome is None:
        return "superseded"
    if not isinstance(outcome, Completion):
        return str(outcome.reason).replace(" ", "-")
    return "shown" if is_current else "stale"
