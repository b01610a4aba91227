"""The process that parses what is open in the editor.

A process of its own because grammars are foreign code: on odd text some take minutes, and one
crashes. It keeps the trees, so that a key costs a small part of a whole parse.
"""

import os
from multiprocessing.connection import Connection

from qwen_lsp.index.syntax import ERRORS
from qwen_lsp.index.tree import (
    SyntaxTree,
    edited,
    error_lines,
    facts_of_tree,
    parse_text,
    syntax_at,
)
from qwen_lsp.text import difference

# Below what the user waits for; above the build of the whole index.
_NICENESS = 5


def main(connection: Connection) -> None:
    """Answer each (path, language, text, asked).

    Where None is asked, with the text's facts; for an offset in code points, with the syntax there;
    for `ERRORS` with the lines of its syntax errors, and no tree is kept. A text of None is
    forgotten, and not answered.
    """
    os.nice(_NICENESS)
    trees: dict[str, SyntaxTree] = {}
    while True:
        try:
            path, language, text, asked = connection.recv()
        except (EOFError, OSError):
            return
        if text is None:
            trees.pop(path, None)
            continue
        if asked == ERRORS:
            connection.send(error_lines(parse_text(language, text)))
            continue
        before = trees.get(path)
        if before is None or before.language != language:
            tree = parse_text(language, text)
        else:
            tree = edited(before, difference(before.text, text))
        trees[path] = tree
        connection.send(facts_of_tree(tree) if asked is None else syntax_at(tree, asked))
