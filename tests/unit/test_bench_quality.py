"""What the quality bench counts as right, and when an answer of an earlier run may serve again."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from qwen_lsp.wire import Token
from tests.bench.answers import Answer, Answers, key_of, segments_json
from tests.bench.baselines import LINES_AFTER, LINES_BEFORE, crossfile, file_only
from tests.bench.quality_figures import Row, report_of
from tests.bench.repositories import Case
from tests.bench.scoring import edit_distance, score, shows_gold, spread

CASE = Case(
    *("id", "python", "line", "shop", "shop.py", "import bank\n\nbank.", "\n"),
    *("pay(1)", "pay", (("bank.py", 4),), ({"path": "bank.py", "text": "def pay(): ..."},)),
)
BLOCK = replace(CASE, kind="block", target="a = 1\nb = 2")


@pytest.mark.parametrize(
    ("case", "text", "exact", "uncut"),
    [
        pytest.param(CASE, "pay(1)", True, True, id="the same"),
        pytest.param(CASE, "pay(1) \nmore", True, False, id="only the first line counts"),
        pytest.param(CASE, "\npay(1)", False, False, id="a line too late"),
        pytest.param(CASE, "", False, False, id="nothing"),
        pytest.param(BLOCK, "a = 1\nb = 2\nc = 3", True, False, id="a block with a line more"),
        pytest.param(BLOCK, "a = 1", False, False, id="a block with a line less"),
        pytest.param(BLOCK, "a = 1  \nb = 2", True, True, id="trailing blanks inside a block"),
    ],
)
def test_a_line_counts_by_itself_and_a_block_by_all_its_lines(case, text, exact, uncut):
    scored = score(text, case)
    assert (scored.is_exact, scored.is_exact_uncut) == (exact, uncut)
    assert scored.is_offered == bool(text)


@pytest.mark.parametrize(
    ("one", "other", "distance"),
    [("", "", 0), ("", "abc", 3), ("kitten", "sitting", 3), ("ab", "ba", 2), ("same", "same", 0)],
)
def test_the_edit_distance_counts_characters(one, other, distance):
    assert edit_distance(one, other) == edit_distance(other, one) == distance


@pytest.mark.parametrize(
    ("lines", "is_shown"),
    [([[5, 5]], True), ([[1, 2], [4, 9]], True), ([[1, 4], [6, 9]], False), ([], False)],
)
def test_a_definition_is_in_the_prompt_when_its_line_is_shown(lines, is_shown):
    assert shows_gold(CASE, {"snippets": [{"path": "bank.py", "lines": lines}]}) == is_shown
    assert not shows_gold(CASE, {"snippets": [{"path": "shop.py", "lines": lines}]})


def test_the_file_alone_is_sent_with_256_lines_before_and_64_after():
    long = replace(CASE, prefix="".join(f"{n}\n" for n in range(300)) + "x", suffix="y\n" * 90)
    prompt = file_only(long)
    above, below = str(prompt[prompt.index(Token("fim_prefix")) + 1]), str(prompt[-2])
    assert above.partition("\n")[0] == str(300 - LINES_BEFORE)
    assert above.endswith("299\nx")
    assert below.count("y") == LINES_AFTER + 1  # the rest of the cursor's line comes besides


def test_chunks_stand_before_the_file():
    assert crossfile(CASE) == (
        *(Token("repo_name"), "shop\n", Token("file_sep"), "bank.py\ndef pay(): ...\n"),
        *(Token("file_sep"), "shop.py\n", Token("fim_prefix"), "import bank\n\nbank."),
        *(Token("fim_suffix"), "\n", Token("fim_middle")),
    )


def test_a_control_token_and_its_text_have_different_keys():
    token, text = (Token("fim_middle"),), ("fim_middle",)
    assert key_of(segments_json(token)) != key_of(segments_json(text))
    assert key_of(segments_json(token), 64) != key_of(segments_json(token), 128)
    assert key_of(segments_json(token)) == key_of(segments_json(token))


def test_an_answer_is_found_in_a_later_run(tmp_path: Path):
    answer = Answer("pay(1)", 1.5, prompt_tokens=7)
    Answers(tmp_path).keep("key", answer, "about")
    assert Answers(tmp_path).find("key") == replace(answer, is_kept=True)
    assert Answers(tmp_path).find("another key") is None
    [file] = tmp_path.iterdir()
    assert json.loads(file.read_text())["about"] == "about"


def test_without_a_folder_no_answer_is_kept():
    answers = Answers(None)
    answers.keep("key", Answer("", 0.0), "about")
    assert answers.find("key") is None


@pytest.mark.parametrize(
    ("limit", "some"), [(None, "abcdefgh"), (4, "aceg"), (3, "acf"), (20, "abcdefgh"), (0, "")]
)
def test_a_limit_takes_cases_from_all_over_the_set(limit, some):
    assert spread("abcdefgh", limit) == list(some)


def test_the_time_of_an_answer_of_an_earlier_run_says_nothing():
    rows = [row("line", "pay(1)", "", is_shown=True)]
    rows[0].ours[1024] = replace(rows[0].ours[1024], is_kept=True)
    report = report_of(rows, 1024, 4096)
    assert report.detail["seconds"]["ours"] is None
    assert report.detail["kept_answers"] == {"ours": 1, "file_only": 0, "crossfile": 0}


def row(kind: str, ours: str, file: str, *, is_shown: bool) -> Row:
    case = replace(CASE, id=f"{kind} {ours} {file}", kind=kind)
    baselines = {"file_only": Answer(file, 2.0), "crossfile": Answer("pay(1)", 3.0)}
    return Row(case, baselines, {1024: Answer(ours, 1.0)}, {1024: is_shown, 4096: True})


def test_the_figures_are_exact_matches_over_the_baselines():
    rows = [
        row("line", "pay(1)", "pay(1)", is_shown=True),
        row("line", "pay(1)", "", is_shown=True),
        row("member", "", "pay(1)", is_shown=False),
        row("import", "", "", is_shown=True),
    ]
    report = report_of(rows, 1024, 4096)
    values = {name: one.value for name, one in report.figures.items()}
    assert values == {
        "em_vs_file_only": 1.0,
        "em_vs_crossfile": 0.5,
        "worst_kind_vs_file_only": 0.0,
        "gold_in_prompt": 1.0,
    }
    assert report.detail["against_file_only"] == {
        "won": ["line pay(1) "],
        "lost": ["member  pay(1)"],
    }
    assert report.detail["kinds_vs_file_only"] == {"line": 2.0, "member": 0.0, "import": 1.0}
    assert report.detail["by_budget"]["1024"]["gold_in_prompt"] == 0.75
    assert report.detail["seconds"]["ours"] == {"p50": 1.0, "p90": 1.0, "answers": 4}
    json.dumps(report.as_json())
