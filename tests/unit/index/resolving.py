"""One way to ask the resolver, for all tests of it."""

from collections.abc import Mapping

from qwen_lsp.index.facts import Import
from qwen_lsp.index.resolve.resolver import Resolver


def check(
    language: str,
    tree: str,
    importing: str,
    written: str,
    expected: str,
    *,
    config_texts: Mapping[str, str] | None = None,
    packages: Mapping[str, str] | None = None,
) -> None:
    """Assert what an import means.

    `tree` and `expected` are paths with blanks between them; `written` is the import's module and,
    after a blank, its name. The importing file and the config files are part of the tree.
    """
    config_texts, packages = config_texts or {}, packages or {}
    module, _, name = written.partition(" ")
    paths = {*tree.split(), importing, *config_texts, *packages}
    resolver = Resolver(paths, config_texts, packages)
    assert resolver.problems == ()
    found = resolver.resolve(importing, language, Import(module, name, "", 0))
    assert found == tuple(expected.split())
