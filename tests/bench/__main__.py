"""`python -m tests.bench NAME [--json]`: run one bench and print its figures."""

import argparse
import importlib
import json
import sys

from tests.bench.report import Report

BENCHES = (
    "start",
    "typing",
    "cancel",
    "restart",
    "edit_speed",
    "windows",
    "contention",
    "index",
    "gold",
    "silence",
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("name", choices=BENCHES)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("record", nargs="?", help="(silence) a file of completions")
    arguments = parser.parse_args()
    run = importlib.import_module(f"tests.bench.{arguments.name}").run
    report: Report = run(arguments.record) if arguments.record else run()
    if arguments.json:
        json.dump(report.as_json(), sys.stdout, indent=2)
        print()
    else:
        print(report.as_text())


if __name__ == "__main__":
    main()
