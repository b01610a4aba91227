"""Helix, configured as its page says: a code action of the server changes the file."""

import json
import os

import pytest

from tests.editors.plain.terminal import Terminal
from tests.editors.surroundings import ROOT, SERVER, installed

PAGE = ROOT / "editors" / "helix" / "README.md"


@pytest.fixture
def helix(folders, engine, source, monkeypatch):
    program = installed("hx/bin/hx", "QWEN_HX", "bash tests/editors/setup_hx.sh .editors/hx")
    if "QWEN_HX" not in os.environ:
        runtime = ROOT / ".editors" / "hx" / "root" / "usr" / "lib" / "hx" / "runtime"
        monkeypatch.setenv("HELIX_RUNTIME", str(runtime))
    configuration = PAGE.read_text().split("```toml\n")[1].split("```")[0]
    installed_server = 'command = "qwen-lsp"\nargs = ["serve"]'
    assert installed_server in configuration
    ours = f"command = {json.dumps(SERVER[0])}\nargs = {json.dumps(SERVER[1:])}"
    settings = f'config = {{ model = "{engine.model}", index = {{ enabled = false }} }}'
    (folders / "config_home" / "helix").mkdir(exist_ok=True)
    (folders / "config_home" / "helix" / "languages.toml").write_text(
        configuration.replace(installed_server, f"{ours}\n{settings}")
    )
    log = folders / "hx.log"
    command = [str(program), "-vvv", "--log", str(log), str(source)]
    with Terminal(folders / "hx.sock", command) as terminal:
        terminal.until(lambda: log.exists() and "didOpen" in log.read_text(), "the server is there")
        yield terminal


def test_the_instruction_in_a_comment_is_carried_out(helix, engine, source):
    engine.scripts.append(["```python\ndef add(a, b):\n    return a + b\n```"])
    helix.until_sees("def add(a, b):")
    helix.keys("Space", "a")
    helix.until_sees("Qwen: return the sum")
    helix.keys("Enter")
    helix.until_sees("return a + b")
    helix.type(":w")
    helix.keys("Enter")
    changed = "def add(a, b):\n    return a + b\n"
    helix.until(lambda: source.read_text() == changed, "the changed file")
    assert "error" not in helix.screen().lower()
