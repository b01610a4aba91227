"""How large an image is, by its file, before a decoder makes room for it."""

import struct
import zlib
from dataclasses import dataclass

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
_SCAN, _MOST_SCANS = b"\xff\xda", 100  # programs write about ten
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # of PNG's kinds of colour
# Markers of JPEG that a frame begins with; the others in that row are tables.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})
_STEP = 1 << 22  # bytes that are unpacked at a time
_SLACK = 1 << 16  # some programs write more zeros behind the pixels


@dataclass(frozen=True, slots=True)
class ImageSize:
    """How large an image says it is.

    Attributes:
        width: in pixels.
        height: in pixels.
        bits: of each pixel.
    """

    width: int
    height: int
    bits: int

    @property
    def pixels(self) -> int:
        """How many there are."""
        return self.width * self.height

    @property
    def bytes(self) -> int:
        """How many the pixels take."""
        return self.height * -(-self.width * self.bits // 8)


def size_of(data: bytes) -> ImageSize | None:
    """Return what a file's first bytes say; None of what is no PNG, JPEG, GIF or BMP file."""
    try:
        if data.startswith(_PNG) and data[12:16] == b"IHDR":
            width, height, depth, colour, *_ = struct.unpack_from(">IIBBBBB", data, 16)
            return ImageSize(width, height, depth * _CHANNELS[colour])
        if data.startswith((b"GIF87a", b"GIF89a")):
            return ImageSize(*_numbers("<HH", data, 6), 32)
        if data.startswith(b"BM"):
            [header] = struct.unpack_from("<I", data, 14)
            width, height = _numbers("<HH" if header == 12 else "<ii", data, 18)
            # A height below 0 says that the first row is on top.
            return ImageSize(abs(width), abs(height), 24)
        return _of_jpeg(data) if data.startswith(_JPEG) else None
    except (struct.error, LookupError):
        return None


def is_bomb(data: bytes, size: ImageSize) -> bool:
    """Whether a file takes its decoder far more than its size says, or unpacks to nothing.

    PNG's decoder unpacks all of the data before it looks at the size, so that a file of some
    megabytes would take gigabytes of memory. JPEG's goes over all of the image for each scan, of
    which there is room for hundreds of thousands.
    """
    if data.startswith(_JPEG):
        return data.count(_SCAN) > _MOST_SCANS
    if not data.startswith(_PNG):
        return False
    at, packed = len(_PNG), list[bytes]()
    while at + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        if kind == b"CgBI":  # Apple's own, which packs in another way
            return True
        if kind == b"IDAT":
            packed.append(data[at + 8 : at + 8 + length])
        at += length + 12
    # In an interlaced image narrow rows take up to twice as much, for a byte before each.
    most = (size.bytes + size.height) * (2 if data[28] else 1) + _SLACK
    # As the decoder does it: without the two bytes before the data, and the sum behind them.
    unpacker, rest, count = zlib.decompressobj(-zlib.MAX_WBITS), b"".join(packed)[2:], 0
    try:
        while rest and not unpacker.eof and count <= most:
            count += len(unpacker.decompress(rest, _STEP))
            rest = unpacker.unconsumed_tail
    except zlib.error:
        return True
    return count > most


def _of_jpeg(data: bytes) -> ImageSize | None:
    at = 2
    while data[at] == 0xFF:
        marker = data[at + 1]
        if marker in _FRAMES:
            height, width = _numbers(">HH", data, at + 5)
            return ImageSize(width, height, 24)
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
