"""Explanations: they stream into a window, whose links lead to their places."""

import pytest

from tests.harness.scripted_engine import STEP

ADD = "def add(a, b):\n    return a + b\n"


def test_the_model_explains_into_a_window_that_stops_it_when_closed(editor, source):
    editor.open(source, ADD)
    editor.note_cancelled()
    editor.command("1,2Qwen explain")
    editor.wait_until(
        lambda: editor.nvim.current.buffer.options["filetype"] == "markdown", "the window"
    )
    editor.wait_until(
        lambda: len(" ".join(editor.text()).split()) >= 3, "the explanation's first words"
    )
    editor.keys("q")
    editor.wait_until(lambda: editor.text() == ADD.splitlines(), "only the file's window is left")
    editor.wait_until(lambda: editor.cancelled() == ["qwen/explain"], "the request is cancelled")


@pytest.fixture
def indexed(start, engine, source):
    """An editor on a workspace of two files, the second of which uses the first."""
    source.with_name("prices.py").write_text("import sums\n\n\ndef total(prices):\n    pass\n")
    editor = start({"model": str(engine.model)})
    editor.open(source, f"# Sums.\n{ADD}")
    editor.until_indexed(files=3)
    return editor


@pytest.mark.parametrize("key", ["<CR>", "gf"])
def test_an_explanation_streams_and_a_link_leads_to_its_place(indexed, engine, source, key):
    engine.scripts.append(["The sum\n\n", STEP, "of two, as `total` in prices.py:4 needs.\n"])
    indexed.command("2,3Qwen explain")
    indexed.until_sees("The sum")
    assert not indexed.sees("needs")
    engine.step()
    indexed.until_sees("<CR> or gf follows a link")
    # A link shows its words alone.
    assert indexed.sees("of two, as total in prices.py:4 needs.")
    indexed.keys(f"3G{key}")
    indexed.wait_until(
        lambda: indexed.nvim.current.buffer.name == str(source.with_name("prices.py")), "the file"
    )
    assert indexed.nvim.current.window.cursor[0] == 4
    assert len(indexed.nvim.windows) == 2


@pytest.mark.parametrize("words", ["workspace", "file", "why is it so short?"])
def test_other_things_are_explained_too(indexed, engine, words):
    engine.scripts.append([f"About it: {words}"])
    indexed.command(f"Qwen explain {words}")
    indexed.until_sees(f"About it: {words}")
    contents = str(engine.requests[-1]["messages"])
    assert {"workspace": "prices.py", "file": "sums.py"}.get(words, words) in contents


def test_a_problem_under_the_cursor_is_explained(indexed, engine):
    indexed.lua(
        """
        vim.diagnostic.set(vim.api.nvim_create_namespace("test"), 0, {
          { lnum = 1, col = 4, message = "add is too short" },
        })
        """
    )
    indexed.command("Qwen explain problem")
    indexed.until_sees("nothing is reported in this line")
    engine.scripts.append(["It is short."])
    indexed.keys("2G")
    indexed.command("Qwen explain problem")
    indexed.until_sees("It is short.")
    assert "add is too short" in str(engine.requests[-1]["messages"])


def test_the_context_is_shown_and_leads_to_its_files(indexed, source):
    indexed.keys("2G")
    indexed.command("Qwen context")
    indexed.until_sees("this file")
    assert indexed.sees("sums.py:1-")
    indexed.keys("3G<CR>")
    indexed.wait_until(lambda: indexed.nvim.current.buffer.name == str(source), "the file")
