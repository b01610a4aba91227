import json

import pytest

from qwen_lsp.index.facts import Import
from qwen_lsp.index.resolve.resolver import Resolver
from tests.unit.index.resolving import check

PATHS = {
    "a relative path without a suffix": ("src/api.ts", "src/main.ts", "./api", "src/api.ts"),
    "a relative path with its suffix": ("src/api.ts", "src/main.ts", "./api.ts", "src/api.ts"),
    "a path up": ("src/api.ts", "src/web/main.ts", "../api", "src/api.ts"),
    "a path out of the workspace": ("api.ts", "main.ts", "../api", ""),
    "a directory is its index": ("src/api/index.ts", "src/main.ts", "./api", "src/api/index.ts"),
    "a file goes before a directory": (
        "src/api.ts src/api/index.ts",
        "src/main.ts",
        "./api",
        "src/api.ts",
    ),
    "the own directory": ("src/index.tsx", "src/main.ts", ".", "src/index.tsx"),
    "the directory above": ("src/index.ts", "src/web/main.ts", "..", "src/index.ts"),
    "a component": ("src/Button.tsx", "src/App.tsx", "./Button", "src/Button.tsx"),
    "plain JavaScript": ("lib/a.js", "lib/b.js", "./a", "lib/a.js"),
    "the compiled suffix written for a source": (
        "src/api.ts",
        "src/m.ts",
        "./api.js",
        "src/api.ts",
    ),
    "the compiled suffix written for a component": (
        "src/App.tsx",
        "src/m.ts",
        "./App.js",
        "src/App.tsx",
    ),
    "the compiled suffix of an ES module": ("src/a.mts", "src/m.mts", "./a.mjs", "src/a.mts"),
    "a file that really has that suffix": (
        "src/api.js src/api.ts",
        "src/m.ts",
        "./api.js",
        "src/api.js",
    ),
    "a name with a dot in it": (
        "src/user.model.ts",
        "src/m.ts",
        "./user.model",
        "src/user.model.ts",
    ),
    "a declaration file": ("src/global.d.ts", "src/m.ts", "./global", "src/global.d.ts"),
    "a bundler's query": ("src/icon.svg", "src/m.ts", "./icon.svg?raw", "src/icon.svg"),
    "a package that is not ours": ("src/react.ts", "src/m.ts", "react", ""),
    "a path from the root": ("src/main.ts", "index.ts", "/src/main.ts", "src/main.ts"),
    "a path from the root of the sources": ("src/a.ts", "index.ts", "/a.ts", "src/a.ts"),
    "the usual alias of src": ("src/api.ts", "src/web/m.ts", "@/api", "src/api.ts"),
    "the usual alias of a root": ("lib/api.ts", "web/m.ts", "~/lib/api", "lib/api.ts"),
    "an empty name": ("index.ts", "m.ts", "", ""),
}


@pytest.mark.parametrize(("tree", "importing", "written", "expected"), PATHS.values(), ids=PATHS)
def test_a_path_is_resolved(tree, importing, written, expected):
    check("typescript", tree, importing, written, expected)


def options(**compiler: object) -> str:
    return json.dumps({"compilerOptions": compiler})


