"""What is missing of known names behind what was typed."""

import pytest

from qwen_lsp.context.known_members import NOTHING_KNOWN, Members


@pytest.mark.parametrize(
    ("before", "rests"),
    [
        pytest.param("self.store.", ("delete", "delete_info", "größe"), id="nothing is typed"),
        pytest.param("self.store.del", ("ete", "ete_info"), id="begun"),
        pytest.param("self.store.delete", ("", "_info"), id="one of them is there"),
        pytest.param("self.store.x", (), id="none begins so"),
    ],
)
def test_the_rests_of_names(before, rests):
    likely = Members(("delete", "delete_info", "größe")).likely(before)
    assert tuple(one.text for one in likely) == rests


def test_names_of_which_there_are_no_others_count_for_more():
    [sure], [guess] = Members(("a",), is_all=True).likely(""), Members(("a",)).likely("")
    assert sure.bonus > guess.bonus > 0
    assert NOTHING_KNOWN.likely("x.") == ()
