"""Shows the loading of the model in the editor's own progress display."""

import asyncio
import uuid

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer

from qwen_lsp import wire


class LoadProgress:
    """Turns what becomes of the engine into one `$/progress` per loading."""

    def __init__(self, server: LanguageServer) -> None:
        self._server = server
        self._token: str | None = None
        self._begun = False
        self._latest = wire.Health("off")

    def update(self, health: wire.Health) -> None:
        """Take in the engine's newest state; call only for clients that know progress."""
        self._latest = health
        if health.state == "loading" and self._token is None:
            self._token = str(uuid.uuid4())
            task = asyncio.create_task(self._begin(self._token))
            task.add_done_callback(lambda done: done.cancelled() or done.exception())
        elif self._begun and self._token is not None:
            self._send(self._token)

    async def _begin(self, token: str) -> None:
        await self._server.work_done_progress.create_async(token)
        begin = lsp.WorkDoneProgressBegin(
            title="Loading the model", message=self._latest.model, percentage=0
        )
        self._server.work_done_progress.begin(token, begin)
        self._begun = True
        self._send(token)  # it may have become ready while the client answered

    def _send(self, token: str) -> None:
        health = self._latest
        if health.state == "loading":
            report = lsp.WorkDoneProgressReport(message=health.model, percentage=health.percent)
            self._server.work_done_progress.report(token, report)
        else:
            message = "ready" if health.state == "ready" else health.message
            self._server.work_done_progress.end(token, lsp.WorkDoneProgressEnd(message=message))
            self._token, self._begun = None, False
