"""Which paths are in: git's rules as git has them, our own, and why one is out."""

import os
from pathlib import Path

import pytest

from qwen_lsp.index.paths import Rules
from tests.unit.index.repository import Repository, walked, write


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


def plain(root: Path) -> Rules:
    """Return rules for a folder outside of any repository, of a user without settings."""
    return Rules(root, {"HOME": str(root / "nobody"), "GIT_CONFIG_NOSYSTEM": "1"})


@pytest.mark.parametrize(
    ("files", "listed"),
    [
        pytest.param(
            {".gitignore": "*.log\n!keep.log\n", "a.log": "", "keep.log": "", "x/b.log": ""},
            {".gitignore", "keep.log"},
            id="a later line takes an earlier one back",
        ),
        pytest.param(
            {".gitignore": "!/a.log\n*.log\n!/b.log\n", "a.log": "", "b.log": ""},
            {".gitignore", "b.log"},
            id="a later line wins whatever its kind",
        ),
        pytest.param(
            {".gitignore": "*.log\n", "a/.gitignore": "!*.log\n", "a/x.log": "", "x.log": ""},
            {".gitignore", "a/.gitignore", "a/x.log"},
            id="the deeper file wins",
        ),
        pytest.param(
            {".gitignore": "*.log\n", "a/.gitignore": "!keep/\n", "a/keep/x.log": ""},
            {".gitignore", "a/.gitignore"},
            id="a folder that is taken back does not take back its files",
        ),
        pytest.param(
            {".gitignore": "build/\n!build/keep.py\n", "build/keep.py": "", "a/build": ""},
            {".gitignore", "a/build"},
            id="nothing in an ignored folder comes back, and a file is no folder",
        ),
        pytest.param(
            {".gitignore": "foo/**\n!foo/bar\n", "foo/bar": "", "foo/baz": "", "foo/c/bar": ""},
            {".gitignore", "foo/bar"},
            id="two stars at the end are all that is inside, and not the folder",
        ),
        pytest.param(
            {".gitignore": "**/a/b\nc/**/d\n", "a/b": "", "x/y/a/b": "", "c/d": "", "c/1/2/d": ""},
            {".gitignore"},
            id="two stars are any number of folders, even none",
        ),
        pytest.param(
            {".gitignore": "/a\nb/c\n", "a": "", "x/a": "", "b/c": "", "x/b/c": ""},
            {".gitignore", "x/a", "x/b/c"},
            id="a slash at the start or inside ties a line to its folder",
        ),
        pytest.param(
            {".gitignore": "a*/b\n/x**/y\n", "a1/b": "", "a1/2/b": "", "xy": "", "x/z/y": ""},
            {".gitignore", "a1/2/b"},
            id="one star does not cross a slash, and two behind a name do",
        ),
        pytest.param(
            {".gitignore": "\\#a\n#b\n\\!c\n", "#a": "", "#b": "", "!c": "", "c": ""},
            {".gitignore", "#b", "c"},
            id="a backslash takes the meaning from a hash and an exclamation mark",
        ),
        pytest.param(
            {
                ".gitignore": "a  \nb\\ \nc\\  \nd\t\n",
                "a": "",
                "b ": "",
                "b": "",
                "c ": "",
                "d": "",
            },
            {".gitignore", "b", "d"},
            id="blanks at the end count only behind a backslash, and tabs always do",
        ),
        pytest.param(
            {
                ".gitignore": "x[0-9]\ny[!a]\nz[[:alpha:]]\n[]]\n[a-\n",
                "x1": "",
                "xa": "",
                "ya": "",
                "yb": "",
                "z1": "",
                "za": "",
                "]": "",
                "[a-": "",
                "a": "",
            },
            {".gitignore", "xa", "ya", "z1", "[a-", "a"},
            id="brackets have ranges, classes and a way out, and match nothing when left open",
        ),
        pytest.param(
            {
                ".gitignore": "[\\]q]\nw[^/]v\nw[/-]u\n",
                "]": "",
                "q": "",
                "\\": "",
                "w/v": "",
                "w_v": "",
                "w/u": "",
                "w-u": "",
            },
            {".gitignore", "\\", "w/v", "w/u"},
            id="a backslash works in brackets, and no bracket matches a slash",
        ),
        pytest.param(
            {".gitignore": "a\\\n\nb?\n", "a": "", "a\\": "", "b": "", "b1": "", "b12": ""},
            {".gitignore", "a", "a\\", "b", "b12"},
            id="a line that ends in a backslash matches nothing",
        ),
        pytest.param(
            {
                ".gitignore": "Build/\n*.TXT\n",
                "build/a": "",
                "Build/a": "",
                "a.txt": "",
                "b.TXT": "",
            },
            {".gitignore", "build/a", "a.txt"},
            id="case counts",
        ),
        pytest.param(
            {".gitignore": "\ufeffa\r\nb/\r\n", "a": "", "b/x": "", "c": ""},
            {".gitignore", "c"},
            id="Windows' line ends and a byte order mark do not count",
        ),
        pytest.param(
            {".gitignore": "*\n!*/\n!*.py\n", "a.py": "", "b/c/d.py": "", "b/c/d.txt": ""},
            {"a.py", "b/c/d.py"},
            id="everything but some files",
        ),
    ],
)
def test_the_rules_are_those_of_git(repository, files, listed):
    repository.write(files)
    assert repository.of_git() == listed
    assert repository.walked() == listed
    assert repository.by_single_paths() == listed


