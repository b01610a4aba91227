"""Reads an image of a workspace folder, as far as the rules of the index let a prompt have it."""

import base64
import os
import stat
from pathlib import Path

from qwen_lsp.errors import BadInput
from qwen_lsp.index.paths import REASONS, Rules, reason_of
from qwen_lsp.wire import Image

MOST_BYTES = 10_000_000
_SLICE = 3 << 16  # bytes; a multiple of three, so that the slices of base64 join
# How the files of each kind begin.
_BEGINNINGS = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
    b"BM": "image/bmp",
}


def read_image(root: Path, path: str) -> Image:
    """Return an image of a workspace folder; not for an event loop.

    Args:
        root: the folder.
        path: of the image in it, with forward slashes.

    Raises:
        BadInput: it is not there, too large, no image, or not for a prompt.
    """
    reason = Rules(root).reason(path)
    if reason and reason != "too large":  # for a text, which an image is not
        raise BadInput(f"{path} is not shown to the model: {REASONS[reason]}.")
    try:
        # What has become a link or a pipe since is left alone.
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        with os.fdopen(os.open(root / path, flags), "rb") as file:
            is_file = stat.S_ISREG(os.fstat(file.fileno()).st_mode)
            data = file.read(MOST_BYTES + 1) if is_file else b""
    except FileNotFoundError as error:
        raise BadInput(f"There is no image {path}.") from error
    except OSError as error:
        why = REASONS[reason_of(error)]
        raise BadInput(f"The image {path} cannot be read: {why}.") from error
    if len(data) > MOST_BYTES:
        raise BadInput(
            f"{path} has more than {MOST_BYTES // 1_000_000} MB, the most that is shown to the "
            "model; make it smaller."
        )
    kind = next((kind for start, kind in _BEGINNINGS.items() if data.startswith(start)), "")
    if not kind:
        raise BadInput(f"{path} holds no PNG, JPEG, GIF or BMP image, whatever its name says.")
    # In slices: all of it at once would keep other threads from running for too long.
    slices = (data[start : start + _SLICE] for start in range(0, len(data), _SLICE))
    return Image(kind, "".join(base64.b64encode(one).decode() for one in slices))
