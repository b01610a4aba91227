"""The index process: one for each workspace folder and editor window.

Of several windows on one folder, the first one's writes; the others wait for its lock, and take
over when it is gone, however it went. It is a process of its own because writing a million lines'
worth of rows would stop the server's event loop again and again.
"""

import os
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Condition, Thread

from qwen_lsp import locations
from qwen_lsp.index.builder import Builder, Event, Waiting
from qwen_lsp.index.children import function_named
from qwen_lsp.index.workers import Workers

LOCK_NAME = "writer.lock"
# Below whatever somebody waits for, the model above all.
_NICENESS = 10
REFRESH = "refresh"
REBUILD = "rebuild"
PAUSE = "pause"
RESUME = "resume"
CLOSE = "close"


@dataclass(slots=True)
class Inbox:
    """What the server asked for and was not begun; filled by a thread of its own."""

    changed: Condition = field(default_factory=Condition)
    orders: deque[str] = field(default_factory=deque)
    places: dict[str, None] = field(default_factory=dict)
    is_paused: bool = False

    def put(self, message: str | list[str]) -> None:
        """Take an order, or places where something changed."""
        with self.changed:
            if isinstance(message, list):
                self.places.update(dict.fromkeys(message))
            elif message in {PAUSE, RESUME}:
                self.is_paused = message == PAUSE
            elif message not in self.orders:
                self.orders.append(message)
            self.changed.notify()

    def wait_while_paused(self) -> None:
        """Return when work may go on."""
        with self.changed:
            self.changed.wait_for(lambda: not self.is_paused)

    def take(self) -> str | list[str]:
        """Wait for something to do and return it: an order, or all places that have come in."""
        with self.changed:
            self.changed.wait_for(lambda: not self.is_paused and bool(self.orders or self.places))
            if self.orders:
                # Looking at everything includes the places.
                self.places.clear()
                return self.orders.popleft()
            places = list(self.places)
            self.places.clear()
            return places


def main(connection: Connection, root: str, folder: str, methods: str) -> None:
    """Do what comes in until the other end closes; tell how it goes.

    Args:
        connection: to the server.
        root: the workspace folder.
        folder: where its index is kept.
        methods: name of a function that returns `Methods`.
    """
    os.nice(_NICENESS)
    os.umask(0o077)
    inbox = Inbox()
    workers = Workers(Path(root), function_named(methods)())
    Thread(target=_listen, args=(connection, inbox, workers), daemon=True).start()

    def tell(event: Event) -> None:
        # If nobody listens any more, the other thread ends the process.
        with suppress(OSError):
            connection.send(event)

    with writing_alone(Path(folder), lambda: tell(Waiting())):
        builder = Builder(Path(root), Path(folder), workers, tell)
        inbox.put(REFRESH)
        while True:
            task = inbox.take()
            if task == REFRESH:
                builder.refresh(inbox.wait_while_paused)
            elif task == REBUILD:
                builder.rebuild(inbox.wait_while_paused)
            else:
                builder.update(list(task), inbox.wait_while_paused)


def _listen(connection: Connection, inbox: Inbox, workers: Workers) -> None:
    try:
        while (message := connection.recv()) != CLOSE:
            inbox.put(message)
    except (EOFError, OSError):
        pass
    finally:
        # Nothing that is not written yet is worth a word: it is made again. Nor is what the other
        # thread meets when its workers go.
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        workers.keep(0)
        os._exit(0)


def writing_alone(
    folder: Path, on_waiting: Callable[[], None] = lambda: None
) -> AbstractContextManager[None]:
    """Wait until nobody else writes in an index's folder."""
    return locations.locked(folder / LOCK_NAME, on_waiting)
