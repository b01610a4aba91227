"""Emacs with Eglot, configured as its page says: a code action of the server changes the file."""

import json

import pytest

from tests.editors.plain.terminal import Terminal
from tests.editors.surroundings import ROOT, SERVER, installed

PAGE = ROOT / "editors" / "emacs" / "README.md"


@pytest.fixture
def emacs(folders, engine, source, tmp_path_factory):
    program = installed("/usr/bin/emacs", "QWEN_EMACS", "bash tests/editors/setup_emacs.sh")
    configuration = PAGE.read_text().split("```elisp\n")[1].split("```")[0]
    installed_server = '("qwen-lsp" "serve")'
    assert installed_server in configuration
    settings = f"(:model {json.dumps(str(engine.model))} :index (:enabled :json-false))"
    ours = " ".join(map(json.dumps, SERVER))
    init = tmp_path_factory.mktemp("emacs") / "init.el"
    init.write_text(
        configuration.replace(installed_server, f"({ours} :initializationOptions {settings})")
    )
    # Compiling its own libraries on the side is slow, and shows warnings in a window of their own.
    quiet = ["--eval", "(setq native-comp-deferred-compilation nil)"]
    home = ["env", f"HOME={init.parent}"]
    command = [*home, str(program), "-nw", "-q", *quiet, "-l", str(init), str(source)]
    with Terminal(folders / "emacs.sock", command) as terminal:
        yield terminal


def test_the_instruction_in_a_comment_is_carried_out(emacs, engine, source):
    engine.scripts.append(["```python\ndef add(a, b):\n    return a + b\n```"])
    emacs.until_sees("def add(a, b):")
    emacs.until_sees("Connected")
    emacs.keys("M-x")
    emacs.type("eglot-code-actions")
    emacs.keys("Enter")
    emacs.until_sees("Pick an action")
    emacs.type("Qwen: return the sum")
    emacs.keys("Enter")
    emacs.until(lambda: is_changed(emacs), "the edit")
    emacs.keys("C-x", "C-s")
    changed = "def add(a, b):\n    return a + b\n"
    emacs.until(lambda: source.read_text() == changed, "the changed file")
    assert "error" not in emacs.screen().lower()


def is_changed(emacs):
    """Agree to the edit where Emacs asks."""
    if "(y or n)" in emacs.screen():
        emacs.keys("y")
    return "return a + b" in emacs.screen()
