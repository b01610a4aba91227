"""`python -m tests.bench NAME [--json]`: run one bench and print its figures."""

import argparse
import importlib
import json
import sys
from typing import Any

from qwen_lsp.models.catalogue import DEFAULT_MODEL
from tests.bench.report import Report

BENCHES = (
    "start",
    "typing",
    "cancel",
    "restart",
    "edit_speed",
    "windows",
    "contention",
    "two_models",
    "index",
    "gold",
    "silence",
    "quality",
    "placements",
    "edits",
    "edit_races",
    "edit_stream",
    "recommend",
)
SETS = ("repofresh", "infill_single_line", "infill_random_span")
# Option → its value without it, and the benches that have it.
OPTIONS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "case_set": ("repofresh", ("quality",)),
    "limit": (None, ("quality", "placements", "edits")),
    "budgets": ((), ("quality",)),
    "model": (DEFAULT_MODEL, ("quality",)),
    "record": ("", ("silence",)),
    "engine": ("ours", ("typing",)),
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("name", choices=BENCHES)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("record", nargs="?", help="(silence) a file of completions")
    parser.add_argument("--set", dest="case_set", choices=SETS, help="(quality) which cases")
    parser.add_argument("--engine", choices=("ours", "llama-server"), help="(typing) whom we ask")
    parser.add_argument("--limit", type=int, help="(quality, placements, edits) only so many")
    parser.add_argument(
        "--budgets", type=_numbers, help="(quality) context budgets besides the default: 0,512,…"
    )
    parser.add_argument("--model", help="(quality) an installed model")
    arguments = parser.parse_args()
    report: Report = importlib.import_module(f"tests.bench.{arguments.name}").run(
        **_options(parser, arguments)
    )
    if arguments.json:
        json.dump(report.as_json(), sys.stdout, indent=2)
        print()
    else:
        print(report.as_text())


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(one) for one in text.split(","))


def _options(parser: argparse.ArgumentParser, arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the options that the bench has; one that it does not have is an error."""
    options = {}
    for option, (default, benches) in OPTIONS.items():
        value = getattr(arguments, option)
        if arguments.name in benches:
            options[option] = default if value is None else value
        elif value is not None:
            parser.error(f"{arguments.name} has no --{option.removeprefix('case_')}.")
    return options


if __name__ == "__main__":
    main()
