"""Writes what is generated into the README: `poe docs`."""

import re
from pathlib import Path

from qwen_lsp.models.catalogue import DEFAULT_MODEL
from qwen_lsp.settings import table

README = Path(__file__).parents[1] / "README.md"


def main() -> None:
    text = README.read_text()
    block = f"<!-- settings -->\n{table(DEFAULT_MODEL)}<!-- /settings -->"
    README.write_text(
        re.sub(r"<!-- settings -->.*<!-- /settings -->", lambda _: block, text, flags=re.DOTALL)
    )


if __name__ == "__main__":
    main()
