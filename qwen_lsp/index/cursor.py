"""From a syntax tree to what the parser knows of one place in it.

Kinds of nodes are told by parts of their names, which grammars choose alike; what a language calls
otherwise stands in the tables. A text that is being typed is mostly broken, so brackets and quotes
that nothing closes are looked at as well.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Protocol

from qwen_lsp.index.syntax import Block, Definition, Enclosure, Place, Syntax

# Languages in which indentation makes blocks.
_OFFSIDE = frozenset({"python"})
_PAIRS = {")": "(", "]": "[", "}": "{"}
_BLOCK = re.compile(
    r"block\Z|block_|body|compound_statement|declaration_list|enumerator_list|statement_list|\Ado\Z"
    r"|\Athen\Z|\A(?:module|program|source_file|translation_unit|compilation_unit|chunk)\Z"
)
_NO_BLOCK = re.compile(r"comment|mapping|sequence|body_parameter")
_STRING = re.compile(r"string|char(?:acter)?_literal|rune_literal|heredoc|text_block|quote_scalar")
_NO_STRING = re.compile(r"concatenated|content|start|end|fragment|escape|chained")
_CODE_IN_STRING = re.compile(r"interpolation\Z|substitution\Z|interpolated_expression")
_TEMPLATE = re.compile(r"template|interpolat|encapsed")
_ARGUMENTS = re.compile(r"(?<!type_)(?:argument_list|arguments)\Z|method_call_arguments")
_PARAMETERS = re.compile(r"(?<!type_)parameters\Z|(?<!type_)parameter_list\Z|parameter_clause")
_COLLECTION = re.compile(
    r"\A(?:list|tuple|set|dictionary|dict|array|object|hash|table_constructor|literal_value)\Z"
    r"|array_|_array|initializer_list|initializer\Z|collection_literal|(?:list|set|map)_literal"
    r"|array_expression|tuple_expression"
)
_DEFINITION = re.compile(
    r"(?:definition|declaration|item|specifier|spec)\Z|\A(?:method|singleton_method|class|module)\Z"
)
# Kinds of definitions, by a part of a node's name; the first that fits counts.
_KINDS = (
    ("constructor", "method"),
    ("method", "method"),
    ("function", "function"),
    ("class", "class"),
    ("interface", "interface"),
    ("protocol", "interface"),
    ("struct", "struct"),
    ("record", "class"),
    ("enum", "enum"),
    ("trait", "trait"),
    ("impl", "impl"),
    ("namespace", "module"),
    ("module", "module"),
)
_TYPES = ("class", "interface", "struct", "trait", "impl", "enum")
_STATEMENT = re.compile(r"definition|statement|clause|ERROR")
_HEAD_WORDS = frozenset(
    {
        *("def", "class", "if", "for", "while", "with", "try", "else", "elif", "except"),
        *("finally", "match", "case"),
    }
)
_BLOCK_COMMENT = (b"/*", b"<!--", b"--[[", b"=begin", b"{-", b"(*")
_DOC_COMMENT = (b"/**", b"/*!", b"///", b"//!")
# Nodes whose block begins where their head ends, in languages where no sign opens it.
_WORD_HEADS = re.compile(
    r"\A(?:method|singleton_method|class|singleton_class|module|if|elsif|unless|while|until|for"
    r"|do_block|block|begin|function_declaration|function_definition)\Z"
)
_WORD_LANGUAGES = frozenset({"ruby", "lua"})
_BODIES = frozenset({"body_statement", "then", "do", "block_body", "block", "statement"})
_OPENING_WORDS = frozenset({"then", "do", "else", "begin", "ensure", "rescue"})
_CLOSING = re.compile(rb"\s*(?:[}]|(?:end|fi|done)\b)")
_MOST_COMMENTS = 50


class Node(Protocol):
    """A node of the parser's tree; bytes, rows and columns count from 0."""

    @property
    def type(self) -> str: ...  # noqa: D102 - as the parser has it
    @property
    def is_named(self) -> bool: ...  # noqa: D102
    @property
    def is_missing(self) -> bool: ...  # noqa: D102
    @property
    def has_error(self) -> bool: ...  # noqa: D102
    @property
    def parent(self) -> "Node | None": ...  # noqa: D102
    @property
    def children(self) -> "Sequence[Node]": ...  # noqa: D102
    @property
    def start_byte(self) -> int: ...  # noqa: D102
    @property
    def end_byte(self) -> int: ...  # noqa: D102
    @property
    def start_point(self) -> tuple[int, int]: ...  # noqa: D102
    @property
    def end_point(self) -> tuple[int, int]: ...  # noqa: D102
    def child_by_field_name(self, name: str, /) -> "Node | None": ...  # noqa: D102
    def descendant_for_byte_range(  # noqa: D102
        self, start_byte: int, end_byte: int, /
    ) -> "Node | None": ...


