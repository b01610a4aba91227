"""The invariants of qwen_lsp/ARCHITECTURE.md that a machine can check."""

import ast
import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "qwen_lsp"
SOURCES = sorted(
    path for path in PACKAGE.rglob("*.py") if "sample" not in path.relative_to(PACKAGE).parts
)
SHARED = {"text", "tokens", "settings", "errors", "trace", "wire", "locations"}

# Package → which of our packages and modules it may import, besides itself and SHARED.
MAY_IMPORT = {
    "cli": {
        *("server", "features", "context", "index", "inference", "models"),
        *("engine", "demo", "statistics"),
    },
    "demo": {"server"},
    "server": {"features", "context", "index", "inference", "models", "statistics"},
    "features": {"context", "inference"},
    # Values and look-ups of the index, no process and no file of it.
    "context": {"index"},
    "inference": set(),
    "models": set(),
    # The arithmetic of what fits, and what a model's file says of itself.
    "engine": {"models"},
    "index": set(),
    "statistics": set(),
}
# Library → the files that may import it.
ONLY_IN = {
    "pygls": ("server/", "demo/"),
    "lsprotocol": ("server/", "demo/"),
    "attrs": ("server/",),
    "llama_cpp": ("engine/llama.py", "engine/vision.py", "engine/devices.py"),
    "numpy": ("engine/",),
    "jinja2": ("engine/prompt.py",),
    "h11": ("engine/http.py",),
    "httpx2": ("inference/client.py", "inference/by_url/connection.py", "models/hub.py"),
    "click": ("cli/", "demo/"),
    "rich": ("cli/",),
    "platformdirs": ("locations.py",),
    "sqlite3": ("index/store.py",),
    "tantivy": ("index/lexical.py",),
    "tree_sitter": ("index/parse.py", "index/tree.py"),
    "watchdog": ("index/watch.py",),
    "tomllib": ("settings.py", "models/catalogue.py", "index/resolve/configs.py"),
}
# Modules that only turn values into values.
PURE = [
    *("text.py", "tokens.py", "context/", "server/convert.py", "engine/answer.py"),
    *(
        f"features/{name}.py"
        for name in (
            *("clean", "code_block", "repeats", "document_style", "brackets", "extent"),
            *("silence", "gates", "quoted", "pause", "fit", "answer_reader", "loops"),
            *("image_link",),
            *("presets", "edit_task", "new_tests", "python_tests"),
            *("region", "region_style", "hunks", "overlap", "prose", "rewrite_answer"),
            *("search_replace", "answers"),
        )
    ),
    "index/resolve/",
    "inference/by_url/strings.py",
    *("models/shape.py", "models/fit.py"),
    *("engine/plan.py", "engine/leaving.py", "engine/image_size.py"),
    *("features/suggestion.py", "statistics/counts.py", "statistics/summary.py"),
    *(
        f"index/{name}.py"
        for name in (
            *("rank", "words", "chunks", "declared", "receiver", "extract"),
            *("symbols", "source", "written", "gitignore", "secret_files", "contents", "cursor"),
        )
    ),
]
IMPURE_IMPORTS = {"asyncio", "logging", "random", "time", "os", "subprocess", "socket"}
BANNED_NAMES = {"utils", "helpers", "common", "misc", "base", "manager", "types"}


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def imports_of(path: Path) -> set[str]:
    """Return the modules a file imports anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            module = node.module or ""
            found.add(module)
            found |= {f"{module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_a_file_has_at_most_400_lines(path):
    assert len(path.read_text().splitlines()) <= 400


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_a_package_imports_only_downwards(path):
    parts = path.relative_to(PACKAGE).parts
    ours = {name.split(".")[1] for name in imports_of(path) if name.startswith("qwen_lsp.")}
    ours = {name for name in ours if (PACKAGE / name).is_dir() or (PACKAGE / f"{name}.py").exists()}
    if len(parts) == 1:
        assert parts[0] == "__main__.py" or ours <= SHARED
    else:
        assert ours <= SHARED | MAY_IMPORT[parts[0]] | {parts[0]}


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_a_library_is_imported_only_where_the_table_says(path):
    libraries = {name.split(".")[0] for name in imports_of(path)}
    for library in libraries & set(ONLY_IN):
        assert name_of(path).startswith(ONLY_IN[library]), f"{library} in {name_of(path)}"


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_pure_files_do_no_io_and_do_not_wait(path):
    if not name_of(path).startswith(tuple(PURE)):
        return
    assert not {name.split(".")[0] for name in imports_of(path)} & IMPURE_IMPORTS
    nodes = list(ast.walk(ast.parse(path.read_text())))
    assert not [node for node in nodes if isinstance(node, ast.AsyncFunctionDef)]
    called = [node.func for node in nodes if isinstance(node, ast.Call)]
    assert "open" not in {one.id for one in called if isinstance(one, ast.Name)}


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_a_module_is_not_named_after_nothing(path):
    assert path.stem not in BANNED_NAMES


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_control_tokens_are_named_in_one_file(path):
    tokens = re.findall(r"<\|(?:fim_\w+|im_\w+|endoftext)\|>", _without_docs(path))
    # The engine's fallback template is ChatML's own definition, and a vocabulary is looked through.
    allowed = ("context/qwen.py", "engine/prompt.py", "models/gguf.py")
    assert not tokens or name_of(path) in allowed


def _without_docs(path: Path) -> str:
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                first.value.value = ""
    return ast.unparse(tree)


def test_every_dependency_has_its_reason_in_the_architecture():
    import tomllib

    project = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text())["project"]
    reasons = (PACKAGE / "ARCHITECTURE.md").read_text()
    for requirement in project["dependencies"]:
        [name] = re.findall(r"^[\w-]+", requirement)
        name = "tree-sitter-LANGUAGE" if name.startswith("tree-sitter-") else name
        assert f"| `{name}` |" in reasons, f"{name} has no line"


def test_every_command_is_in_the_readme():
    from qwen_lsp.cli.commands import COMMANDS

    readme = (PACKAGE.parent / "README.md").read_text()
    for command in COMMANDS:
        assert f"qwen-lsp {command}" in readme
