"""Writes what is generated from the table of settings: `poe docs`.

It is the README's table, and the part of the VS Code extension's manifest that is about settings.
"""

import json
import re
from pathlib import Path
from typing import Any

from qwen_lsp.models.catalogue import DEFAULT_MODEL
from qwen_lsp.settings import OPTIONS, Option, Settings, table

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
MANIFEST = ROOT / "editors" / "vscode" / "package.json"

_PREFIX = "qwen-lsp."
_KINDS = {str: "string", bool: "boolean", int: "integer", float: "number"}
# The one setting that the extension has itself. Only the user's own settings may name a program.
_COMMAND = {
    "type": "array",
    "items": {"type": "string"},
    "default": [],
    "scope": "machine",
    "order": 0,
    "markdownDescription": "The program `qwen-lsp`, and arguments before its command, such as "
    '`["~/qwen-lsp/.venv/bin/qwen-lsp"]`. Empty: the one on your PATH, never one of a workspace.',
}


def manifest() -> str:
    """Return the extension's manifest with the settings as they are now."""
    parts = json.loads(MANIFEST.read_text(encoding="utf-8"))
    properties = _properties()
    parts["contributes"]["configuration"]["properties"] = properties
    untrusted = parts["capabilities"]["untrustedWorkspaces"]
    untrusted["restrictedConfigurations"] = list(properties)
    return json.dumps(parts, indent=2, ensure_ascii=False) + "\n"


def _properties() -> dict[str, Any]:
    """Return the settings as VS Code's manifest has them."""
    defaults = Settings(model=DEFAULT_MODEL)
    properties = {f"{_PREFIX}server.command": _COMMAND}
    for order, option in enumerate(OPTIONS, 1):
        one = _property(option, getattr(defaults, option.field))
        properties[_PREFIX + option.name] = one | {"order": order}
    return properties


def _property(option: Option, default: Any) -> dict[str, Any]:
    found: dict[str, Any] = {
        "type": _KINDS[option.kind],
        "default": default,
        # "machine" is the user's own: a workspace cannot set it.
        "scope": "window" if option.safe_in_workspace else "machine",
        "markdownDescription": f"{option.description}.",
    }
    if option.smallest is not None:
        found["minimum"] = option.smallest
    if option.example:
        found["pattern"] = f"^{option.pattern}$"
        found["patternErrorMessage"] = f"It must be {option.example}."
    return found


def main() -> None:
    text = README.read_text()
    block = f"<!-- settings -->\n{table(DEFAULT_MODEL)}<!-- /settings -->"
    README.write_text(
        re.sub(r"<!-- settings -->.*<!-- /settings -->", lambda _: block, text, flags=re.DOTALL)
    )
    MANIFEST.write_text(manifest(), encoding="utf-8")


if __name__ == "__main__":
    main()
