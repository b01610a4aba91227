"""Whether an edit breaks a file that parsed."""

import pytest

from qwen_lsp.index import syntax_check
from qwen_lsp.index.syntax_check import SyntaxCheck

SOUND = "def f():\n    return 1\n"


async def first_broken_line(language, before, after):
    check = SyntaxCheck(language, before)
    try:
        return await check.first_broken_line(after)
    finally:
        check.close()


@pytest.mark.parametrize(
    ("language", "before", "after", "line"),
    [
        pytest.param("python", SOUND, SOUND.replace("1", "2"), None, id="sound stays sound"),
        pytest.param("python", SOUND, f"{SOUND}x = (\n", 2, id="the line of the error"),
        pytest.param("python", f"x = (\n{SOUND}", f"y = (\n{SOUND}", None, id="broken before"),
        pytest.param("typescript", "f(1);\n", "let a = 1;\nf(1;\n", 1, id="another language"),
        pytest.param("java", "class A {}\n", "class A {\n", 0, id="something is missing"),
        pytest.param("plaintext", "a", "(", None, id="a language that is not known"),
    ],
)
async def test_the_first_line_that_an_edit_breaks(language, before, after, line):
    assert await first_broken_line(language, before, after) == line


async def test_a_file_that_is_too_large_is_not_looked_at():
    large = SOUND + "#" * syntax_check.MOST
    assert await first_broken_line("python", SOUND, f"x = (\n{large}") is None
    assert await first_broken_line("python", large, "x = (\n") is None
