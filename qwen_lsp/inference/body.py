"""The body of a streamed request: JSON, in which an image is neither written nor encoded at once.

An image has megabytes. Its base64 is the same in JSON, so a mark stands for it until the request is
sent, and then it goes in slices, between which the event loop has its turn.
"""

import json
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any, Self

from qwen_lsp.wire import ChatRequest, CompletionRequest

SLICE = 1 << 18  # bytes: as many of an image are sent between two turns of the event loop
_MARK = secrets.token_hex(16)  # no text can have it, since nobody is told


@dataclass(frozen=True, slots=True)
class Body:
    """A body, which can be sent again.

    Attributes:
        pieces: of the JSON; every second one is an image.
    """

    pieces: tuple[str, ...]

    @classmethod
    def of(cls, fields: dict[str, Any], images: tuple[str, ...] = ()) -> Self:
        """Return the body of a request's fields, in which marks stand for the images."""
        # An editor may send half of a surrogate pair, which is no UTF-8 but can be escaped.
        text = json.dumps(fields)
        first, *others = text.split(_MARK) if images else [text]
        pieces = [first]
        for image, other in zip(images, others, strict=True):
            pieces += [image, other]
        return cls(tuple(pieces))

    @property
    def headers(self) -> dict[str, str]:
        """What a request with this body says of it."""
        length = sum(map(len, self.pieces))
        return {"Content-Type": "application/json", "Content-Length": str(length)}

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            for start in range(0, len(piece), SLICE):
                yield piece[start : start + SLICE].encode()


def without_images(
    request: CompletionRequest | ChatRequest,
) -> tuple[CompletionRequest | ChatRequest, tuple[str, ...]]:
    """Return a request with marks in place of its images, and the images' base64."""
    if isinstance(request, CompletionRequest) or not request.has_images:
        return request, ()
    messages = tuple(
        replace(one, images=tuple(replace(image, base64=_MARK) for image in one.images))
        for one in request.messages
    )
    images = tuple(image.base64 for message in request.messages for image in message.images)
    return replace(request, messages=messages), images
