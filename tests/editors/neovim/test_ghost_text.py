"""Ghost text as a user of Neovim 0.12 sees it, from the real model and from a scripted engine."""

import pytest

ADD = "def add(a, b):\n    return a + b\n"
SUBTRACT = f"{ADD}\n\ndef subtract(a, b):\n    "
ON_THE_LAST_LINE = "GA"


def type_until_ghost_text(editor, source):
    """Type `retur` after SUBTRACT; return the rows shown once they hold more than was typed."""
    editor.open(source, SUBTRACT)
    editor.keys(ON_THE_LAST_LINE)
    editor.until_loaded()
    editor.keys("retur")
    editor.wait_until(lambda: editor.text()[-1] == "    retur", "the typed text is in the buffer")
    return editor.wait_until(
        lambda: editor.text_shown() != editor.text() and editor.text_shown(),
        "ghost text on the screen",
    )


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


@pytest.fixture
def offered(start, engine, settings, source):
    """An editor that shows `    if a:` and a second line, after `def subtract(a, b):`."""
    engine.scripts += [["if a:\n    return a - b\n"]] * 3
    editor = start(settings)
    editor.open(source, f"{ADD}\n\ndef subtract(a, b):\n")
    editor.keys("Go")  # the file type indents
    editor.until_sees("return a - b")
    return editor


ABOVE = [*ADD.splitlines(), "", "", "def subtract(a, b):"]
OFFERED = [*ABOVE, "    if a:", "        return a - b"]


def test_a_word_is_accepted_and_the_rest_stays(offered):
    offered.note_sent("textDocument/didPartiallyAcceptCompletion")
    offered.keys("<M-w>")
    offered.until_text_is(*ABOVE, "    if")
    assert offered.text_shown() == OFFERED
    offered.keys("<M-w>")
    offered.until_text_is(*ABOVE, "    if a")
    assert offered.text_shown() == OFFERED
    assert [one["acceptedLength"] for one in offered.sent()] == [len("if"), len("if a")]
    offered.keys("<Tab>")
    offered.until_text_is(*OFFERED)


def test_a_line_is_accepted_and_the_rest_stays(offered):
    offered.keys("<M-l>")
    offered.until_text_is(*ABOVE, "    if a:")
    assert offered.text_shown() == OFFERED
    offered.keys("<M-l>")
    offered.until_text_is(*OFFERED)


def test_the_server_hears_what_was_accepted(offered):
    def accepted():
        return offered.lua(
            """
            local client = vim.lsp.get_clients({ name = "qwen" })[1]
            local answer = client:request_sync("qwen/stats", vim.empty_dict(), 60000)
            return answer.result.total.accepted
            """
        )

    before = accepted()
    offered.keys("<M-w>")
    offered.until_text_is(*ABOVE, "    if")
    offered.keys("<Tab>")
    offered.until_text_is(*OFFERED)
    offered.wait_until(lambda: accepted() == before + 1, "one suggestion more is accepted")


def test_typing_goes_on_while_completions_are_paused(start, engine, settings, source):
    engine.scripts += [["return a - b\n"]] * 3
    editor = start(settings)
    editor.open(source, f"{ADD}\n\ndef subtract(a, b):\n")
    editor.command("Qwen pause")
    editor.wait_until(lambda: editor.status()["paused"], "the server knows")
    assert editor.sees("completions are paused")
    editor.command("Qwen pause")
    editor.wait_until(lambda: not editor.status()["paused"], "the server knows")
    editor.keys("Go")  # the file type indents
    editor.until_sees("return a - b")
