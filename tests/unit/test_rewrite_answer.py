"""From answers to the new lines of a region: what is taken, what goes, and what is refused."""

from itertools import pairwise

import pytest

from qwen_lsp.features.outcome import Dropped
from qwen_lsp.features.rewrite_answer import Region, is_answered, lines_so_far, new_lines
from qwen_lsp.text import Document
from tests.harness import marked_text

SHOP = """\
import os
from math import floor

class Shop:
    def open(self):
        self.is_open = True

«    def price(self, cents):
        return cents / 100»

    def close(self):
        self.is_open = False
"""
ABOVE, _, _REST = SHOP.partition("«")
SELECTED = _REST.partition("»")[0]
NEW = "def price(self, cents):\n    return cents // 100"
PLACED = "    def price(self, cents):\n        return cents // 100"
BRACES = "function f() {\n  if (a) {\n«    b();»\n  }\n}\n"


def region_of(marked, language="python"):
    marks = marked_text.parse(marked)
    document = Document("u", language, 1, marks.text)
    span = document.whole_lines(marks.selection)
    return Region.of(document, span, marks.text[span.start : span.end])


def check(answer, expected, marked=SHOP, language="python"):
    lines = new_lines(answer, region_of(marked, language))
    assert not isinstance(lines, Dropped), lines
    assert "\n".join(lines) == expected


def fenced(code, tag="python"):
    return f"```{tag}\n{code}\n```"


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(fenced(NEW), id="one block"),
        pytest.param(fenced(PLACED), id="indented as in the document"),
        pytest.param(f"```python\n{NEW}", id="an unclosed fence"),
        pytest.param(f"```python\n{NEW}\n", id="an unclosed fence with a line end"),
        pytest.param(f"{fenced(NEW)}\n\n{fenced(NEW)}", id="twice the same block"),
        pytest.param(f"Sure:\n{fenced(NEW)}\nIt divides now.", id="talk around"),
        pytest.param(
            f"Run it:\n{fenced('python shop.py', 'bash')}\nwith\n{fenced(NEW)}",
            id="a command first",
        ),
        pytest.param(
            f"It was:\n{fenced(SELECTED)}\nNow:\n{fenced(NEW)}",
            id="the code as it was first",
        ),
        pytest.param(f"{fenced('print(shop.x(5))')}\n{fenced(NEW)}", id="how to call it first"),
        pytest.param(f"{fenced(NEW)}\nor\n```python\ndef price(", id="a second block without end"),
        pytest.param(f"{fenced(f'{NEW}<|im_end|>')}\n", id="a control token in the code"),
        pytest.param(f"{fenced(NEW)}<|endoftext|>more", id="a control token behind the code"),
        pytest.param(f"Thinking.</think>\n{fenced(NEW)}", id="the end of a thought"),
        pytest.param(f"<think>\n{fenced('x')}\n</think>{fenced(NEW)}", id="code in a thought"),
        pytest.param(NEW, id="no fence"),
        pytest.param(f"Here is the new code:\n\n{NEW}\n\nIt divides now.", id="no fence, but talk"),
        pytest.param(
            fenced(f"    def open(self):\n        self.is_open = True\n\n{PLACED}"),
            id="the lines above again",
        ),
        pytest.param(
            fenced(f"{PLACED}\n\n    def close(self):\n        self.is_open = False"),
            id="the lines below again",
        ),
        pytest.param(
            fenced(f"{ABOVE}{PLACED}\n\n    def close(self):"),
            id="the whole document again",
        ),
        pytest.param(fenced(f"import os\nfrom math import floor\n\n{NEW}"), id="imports again"),
    ],
)
def test_an_answer_gives_the_region_and_nothing_else(answer):
    check(answer, PLACED)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        pytest.param("", "the model gave no code", id="nothing"),
        pytest.param("\n\n", "the model gave no code", id="blank lines"),
        pytest.param("```python\n```", "the model gave no code", id="an empty block"),
        pytest.param("<think>Well, then", "the model gave no code", id="only a thought"),
        pytest.param("<|im_end|>", "the model gave no code", id="only a control token"),
        pytest.param(
            "I'm sorry, but I can't help with that.",
            "the model answered in words, not with code",
            id="words",
        ),
        pytest.param(
            fenced("The code is already correct.\n\nNothing needs to be changed.", ""),
            "the model answered in words, not with code",
            id="words in a block",
        ),
        pytest.param("Done", "the model answered in words, not with code", id="a word"),
        pytest.param(
            fenced("pip install shop", "bash"), "the model gave no code", id="only a command"
        ),
        pytest.param(
            fenced("-    return cents / 100\n+    return 1", "diff"),
            "the model answered with a difference, not with code",
            id="a difference",
        ),
        pytest.param(
            fenced("def price(self, cents):\n    # ... rest of the code"),
            "the model left code out (`# ... rest of the code`); select less code",
            id="a gap",
        ),
        pytest.param(
            fenced("def price(self, cents):\n    # existing code remains unchanged"),
            "the model left code out (`# existing code remains unchanged`); select less code",
            id="a gap in words",
        ),
    ],
)
def test_what_is_no_code_takes_no_codes_place(answer, reason):
    assert new_lines(answer, region_of(SHOP)) == Dropped(reason)


