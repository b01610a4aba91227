import pytest

from qwen_lsp.context.one_line import on_one_line, with_heads_on_one_line


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param(
            ["    async def get(", "        self,", "        path: str = '',", "    ) -> Card:"],
            "    async def get(self, path: str = '') -> Card:",
            id="a parameter on each line, with a comma behind the last one",
        ),
        pytest.param(
            ["  public List<String> find(", "      String name,", "      int count) {"],
            "  public List<String> find(String name, int count) {",
            id="with the body's bracket",
        ),
        pytest.param(["def f(x): ..."], "def f(x): ...", id="one line"),
        pytest.param(
            ["def f(", "    x,  # the first", "):"], None, id="a comment ends with its line"
        ),
        pytest.param(["def f(", *["    parameter: int,"] * 20, "):"], None, id="too long for one"),
        pytest.param(
            ["function f(", "  url = 'https://x',", ") {"],
            "function f(url = 'https://x') {",
            id="slashes in an address are no comment",
        ),
    ],
)
def test_a_head_on_one_line(lines, expected):
    assert on_one_line(lines) == expected


def test_only_heads_that_are_shown_whole_are_put_on_one_line():
    lines = [
        "class A:",
        "    def f(",
        "        self",
        "    ):",
        "        return (",
        "          1)",
    ]
    heads = {1: 3}
    assert with_heads_on_one_line(lines, [(0, 5)], heads) == [
        "class A:",
        "    def f(self):",
        "        return (",
        "          1)",
    ]
    assert with_heads_on_one_line(lines, [(0, 2)], heads) == lines[:3]