ALIASES = {
    "a pattern": (
        {"tsconfig.json": options(paths={"@app/*": ["./src/*"]})},
        "src/api.ts",
        "@app/api",
        "src/api.ts",
    ),
    "a pattern below the base": (
        {"tsconfig.json": options(baseUrl="./src", paths={"@app/*": ["app/*"]})},
        "src/app/api.ts",
        "@app/api",
        "src/app/api.ts",
    ),
    "an exact name": (
        {"tsconfig.json": options(paths={"config": ["src/config.ts"]})},
        "src/config.ts",
        "config",
        "src/config.ts",
    ),
    "a pattern with an end": (
        {"tsconfig.json": options(paths={"*/styles": ["src/*/styles.ts"]})},
        "src/button/styles.ts",
        "button/styles",
        "src/button/styles.ts",
    ),
    "the longest pattern goes first": (
        {"tsconfig.json": options(paths={"@/*": ["src/*"], "@/lib/*": ["lib/*"]})},
        "src/lib/a.ts lib/a.ts",
        "@/lib/a",
        "lib/a.ts",
    ),
    "the second place of a pattern": (
        {"tsconfig.json": options(paths={"@/*": ["gen/*", "src/*"]})},
        "src/a.ts",
        "@/a",
        "src/a.ts",
    ),
    "a place outside of the workspace": (
        {"tsconfig.json": options(paths={"@/*": ["../*", "src/*"]})},
        "src/a.ts",
        "@/a",
        "src/a.ts",
    ),
    "a name below the base": (
        {"tsconfig.json": options(baseUrl="src")},
        "src/api/users.ts",
        "api/users",
        "src/api/users.ts",
    ),
    "the file of JavaScript projects": (
        {"jsconfig.json": options(baseUrl="src")},
        "src/api.js",
        "api",
        "src/api.js",
    ),
    "comments and last commas": (
        {
            "tsconfig.json": '// top\n{"compilerOptions": {/* "x" */ "baseUrl": ".", '
            '"paths": {"@/*": ["./src/*",],},},} // "end"'
        },
        "src/api.ts",
        "@/api",
        "src/api.ts",
    ),
    "a config that extends one": (
        {
            "tsconfig.json": json.dumps({"extends": "./tsconfig.base"}),
            "tsconfig.base.json": options(paths={"@app/*": ["src/*"]}),
        },
        "src/api.ts",
        "@app/api",
        "src/api.ts",
    ),
    "paths count from the config that holds them": (
        {
            "tsconfig.json": json.dumps({"extends": ["./config/tsconfig.base.json"]}),
            "config/tsconfig.base.json": options(paths={"@app/*": ["../src/*"]}),
        },
        "src/api.ts",
        "@app/api",
        "src/api.ts",
    ),
    "the extending config's folder by its variable": (
        {
            "tsconfig.json": json.dumps({"extends": "./config/tsconfig.base.json"}),
            "config/tsconfig.base.json": options(paths={"@app/*": ["${configDir}/src/*"]}),
        },
        "src/api.ts",
        "@app/api",
        "src/api.ts",
    ),
    "a config that extends itself": (
        {"tsconfig.json": json.dumps({"extends": "./tsconfig.json"})},
        "src/api.ts",
        "@/api",
        "src/api.ts",
    ),
    "aliases in the variant beside": (
        {
            "tsconfig.json": json.dumps({"references": [{"path": "./tsconfig.app.json"}]}),
            "tsconfig.app.json": options(paths={"@app/*": ["src/*"]}),
        },
        "src/api.ts",
        "@app/api",
        "src/api.ts",
    ),
    "values of the wrong kind": (
        {"tsconfig.json": options(baseUrl=7, paths={"@/*": "src/*", "#/*": [1, None]})},
        "src/api.ts",
        "@/api",
        "src/api.ts",
    ),
}


@pytest.mark.parametrize(("configs", "tree", "written", "expected"), ALIASES.values(), ids=ALIASES)
def test_an_alias_is_resolved(configs, tree, written, expected):
    check("typescript", tree, "src/web/main.ts", written, expected, config_texts=configs)


def package(**entries: object) -> str:
    return json.dumps({"name": "@acme/core", **entries})


