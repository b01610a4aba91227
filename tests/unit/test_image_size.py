"""The size of an image by its file, which files lie about it, and that no bytes are an accident."""

import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qwen_lsp.engine.image_size import ImageSize, is_bomb, size_of
from tests.harness.tiny_projector import chunk, png

JPEG = (
    b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0\xff\xff\xdb\0\x04\0\0"
    b"\xff\xc2\0\x11\x08" + struct.pack(">HH", 300, 400)
)

START = b"\x89PNG\r\n\x1a\n"


def packed(data, width, height, *, depth=8, colour=0, interlaced=0, cuts=1, extra=b""):
    """Return a PNG that unpacks to such data, cut in several parts; `extra` stands before them."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced)
    data = zlib.compress(data)
    length = -(-len(data) // cuts)
    parts = (chunk(b"IDAT", data[at : at + length]) for at in range(0, len(data), length))
    return b"".join((START, chunk(b"IHDR", header), extra, *parts, chunk(b"IEND", b"")))


@pytest.mark.parametrize(
    ("data", "size"),
    [
        pytest.param(png(1, 30, 20), ImageSize(30, 20, 24), id="PNG"),
        pytest.param(b"GIF89a" + struct.pack("<HH", 30, 20), ImageSize(30, 20, 32), id="GIF"),
        pytest.param(
            b"BM" + bytes(12) + struct.pack("<Iii", 40, 30, -20),
            ImageSize(30, 20, 24),
            id="BMP, top first",
        ),
        pytest.param(
            b"BM" + bytes(12) + struct.pack("<IHH", 12, 30, 20), ImageSize(30, 20, 24), id="old BMP"
        ),
        pytest.param(JPEG, ImageSize(400, 300, 24), id="JPEG"),
        pytest.param(packed(b"", 9, 2, depth=16, colour=6), ImageSize(9, 2, 64), id="deep PNG"),
        pytest.param(
            packed(b"", 9, 2, depth=1, colour=3), ImageSize(9, 2, 1), id="PNG with colours"
        ),
        pytest.param(packed(b"", 9, 2, colour=5), None, id="PNG of no kind"),
        pytest.param(JPEG[:-1], None, id="JPEG that breaks off"),
        pytest.param(png(1)[:20], None, id="PNG that breaks off"),
        pytest.param(b"\xff\xd8\xff\xda\0\x02..", None, id="JPEG without a frame"),
        pytest.param(b"RIFF\0\0\0\0WEBPVP8 ", None, id="WebP"),
        pytest.param(b"", None, id="nothing"),
    ],
)
def test_a_file_says_how_large_its_image_is(data, size):
    assert size_of(data) == size


MUCH = bytes(1_000_000)
ROWS = bytes(375_000)  # an eighth, an eighth, an eighth, two quarters and two halves of the rows


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(png(1, 300, 200), False, id="a PNG"),
        pytest.param(packed(MUCH, 1, 1), True, id="one pixel"),
        pytest.param(packed(MUCH, 1, 1, cuts=3), True, id="in parts"),
        pytest.param(packed(MUCH, 999, 1000), False, id="as much as it says"),
        pytest.param(packed(bytes(9_000_000), 2999, 3000), False, id="as much, in several steps"),
        pytest.param(packed(bytes(1001), 999, 1), False, id="a few zeros more"),
        pytest.param(packed(MUCH, 999, 124, depth=16, colour=6), False, id="deep"),
        pytest.param(packed(MUCH, 999, 124, depth=8, colour=6), True, id="not as deep"),
        pytest.param(packed(ROWS, 8, 100_000, depth=1, interlaced=1), False, id="interlaced"),
        pytest.param(packed(ROWS, 8, 100_000, depth=1), True, id="not interlaced"),
        pytest.param(packed(b"0", 1, 1) + b"IDAT" * 9, False, id="something behind it"),
        pytest.param(packed(b"0", 1, 1, extra=chunk(b"CgBI", b"1234")), True, id="Apple's own"),
        pytest.param(
            packed(b"0", 1, 1, extra=chunk(b"IDAT", b"\x78\x01\xff\xff")), True, id="damaged"
        ),
        pytest.param(packed(MUCH, 999, 1000)[:-40], False, id="half a file"),
        pytest.param(JPEG, False, id="a JPEG"),
        pytest.param(JPEG + b"\xff\xda\0\x02..\xff\0" * 10, False, id="a JPEG in ten scans"),
        pytest.param(JPEG + b"\xff\xda\0\x02.." * 999, True, id="a JPEG in very many scans"),
    ],
)
def test_a_file_that_unpacks_to_more_than_it_says_is_found(data, expected):
    size = size_of(data)
    assert size is not None
    assert is_bomb(data, size) == expected


STARTS = [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"GIF89a", b"BM", b"\xff\xd8\xff", b""]


@settings(deadline=None)
@given(st.sampled_from(STARTS), st.binary(max_size=64))
def test_any_bytes_have_a_size_or_none(start, rest):
    size = size_of(start + rest)
    if size is not None:
        is_bomb(start + rest, size)
