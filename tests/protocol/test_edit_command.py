"""`qwen-lsp edit`, as a user calls it."""

import asyncio
import json
import os
import sys

import pytest

from tests.harness.scripted_engine import HOLD

CODE = "import a\n\n\ndef f():\n    return 1\n"


@pytest.fixture
def run(scripted, workspace, tmp_path):
    """Run `qwen-lsp edit` in the workspace; returns its status, output and errors."""
    settings = tmp_path / "config" / "qwen-lsp" / "config.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text(f'model = "{scripted.model}"\n[index]\nenabled = false\n')
    (workspace / "x.py").write_text(CODE)

    async def edit(*arguments):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "qwen_lsp", "edit", *arguments),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=workspace,
            env={**os.environ, "XDG_CONFIG_HOME": str(tmp_path / "config")},
        )
        out, err = await process.communicate()
        return process.returncode, out.decode(), err.decode()

    return edit


async def test_an_edit_that_breaks_the_file_is_printed_with_a_warning(run, scripted):
    scripted.scripts.append(["```\ndef f():\n    return (1\n```"])
    status, out, err = await run("x.py:4-5", "do it")
    assert (status, "+    return (1" in out) == (0, True)
    assert "After this edit the file has a syntax error in line 5" in err


async def test_why_there_is_no_edit_is_printed(run, scripted):
    scripted.scripts.append(["I can't do that for you."])
    status, out, err = await run("x.py:4-5", "do it", "--json")
    told = json.loads(out)
    assert (status, err, told["diff"], told["warning"]) == (0, "", "", "")
    assert told["reason"] == "the model answered in words, not with code"


async def test_an_edit_is_written_unless_the_file_has_changed(run, scripted, workspace):
    answer = "```\ndef f():\n    return 2\n```"
    scripted.scripts += [[answer], [HOLD, answer]]
    file = workspace / "x.py"
    status, _, _ = await run("x.py:4-5", "do it", "--apply")
    assert (status, file.read_text()) == (0, CODE.replace("1", "2"))
    file.write_text(CODE)
    running = asyncio.create_task(run("x.py:4-5", "do it", "--apply"))
    await scripted.until(lambda: len(scripted.requests) == 2, "the request")
    file.write_text(f"{CODE}# more\n")
    scripted.released.set()
    status, _, err = await running
    assert (status, file.read_text()) == (1, f"{CODE}# more\n")
    assert "has changed meanwhile; it was left as it is" in err
