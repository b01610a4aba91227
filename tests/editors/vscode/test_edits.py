"""The preview of an edit; the scripted engine writes it, since the changes have to be known."""

import pytest

from tests.editors.vscode.workbench import wait_until
from tests.harness.scripted_engine import HANG, STEP

BEFORE = """\
def area(width, height):
    found = width + height
    print("measuring")
    name = "area"
    print(name)
    unit = "metres"
    print(unit)
    return found + 0
"""
FIRST = BEFORE.replace("width + height", "width * height")
BOTH = FIRST.replace("return found + 0", "return found")
SECOND = BEFORE.replace("return found + 0", "return found")
LENS = ".codelens-decoration a"


@pytest.fixture
def previewed(window, scripted):
    """A function that asks for an edit of BEFORE to BOTH; returns once it is to be reviewed."""

    def ask(during=lambda: None):
        window.open("area.py", BEFORE)
        window.select(1, 8)
        head, tail = BOTH[: BOTH.index("    unit")], BOTH[BOTH.index("    unit") :]
        scripted.scripts.append(["```python\n", head, STEP, tail, "```\n"])
        window.begin("qwen-lsp.edit")
        box = window.page.locator(".quick-input-widget input")
        box.wait_for()
        box.fill("multiply, and return it as it is")
        box.press("Enter")
        window.page.locator(LENS, has_text="Qwen is writing").wait_for()
        during()
        scripted.step()
        window.page.locator(LENS, has_text="Accept all 2").wait_for()

    return ask


def shown(window):
    """Return the text of the preview on the screen."""
    return window.ask(
        """
        const documents = vscode.window.visibleTextEditors.map((one) => one.document);
        return documents.find((one) => one.uri.scheme === "qwen-lsp-preview")?.getText() ?? "";
        """
    )


def until_closed(window):
    window.page.locator(".tab", has_text="Qwen: area.py").wait_for(state="detached")
    wait_until(lambda: "def area" in window.text(), "the file has the focus")


def test_an_edit_is_shown_while_it_is_written_and_nothing_is_applied(window, previewed):
    def during():
        wait_until(lambda: "width * height" in shown(window), "the first change")
        assert "width + height" in shown(window)
        assert "    return found\n" not in shown(window)
        window.picture("writing")

    previewed(during)
    wait_until(lambda: "    return found\n" in shown(window), "the second change")
    assert window.text("area.py") == BEFORE
    window.picture("edit")


def test_one_change_is_kept_and_one_is_dropped_by_keyboard_and_undo_restores(window, previewed):
    previewed()
    window.press("Control+Enter")
    wait_until(lambda: window.text("area.py") == FIRST, "the first change is applied")
    window.press("Control+Backspace")
    until_closed(window)
    assert window.text("area.py") == FIRST
    window.press("Control+z")
    wait_until(lambda: window.text("area.py") == BEFORE, "one undo takes it back")


def test_changes_are_chosen_by_mouse_in_any_order(window, previewed):
    previewed()
    window.page.locator(LENS, has_text="Accept (").nth(1).click()
    wait_until(lambda: window.text("area.py") == SECOND, "the second change is applied")
    discard = window.page.locator(LENS, has_text="Discard (")
    wait_until(lambda: discard.count() == 1, "one change is left")
    discard.click()
    until_closed(window)
    assert window.text("area.py") == SECOND


def test_all_changes_are_one_step_to_undo(window, previewed):
    previewed()
    window.press("Control+Shift+Enter")
    until_closed(window)
    assert window.text("area.py") == BOTH
    window.press("Control+z")
    wait_until(lambda: window.text("area.py") == BEFORE, "one undo takes all of it back")


def test_escape_discards_what_is_left(window, previewed):
    previewed()
    window.press("F7")
    window.press("Escape")
    until_closed(window)
    assert window.text("area.py") == BEFORE


def insert(window, line, text):
    """Change the file behind the preview's back."""
    window.ask(
        """
        const edit = new vscode.WorkspaceEdit();
        const documents = vscode.workspace.textDocuments;
        const found = documents.find((one) => one.uri.path.endsWith("/area.py"));
        edit.insert(found.uri, new vscode.Position(args.line, 0), args.text);
        await vscode.workspace.applyEdit(edit);
        """,
        line=line,
        text=text,
    )


def test_a_change_elsewhere_moves_the_proposed_ones(window, previewed):
    previewed()
    insert(window, 0, "# sizes\n\n")
    wait_until(lambda: shown(window).startswith("# sizes"), "the preview follows")
    window.press("Control+Shift+Enter")
    until_closed(window)
    assert window.text("area.py") == f"# sizes\n\n{BOTH}"


def test_a_proposed_change_whose_lines_were_changed_is_dropped(window, previewed):
    previewed()
    insert(window, 1, "    # mine:")
    window.notification("you changed the lines of a proposed change")
    window.press("Control+Shift+Enter")
    until_closed(window)
    mine = SECOND.replace("    found =", "    # mine:    found =")
    assert window.text("area.py") == mine


def test_a_light_bulb_action_is_previewed_too(window, scripted):
    window.open("area.py", BEFORE)
    window.select(1, 8)
    scripted.scripts.append(["```python\n", FIRST, "```\n"])
    window.command("editor.action.refactor")
    window.page.get_by_text("Qwen: Simplify").click()
    window.page.locator(LENS, has_text="Accept (").wait_for()
    assert window.text("area.py") == BEFORE
    window.press("Control+Enter")
    until_closed(window)
    assert window.text("area.py") == FIRST


def test_escape_stops_an_edit_that_is_being_written(window, scripted):
    window.open("area.py", BEFORE)
    window.select(1, 8)
    scripted.scripts.append(["```python\n", HANG])
    window.begin("qwen-lsp.simplify")
    window.page.locator(LENS, has_text="Qwen is writing").wait_for()
    wait_until(lambda: scripted.requests, "the model works")
    window.press("Escape")
    until_closed(window)
    wait_until(lambda: scripted.hang_ups == 1, "the model stops")
    assert window.text("area.py") == BEFORE
