"""The languages the index knows: one line for each, and a folder of that name in `queries/`.

Nothing here loads a grammar.
"""

import re
from dataclasses import dataclass
from pathlib import PurePath


@dataclass(frozen=True, slots=True)
class Language:
    """A language.

    Attributes:
        name: as in `FileFacts.language`; also the folder with its query.
        grammar: module and function that make it, joined with ":".
        suffixes: of its files, in lower case, with their dots.
        file_names: of files without a telling suffix, in lower case.
        interpreters: in a first line that begins with "#!", without version numbers.
        language_ids: what LSP clients call it.
        queries: folders whose queries come before its own; the pattern that comes first counts.
        constructor: name of the methods that are constructors; "" if it is that of their class.
        line_comments: what a comment to the end of its line begins with.
        block_comment: what other comments begin and end with; two empty strings without.
        depth: how deep below the root anything is that its query finds; None for anywhere.
        crashes_on: what its grammar may crash on; a file that holds it is not parsed.
    """

    name: str
    grammar: str
    suffixes: tuple[str, ...]
    file_names: tuple[str, ...] = ()
    interpreters: tuple[str, ...] = ()
    language_ids: tuple[str, ...] = ()
    queries: tuple[str, ...] = ()
    constructor: str = ""
    line_comments: tuple[str, ...] = ("//",)
    block_comment: tuple[str, str] = ("/*", "*/")
    depth: int | None = None
    crashes_on: re.Pattern[bytes] | None = None


LANGUAGES = (
    Language(
        "python",
        "tree_sitter_python:language",
        (".py", ".pyi", ".pyw"),
        interpreters=("python", "pypy"),
        language_ids=("python",),
        constructor="__init__",
        line_comments=("#",),
        block_comment=("", ""),
    ),
    Language(
        "javascript",
        "tree_sitter_javascript:language",
        (".js", ".jsx", ".mjs", ".cjs"),
        interpreters=("node", "nodejs"),
        language_ids=("javascript", "javascriptreact"),
        queries=("ecmascript",),
        constructor="constructor",
    ),
    Language(
        "typescript",
        "tree_sitter_typescript:language_typescript",
        (".ts", ".mts", ".cts"),
        interpreters=("deno", "bun", "ts-node", "tsx"),
        language_ids=("typescript",),
        queries=("ecmascript",),
        constructor="constructor",
    ),
    Language(
        "tsx",
        "tree_sitter_typescript:language_tsx",
        (".tsx",),
        language_ids=("typescriptreact",),
        queries=("ecmascript", "typescript"),
        constructor="constructor",
    ),
    Language("java", "tree_sitter_java:language", (".java",), language_ids=("java",)),
    Language("go", "tree_sitter_go:language", (".go",), language_ids=("go",)),
    Language("rust", "tree_sitter_rust:language", (".rs",), language_ids=("rust",)),
    Language("c", "tree_sitter_c:language", (".c", ".h"), language_ids=("c",)),
    Language(
        "cpp",
        "tree_sitter_cpp:language",
        (".cc", ".cpp", ".cxx", ".c++", ".hh", ".hpp", ".hxx", ".h++", ".ipp", ".tpp", ".inl"),
        language_ids=("cpp",),
        queries=("c",),
    ),
    Language("c_sharp", "tree_sitter_c_sharp:language", (".cs", ".csx"), language_ids=("csharp",)),
    Language(
        "ruby",
        "tree_sitter_ruby:language",
        (".rb", ".rake", ".gemspec", ".ru"),
        ("gemfile", "rakefile"),
        ("ruby",),
        ("ruby",),
        constructor="initialize",
        line_comments=("#",),
        block_comment=("", ""),
    ),
    Language(
        "php",
        "tree_sitter_php:language_php",
        (".php", ".phtml"),
        interpreters=("php",),
        language_ids=("php",),
        constructor="__construct",
        line_comments=("//", "#"),
    ),
    Language("kotlin", "tree_sitter_kotlin:language", (".kt", ".kts"), language_ids=("kotlin",)),
    Language("swift", "tree_sitter_swift:language", (".swift",), language_ids=("swift",)),
    Language(
        "scala",
        "tree_sitter_scala:language",
        (".scala", ".sc", ".sbt"),
        language_ids=("scala",),
        constructor="this",
    ),
    Language(
        "lua",
        "tree_sitter_lua:language",
        (".lua",),
        interpreters=("lua", "luajit"),
        language_ids=("lua",),
        line_comments=("--",),
        block_comment=("--[[", "]]"),
    ),
    Language(
        "bash",
        "tree_sitter_bash:language",
        (".sh", ".bash"),
        (".bashrc", ".bash_profile", ".profile"),
        ("sh", "bash", "dash"),
        ("shellscript", "sh", "bash"),
        line_comments=("#",),
        block_comment=("", ""),
    ),
    Language(
        "html",
        "tree_sitter_html:language",
        (".html", ".htm"),
        language_ids=("html",),
        line_comments=(),
        block_comment=("<!--", "-->"),
    ),
    Language("css", "tree_sitter_css:language", (".css",), language_ids=("css",), line_comments=()),
    Language(
        "json",
        "tree_sitter_json:language",
        (".json", ".jsonc"),
        language_ids=("json", "jsonc"),
        depth=1,
    ),
    Language(
        "yaml",
        "tree_sitter_yaml:language",
        (".yaml", ".yml"),
        language_ids=("yaml",),
        line_comments=("#",),
        block_comment=("", ""),
        depth=6,
        # Its scanner keeps at most 255 nested blocks, and writes past its memory with more. Each
        # level takes a column at least, or a "-" right below its key.
        crashes_on=re.compile(rb"(?:\A|[\r\n])[ \t?:.\-\xef\xbb\xbf]{100}"),
    ),
    Language(
        "toml",
        "tree_sitter_toml:language",
        (".toml",),
        language_ids=("toml",),
        line_comments=("#",),
        block_comment=("", ""),
        depth=1,
    ),
    Language(
        "markdown",
        "tree_sitter_markdown:language",
        (".md", ".markdown"),
        language_ids=("markdown",),
        line_comments=(),
        block_comment=("", ""),
    ),
)

