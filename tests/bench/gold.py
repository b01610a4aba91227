"""Whether the index finds, by its name, the definition that a line needs.

For each development case with a known definition: the case's file without the line is the open
document, and the symbol's name is looked up as seen from it. The figure is the share of cases with
a right answer among the first five.
"""

from collections import defaultdict
from pathlib import Path
from typing import Any

from qwen_lsp.index.parse import facts_of
from qwen_lsp.index.stored import Definition
from tests.bench.indexing import index, lookup_of
from tests.bench.isolation import own_folders
from tests.bench.report import Figure, Report
from tests.bench.repositories import COMMITS, LANGUAGES, Case, cases, checked_out

ANSWERS = 5


def run() -> Report:
    found: dict[str, list[bool]] = defaultdict(list)
    firsts: list[bool] = []
    missed: list[Any] = []
    with own_folders():
        by_repository: dict[str, list[Case]] = defaultdict(list)
        for language in LANGUAGES:
            for case in cases(language):
                if case.gold and case.symbol:
                    by_repository[case.repository].append(case)
        for repository in COMMITS:
            with checked_out(repository) as root:
                _look_up(root, by_repository[repository], found, firsts, missed)
    every = [one for some in found.values() for one in some]
    detail = {
        "cases": len(every),
        "first_answer": round(sum(firsts) / len(firsts), 4),
        "by_language": {
            name: {"cases": len(some), "share": round(sum(some) / len(some), 4)}
            for name, some in found.items()
        },
        "missed": missed,
    }
    return Report("gold", {"gold_by_name": Figure(sum(every) / len(every), 0.9, True)}, detail)


def _look_up(
    root: Path,
    some: list[Case],
    found: dict[str, list[bool]],
    firsts: list[bool],
    missed: list[Any],
) -> None:
    with index(root) as folder:
        stored = lookup_of(root, folder)
        for case in some:
            view = stored.view.with_overlay(
                case.path, facts_of(stored.view.language(case.path), case.text.encode())
            )
            answers = stored.seen_through(view).definitions(case.path, case.symbol, ANSWERS)
            is_right = [_is_gold(one, case) for one in answers]
            found[case.language].append(any(is_right))
            firsts.append(is_right[:1] == [True])
            if not any(is_right):
                missed.append([case.id, case.symbol, [one.path for one in answers], case.gold])


def _is_gold(one: Definition, case: Case) -> bool:
    symbol = one.symbol
    first = min(symbol.first_line, symbol.doc_first_line if symbol.doc_first_line >= 0 else 10**9)
    return any(
        one.path == path and first <= line <= max(symbol.signature_last_line, symbol.name_line)
        for path, line in case.gold
    )
