"""Shows what takes a while in the editor's own progress display."""

import asyncio
import uuid

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer


class Progress:
    """Turns updates into one `$/progress` from the first one that is not finished to the end."""

    def __init__(self, server: LanguageServer, title: str) -> None:
        self._server = server
        self._title = title
        self._token: str | None = None
        self._begun = False
        self._latest: tuple[str, int | None] = "", None

    def update(self, message: str, percent: int | None) -> None:
        """Take in the newest state; without a percentage it is finished.

        Call it only for clients that know progress.
        """
        self._latest = message, percent
        if percent is not None and self._token is None:
            self._token = str(uuid.uuid4())
            task = asyncio.create_task(self._begin(self._token))
            task.add_done_callback(lambda done: done.cancelled() or done.exception())
        elif self._begun and self._token is not None:
            self._send(self._token)

    async def _begin(self, token: str) -> None:
        await self._server.work_done_progress.create_async(token)
        begin = lsp.WorkDoneProgressBegin(title=self._title, message=self._latest[0], percentage=0)
        self._server.work_done_progress.begin(token, begin)
        self._begun = True
        self._send(token)  # it may be finished by the time the client answered

    def _send(self, token: str) -> None:
        message, percent = self._latest
        if percent is not None:
            report = lsp.WorkDoneProgressReport(message=message, percentage=percent)
            self._server.work_done_progress.report(token, report)
        else:
            self._server.work_done_progress.end(token, lsp.WorkDoneProgressEnd(message=message))
            self._token, self._begun = None, False
