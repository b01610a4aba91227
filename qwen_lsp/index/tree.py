"""Syntax trees of open documents, kept in step with what is typed.

Parsing again with the old tree costs a small part of parsing anew. Trees are values: an edit makes
another one and leaves the old one as it was.
"""

from dataclasses import dataclass

import tree_sitter

from qwen_lsp.index.cursor import syntax_of
from qwen_lsp.index.facts import FileFacts
from qwen_lsp.index.languages import language_named
from qwen_lsp.index.parse import facts_of_root, is_safe, parser_language, unparsed
from qwen_lsp.index.syntax import Syntax
from qwen_lsp.text import Replacement

# Of a file that is broken altogether it need not be known where else it is.
_MOST_ERRORS = 10


@dataclass(frozen=True, slots=True)
class SyntaxTree:
    """A parsed text; nothing but this file looks inside.

    Attributes:
        language: as in `languages.py`.
        text: that was parsed.
        source: the text in UTF-8, lone surrogates as "?".
        tree: of the parser; None for a text that its grammar might crash on.
    """

    language: str
    text: str
    source: bytes
    tree: tree_sitter.Tree | None


def parse_text(language: str, text: str) -> SyntaxTree:
    """Parse a text; KeyError for a language that is not in `languages.py`."""
    return _parsed(language, text, _bytes_of(text), None)


def edited(before: SyntaxTree, replacement: Replacement) -> SyntaxTree:
    """Return the tree of the text in which one span, in code points, has new text."""
    start, end = replacement.span.start, replacement.span.end
    text = before.text[:start] + replacement.text + before.text[end:]
    head = _bytes_of(before.text[:start])
    old = head + _bytes_of(before.text[start:end])
    new = head + _bytes_of(replacement.text)
    source = new + before.source[len(old) :]
    if before.tree is None:
        return _parsed(before.language, text, source, None)
    # The parser changes the tree that it is told the edit of.
    tree = before.tree.copy()
    tree.edit(len(head), len(old), len(new), _end_point(head), _end_point(old), _end_point(new))
    return _parsed(before.language, text, source, tree)


def facts_of_tree(tree: SyntaxTree) -> FileFacts:
    """Return the facts of a parsed text, the same that a file with this text has."""
    if tree.tree is None:
        return unparsed(tree.language, tree.source)
    return facts_of_root(language_named(tree.language), tree.source, tree.tree.root_node)


def syntax_at(tree: SyntaxTree, offset: int) -> Syntax | None:
    """Return what is known of an offset, in code points; None for a text that is not parsed."""
    if tree.tree is None:
        return None
    at = len(_bytes_of(tree.text[:offset]))
    return syntax_of(tree.language, tree.source, tree.tree.root_node, at)


def error_lines(tree: SyntaxTree) -> tuple[int, ...] | None:
    """Return the lines of the first syntax errors, 0-based; None for a text that is not parsed."""
    if tree.tree is None:
        return None
    found: list[int] = []
    waiting = [tree.tree.root_node]
    while waiting and len(found) < _MOST_ERRORS:
        node = waiting.pop()
        if node.is_error or node.is_missing:
            found.append(node.start_point[0])
        elif node.has_error:
            waiting += reversed(node.children)
    return tuple(found)


def _parsed(
    language: str,
    text: str,
    source: bytes,
    old_tree: tree_sitter.Tree | None,
) -> SyntaxTree:
    if not is_safe(language, source):
        return SyntaxTree(language, text, source, None)
    parser = tree_sitter.Parser(parser_language(language))
    tree = parser.parse(source, old_tree) if old_tree else parser.parse(source)
    return SyntaxTree(language, text, source, tree)


def _bytes_of(text: str) -> bytes:
    # Clients may send half of a surrogate pair.
    return text.encode("utf-8", "replace")


def _end_point(source: bytes) -> tuple[int, int]:
    """Return the row and the column, in bytes, of the end of a text as the parser counts them."""
    return source.count(b"\n"), len(source) - (source.rfind(b"\n") + 1)
