"""`qwen-lsp edit` with presets, as a user calls it; a scripted engine answers."""

import asyncio
import json
import os
import shutil
import sys
from pathlib import Path

import pytest

SOURCES = Path(__file__).parent / "sources"
TEST = "```python\ndef test_total():\n    assert Basket('Ada').total() == 0\n```"


@pytest.fixture
def command(scripted, workspace, tmp_path):
    """A function that runs `qwen-lsp edit` in a copy of the Python sample."""
    shutil.copytree(SOURCES / "python", workspace, dirs_exist_ok=True)
    (workspace / "pyproject.toml").touch()
    settings = tmp_path / "config" / "qwen-lsp"
    settings.mkdir(parents=True)
    (settings / "config.toml").write_text(f"model = {json.dumps(str(scripted.model))}\n")

    async def run(*arguments, status=0):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "qwen_lsp", "edit", *arguments),
            cwd=workspace,
            env=os.environ | {"XDG_CONFIG_HOME": str(settings.parent)},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
        assert process.returncode == status, err.decode()
        return (err if status else out).decode()

    return run


def said(scripted) -> str:
    return scripted.requests[-1]["messages"][-1]["content"]


async def test_a_preset_needs_no_instruction_and_knows_the_workspace(command, scripted, workspace):
    before = (workspace / "shop/basket.py").read_text()
    scripted.scripts.append(["```\ndef is_empty(self) -> bool:\n    return self.lines == []\n```"])
    diff = await command("shop/basket.py:38-39", "--preset", "simplify")
    assert "-        return not self.lines\n+        return self.lines == []\n" in diff
    assert "Instruction: Simplify" in said(scripted)
    assert (workspace / "shop/basket.py").read_text() == before


@pytest.mark.parametrize("path", ["tests/test_basket.py", "tests/test_prices.py"])
async def test_tests_are_shown_as_a_diff_and_written_only_when_asked(
    command, scripted, workspace, path
):
    place = "shop/basket.py:31-36" if "basket" in path else "shop/prices.py:6-14"
    file = workspace / path
    before = file.read_text() if file.exists() else None
    scripted.scripts += [[TEST], [TEST]]
    diff = await command(place, "--preset", "tests")
    assert f"+++ b/{path}" in diff
    assert (file.read_text() if file.exists() else None) == before
    told = json.loads(await command(place, "--preset", "tests", "--apply", "--json"))
    assert (told["diff"], told["applied"]) == (diff, True)
    after = file.read_text()
    assert after.endswith("def test_total():\n    assert Basket('Ada').total() == 0\n")
    assert after.startswith(before or "from shop.prices import with_vat\n")


async def test_no_instruction_and_no_preset_is_one_sentence(command):
    message = await command("shop/basket.py:1-2", status=1)
    assert message == (
        "qwen-lsp: There is no instruction; say what to change, or name a --preset.\n"
    )
