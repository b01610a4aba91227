"""Regions of open documents that edits are being made for, followed through every change.

A region that is touched, or whose document is closed, ends the work for it at once: the engine
need not write what cannot be used.
"""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from qwen_lsp.errors import DocumentMoved
from qwen_lsp.features.region import region_after
from qwen_lsp.text import Document, Replacement, Span

T = TypeVar("T")

TOUCHED = (
    "The selected code has changed while the edit was made; nothing was edited. "
    "Select it again when it is as you want it."
)
CLOSED = "The file was closed while the edit was made; nothing was edited."


@dataclass(eq=False)
class Region:
    """Whole lines that an edit is made for.

    Attributes:
        uri: of the document.
        span: where the lines are now.
        lost: why they cannot be edited any more, "" as long as they can.
        task: the work that is done for them.
    """

    uri: str
    span: Span
    lost: str = ""
    task: "asyncio.Task[Any] | None" = None

    def lose(self, reason: str) -> None:
        """Give the region up."""
        self.lost = self.lost or reason
        if self.task is not None:
            self.task.cancel()


class Regions:
    """The regions of one session. Belongs to the event loop."""

    def __init__(self) -> None:
        self._regions: list[Region] = []

    def follow(self, document: Document, span: Span) -> Region:
        """Follow lines from a document's newest version on, until `forget`."""
        region = Region(document.uri, span)
        self._regions.append(region)
        return region

    def forget(self, region: Region) -> None:
        """Follow a region no further."""
        self._regions.remove(region)

    def changed(self, document: Document, change: Replacement) -> None:
        """Take in a change of a document, which is given as it was before."""
        for region in self._regions:
            if region.uri != document.uri or region.lost:
                continue
            span = region_after(document.text, region.span, change)
            if span is None:
                region.lose(TOUCHED)
            else:
                region.span = span

    def closed(self, uri: str) -> None:
        """Give up what is in a document that was closed."""
        for region in self._regions:
            if region.uri == uri:
                region.lose(CLOSED)


async def while_it_stands(region: Region, work: Coroutine[Any, Any, T]) -> T:
    """Return what work for a region comes to; it is cancelled when the region is lost.

    Raises:
        DocumentMoved: the region was lost.
    """
    task: asyncio.Task[T] = asyncio.create_task(work)
    region.task = task
    try:
        result: T = await task
    except asyncio.CancelledError:
        current = asyncio.current_task()
        if not region.lost or (current is not None and current.cancelling()):
            raise
        raise DocumentMoved(region.lost) from None
    if region.lost:
        raise DocumentMoved(region.lost)
    return result
