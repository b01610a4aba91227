"""How large an image is, by the first bytes of its file, before anything else looks at it."""

import struct

# Markers of JPEG that a frame begins with; the others in that row are tables.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})


def size_of(data: bytes) -> tuple[int, int] | None:
    """Return width and height in pixels; None of what is no PNG, JPEG, GIF or BMP file."""
    try:
        if data.startswith(b"\x89PNG\r\n\x1a\n") and data[12:16] == b"IHDR":
            return _numbers(">II", data, 16)
        if data.startswith((b"GIF87a", b"GIF89a")):
            return _numbers("<HH", data, 6)
        if data.startswith(b"BM"):
            [header] = struct.unpack_from("<I", data, 14)
            width, height = _numbers("<HH" if header == 12 else "<ii", data, 18)
            return abs(width), abs(height)  # a height below 0 says that the first row is on top
        return _of_jpeg(data) if data.startswith(b"\xff\xd8\xff") else None
    except (struct.error, IndexError):
        return None


def _of_jpeg(data: bytes) -> tuple[int, int] | None:
    at = 2
    while data[at] == 0xFF:
        marker = data[at + 1]
        if marker in _FRAMES:
            height, width = _numbers(">HH", data, at + 5)
            return width, height
        if marker == 0xFF:  # a filling byte
            at += 1
        elif marker in _WITHOUT_LENGTH:
            at += 2
        else:
            [length] = struct.unpack_from(">H", data, at + 2)
            at += 2 + length
    return None


def _numbers(form: str, data: bytes, at: int) -> tuple[int, int]:
    first, second = struct.unpack_from(form, data, at)
    return first, second