def syntax_of(language: str, source: bytes, root: Node, at: int) -> Syntax:
    """Return the syntax at an offset in bytes."""
    return _Cursor(language, source, root, at).syntax()


class _Cursor:
    """An offset in a parsed text, and what is looked up for it."""

    def __init__(self, language: str, source: bytes, root: Node, at: int) -> None:
        self.language = language
        self.source = source
        self.root = root
        self.at = at
        self.line_start = source.rfind(b"\n", 0, at) + 1
        self.is_blank_before = not source[self.line_start : at].strip()
        self.column = at - self.line_start
        self.leaf = self._leaf_before()

    def syntax(self) -> Syntax:
        place = self._place()
        around = [node for node in _upwards(self.leaf) if self._holds(node)]
        block = next((node for node in around if _is_block(node)), self.root)
        is_start = place == "code" and self._is_block_start()
        return Syntax(
            place,
            is_start,
            is_start and self._is_block_empty(),
            "" if is_start else self._enclosure(around),
            self._block(block),
            self._definition(around),
            self.root.has_error,
        )

    def _leaf_before(self) -> Node | None:
        """Return the last leaf before the cursor that is no comment."""
        end = self.at
        for _ in range(_MOST_COMMENTS):
            end = len(self.source[:end].rstrip())
            leaf = self.root.descendant_for_byte_range(end - 1, end) if end else None
            if leaf is None:
                return None
            comment = next((one for one in _upwards(leaf) if "comment" in one.type), None)
            if comment is None:
                return leaf
            end = comment.start_byte
        return None

    def _holds(self, node: Node) -> bool:
        """Whether a node around the leaf is around the cursor, too."""
        if node.start_byte >= self.at:
            return False
        if self.at < node.end_byte or node.parent is None or _is_unclosed(node):
            return True
        if self.language not in _OFFSIDE or not (_is_block(node) or _kind(node)):
            return False
        if not self.is_blank_before:
            return self.at == node.end_byte
        column = node.start_point[1]
        return self.column >= column if _is_block(node) else self.column > column

    def _place(self) -> Place:
        left = self.root.descendant_for_byte_range(max(self.at - 1, 0), self.at)
        for node in _upwards(left):
            if _CODE_IN_STRING.search(node.type) and node.start_byte < self.at < node.end_byte:
                return "code"
            # In a grammar with kinds of comments, the outermost node is the whole of it.
            is_part = node.parent is not None and "comment" in node.parent.type
            if "comment" in node.type and not is_part and (kind := self._comment(node)):
                return kind
            if self._is_string(node) and node.start_byte < self.at < node.end_byte:
                return self._string(node)
        return self._unclosed_string()

    def _comment(self, node: Node) -> Place | None:
        text = self.source[node.start_byte : node.end_byte]
        is_line = not text.startswith(_BLOCK_COMMENT)
        end = node.end_byte - text.endswith(b"\n") if is_line else node.end_byte - 1
        if not node.start_byte < self.at <= end:
            return None
        is_doc = text.startswith(_DOC_COMMENT) and not text.startswith((b"/**/", b"////"))
        return "doc comment" if is_doc else "comment"

    @staticmethod
    def _is_string(node: Node) -> bool:
        if not node.is_named or _NO_STRING.search(node.type):
            return False
        return _STRING.search(node.type) is not None

    def _string(self, node: Node) -> Place:
        if _TEMPLATE.search(node.type) or any(
            _CODE_IN_STRING.search(child.type) for child in node.children
        ):
            return "template"
        if self.language == "python":
            return self._python_string(node)
        return "string"

    def _python_string(self, node: Node) -> Place:
        prefix = self.source[node.start_byte : node.start_byte + 3].split(b'"')[0].split(b"'")[0]
        if prefix.lower().strip(b"r") == b"f":
            return "template"
        statement = node.parent
        scope = statement.parent if statement is not None else None
        is_alone = statement is not None and statement.type == "expression_statement"
        if not is_alone or scope is None or not _is_block(scope):
            return "string"
        first = next((one for one in scope.children if "comment" not in one.type), None)
        is_first = first is not None and first.start_byte == node.start_byte
        return "docstring" if is_first else "string"

    def _unclosed_string(self) -> Place:
        """Look for a quote on the cursor's line that nothing closes, which breaks the tree."""
        line = self.source[self.line_start : self.at]
        for match in reversed(list(re.finditer(rb"\"\"\"|'''|[\"'`]", line))):
            start = self.line_start + match.start()
            leaf = self.root.descendant_for_byte_range(start, start + 1)
            if leaf is None or not (leaf.type in ('"', "'", "`") or "start" in leaf.type):
                continue
            parent = leaf.parent
            if parent is None or parent.type != "ERROR":
                return "code"
            is_format = self.source[leaf.start_byte : start].lower().strip(b"r") == b"f"
            if match[0] == b"`" or is_format:
                return "template"
            is_doc = len(match[0]) == 3 and not line[: match.start()].strip()
            return "docstring" if is_doc else "string"
        return "code"

    def _enclosure(self, around: list[Node]) -> Enclosure:
        for node in around:
            if node.type == "ERROR" and (opener := self._unclosed(node)):
                return opener
            if _is_block(node) and not _COLLECTION.search(node.type):
                return ""
            if _ARGUMENTS.search(node.type):
                return "arguments"
            if _PARAMETERS.search(node.type):
                return "parameters"
            if _COLLECTION.search(node.type):
                return "collection"
        return ""

    def _unclosed(self, error: Node) -> Enclosure:
        """Return what the last bracket opens that a broken piece leaves open."""
        opened: list[tuple[str, bool]] = []
        before: Node | None = None
        for child in error.children:
            if child.start_byte >= self.at:
                break
            if child.type in _PAIRS.values():
                follows_name = before is not None and before.is_named
                opened.append((child.type, follows_name))
            elif child.type in _PAIRS and opened:
                opened.pop()
            before = child
        if not opened or opened[-1][0] == "{":
            return ""
        return "arguments" if opened[-1] == ("(", True) else "collection"

    def _is_block_start(self) -> bool:
        leaf = self.leaf
        if leaf is None or leaf.parent is None:
            return False
        parent = leaf.parent
        if leaf.type == ":":
            words = {child.type for child in parent.children} & _HEAD_WORDS
            return self.language in _OFFSIDE and bool(
                (words and _STATEMENT.search(parent.type)) or parent.type.endswith("_definition")
            )
        if leaf.type == "{":
            is_value = _COLLECTION.search(parent.type) or _CODE_IN_STRING.search(parent.type)
            return not is_value and self._holds(parent)
        return self.language in _WORD_LANGUAGES and self._ends_head(leaf)

    def _ends_head(self, leaf: Node) -> bool:
        """Whether a leaf is the last of what stands before a block that words close."""
        if leaf.type in _OPENING_WORDS and not leaf.is_named:
            return True
        head = next((node for node in _upwards(leaf) if _WORD_HEADS.match(node.type)), None)
        if (
            head is None
            or not self._holds(head)
            or b"\n" not in self.source[leaf.end_byte : self.at]
        ):
            return False
        inside = [one for one in head.children if one.start_byte < self.at]
        return len(inside) > 1 and not any(
            one.type in _BODIES and one.end_byte > one.start_byte and one.start_byte < self.at
            for one in inside
        )

    def _is_block_empty(self) -> bool:
        rest = self.source[self.at :]
        if self.language not in _OFFSIDE:
            return _CLOSING.match(rest) is not None or not rest.strip()
        if self.leaf is None:
            return False
        row_start = self.source.rfind(b"\n", 0, self.leaf.start_byte) + 1
        head = _indentation(self.source[row_start : self.leaf.end_byte])
        below = next((line for line in rest.split(b"\n")[1:] if line.strip()), None)
        has_rest = bool(rest.split(b"\n")[0].strip())
        return not has_rest and (below is None or _indentation(below) <= head)

    def _block(self, node: Node) -> Block:
        first, last = node.start_point[0], node.end_point[0]
        if node.end_point[1] == 0 and last > first:
            last -= 1  # it ends with a line's end
        indentation = 0
        for child in node.children:
            if child.is_named and "comment" not in child.type:
                row = self.source.rfind(b"\n", 0, child.start_byte) + 1
                indentation = _indentation(self.source[row : child.end_byte])
                break
        return Block(first, last, indentation)

    def _definition(self, around: list[Node]) -> Definition | None:
        for index, node in enumerate(around):
            if (kind := _kind(node)) is None:
                continue
            if (name := self._name(node)) is None:
                continue
            outer = next((_kind(one) for one in around[index + 1 :] if _kind(one)), None)
            if kind == "function" and outer in _TYPES:
                kind = "method"
            return Definition(name, kind)
        return None

    def _name(self, node: Node) -> str | None:
        for field in ("name", "declarator", "type"):
            child = node.child_by_field_name(field)
            if child is None:
                continue
            while (inner := child.child_by_field_name("declarator")) is not None:
                child = inner
            return self.source[child.start_byte : child.end_byte].decode("utf-8", "replace")
        return None


def _upwards(node: Node | None) -> Iterator[Node]:
    while node is not None:
        yield node
        node = node.parent


def _is_unclosed(node: Node) -> bool:
    """Whether the parser misses the end of a node."""
    return node.type == "ERROR" or bool(node.children and node.children[-1].is_missing)


def _is_block(node: Node) -> bool:
    return (
        node.is_named
        and _BLOCK.search(node.type) is not None
        and _NO_BLOCK.search(node.type) is None
    )


def _kind(node: Node) -> str | None:
    if node.parent is None or not node.is_named or not _DEFINITION.search(node.type):
        return None
    return next((kind for part, kind in _KINDS if part in node.type), None)


def _indentation(line: bytes) -> int:
    return len(line) - len(line.lstrip(b" \t"))
