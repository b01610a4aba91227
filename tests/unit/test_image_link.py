"""Which image a link means, and which are refused: `│` is the cursor, `«…»` the selection."""

import pytest

from qwen_lsp.errors import BadInput
from qwen_lsp.features.image_link import ImageLink, image_link_at, path_of
from qwen_lsp.text import Document, Span
from tests.harness.marked_text import parse


def found(marked, language="markdown"):
    place = parse(marked)
    document = Document("file:///w/docs/x.md", language, 1, place.text)
    return image_link_at(document, place.selection), place.text


@pytest.mark.parametrize(
    ("marked", "target", "alt", "link"),
    [
        pytest.param("![a│](b.png)", "b.png", "a", "![a](b.png)", id="in the words"),
        pytest.param("│![a](b.png)", "b.png", "a", "![a](b.png)", id="at the beginning"),
        pytest.param("![a](b.png)│", "b.png", "a", "![a](b.png)", id="at the end"),
        pytest.param("«![a](b.png)»", "b.png", "a", "![a](b.png)", id="selected"),
        pytest.param("«  ![a](b.png)\n»", "b.png", "a", "![a](b.png)", id="selected with blanks"),
        pytest.param("![«a»](b.png)", "b.png", "a", "![a](b.png)", id="selected in part"),
        pytest.param("x ![](b.png) ![│](c.png)", "c.png", "", "![](c.png)", id="one of two"),
        pytest.param(
            "[![│ci](b.png)](http://e)", "b.png", "ci", "![ci](b.png)", id="inside a link"
        ),
        pytest.param('![│a](b.png "T")', "b.png", "a", '![a](b.png "T")', id="with a title"),
        pytest.param("![│a](<b c.png>)", "b c.png", "a", "![a](<b c.png>)", id="in brackets"),
        pytest.param("![│a](b(1).png)", "b(1).png", "a", "![a](b(1).png)", id="with brackets"),
        pytest.param(r"![│a\]](b\_c.png)", "b_c.png", "a]", r"![a\]](b\_c.png)", id="with escapes"),
        pytest.param("![│a [1]](b.png)", "b.png", "a [1]", "![a [1]](b.png)", id="nested words"),
        pytest.param("![│a](b&amp;c.png)", "b&c.png", "a", "![a](b&amp;c.png)", id="an entity"),
        pytest.param('<img│ src="b.png">', "b.png", "", '<img src="b.png">', id="a tag"),
        pytest.param(
            "<p><IMG alt='a>b'\n width=3 SRC=b.png│ /></p>",
            *("b.png", "a>b", "<IMG alt='a>b'\n width=3 SRC=b.png />"),
            id="a tag over two lines",
        ),
        pytest.param(
            '<img data-src="no.png" src="b.png│">',
            *("b.png", "", '<img data-src="no.png" src="b.png">'),
            id="a tag with another source",
        ),
    ],
)
def test_a_link_is_found_at_the_cursor(marked, target, alt, link):
    at, text = found(marked)
    start = text.index(link)
    assert at == ImageLink(Span(start, start + len(link)), target, alt)


@pytest.mark.parametrize(
    "marked",
    [
        pytest.param("│ ![a](b.png)", id="before it"),
        pytest.param("![a](b.png) │", id="behind it"),
        pytest.param("«Look: ![a](b.png)»", id="a selection with more in it"),
        pytest.param("[a│](b.png)", id="a link that shows nothing"),
        pytest.param("![a│][b]", id="a reference"),
        pytest.param("![a\n\n│b](c.png)", id="over two lines"),
        pytest.param('<image│ src="b.png">', id="another tag"),
        pytest.param('<img│ data-src="b.png">', id="a tag without a source"),
        pytest.param("", id="nothing"),
        pytest.param("«![a](b.png" + "?" * 2000 + ")»", id="longer than a person writes it"),
        pytest.param("«![a](&#" + "1" * 4400 + ")»", id="a number that is no number"),
    ],
)
def test_elsewhere_is_none(marked):
    assert found(marked)[0] is None


def test_code_is_explained_as_code():
    assert found('return <img│ src="b.png" />', "javascriptreact")[0] is None
    assert found('<img│ src="b.png" />', "html")[0] is not None


def test_a_huge_document_is_looked_at_only_near_the_cursor():
    far = "![x](y.png) " * 100_000
    at, _ = found(f"{far}![a│](b.png){far}")
    assert at is not None
    assert at.target == "b.png"


# Where characters could be shared out between parts of a link in many ways, and none is right.
NASTY = [
    pytest.param("![](", " ", "x", id="blanks"),
    pytest.param("![](", "\n", "x", id="lines"),
    pytest.param("<img ", "a", ">", id="a name"),
]


@pytest.mark.parametrize(("start", "filling", "end"), NASTY)
def test_a_huge_selection_is_no_link_and_that_takes_no_time(start, filling, end):
    assert found(f"«{start}{filling * 1_000_000}{end}»")[0] is None


@pytest.mark.parametrize(("start", "filling", "end"), NASTY)
def test_what_a_stranger_wrote_around_the_cursor_takes_no_time(start, filling, end):
    text = f"{start}{filling * 3900}{end}"
    document = Document("file:///w/docs/x.md", "markdown", 1, text)
    # Many times, since one look alone hardly shows what it takes.
    for _ in range(2500):
        assert image_link_at(document, Span(1950, 1950)) is None


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("b.png", "docs/b.png"),
        ("./img/B.JPG", "docs/img/B.JPG"),
        ("../b.jpeg", "b.jpeg"),
        ("/assets/b.gif", "assets/b.gif"),
        ("b%20c.bmp?raw=true#top", "docs/b c.bmp"),
        ("../docs/../b.png", "b.png"),
    ],
)
def test_a_target_is_relative_to_the_document_or_the_folder(target, path):
    assert path_of(ImageLink(Span(0, 0), target), "docs/x.md") == path


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("https://e.org/b.png", "does not fetch images from the network; save it"),
        ("//e.org/b.png", "does not fetch images from the network"),
        ("data:image/png;base64,AAAA", "does not fetch images from the network"),
        ("file:///etc/b.png", "is no file of the workspace"),
        ("../../b.png", "leads out of the workspace folder"),
        ("/../b.png", "leads out of the workspace folder"),
        ("%2e%2e/%2e%2e/b.png", "leads out of the workspace folder"),
        ("b%00.png", "leads out of the workspace folder"),
        ("", "leads out of the workspace folder"),
        ("b.svg", "docs/b.svg is an SVG image, which is text: open it"),
        ("b.webp", "PNG, JPEG, GIF, BMP are"),
        ("../.env", ".env is no image"),
    ],
)
def test_what_is_not_shown_is_refused_with_a_sentence(target, says):
    with pytest.raises(BadInput) as caught:
        path_of(ImageLink(Span(0, 0), target), "docs/x.md")
    assert says in str(caught.value)