@pytest.mark.parametrize(
    ("marked", "answer", "expected", "language"),
    [
        pytest.param(
            "call()\n«call()\nend()»\n",
            "call()\nstop()",
            "call()\nstop()",
            "python",
            id="the region's own first line is above too",
        ),
        pytest.param(BRACES, "    b(1);\n  }\n}", "    b(1);", "javascript", id="closers again"),
        pytest.param(
            BRACES, "if (c) {\n  b();\n}", "    if (c) {\n      b();\n    }", "javascript", id="own"
        ),
        pytest.param(
            "import os\n\n«import os\nf()»\n",
            "import os\ng()",
            "import os\ng()",
            "python",
            id="an import that the region has itself",
        ),
        pytest.param(
            "import os\n\n«f()»\n",
            "import re\nf(re)",
            "import re\nf(re)",
            "python",
            id="an import that is new",
        ),
        pytest.param(
            "# Title\n\n«Some old words.»\n",
            "Some new words of mine.",
            "Some new words of mine.",
            "markdown",
            id="words where words are meant",
        ),
        pytest.param(
            "«Run:\n```sh\nls\n```\nDone.»\n",
            "```markdown\nRun:\n```sh\nls -l\n```\nDone.\n```",
            "Run:\n```sh\nls -l\n```\nDone.",
            "markdown",
            id="fences in the region",
        ),
        pytest.param(
            "«TOKENS = ('<|im_end|>', 1)»\n",
            "TOKENS = ('<|im_end|>', 2)",
            "TOKENS = ('<|im_end|>', 2)",
            "python",
            id="a control token that the region has",
        ),
        pytest.param(
            "\tif a:\n«\t\tb()»\n",
            "if c:\n    b()",
            "\t\tif c:\n\t\t\tb()",
            "python",
            id="blanks become the region's tabs",
        ),
        pytest.param(
            "if a:\n«    b()\n    if d:\n        e()»\n",
            "if c:\n\tb()",
            "    if c:\n        b()",
            "python",
            id="tabs become the region's blanks",
        ),
        pytest.param(
            "«def f(): ...»\n", "def f(): ...\n...", "def f(): ...\n...", "python", id="an ellipsis"
        ),
    ],
)
def test_what_belongs_to_the_region_stays(marked, answer, expected, language):
    check(fenced(answer) if "```" not in answer else answer, expected, marked, language)


def test_lines_are_known_as_they_come():
    region, answer = region_of(SHOP), f"Sure!\n{fenced(NEW)}\nIt divides now."
    known = [lines_so_far(answer[:end], region) for end in range(len(answer) + 1)]
    assert known[-1] == PLACED.split("\n")
    for before, after in pairwise(known):
        assert after[: len(before)] == before


def test_nothing_is_needed_behind_the_block():
    region, answer = region_of(SHOP), f"{fenced(NEW)}\nIt"
    assert is_answered(answer, region)
    assert not is_answered(fenced(NEW), region)  # the fence may go on
    assert not is_answered(f"{fenced('pip install x', 'bash')}\nand", region)
    as_it_was = fenced("def price(self, cents):\n    return cents / 100")
    assert not is_answered(f"{as_it_was}\nbecomes", region)