@pytest.mark.parametrize(
    ("settings", "ignore_file"),
    [
        pytest.param({}, ".config/git/ignore", id="where git looks by itself"),
        pytest.param(
            {".gitconfig": "[core]\n\texcludesFile = ~/mine # x\n"}, "mine", id="named at home"
        ),
        pytest.param(
            {".config/git/config": '[user]\nname=x\n[CORE] ExcludesFile = "~/my own"\n'},
            "my own",
            id="in quotes, in the other file",
        ),
        pytest.param(
            {
                ".gitconfig": "[include]\npath = more\n",
                "more": "[include]\npath = ~/most\n",
                "most": "[core]\nexcludesfile=~/mine\n",
            },
            "mine",
            id="by a file that is included",
        ),
        pytest.param(
            {".config/git/config": "[core]\nexcludesfile=~/x\n",
             ".gitconfig": '[core]\nexcludesfile=~/mine\n[core "sub"]\nexcludesfile=~/y\n'},
            "mine",
            id="by the last that has a say",
        ),
    ],
)  # fmt: skip
def test_the_users_own_ignore_file_counts_wherever_it_is_named(repository, settings, ignore_file):
    write(repository.home, {**settings, ignore_file: "*.own\n*.back\n"})
    repository.write({".gitignore": "!*.back\n", "a.own": "", "a.back": "", "a.py": ""})
    assert repository.of_git() == {".gitignore", "a.back", "a.py"}
    assert repository.walked() == {".gitignore", "a.back", "a.py"}


def test_settings_that_include_themselves_are_read_once(tmp_path):
    include = "[include]\npath=.gitconfig\n" * 20
    write(tmp_path, {".gitconfig": f"{include}[core]\nexcludesfile=~/mine\n", "mine": "*.own\n"})
    write(tmp_path / "root", {"a.own": "", "b.py": ""})
    rules = Rules(tmp_path / "root", {"HOME": str(tmp_path), "GIT_CONFIG_NOSYSTEM": "1"})
    assert walked(rules)[0] == {"b.py"}


def test_the_repositorys_settings_win_over_the_users(repository):
    write(repository.home, {".gitconfig": "[core]\nexcludesfile=~/a\n", "a": "a\n", "b": "b\n"})
    repository.git("config", "core.excludesFile", "~/b")
    repository.write({"a": "", "b": ""})
    assert repository.walked() == repository.of_git() == {"a"}


def test_what_a_repository_excludes_for_itself_counts_in_its_worktrees(repository, tmp_path):
    repository.write({"a.py": "", "b.private": ""})
    (repository.root / ".git/info/exclude").write_text("*.private\n")
    assert repository.walked() == repository.of_git() == {"a.py"}
    name = ["-c", "user.name=x", "-c", "user.email=x"]
    repository.git(*name, "commit", "-q", "--allow-empty", "-m", "x")
    repository.git("worktree", "add", "-q", str(tmp_path / "tree"))
    write(tmp_path / "tree", {"c.py": "", "d.private": ""})
    assert repository.of_git(tmp_path / "tree") == {"c.py"}
    assert repository.walked(tmp_path / "tree") == {"c.py"}


def test_a_part_of_a_repository_has_the_rules_of_the_whole(repository):
    repository.write(
        {".gitignore": "*.log\n/part/x\n", "part/a.log": "", "part/x": "", "part/y": ""}
    )
    part = repository.root / "part"
    assert repository.walked(part) == repository.of_git(part) == {"y"}


def test_an_ignored_folder_that_is_opened_as_workspace_is_indexed(repository):
    repository.write({".gitignore": "part/\n*.log\n", "part/a.py": "", "part/a.log": ""})
    assert repository.walked(repository.root / "part") == {"a.py"}


def test_a_repository_inside_another_has_only_its_own_rules(repository):
    repository.write({".gitignore": "*.log\n", "a.log": "", "inner/a.log": "", "inner/b.tmp": ""})
    repository.git("init", "-q", "inner")
    (repository.root / "inner/.git/info/exclude").write_text("*.tmp\n")
    assert repository.walked() == {".gitignore", "inner/a.log"}


def test_ignore_files_count_without_git(tmp_path):
    write(tmp_path, {".gitignore": "*.log\n", "a.log": "", "b/c.py": ""})
    assert walked(plain(tmp_path))[0] == {".gitignore", "b/c.py"}


