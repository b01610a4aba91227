"""What a user of Neovim sees: ghost text, `:Qwen explain`, `:Qwen edit` and `:Qwen status`."""

import pytest

ADD = "def add(a, b):\n    return a + b\n"
SUBTRACT = f"{ADD}\n\ndef subtract(a, b):\n    "
ON_THE_LAST_LINE = "GA"


@pytest.fixture
def source(tmp_path):
    # The mark of a root, so that the server's workspace is this folder alone.
    (tmp_path / "pyproject.toml").touch()
    return tmp_path / "sums.py"


def type_until_ghost_text(editor, source):
    """Type `retur` after SUBTRACT; return the rows shown once they hold more than was typed."""
    editor.open(source, SUBTRACT)
    editor.keys(ON_THE_LAST_LINE)
    editor.wait_until(lambda: editor.status()["engine"]["state"] == "ready", "the model is loaded")
    editor.keys("retur")
    editor.wait_until(lambda: editor.text()[-1] == "    retur", "the typed text is in the buffer")
    return editor.wait_until(
        lambda: editor.text_shown() != editor.text() and editor.text_shown(),
        "ghost text on the screen",
    )


def test_neovim_has_ghost_text_built_in(editor):
    assert editor.nvim.funcs.has("nvim-0.12") == 1
    assert editor.lua("return vim.lsp.inline_completion.is_enabled()")


def test_ghost_text_is_drawn_and_tab_puts_exactly_it_into_the_buffer(editor, source):
    shown = type_until_ghost_text(editor, source)
    typed = [*SUBTRACT.splitlines()[:-1], "    retur"]
    assert editor.text() == typed
    assert shown[: len(typed) - 1] == typed[:-1]
    assert shown[len(typed) - 1].startswith("    retur")
    editor.keys("<Tab>")
    editor.wait_until(lambda: editor.text() != typed, "the ghost text is accepted")
    assert [line.rstrip() for line in editor.text()] == shown


def test_leaving_insert_mode_hides_ghost_text(editor, source):
    type_until_ghost_text(editor, source)
    editor.keys("<Esc>")
    editor.wait_until(lambda: editor.mode() == "n", "normal mode")
    editor.wait_until(
        lambda: editor.text_shown() == editor.text(), "only the buffer's text is shown"
    )


def test_text_typed_along_with_ghost_text_is_not_doubled_when_accepted(editor, source):
    shown = type_until_ghost_text(editor, source)
    row = len(editor.text()) - 1
    following = shown[row][len("    retur") :][:1]
    # Both keys arrive before the server is asked again, so the item is the one made for `retur`.
    editor.keys(f"{following}<Tab>")
    editor.wait_until(
        lambda: len("".join(editor.text())) > len("".join(shown[:row])) + 10, "accepted"
    )
    assert [line.rstrip() for line in editor.text()] == shown


def test_the_next_suggestion_is_asked_for_and_the_first_stays_the_first(editor, source):
    shown = type_until_ghost_text(editor, source)
    editor.keys("<M-]>")
    editor.wait_until(lambda: editor.sees("(2/"), "the second suggestion, with its number")
    assert [row.rpartition(" (")[0] or row for row in editor.text_shown()] != shown
    editor.keys("<M-[>")
    editor.wait_until(lambda: editor.sees("(1/"), "the first suggestion again")
    assert [row.split(" (1/")[0] for row in editor.text_shown()] == shown


def test_tab_is_a_tab_where_nothing_is_offered(editor, source):
    editor.open(source, ADD)
    editor.nvim.command("lua vim.lsp.inline_completion.enable(false)")
    editor.nvim.command("set expandtab shiftwidth=4 softtabstop=4")
    editor.keys("O<Tab>x<Esc>")
    editor.wait_until(lambda: editor.text()[0] == "    x", "an ordinary Tab")


def test_status_shows_the_engine_and_its_model_on_one_line(editor, source):
    editor.open(source, ADD)
    editor.keys("A")
    status = editor.wait_until(
        lambda: (s := editor.status())["engine"]["state"] == "ready" and s, "the model is loaded"
    )
    editor.keys("<Esc>")
    editor.command("Qwen status")
    engine = status["engine"]
    line = (
        f"Qwen: ready, {engine['model']}, context {engine['context']}, on {engine['where']}; index"
    )
    editor.wait_until(lambda: editor.sees(line), "the status")


def test_explain_streams_into_a_split_that_stops_the_answer_when_closed(editor, source):
    editor.open(source, ADD)
    editor.note_cancelled()
    editor.command("1,2Qwen explain")
    editor.wait_until(
        lambda: editor.nvim.current.buffer.options["filetype"] == "markdown", "the split"
    )
    editor.wait_until(
        lambda: len(" ".join(editor.text()).split()) >= 3, "the explanation's first words"
    )
    first_line = next(line for line in editor.text() if line)
    # The screen shows no blank at the end of what has come so far.
    assert editor.sees(first_line[:20].rstrip())
    editor.keys("q")
    editor.wait_until(lambda: editor.text() == ADD.splitlines(), "only the file's window is left")
    editor.wait_until(lambda: editor.cancelled() == ["qwen/explain"], "the request is cancelled")


def ask_for_an_edit(editor, source):
    """Ask in words for a docstring; return the lines that the shown diff adds."""
    editor.open(source, ADD)
    editor.command("1,2Qwen edit")
    editor.wait_until(lambda: editor.sees("Edit:"), "the question for the instruction")
    editor.keys("Add a docstring to this function.<CR>")
    editor.wait_until(lambda: editor.sees("a: apply"), "the diff in a floating window")
    assert editor.text() != ADD.splitlines()
    added = [line[1:] for line in editor.text() if line[:1] == "+" and line[:3] != "+++"]
    assert added
    assert editor.sees(f"+{added[0]}")
    return added


def test_edit_shows_a_diff_and_a_applies_it(editor, source):
    added = ask_for_an_edit(editor, source)
    editor.keys("a")
    editor.wait_until(lambda: set(added) <= set(editor.text()), "the edit is in the buffer")
    assert not editor.sees("a: apply")
    editor.keys("u")
    editor.wait_until(
        lambda: editor.text() == ADD.splitlines(), "one undo takes the whole edit back"
    )


def test_an_edit_is_refused_when_the_buffer_moved_on(editor, source):
    ask_for_an_edit(editor, source)
    editor.lua(
        "vim.api.nvim_buf_set_lines(vim.fn.bufnr(...), 0, 0, false, { '# mine' })", str(source)
    )
    editor.keys("a")
    editor.wait_until(lambda: editor.sees("nothing is applied"), "the refusal")
    assert editor.text() == ["# mine", *ADD.splitlines()]


def test_q_discards_an_edit(editor, source):
    ask_for_an_edit(editor, source)
    editor.keys("q")
    editor.wait_until(lambda: not editor.sees("a: apply"), "the diff is gone")
    assert editor.text() == ADD.splitlines()
