"""Lines that are followed through changes of their document."""

import pytest

from qwen_lsp.features.region import check_inside, moved_by, region_after
from qwen_lsp.text import Replacement, Span
from tests.harness import marked_text


def check(before, after):
    """`before` marks the region and has the change in it as [old→new]; `after` is what it gives."""
    head, _, rest = before.partition("[")
    change, _, tail = rest.partition("]")
    old, _, new = change.partition("→")
    marks = marked_text.parse(head + old + tail)
    start = len(head.replace("«", "").replace("»", ""))
    bare = old.replace("«", "").replace("»", "")
    found = region_after(
        marks.text, marks.selection, Replacement(Span(start, start + len(bare)), new)
    )
    if after is None:
        assert found is None
    else:
        assert found == marked_text.parse(after).selection


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("[a→bcd]\n«x\ny»\nz", "bcd\n«x\ny»\nz", id="above"),
        pytest.param("a\n«x\ny»\n[z→]", "a\n«x\ny»\n", id="below"),
        pytest.param("a\n[→b\n]«x\ny»\nz", "a\nb\n«x\ny»\nz", id="lines at its beginning"),
        pytest.param("a\n«x\ny»[→\nb]\nz", "a\n«x\ny»\nb\nz", id="lines at its end"),
        pytest.param("[a\n→]«x\ny»", "«x\ny»", id="the line above goes"),
        pytest.param("«x\ny»[\nz→]", "«x\ny»", id="the line below goes"),
        pytest.param("[a\r→]\n«x»", "\n«x»", id="a half of the line end above"),
        pytest.param("«x»[\r→]\nz", "«x»\nz", id="a half of the line end below"),
        pytest.param(
            "[a\n«x\ny»\nz→b\nx\ny\nz]", "b\n«x\ny»\nz", id="all is sent, one line differs"
        ),
        pytest.param("a\n«x\n[y→y]\nz»", "a\n«x\ny\nz»", id="its own line comes again"),
        pytest.param("a\n«x\n[→]y»", "a\n«x\ny»", id="nothing in it"),
        pytest.param("a\n«x[→\n]\ny»", None, id="inside"),
        pytest.param("a\n[→b]«x\ny»", None, id="text in front of its first line"),
        pytest.param("a\n«x\ny»[→b]\nz", None, id="text behind its last line"),
        pytest.param("a[\n→]«x\ny»", None, id="its first line joins the one above"),
        pytest.param("«x\ny»[\n→]z", None, id="its last line joins the one below"),
        pytest.param("[a\n«x→b\nx]\ny»", "b\n«x\ny»", id="a part is sent as it is"),
        pytest.param("[a\n«x→b\nw]\ny»", None, id="across its beginning"),
        pytest.param("«x\n[y»\nz→v]", None, id="across its end"),
        pytest.param("a\n[«x\ny»\n→]z", None, id="all of it goes"),
        pytest.param("a\n[→\r]«\nx»", None, id="a line end that joins its first line's"),
        pytest.param("«x\r»[→\n]\ry", None, id="a line end that joins its last line's"),
    ],
)
def test_a_region_moves_with_what_is_elsewhere_and_is_lost_when_it_is_touched(before, after):
    check(before, after)


def test_replacements_move_along():
    one = Replacement(Span(2, 3), "a")
    assert moved_by([one], 5) == (Replacement(Span(7, 8), "a"),)


@pytest.mark.parametrize("span", [Span(1, 3), Span(4, 6), Span(6, 7)])
def test_an_edit_outside_its_region_is_a_bug(span):
    with pytest.raises(AssertionError, match="outside"):
        check_inside([Replacement(Span(3, 4), ""), Replacement(span, "")], Span(2, 5))