def test_our_own_ignore_file_wins_over_whatever_git_takes_back(repository):
    repository.write(
        {
            ".qwen-lsp-ignore": "data/\n*.gen.py\n",
            ".gitignore": "!data/\n!*.gen.py\n*.log\n",
            "data/a.py": "",
            "b.gen.py": "",
            "c/.qwen-lsp-ignore": "!*.gen.py\n!*.log\n",
            "c/d.gen.py": "",
            "c/e.log": "",
        }
    )
    own = {".qwen-lsp-ignore", ".gitignore", "c/.qwen-lsp-ignore"}
    assert repository.walked() == {*own, "c/d.gen.py"}


@pytest.mark.parametrize(
    "path",
    ["node_modules/a/b.js", "x/__pycache__/a.py", ".hg/a.py", ".svn/a.py", "x/.git/a.py", "x/.git"],
)
def test_folders_of_tools_are_out_without_being_ignored(tmp_path, path):
    write(tmp_path, {path: "", "a.py": ""})
    files, skipped = walked(plain(tmp_path))
    assert files == {"a.py"}
    assert skipped == {"tool folder": 1}
    assert not plain(tmp_path).is_indexed(path)


@pytest.mark.parametrize("mark", ["pyvenv.cfg", "CACHEDIR.TAG"])
def test_environments_and_caches_are_known_by_what_is_in_them(tmp_path, mark):
    write(tmp_path, {f"any/{mark}": "", "any/lib/a.py": "", "venv/a.py": "", mark: ""})
    assert walked(plain(tmp_path))[0] == {mark, "venv/a.py"}
    assert not plain(tmp_path).is_indexed("any/lib/a.py")


def test_symbolic_links_are_not_followed(tmp_path):
    write(tmp_path, {"outside/a.py": "", "root/b.py": "", "root/c/d.py": ""})
    root = tmp_path / "root"
    (root / "out").symlink_to(tmp_path / "outside")
    (root / "out.py").symlink_to(tmp_path / "outside/a.py")
    (root / "c/loop").symlink_to(root)
    (root / "again.py").symlink_to(root / "b.py")
    (root / "nowhere").symlink_to(tmp_path / "nothing")
    files, skipped = walked(plain(root))
    assert files == {"b.py", "c/d.py"}
    assert skipped == {"link": 5}
    for path in ["out/a.py", "out.py", "c/loop/b.py", "again.py"]:
        assert not plain(root).is_indexed(path)


def test_an_ignore_file_that_is_a_link_or_a_pipe_is_not_read(tmp_path):
    write(tmp_path, {"rules": "*.py\n", "a/b.py": "", "c/d.py": ""})
    (tmp_path / "a/.gitignore").symlink_to(tmp_path / "rules")
    os.mkfifo(tmp_path / "c/.gitignore")
    files, skipped = walked(plain(tmp_path))
    assert files == {"rules", "a/b.py", "c/d.py"}
    assert skipped == {"link": 1, "not a file": 1}


def test_a_folder_that_is_called_like_a_file_is_a_folder(tmp_path):
    write(tmp_path, {"foo.py/bar.py": ""})
    assert walked(plain(tmp_path))[0] == {"foo.py/bar.py"}
    assert not plain(tmp_path).is_indexed("foo.py")


def test_a_path_that_is_not_there_is_judged_by_its_name(tmp_path):
    write(tmp_path, {".gitignore": "*.log\n"})
    assert plain(tmp_path).is_indexed("new/folder/a.py")
    assert not plain(tmp_path).is_indexed("new/folder/a.log")
    assert plain(tmp_path).is_indexed("d/" * 1_500 + "a.py")


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("a.py", ""),
        ("a.log", "line 2 of {root}/.gitignore"),
        ("out/b/c.py", "line 1 of {root}/out/.gitignore"),
        (".env", "it looks like a secret, and those are never read."),
        ("node_modules/x.js", "it is in a folder that a tool made and fills."),
        ("big.py", "it has more than 1 MB."),
        ("image.png", "it is not text."),
        ("poetry.lock", "it is a tool's list of versions."),
        ("none.py", "it is not there."),
        ("out", "it is neither a file nor a folder of files."),
    ],
)
def test_the_user_is_told_why_a_file_is_not_known(tmp_path, path, said):
    write(
        tmp_path,
        {
            ".gitignore": "# no logs\n*.log\n",
            "a.py": "x = 1\n",
            "a.log": "",
            "out/.gitignore": "b/\n",
            "out/b/c.py": "",
            "big.py": "x" * 1_000_001,
            "image.png": "\0",
            "poetry.lock": "",
            "node_modules/x.js": "",
            ".env": "",
        },
    )
    answer = plain(tmp_path).why_not(path)
    assert answer.startswith(f"{path} is not indexed: " if said else "")
    assert said.format(root=tmp_path) in answer
    assert bool(answer) == bool(said)


@pytest.mark.parametrize(
    "pattern", ["*a" * 40 + "b", "/" + "**/a/" * 40 + "b", "/x*" + "*?a" * 40 + "b"]
)
def test_no_line_makes_matching_take_for_ever(tmp_path, pattern):
    write(tmp_path, {".gitignore": pattern + "\n"})
    rules = plain(tmp_path)
    assert rules.is_indexed("x" + "a" * 200)
    assert rules.is_indexed("a/" * 200 + "c")
