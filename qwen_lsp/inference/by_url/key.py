"""The key that an engine asks for. It is read when it is needed, and shown to nobody."""

import os
from pathlib import Path

from qwen_lsp.errors import EngineUnusable

KEY_VARIABLE = "QWEN_LSP_API_KEY"


def read_key(path: str) -> str:
    """Return the key in a file, or in the environment if no file is named; "" for none.

    Raises:
        EngineUnusable: the file cannot be read, or holds no key.
    """
    if not path:
        return os.environ.get(KEY_VARIABLE, "").strip()
    file = Path(path).expanduser()
    try:
        key = file.read_text(encoding="ascii").strip()
    except OSError as error:
        raise EngineUnusable(
            f"The key file {file} cannot be read ({error.strerror}); see `engine.keyFile`."
        ) from None
    except UnicodeDecodeError:
        key = ""
    if not key or not key.isprintable() or " " in key:
        raise EngineUnusable(f"The key file {file} does not hold one key and nothing else.")
    return key
