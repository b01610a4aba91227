"""A parser for tests, as the index processes call it.

Files say line by line what they hold: "class A(B)", "def f", "    def m" in the class above,
"def A.m", "use f", "type A", "import a.b". One that says "HANG" loops for ever, "CRASH" ends the
process as a fault in native code does, "FAIL" raises, "SKIP" is not indexed.
"""

import os
import re
import signal
from pathlib import PurePath

from qwen_lsp.index.facts import FileFacts, Import, Reference, Symbol
from qwen_lsp.index.packing import Chunk
from qwen_lsp.index.reading import Methods

# When files were written that nobody touches any more.
OLD_NS = 1_700_000_000_000_000_000

_DEFINITION = re.compile(r"( *)(class|def) (?:(\w+)\.)?(\w+)(?:\((.*)\))?")
_THIS = "tests.unit.index.stand_in"
METHODS = Methods("qwen_lsp.index.methods:find", f"{_THIS}:language_of", f"{_THIS}:parse", "1")


def methods() -> Methods:
    return METHODS


def find_with_ghost(root, places, left_out):
    """Also name a file that is not there, or that nobody can read."""
    # Workers, which are started all the time, do not need it.
    from qwen_lsp.index.methods import find

    yield from find(root, places, left_out)
    yield [("ghost.py", 5, OLD_NS)]


def language_of(path: PurePath, head: bytes) -> str | None:
    return {".py": "python", ".go": "go"}.get(path.suffix) if b"\0" not in head else None


def parse(path: str, language: str, source: bytes) -> tuple[FileFacts, list[Chunk]] | str:
    text = source.decode()
    while "HANG" in text:
        pass
    if "CRASH" in text:
        os.kill(os.getpid(), signal.SIGSEGV)
    if "FAIL" in text:
        raise ValueError(path)
    if "SKIP" in text:
        return "generated"
    facts = facts_of(text, language)
    return facts, [(0, facts.lines - 1, " ".join(re.findall(r"\w+", text.lower())))]


def facts_of(text: str, language: str = "python") -> FileFacts:
    symbols, references, imports, owner = [], [], [], ""
    for number, line in enumerate(lines := text.split("\n")):
        if found := _DEFINITION.fullmatch(line):
            indentation, word, receiver, name, bases = found.groups()
            owner = owner if indentation else receiver or ""
            kind = "class" if word == "class" else "method" if owner else "function"
            place = (number, number, number, number, len(indentation) + len(word) + 1)
            named = tuple(bases.split(", ")) if bases else ()
            symbols.append(Symbol(name, kind, owner, *place, bases=named))
            owner = name if word == "class" else owner
        elif line.startswith(("use ", "type ")):
            word, _, name = line.partition(" ")
            references.append(Reference(name, "call" if word == "use" else "type", number))
        elif line.startswith("import "):
            imports.append(Import(line.removeprefix("import "), "", "", number))
    return FileFacts(language, len(lines), tuple(symbols), tuple(references), tuple(imports))
