"""What the user can set, in one table; from raw options to resolved settings.

Options come as plain JSON-like dictionaries, weakest first: the client's initializationOptions, the
user's TOML file, the client's workspace/configuration. A workspace's own file may set only what is
safe for a stranger's repository to set. A bad value leaves that one setting as it was and is
reported in one sentence.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Settings:
    """Resolved settings. A field's name with its first `_` as `.` is the setting's name.

    Attributes:
        model: name of an installed model (`qwen-lsp model list`), or the path of a GGUF file.
        completion_enabled: whether completions are offered.
        completion_max_lines: most lines of one completion.
        completion_context_tokens: most tokens of other files in a completion's prompt; -1 for as
            many as are read quickly.
        edit_model: the same, of the model that makes edits and explains; "" for `model` itself.
        engine_adapter: path of a LoRA adapter for `model`; "" for none.
        engine_idle_minutes: the engine leaves after this long without a request.
        engine_keep_cache: whether evaluated prompts are kept on disk for the next start.
        engine_url: of an engine that the user already runs; "" for our own.
        engine_fallback_url: of another one, asked while the first cannot be; "" for none.
        engine_kind: of these engines; "auto" to find out.
        engine_model: which of their models is asked; "" for the most suitable one.
        engine_key_file: path of a file with their key; "" for the environment's, if any.
        engine_timeout_seconds: how long they may be silent before they are given up.
        engine_context: tokens of the engine's window; 0 for as many as are useful and fit.
        engine_kv_type: what the cache is kept in, "f16" or "q8_0"; "auto" for what fits.
        engine_gpu_layers: layers on a graphics processor; -1 for as many as fit.
        index_enabled: whether the workspace's files are indexed.
        language: of explanations, by its name or its code; "" for that of the instruction.
        explain_thinking: whether a model that can think does so before it explains.
    """

    model: str
    completion_enabled: bool = True
    completion_max_lines: int = 12
    completion_context_tokens: int = -1
    edit_model: str = ""
    engine_adapter: str = ""
    engine_idle_minutes: float = 30.0
    engine_keep_cache: bool = True
    engine_url: str = ""
    engine_fallback_url: str = ""
    engine_kind: str = "auto"
    engine_model: str = ""
    engine_key_file: str = ""
    engine_timeout_seconds: float = 60.0
    engine_context: int = 0
    engine_kv_type: str = "auto"
    engine_gpu_layers: int = -1
    index_enabled: bool = True
    language: str = ""
    explain_thinking: bool = False


@dataclass(frozen=True, slots=True)
class Option:
    """One line of the settings table; a text's value matches its pattern as a whole.

    What is `only_in_file` shapes the engine that all windows share, so no window may say it.
    """

    name: str
    field: str
    kind: type
    smallest: float | None
    safe_in_workspace: bool
    description: str
    pattern: str = r"(?s).+"
    example: str = ""
    is_shown: bool = True  # whether a bad value may be repeated in a message
    only_in_file: bool = False


# No user and password: an address is shown and logged.
_URL = r"(?:https?://[^\s/@?#]+(?:/[^\s@?#]*)?)?"
_URL_EXAMPLE = "an address such as http://localhost:8080 without a password, or nothing"

OPTIONS = (
    Option(
        "model",
        "model",
        str,
        None,
        False,
        "Name of an installed model (`qwen-lsp model list`) or path of a GGUF file",
    ),
    Option("completion.enabled", "completion_enabled", bool, None, True, "Offer completions"),
    Option(
        "completion.maxLines", "completion_max_lines", int, 1, True, "Most lines of one completion"
    ),
    Option(
        "completion.contextTokens",
        "completion_context_tokens",
        int,
        -1,
        True,
        "Most tokens of other files in a completion's prompt; 0 for none, -1 for as many as this "
        "machine reads in half a second, 1,024 to 8,192",
    ),
    Option(
        "edit.model",
        "edit_model",
        str,
        None,
        False,
        "Another model for edits and explanations, loaded when it is needed; a name or a path as "
        "`model`, or with `engine.url` the name of a model there; empty for the same model",
        r".*",
    ),
    Option(
        "engine.adapter",
        "engine_adapter",
        str,
        None,
        False,
        "Path of a LoRA adapter (GGUF) for `model`, such as your team's own fine-tune; "
        "an engine by URL does not get it",
        # Not a path in the folder that the server runs in, which may be a stranger's workspace.
        r"(?:[~/].*)?",
        "a path from `/` or `~`, or nothing",
    ),
    Option(
        "engine.idleMinutes",
        "engine_idle_minutes",
        float,
        0.1,
        False,
        "Minutes without a request after which the engine leaves and frees its memory",
    ),
    Option(
        "engine.keepCache",
        "engine_keep_cache",
        bool,
        None,
        False,
        "Keep evaluated prompts on disk (at most 2 GiB), so that a restart is quick",
    ),
    Option(
        "engine.url",
        "engine_url",
        str,
        None,
        False,
        "Address of an engine that you already run: llama-server, Ollama, vLLM or another with "
        "OpenAI's interface; your code goes there; empty for an engine of our own",
        _URL,
        _URL_EXAMPLE,
        is_shown=False,
    ),
    Option(
        "engine.fallbackUrl",
        "engine_fallback_url",
        str,
        None,
        False,
        "Address of a second one, which is asked while the first does not answer",
        _URL,
        _URL_EXAMPLE,
        is_shown=False,
    ),
    Option(
        "engine.kind",
        "engine_kind",
        str,
        None,
        False,
        "What answers at these addresses: `llama-server`, `ollama`, `vllm` or `openai`; "
        "`auto` asks it",
        r"auto|llama-server|ollama|vllm|openai",
        "auto, llama-server, ollama, vllm or openai",
    ),
    Option(
        "engine.model",
        "engine_model",
        str,
        None,
        False,
        "Which of their models is asked, by its name there; empty for the most suitable one",
        r"\S*",
        "the name of a model there, or nothing",
    ),
    Option(
        "engine.keyFile",
        "engine_key_file",
        str,
        None,
        False,
        "Path of a file that holds their API key; empty for the environment variable "
        "`QWEN_LSP_API_KEY`",
        r".*",
        "a path, or nothing",
    ),
    Option(
        "engine.timeoutSeconds",
        "engine_timeout_seconds",
        float,
        0.1,
        False,
        "Seconds without a word, after which they are given up",
    ),
    Option(
        "engine.context",
        "engine_context",
        int,
        0,
        False,
        "Tokens of the engine's window; 0 for as many as are useful and fit. More than a model has "
        "by itself is stretched with YaRN where its makers say so; in `config.toml` only",
        only_in_file=True,
    ),
    Option(
        "engine.kvType",
        "engine_kv_type",
        str,
        None,
        False,
        "How the KV cache is kept: `f16`, `q8_0` (half the memory, slow without a GPU) or `auto`; "
        "in `config.toml` only",
        "auto|f16|q8_0",
        "`auto`, `f16` or `q8_0`",
        only_in_file=True,
    ),
    Option(
        "engine.gpuLayers",
        "engine_gpu_layers",
        int,
        -1,
        False,
        "Layers on a graphics processor; -1 for as many as fit; in `config.toml` only",
        only_in_file=True,
    ),
    Option(
        "index.enabled",
        "index_enabled",
        bool,
        None,
        True,
        "Know the workspace's files: read, parse and index them in the background",
    ),
    Option(
        "language",
        "language",
        str,
        None,
        True,
        "Natural language of answers, such as `German` or `de`; "
        "empty for that of the instruction, else English",
        # It goes into prompts, and a stranger's workspace may set it.
        r"[\w ()-]{0,40}",
        "the name of a language such as German, its code or nothing",
    ),
    Option(
        "explain.thinking",
        "explain_thinking",
        bool,
        None,
        True,
        "Let models that can think do so before they explain; slower",
    ),
)


@dataclass(frozen=True, slots=True)
class Source:
    """Raw options and where they come from, for messages; `is_file` for one that was read."""

    name: str
    options: Mapping[str, Any]
    trusted: bool = True
    is_file: bool = False


def resolve(default_model: str, sources: Iterable[Source]) -> tuple[Settings, list[str]]:
    """Apply sources, weakest first; return the settings and a sentence per bad value."""
    settings, problems = Settings(model=default_model), []
    for source in sources:
        known = {option.name: option for option in OPTIONS}
        for name, value in _flatten(source.options):
            option = known.get(name)
            if option is None:
                problems.append(f"{source.name}: there is no setting `{name}`; it is ignored.")
            elif not source.trusted and not option.safe_in_workspace:
                problems.append(
                    f"{source.name}: a workspace may not set `{name}`; "
                    "put it into your own settings if you want it."
                )
            elif option.only_in_file and not source.is_file:
                problems.append(
                    f"{source.name}: `{name}` is of the engine that all windows share; "
                    "put it into your own `config.toml`."
                )
            elif (accepted := _accept(option, value)) is None:
                given = f", not {value!r}" if option.is_shown else ""
                problems.append(
                    f"{source.name}: `{name}` must be {_expected(option)}{given}; "
                    f"{getattr(settings, option.field)!r} is used."
                )
            else:
                settings = replace(settings, **{option.field: accepted})
    return settings, problems


def read_toml(path: Path, *, trusted: bool) -> tuple[Source, list[str]]:
    """Read a settings file; one that is not there is empty, a broken one is a problem."""
    try:
        options = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Source(path.name, {}, trusted, is_file=True), []
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        return Source(path.name, {}, trusted, is_file=True), [f"{path} is not read: {error}."]
    return Source(path.name, options, trusted, is_file=True), []


def table(default_model: str) -> str:
    """Return the settings as a Markdown table, for the README."""
    defaults = Settings(model=default_model)
    rows = ["| setting | default | what | in a workspace's file |", "| --- | --- | --- | --- |"]
    for option in OPTIONS:
        value = getattr(defaults, option.field)
        shown = str(value).lower() if isinstance(value, bool) else value
        shown = '""' if shown == "" else shown
        safe = "yes" if option.safe_in_workspace else "no"
        rows.append(f"| `{option.name}` | `{shown}` | {option.description} | {safe} |")
    return "\n".join(rows) + "\n"


def _flatten(options: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    groups = {option.name.partition(".")[0] for option in OPTIONS if "." in option.name}
    for key, value in options.items():
        if isinstance(value, Mapping) and not prefix and key in groups:
            yield from _flatten(value, f"{key}.")
        else:
            yield f"{prefix}{key}", value


def _accept(option: Option, value: Any) -> Any:
    if option.kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if not isinstance(value, option.kind) or (option.kind is int and isinstance(value, bool)):
        return None
    if isinstance(value, (int, float)) and not value >= (option.smallest or 0):  # nor NaN
        return None
    if isinstance(value, str) and not re.fullmatch(option.pattern, value):
        return None
    return value


def _expected(option: Option) -> str:
    if option.example:
        return option.example
    kinds = {str: "a text", bool: "true or false", int: "a whole number", float: "a number"}
    least = "" if option.smallest is None else f" of at least {option.smallest:g}"
    return kinds[option.kind] + least
