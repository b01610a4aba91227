import os
import re
from pathlib import Path, PurePath

import pytest

from qwen_lsp.index.facts import KINDS, FileFacts
from qwen_lsp.index.languages import LANGUAGES, language_of
from qwen_lsp.index.parse import facts_of, grammar_of, patterns_in, query_text

GOLDEN = Path(__file__).parent / "golden"
NAMES = [language.name for language in LANGUAGES]
CAPTURES = {
    *(f"definition.{kind}" for kind in KINDS),
    *(f"reference.{kind}" for kind in ("call", "type", "name")),
    *("scope", "name", "body", "type", "constructed", "assigned", "documentation", "owner", "base"),
    *("parameter", "parameter.type", "import", "module", "alias", "names", "path", "decoration"),
}


@pytest.mark.parametrize("language", NAMES)
def test_a_query_compiles_against_the_installed_grammar(language):
    assert grammar_of(language).questions


@pytest.mark.parametrize("language", NAMES)
def test_a_query_has_no_capture_that_extraction_does_not_know(language):
    captures = set(re.findall(r"@([\w.]+)", re.sub(r";.*", "", query_text(language))))
    assert {name for name in captures if not name.startswith("_")} <= CAPTURES


def test_a_query_splits_into_its_patterns():
    query = '; no (pattern)\n(a "(" @x) ; (b)\n[(c) (d)] @y\n"e" @z\n'
    patterns = patterns_in(query)
    assert [pattern.split(" ")[0] for pattern in patterns] == ["(a", "[(c)", '"e"']


@pytest.mark.parametrize("language", NAMES)
def test_a_sample_has_the_facts_that_are_written_beside_it(language):
    [sample] = (GOLDEN / language).glob("sample.*")
    assert language_of(PurePath(sample.name)) == language
    shown = rendered(facts_of(language, sample.read_bytes()))
    expected = GOLDEN / language / "expected.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        expected.write_text(shown, encoding="utf-8")
    assert shown == expected.read_text(encoding="utf-8")


def rendered(facts: FileFacts) -> str:
    """Return the facts one a line, with 1-based lines as editors show them."""
    lines = [f"{facts.language}, {facts.lines} lines{', broken' * facts.is_broken}"]
    lines += [
        f"{one.first_line + 1}-{one.last_line + 1} {one.kind} {one.qualified_name}"
        f" at {one.name_line + 1}:{one.name_column}"
        + f" head -{one.signature_last_line + 1}" * (one.signature_last_line != one.last_line)
        + f" doc {one.doc_first_line + 1}-{one.doc_last_line + 1}" * (one.doc_first_line >= 0)
        + f" : {one.type}" * bool(one.type)
        + f" < {', '.join(one.bases)}" * bool(one.bases)
        for one in facts.symbols
    ]
    lines += [
        f"{one.line + 1} import {one.module}"
        + f" | {one.name}" * bool(one.name)
        + f" as {one.alias}" * bool(one.alias)
        for one in facts.imports
    ]
    uses: dict[tuple[int, str], list[str]] = {}
    for one in sorted(facts.references, key=lambda one: one.line):
        uses.setdefault((one.line, one.kind), []).append(one.name)
    lines += [f"{line + 1} {kind} {' '.join(names)}" for (line, kind), names in uses.items()]
    return "\n".join(lines) + "\n"
