"""Parsing one file: from its text to its facts. With `tree.py` the only file that knows the parser.

A grammar is loaded when its first file comes. Nothing here fails on any text, but a grammar's own
code may loop for ever on text that nobody has tried; whoever parses what others wrote does so in a
process that can be ended.
"""

import importlib
import re
import warnings
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from importlib.metadata import version
from importlib.resources import files

import tree_sitter

from qwen_lsp.index.extract import Pattern, facts_from, pattern_of
from qwen_lsp.index.facts import FileFacts
from qwen_lsp.index.languages import LANGUAGES, Language, language_named
from qwen_lsp.index.source import SourceText

# Counts changes of what is made from the same matches.
_EXTRACTION = 1
# Strings and comments of a query.
_NO_CODE = re.compile(r'"(?:\\.|[^"\\])*"|;[^\n]*')
_CAPTURE = re.compile(r"@([\w.]+)")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Grammar:
    """A language ready to parse and to ask.

    Attributes:
        language: for a parser.
        query: compiled.
        patterns: of the query, in order.
    """

    language: tree_sitter.Language
    query: tree_sitter.Query
    patterns: tuple[Pattern, ...]


def facts_of(language: str, source: bytes) -> FileFacts:
    """Return the facts of a file.

    Args:
        language: a name in `languages.py`; KeyError for any other.
        source: meant to be UTF-8, but any bytes will do; a byte order mark counts as nothing.
    """
    text = source.removeprefix(_BYTE_ORDER_MARK)
    known = language_named(language)
    if known.crashes_on and known.crashes_on.search(text):
        return FileFacts(language, SourceText(text).lines, (), (), (), is_broken=True)
    tree = tree_sitter.Parser(grammar_of(language).language).parse(text)
    return facts_of_root(known, text, tree.root_node)


def facts_of_root(language: Language, source: bytes, root: tree_sitter.Node) -> FileFacts:
    """Return the facts of a file that has been parsed."""
    grammar = grammar_of(language.name)
    cursor = tree_sitter.QueryCursor(grammar.query)
    if language.depth is not None:
        cursor.set_max_start_depth(language.depth)
    matches = cursor.matches(root)
    text = SourceText(source)
    return facts_from(language, text, grammar.patterns, matches, is_broken=root.has_error)


@cache
def grammar_of(language: str) -> Grammar:
    """Load a language's grammar and compile its query; KeyError for a name that is not known."""
    module, _, function = language_named(language).grammar.partition(":")
    with warnings.catch_warnings():
        # Some grammars still hand over a plain address, which the runtime takes but calls old.
        warnings.simplefilter("ignore", DeprecationWarning)
        loaded = tree_sitter.Language(getattr(importlib.import_module(module), function)())
    text = query_text(language)
    query = tree_sitter.Query(loaded, text)
    patterns = [_pattern(query, text.encode(), index) for index in range(query.pattern_count)]
    return Grammar(loaded, query, tuple(patterns))


def _pattern(query: tree_sitter.Query, text: bytes, index: int) -> Pattern:
    # The compiled query knows which captures a pattern has, but raises SystemError for the others.
    written = text[query.start_byte_for_pattern(index) : query.end_byte_for_pattern(index)]
    captures = _CAPTURE.findall(_NO_CODE.sub("", written.decode()))
    return pattern_of(index, frozenset(captures), query.pattern_settings(index).get("name") or "")


def query_text(language: str) -> str:
    """Return the query of a language, those that it builds on first."""
    folders = files("qwen_lsp.index") / "queries"
    names = (*language_named(language).queries, language)
    texts = [folders / name / "index.scm" for name in names]
    return "\n".join(text.read_text("utf-8") for text in texts if text.is_file())


@cache
def parser_version() -> str:
    """Return what changes when the same file may have other facts: to be kept with stored facts."""
    digest = blake2b(digest_size=16)
    digest.update(f"{_EXTRACTION} {version('tree-sitter')}".encode())
    for language in LANGUAGES:
        package = language.grammar.partition(":")[0].replace("_", "-")
        digest.update(f"\0{language} {version(package)}\0{query_text(language.name)}".encode())
    return digest.hexdigest()