_BY_NAME = {one.name: one for one in LANGUAGES}
_BY_SUFFIX = {suffix: one.name for one in LANGUAGES for suffix in one.suffixes}
_BY_FILE_NAME = {name: one.name for one in LANGUAGES for name in one.file_names}
_BY_INTERPRETER = {name: one.name for one in LANGUAGES for name in one.interpreters}
_BY_ID = {name: one.name for one in LANGUAGES for name in one.language_ids}

_SHEBANG = re.compile(rb"#![ \t]*(\S+)(?:[ \t]+(?:-\S+[ \t]+)*(\S+))?")
# What C has no meaning for, at the beginning of a line, or a name of C++'s own library.
_CPP = re.compile(
    rb"^\s*(?:class\s+\w+\s*[:{\r\n]|namespace\s+\w|template\s*<|using\s+\w+"
    rb"|(?:public|private|protected)\s*:|#\s*include\s*<[a-z_]+>)|\bstd::",
    re.MULTILINE,
)


def language_named(name: str) -> Language:
    """Return a language of the table; KeyError for a name that is not in it."""
    return _BY_NAME[name]


def language_of(path: PurePath, head: bytes = b"") -> str | None:
    """Return the name of the language a file is written in; None if it is none of these.

    Args:
        path: of the file; its name decides where it can.
        head: the first bytes of the file, for a first line with "#!" and to tell C from C++ in a
            header.
    """
    suffix = path.suffix.lower()
    if suffix == ".h" and _CPP.search(head):
        return "cpp"
    known = _BY_SUFFIX.get(suffix) or _BY_FILE_NAME.get(path.name.lower())
    if known or suffix:
        return known
    shebang = _SHEBANG.match(head)
    if shebang is None:
        return None
    program = PurePath(shebang[1].decode("latin-1")).name
    if program == "env" and shebang[2]:
        program = shebang[2].decode("latin-1")
    return _BY_INTERPRETER.get(program.rstrip("0123456789."))


def language_of_id(language_id: str) -> str | None:
    """Return the name of the language that LSP clients call so; None if it is none of these."""
    return _BY_ID.get(language_id)
