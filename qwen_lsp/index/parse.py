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
from importlib.resources import files
from itertools import pairwise

import tree_sitter

from qwen_lsp.index.extract import Pattern, facts_from, pattern_of
from qwen_lsp.index.facts import FileFacts
from qwen_lsp.index.languages import LANGUAGES, Language, language_named
from qwen_lsp.index.source import SourceText

# Counts changes of what is made from the same matches.
_EXTRACTION = 1
# Of a query: strings and comments, these and brackets, and what a pattern begins with.
_NO_CODE = re.compile(r'"(?:\\.|[^"\\])*"|;[^\n]*')
_TOKEN = re.compile(_NO_CODE.pattern + r"|[()\[\]]")
_FIRST_NODE = re.compile(r"\(?\w*")
_CAPTURE = re.compile(r"@([\w.]+)")
# Each node is compared with all open matches, and these with each other; real code has a few dozen.
_MOST_OPEN_MATCHES = 512
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Question:
    """A compiled query.

    Attributes:
        query: to ask.
        patterns: of the query, in order.
        depth: how deep below the root a match may begin; None for anywhere.
    """

    query: tree_sitter.Query
    patterns: tuple[Pattern, ...]
    depth: int | None


@dataclass(frozen=True, slots=True)
class Grammar:
    """A language ready to be asked.

    Attributes:
        questions: all that are asked of a tree.
    """

    questions: tuple[Question, ...]


def facts_of(language: str, source: bytes) -> FileFacts:
    """Return the facts of a file.

    Args:
        language: a name in `languages.py`; KeyError for any other.
        source: meant to be UTF-8, but any bytes will do; a byte order mark counts as nothing.
    """
    text = source.removeprefix(_BYTE_ORDER_MARK)
    if not is_safe(language, text):
        return unparsed(language, text)
    tree = tree_sitter.Parser(parser_language(language)).parse(text)
    return facts_of_root(language_named(language), text, tree.root_node)


def is_safe(language: str, source: bytes) -> bool:
    """Return whether a text holds nothing that its language's grammar is known to crash on."""
    crashes_on = language_named(language).crashes_on
    return crashes_on is None or crashes_on.search(source) is None


def unparsed(language: str, source: bytes) -> FileFacts:
    """Return the facts of a file that is not parsed."""
    return FileFacts(language, SourceText(source).lines, (), (), (), is_broken=True)


def facts_of_root(language: Language, source: bytes, root: tree_sitter.Node) -> FileFacts:
    """Return the facts of a file that has been parsed."""
    answers = []
    for question in grammar_of(language.name).questions:
        cursor = tree_sitter.QueryCursor(question.query, match_limit=_MOST_OPEN_MATCHES)
        if question.depth is not None:
            cursor.set_max_start_depth(question.depth)
        answers.append((question.patterns, cursor.matches(root)))
    return facts_from(language, SourceText(source), answers, is_broken=root.has_error)


@cache
def parser_language(language: str) -> tree_sitter.Language:
    """Load what a parser of a language needs; KeyError for a name that is not known."""
    module, _, function = language_named(language).grammar.partition(":")
    with warnings.catch_warnings():
        # Some grammars still hand over a plain address, which the runtime takes but calls old.
        warnings.simplefilter("ignore", DeprecationWarning)
        return tree_sitter.Language(getattr(importlib.import_module(module), function)())


@cache
def grammar_of(language: str) -> Grammar:
    """Load a language's grammar and compile its query; KeyError for a name that is not known."""
    loaded = parser_language(language)
    # A pattern that begins at the root would stay open while all of the tree is walked, and be
    # looked at with every node. Asked apart, it costs next to nothing.
    root = f"({tree_sitter.Parser(loaded).parse(b'').root_node.type}"
    at_root: list[tuple[int, str]] = []
    anywhere: list[tuple[int, str]] = []
    for rank, pattern in enumerate(patterns_in(query_text(language))):
        first = _FIRST_NODE.match(pattern)
        (at_root if first and first[0] == root else anywhere).append((rank, pattern))
    depth = language_named(language).depth
    questions = [_question(loaded, anywhere, depth), _question(loaded, at_root, 0)]
    return Grammar(tuple(one for one in questions if one.patterns))


def _question(
    language: tree_sitter.Language,
    patterns: list[tuple[int, str]],
    depth: int | None,
) -> Question:
    query = tree_sitter.Query(language, "\n".join(pattern for _, pattern in patterns))
    ready = []
    for index, (rank, pattern) in enumerate(patterns):
        captures = frozenset(_CAPTURE.findall(_NO_CODE.sub("", pattern)))
        ready.append(pattern_of(rank, captures, query.pattern_settings(index)))
    return Question(query, tuple(ready), depth)


def patterns_in(query: str) -> list[str]:
    """Split a query into its patterns."""
    starts, depth = [], 0
    for token in _TOKEN.finditer(query):
        if token[0][0] == ";":
            continue
        if depth == 0:
            starts.append(token.start())
        depth += token[0] in "(["
        depth -= token[0] in ")]"
    return [query[start:end].strip() for start, end in pairwise([*starts, len(query)])]


def query_text(language: str) -> str:
    """Return the query of a language, those that it builds on first."""
    folders = files("qwen_lsp.index") / "queries"
    names = (*language_named(language).queries, language)
    texts = [folders / name / "index.scm" for name in names]
    return "\n".join(text.read_text("utf-8") for text in texts if text.is_file())


@cache
def parser_version() -> str:
    """Return what changes when the same file may have other facts: to be kept with stored facts."""
    # Workers are told, and each would load this for nothing.
    from importlib.metadata import version

    digest = blake2b(digest_size=16)
    digest.update(f"{_EXTRACTION} {version('tree-sitter')}".encode())
    for language in LANGUAGES:
        package = language.grammar.partition(":")[0].replace("_", "-")
        digest.update(f"\0{language} {version(package)}\0{query_text(language.name)}".encode())
    return digest.hexdigest()