PACKAGES = {
    "its main file": (package(main="lib/start.js"), "lib/start.js", "@acme/core", "lib/start.js"),
    "the source of what is built": (
        package(main="dist/index.js", types="dist/index.d.ts"),
        "src/index.ts",
        "@acme/core",
        "src/index.ts",
    ),
    "the source of declarations": (
        package(types="dist/start.d.ts"),
        "src/start.ts",
        "@acme/core",
        "src/start.ts",
    ),
    "the source of what is built, without a directory for sources": (
        package(main="lib/start.js"),
        "start.ts",
        "@acme/core",
        "start.ts",
    ),
    "the source of what is built in two formats": (
        package(exports={"require": "./dist/cjs/a.js", "import": "./dist/esm/a.js"}),
        "src/a.ts",
        "@acme/core",
        "src/a.ts",
    ),
    "an export": (
        package(exports={".": "./a.js", "./client": {"import": {"default": "./dist/client.js"}}}),
        "src/client.ts",
        "@acme/core/client",
        "src/client.ts",
    ),
    "an export by a pattern": (
        package(exports={"./*": "./dist/*.js"}),
        "src/http/client.ts",
        "@acme/core/http/client",
        "src/http/client.ts",
    ),
    "an export as a string": (package(exports="./main.ts"), "main.ts", "@acme/core", "main.ts"),
    "nothing said but an index": (package(), "index.js", "@acme/core", "index.js"),
    "a file of it": (package(), "lib/a.ts", "@acme/core/lib/a", "lib/a.ts"),
    "a file of its sources": (package(), "src/a.ts", "@acme/core/a", "src/a.ts"),
    "values of the wrong kind": (
        package(main=3, exports=[None], types={"a": 1}),
        "index.ts",
        "@acme/core",
        "index.ts",
    ),
}


@pytest.mark.parametrize(("text", "file", "written", "expected"), PACKAGES.values(), ids=PACKAGES)
def test_a_package_of_the_workspace_is_resolved(text, file, written, expected):
    check(
        "javascript",
        f"packages/core/{file}",
        "packages/web/main.js",
        written,
        f"packages/core/{expected}",
        config_texts={"packages/core/package.json": text},
    )


def test_a_package_imports_what_it_calls_its_own():
    check(
        "javascript",
        "web/src/db/user.ts",
        "web/src/main.ts",
        "#db/user",
        "web/src/db/user.ts",
        config_texts={"web/package.json": json.dumps({"imports": {"#db/*": "./src/db/*.ts"}})},
    )


PAGES = {
    "a path beside": ("css", "web/base.css", "web/main.css", "base.css", "web/base.css"),
    "a path with dots": ("css", "base.css", "web/main.css", "../base.css", "base.css"),
    "a partial of Sass": ("css", "web/_mixins.scss", "web/main.scss", "mixins", "web/_mixins.scss"),
    "a directory of styles": ("css", "web/a/index.css", "web/main.css", "a", "web/a/index.css"),
    "a script of a page": ("html", "web/main.js", "web/index.html", "main.js", "web/main.js"),
    "a script with a version": ("html", "web/a.js", "web/index.html", "a.js?v=2", "web/a.js"),
    "a path from the root": ("html", "public/a.js", "web/index.html", "/a.js", "public/a.js"),
    "another host": ("html", "a.js", "index.html", "https://example.org/a.js", ""),
    "a fragment of the page": ("html", "", "index.html", "#top", ""),
}


@pytest.mark.parametrize(
    ("language", "tree", "importing", "written", "expected"), PAGES.values(), ids=PAGES
)
def test_what_a_page_names_is_resolved(language, tree, importing, written, expected):
    check(language, tree, importing, written, expected)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        pytest.param("tsconfig.json", "{", id="JSON cut off"),
        pytest.param("web/package.json", "[1]", id="JSON that is no table"),
        pytest.param("package.json", '{"a":' * 5000, id="JSON nested too deep"),
        pytest.param("Cargo.toml", "[package", id="TOML cut off"),
        pytest.param("go.mod", "go 1.22\n", id="a go.mod without a module"),
    ],
)
def test_a_config_file_that_cannot_be_read_is_named_and_ignored(path, text):
    resolver = Resolver(["src/a.ts", "src/b.ts", path], {path: text}, {})
    [problem] = resolver.problems
    assert problem.startswith(f"{path}: ")
    assert resolver.resolve("src/a.ts", "typescript", Import("./b", "", "", 0)) == ("src/b.ts",)
