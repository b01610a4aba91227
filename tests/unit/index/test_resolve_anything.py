"""What holds for every language and every import, however odd."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qwen_lsp.index.facts import Import
from qwen_lsp.index.resolve.configs import is_config
from qwen_lsp.index.resolve.resolver import Resolver

TREE = """
    a.py a/__init__.py a/b.py a.ts a/index.ts b.js a/B.java a/B.kt a/B.scala a/B.cs a/B.php a.rb
    a/a.lua a.sh a.css a.html a/a.go src/lib.rs src/a.rs a.h a.cpp package.json tsconfig.json
    go.mod Cargo.toml
"""
CONFIGS = {
    "package.json": '{"name": "a", "exports": {"./*": "./*.js"}, "imports": {"#*": "./*"}}',
    "tsconfig.json": '{"compilerOptions": {"baseUrl": ".", "paths": {"b/*": ["./*"]}}}',
    "go.mod": "module a",
    "Cargo.toml": '[package]\nname = "a"',
}
PACKAGES = {"a/B.java": "a", "a/B.kt": "a", "a/B.scala": "", "a/B.cs": "a.b", "a/B.php": "a"}
RESOLVER = Resolver(TREE.split(), CONFIGS, PACKAGES)
LANGUAGES = """
    python javascript typescript tsx css html java kotlin scala c_sharp php go rust c cpp ruby lua
    bash swift unheard_of
"""

names = st.text(st.sampled_from('ab./\\:*#@~<>"$?-_ '), max_size=12)


@settings(deadline=None)
@given(st.sampled_from(LANGUAGES.split()), st.sampled_from(TREE.split()), names, names)
def test_any_import_means_other_files_of_the_workspace_or_none(language, path, module, name):
    found = RESOLVER.resolve(path, language, Import(module, name, "", 0))
    assert set(found) <= set(TREE.split()) - {path}
    assert len(found) == len(set(found))


@pytest.mark.parametrize(
    ("path", "is_one"),
    [
        ("package.json", True),
        ("web/tsconfig.app.json", True),
        ("jsconfig.json", True),
        ("core/Cargo.toml", True),
        ("go.mod", True),
        ("pyproject.toml", False),
        ("tsconfig.js", False),
        ("package-lock.json", False),
    ],
)
def test_config_files_are_known_by_their_names(path, is_one):
    assert is_config(path) == is_one


@pytest.mark.parametrize("text", ["/*" * 200_000, '"' * 200_001, "\n" * 400_000, "," * 400_000])
@pytest.mark.parametrize("path", ["tsconfig.json", "go.mod"])
def test_an_odd_config_file_is_read_once_from_its_start_to_its_end(path, text):
    # To look for each end anew would take minutes, more than a test may run.
    assert Resolver([path], {path: text}, {}).problems
