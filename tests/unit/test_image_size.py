"""The size of an image by its file's first bytes, and that no bytes at all are an accident."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qwen_lsp.engine.image_size import size_of
from tests.harness.tiny_projector import png

JPEG = (
    b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0\xff\xff\xdb\0\x04\0\0"
    b"\xff\xc2\0\x11\x08" + struct.pack(">HH", 300, 400)
)


@pytest.mark.parametrize(
    ("data", "size"),
    [
        pytest.param(png(1, 30, 20), (30, 20), id="PNG"),
        pytest.param(b"GIF89a" + struct.pack("<HH", 30, 20), (30, 20), id="GIF"),
        pytest.param(
            b"BM" + bytes(12) + struct.pack("<Iii", 40, 30, -20), (30, 20), id="BMP, top first"
        ),
        pytest.param(b"BM" + bytes(12) + struct.pack("<IHH", 12, 30, 20), (30, 20), id="old BMP"),
        pytest.param(JPEG, (400, 300), id="JPEG"),
        pytest.param(JPEG[:-1], None, id="JPEG that breaks off"),
        pytest.param(png(1)[:20], None, id="PNG that breaks off"),
        pytest.param(b"\xff\xd8\xff\xda\0\x02..", None, id="JPEG without a frame"),
        pytest.param(b"RIFF\0\0\0\0WEBPVP8 ", None, id="WebP"),
        pytest.param(b"", None, id="nothing"),
    ],
)
def test_a_file_says_how_large_its_image_is(data, size):
    assert size_of(data) == size


STARTS = [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"GIF89a", b"BM", b"\xff\xd8\xff", b""]


@settings(deadline=None)
@given(st.sampled_from(STARTS), st.binary(max_size=64))
def test_any_bytes_have_a_size_or_none(start, rest):
    size_of(start + rest)
