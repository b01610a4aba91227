"""The code in a chat model's answer."""

import pytest

from qwen_lsp.features.code_block import extract_code

CODE = "def f():\n    return 1"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        pytest.param(f"```\n{CODE}\n```", CODE, id="a fence of backticks"),
        pytest.param(f"~~~\n{CODE}\n~~~\n", CODE, id="a fence of tildes"),
        pytest.param(f"```python\n{CODE}\n```", CODE, id="a language tag"),
        pytest.param(f"```c++ title=a\r\n{CODE}\r\n```", CODE, id="a tag of two words, with CRLF"),
        pytest.param(
            f"Here you are:\n\n```py\n{CODE}\n```\nIt is short.", CODE, id="chatter around"
        ),
        pytest.param(f"  ```py\n{CODE}\n  ```", CODE, id="an indented fence"),
        pytest.param(f"````\n{CODE}\n````", CODE, id="a long fence"),
        pytest.param(f"```py\n{CODE}", CODE, id="an unclosed fence"),
        pytest.param(f"```py\n{CODE}<|im_end|>\n```", CODE, id="a control text in the code"),
        pytest.param(f"```\n{CODE}\n```\nOr:\n```\nx\n```", CODE, id="the first of two blocks"),
        pytest.param(f"<think>\nWell, ```x```\n</think>\n\n```\n{CODE}\n```", CODE, id="a thought"),
        pytest.param("<think>\nWell, and then", "", id="a thought without an end"),
        pytest.param(f"<think>\n\n</think>\n\n{CODE}\n", CODE, id="an empty thought, no fence"),
        pytest.param(CODE, CODE, id="no fence"),
        pytest.param(f"\n    {CODE}\n", f"    {CODE}", id="no fence, and its indentation stays"),
        pytest.param("x = `a`", "x = `a`", id="a backtick is no fence"),
        pytest.param("", "", id="nothing"),
        pytest.param("```\n```", "", id="an empty block"),
        pytest.param(
            "```py\na = '''\n~~~\n'''\n```", "a = '''\n~~~\n'''", id="tildes inside backticks stay"
        ),
        pytest.param(
            "````md\n```sh\nls\n```\n````", "```sh\nls\n```", id="a short fence in a long one stays"
        ),
        pytest.param(
            "```py\ndef f():\n    '''\n    ```sh\n    ls\n    ```\n    '''\n```",
            "def f():\n    '''\n    ```sh\n    ls\n    ```\n    '''",
            id="an indented fence in the code stays",
        ),
    ],
)
def test_the_code_of_an_answer(answer, code):
    assert extract_code(answer).replace("\r\n", "\n") == code
