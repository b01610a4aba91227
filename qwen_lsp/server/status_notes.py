"""`didChangeStatus`: what the model does, told to a client that shows it, as Copilot's server does.

It says that something changed and what to show meanwhile; `qwen/status` has all of it.
"""

from collections.abc import Callable
from typing import Any

from pygls.lsp.server import LanguageServer

from qwen_lsp import wire
from qwen_lsp.server.extensions import DID_CHANGE_STATUS


class StatusNotes:
    """Tells one client, if it wants to hear it; nothing is told twice."""

    def __init__(self, server: LanguageServer, is_heard: Callable[[], bool]) -> None:
        self._server = server
        self._is_heard = is_heard
        self._healths = dict.fromkeys(("complete", "edit"), wire.Health("off"))
        self._is_busy = self._is_paused = False
        self._told: dict[str, Any] = {}

    def on_health(self, task: str, health: wire.Health) -> None:
        """Take in what became of the engine for a task, of which there may be two."""
        self._healths[task] = health
        self._tell()

    def on_busy(self, is_busy: bool) -> None:
        """Take in whether somebody waits for the model."""
        self._is_busy = is_busy
        self._tell()

    def on_paused(self, is_paused: bool) -> None:
        """Take in whether completions are switched off."""
        self._is_paused = is_paused
        self._tell()

    def _tell(self) -> None:
        health, edits = self._healths["complete"], self._healths["edit"]
        # That the engine for edits failed is told to who asked for one.
        if edits.state == "loading" and health.state != "loading":
            health = edits
        is_loading = health.state == "loading"
        kind = "Inactive" if self._is_paused else "Normal"
        note: dict[str, Any] = {
            "kind": "Error" if health.state == "failed" else kind,
            "busy": self._is_busy or is_loading,
            "message": health.message or (f"Loading {health.model}" if is_loading else ""),
        }
        if is_loading:
            note["percent"] = health.percent
        if note != self._told and self._is_heard():
            self._told = note
            self._server.protocol.notify(DID_CHANGE_STATUS, note)
