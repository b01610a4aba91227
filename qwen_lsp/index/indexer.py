"""The server's end of the index process: start it, tell it what changed, hear how it goes."""

from collections.abc import Callable, Iterable
from pathlib import Path
from threading import Lock, Thread

from qwen_lsp.index import building, children
from qwen_lsp.index.builder import Event, Problem
from qwen_lsp.index.store import folder_of

METHODS = "qwen_lsp.index.methods:methods"
_BUILD = "qwen_lsp.index.building:main"
# A process that dies of the same cause again and again must not be started for ever.
_MOST_STARTS = 3
_CLOSE_LIMIT_S = 2.0


class Indexer:
    """Keeps the index of one workspace folder up to date, in a process of its own.

    It begins by comparing everything. The index itself is read with `view.IndexView`, also while
    it is built.
    """

    def __init__(
        self, root: Path, on_event: Callable[[Event], None], methods: str = METHODS
    ) -> None:
        """Start the process.

        Args:
            root: the workspace folder.
            on_event: is told how it goes, in a thread of its own.
            methods: name of a function that returns `reading.Methods`.
        """
        self.folder = folder_of(root)
        self._arguments = (str(root), str(self.folder), methods)
        self._on_event = on_event
        self._lock = Lock()
        self._starts = 0
        self._is_closing = False
        self._child = self._started()

    def refresh(self) -> None:
        """Compare everything with the workspace."""
        self._send(building.REFRESH)

    def rebuild(self) -> None:
        """Make the index anew: reading it found it damaged."""
        self._send(building.REBUILD)

    def update(self, places: Iterable[str]) -> None:
        """Look at files and folders that may have changed, relative to the workspace."""
        self._send(list(places))

    def pause(self) -> None:
        """Leave the processor to others; what the workers have begun, they end."""
        self._send(building.PAUSE)

    def resume(self) -> None:
        """Go on."""
        self._send(building.RESUME)

    def close(self) -> None:
        """End the process and its workers. What was not written is made again next time."""
        with self._lock:
            self._is_closing = True
            self._send(building.CLOSE)
            self._child.end(_CLOSE_LIMIT_S)

    def _started(self) -> children.Child:
        self._starts += 1
        child = children.start(_BUILD, *self._arguments)
        Thread(target=self._listen, args=(child,), daemon=True).start()
        return child

    def _send(self, message: str | list[str]) -> None:
        try:
            self._child.connection.send(message)
        except OSError:
            # It died, which the listening thread has told or will tell.
            return

    def _listen(self, child: children.Child) -> None:
        try:
            while True:
                self._on_event(child.connection.recv())
        except (EOFError, OSError):
            self._bury(child)

    def _bury(self, child: children.Child) -> None:
        with self._lock:
            if self._is_closing:
                return
            status = child.process.wait()
            if self._starts < _MOST_STARTS:
                self._child = self._started()
                return
        self._on_event(
            Problem(
                f"The index process ended again and again (status {status}); "
                "the workspace is not indexed until the server starts anew."
            )
        )
