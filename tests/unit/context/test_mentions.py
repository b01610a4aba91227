import pytest

from qwen_lsp.context.mentions import lines_with, mentions

CASES = [
    pytest.param("a", "a + a\nb + a", 3, 2, id="as often as it stands there"),
    pytest.param("total", "subtotal = total_net + totals", 0, 0, id="not inside longer words"),
    pytest.param("x", "x", 1, 1, id="alone"),
    pytest.param("wert", "größe.wert = größewert", 1, 1, id="beside letters of any language"),
    pytest.param("os.path", "import os.path", 0, 0, id="what is no single word"),
    pytest.param("", "anything", 0, 0, id="no name"),
    pytest.param("a", "", 0, 0, id="no text"),
    pytest.param("aa", "aaa aa", 1, 1, id="after a longer word that begins so"),
]


@pytest.mark.parametrize(("name", "text", "times", "lines"), CASES)
def test_how_often_a_text_mentions_a_name(name, text, times, lines):
    assert mentions(name, text, 9) == times
    assert lines_with(name, text, 9) == lines


@pytest.mark.parametrize("most", [1, 2])
def test_counting_stops_where_enough_is_known(most):
    assert mentions("a", "a a a\na\na", most) == most
    assert lines_with("a", "a a a\na\na", most) == most
