"""Reading images of a workspace folder for a prompt: only what the index's rules let out."""

import base64
import os

import pytest

from qwen_lsp.errors import BadInput
from qwen_lsp.index.image_files import MOST_BYTES, read_image
from qwen_lsp.wire import Image

PNG = b"\x89PNG\r\n\x1a\n" + bytes(8)


@pytest.fixture
def folder(tmp_path):
    """A workspace folder inside another one, in which there is an image too."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/a.png").write_bytes(PNG)
    root = tmp_path / "root"
    (root / "docs").mkdir(parents=True)
    (root / "docs/a.png").write_bytes(PNG)
    return root


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF87a", "image/gif"),
        (b"GIF89a", "image/gif"),
        (b"BM", "image/bmp"),
    ],
)
def test_what_an_image_is_its_bytes_say(folder, start, kind):
    (folder / "docs/a.png").write_bytes(start + b"rest")
    expected = Image(kind, base64.b64encode(start + b"rest").decode())
    assert read_image(folder, "docs/a.png") == expected


def test_an_image_may_be_larger_than_an_indexed_text(folder):
    data = PNG + bytes(number % 251 for number in range(2_000_000))
    (folder / "docs/a.png").write_bytes(data)
    assert base64.b64decode(read_image(folder, "docs/a.png").base64, validate=True) == data


def link_the_file(folder):
    (folder / "docs/a.png").unlink()
    (folder / "docs/a.png").symlink_to(folder.parent / "outside/a.png")


def link_the_folder(folder):
    (folder / "docs/a.png").unlink()
    (folder / "docs").rmdir()
    (folder / "docs").symlink_to(folder.parent / "outside")


def put_a_pipe(folder):
    (folder / "docs/a.png").unlink()
    os.mkfifo(folder / "docs/a.png")


CASES = [
    pytest.param(lambda root: (root / "docs/a.png").unlink(), "There is no image", id="none"),
    pytest.param(link_the_file, "it is a symbolic link or behind one", id="a link"),
    pytest.param(link_the_folder, "it is a symbolic link or behind one", id="a linked folder"),
    pytest.param(put_a_pipe, "it is neither a file nor", id="a pipe"),
    pytest.param(
        lambda root: (root / ".qwen-lsp-ignore").write_text("*.png"),
        "is not shown to the model: an ignore file names it",
        id="an ignored one",
    ),
    pytest.param(
        lambda root: (root / "docs/a.png").write_text("version https://git-lfs.github.com/spec/v1"),
        "holds no PNG, JPEG, GIF or BMP image",
        id="a text",
    ),
    pytest.param(
        lambda root: (root / "docs/a.png").write_bytes(PNG.ljust(MOST_BYTES + 1, b"\0")),
        "has more than 10 MB, the most that is shown",
        id="a huge one",
    ),
]


@pytest.mark.parametrize(("change", "says"), CASES)
def test_what_is_not_for_a_prompt_is_refused_with_a_sentence(folder, change, says):
    change(folder)
    with pytest.raises(BadInput) as caught:
        read_image(folder, "docs/a.png")
    assert says in str(caught.value)
    assert str(caught.value).endswith(".")


def test_a_secret_place_is_left_alone(folder):
    (folder / ".ssh").mkdir()
    (folder / ".ssh/a.png").write_bytes(PNG)
    with pytest.raises(BadInput, match="it looks like a secret"):
        read_image(folder, ".ssh/a.png")
