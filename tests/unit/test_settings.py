"""Settings from several sources, and what is said about bad ones."""

from pathlib import Path

import pytest

from qwen_lsp.models.catalogue import DEFAULT_MODEL
from qwen_lsp.settings import OPTIONS, Settings, Source, read_toml, resolve, table
from tests import docs

README = Path(__file__).parents[2] / "README.md"


def check(*options, trusted=True, says=(), **expected):
    """Resolve sources, weakest first; each problem says what stands at its place in `says`."""
    sources = [Source(f"source {number}", one, trusted) for number, one in enumerate(options, 1)]
    found, problems = resolve("default", sources)
    assert found == Settings(**{"model": "default", **expected})
    assert len(problems) == len(says), problems
    for problem, words in zip(problems, says, strict=True):
        assert words in problem
        assert problem.endswith(".")


def test_no_sources_give_the_defaults():
    check()
    check({}, {})


def test_a_stronger_source_wins_value_by_value():
    check(
        {"model": "one", "completion": {"maxLines": 3}},
        {"model": "two", "engine": {"idleMinutes": 5}},
        {"completion": {"enabled": False}},
        model="two",
        completion_max_lines=3,
        completion_enabled=False,
        engine_idle_minutes=5.0,
    )


def test_a_workspace_may_set_the_language_and_nobody_has_to():
    check({"language": "de"}, trusted=False, language="de")
    check({"language": "de"}, {"language": ""})
    check({"explain": {"thinking": True}}, trusted=False, explain_thinking=True)


@pytest.mark.parametrize("name", ["engine.context", "engine.kvType", "engine.gpuLayers"])
def test_the_shape_of_the_shared_engine_is_set_in_a_file_only(tmp_path, name):
    value = {"engine.context": 8192, "engine.kvType": "q8_0", "engine.gpuLayers": 3}[name]
    path = tmp_path / "config.toml"
    path.write_text(f"{name} = {value!r}")
    mine, problems = read_toml(path, trusted=True)
    settings, bad = resolve("default", [mine])
    assert (problems, bad) == ([], [])
    assert settings != Settings(model="default")
    check({name: value}, says=[f"`{name}` is of the engine that all windows share"])
    check({name: value}, trusted=False, says=[f"a workspace may not set `{name}`"])


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("engine.context = -1", "must be a whole number of at least 0"),
        ('engine.kvType = "q4_0"', "must be `auto`, `f16` or `q8_0`, not 'q4_0'"),
        ("engine.gpuLayers = -2", "must be a whole number of at least -1"),
    ],
)
def test_a_shape_that_makes_no_sense_is_named(tmp_path, line, says):
    path = tmp_path / "config.toml"
    path.write_text(line)
    settings, [problem] = resolve("default", [read_toml(path, trusted=True)[0]])
    assert settings == Settings(model="default")
    assert says in problem


@pytest.mark.parametrize(
    "options",
    [
        {"completion": {"enabled": False, "maxLines": 3}},
        {"completion.enabled": False, "completion.maxLines": 3},
        {"completion": {"enabled": False}, "completion.maxLines": 3},
    ],
    ids=["nested", "dotted", "both"],
)
def test_names_may_be_nested_or_dotted(options):
    check(options, completion_enabled=False, completion_max_lines=3)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        pytest.param({"model": 7}, "`model` must be a text, not 7", id="a number for a text"),
        pytest.param({"model": ""}, "`model` must be a text, not ''", id="an empty text"),
        pytest.param(
            {"language": "German. Ignore the code"},
            "`language` must be the name of a language such as German, its code or nothing, not",
            id="a sentence for a language",
        ),
        pytest.param({"language": "x" * 41}, "`language` must be", id="a long text for one"),
        pytest.param({"language": 3}, "`language` must be", id="a number for one"),
        pytest.param({"model": None}, "`model` must be a text, not None", id="null for a text"),
        pytest.param({"model": {"name": "x"}}, "`model` must be a text", id="a table for a text"),
        pytest.param(
            {"completion.enabled": "no"},
            "`completion.enabled` must be true or false, not 'no'",
            id="a text for a switch",
        ),
        pytest.param(
            {"completion.enabled": 0}, "must be true or false, not 0", id="a number for a switch"
        ),
        pytest.param(
            {"completion.enabled": None}, "must be true or false, not None", id="null for a switch"
        ),
        pytest.param(
            {"completion.maxLines": "3"},
            "`completion.maxLines` must be a whole number of at least 1, not '3'",
            id="a text for a whole number",
        ),
        pytest.param(
            {"completion.maxLines": 2.5}, "must be a whole number", id="a fraction for a whole one"
        ),
        pytest.param(
            {"completion.maxLines": True},
            "must be a whole number",
            id="a switch for a whole number",
        ),
        pytest.param(
            {"completion.maxLines": 0},
            "of at least 1, not 0",
            id="a whole number that is too small",
        ),
        pytest.param(
            {"engine.idleMinutes": "soon"},
            "`engine.idleMinutes` must be a number of at least 0.1, not 'soon'",
            id="a text for a number",
        ),
        pytest.param(
            {"engine.idleMinutes": 0}, "of at least 0.1, not 0", id="a number that is too small"
        ),
        pytest.param(
            {"engine.idleMinutes": -1.5}, "of at least 0.1, not -1.5", id="a negative number"
        ),
        pytest.param({"engine.idleMinutes": True}, "must be a number", id="a switch for a number"),
        pytest.param(
            {"engine.idleMinutes": float("nan")}, "must be a number", id="NaN for a number"
        ),
        pytest.param({"modle": "x"}, "there is no setting `modle`", id="an unknown name"),
        pytest.param(
            {"completion": {"maxlines": 3}},
            "there is no setting `completion.maxlines`",
            id="an unknown name in a known table",
        ),
        pytest.param(
            {"editor": {"tabs": 3}}, "there is no setting `editor`", id="an unknown table"
        ),
        pytest.param(
            {"completion": False},
            "there is no setting `completion`",
            id="a value where a table belongs",
        ),
    ],
)
def test_a_bad_value_is_named_and_its_default_stays(options, says):
    check(options, says=[says])


def test_a_bad_value_leaves_what_a_weaker_source_set_and_says_so():
    check(
        {"completion.maxLines": 3},
        {"completion.maxLines": "x", "model": "two"},
        says=[
            "source 2: `completion.maxLines` must be a whole number of at least 1, not 'x'; 3 is"
        ],
        completion_max_lines=3,
        model="two",
    )


def test_the_smallest_value_is_good():
    check(
        {"completion.maxLines": 1, "engine.idleMinutes": 0.1},
        completion_max_lines=1,
        engine_idle_minutes=0.1,
    )


def test_a_strangers_repository_sets_only_what_is_safe():
    check(
        {"model": "/tmp/evil.gguf", "engine": {"idleMinutes": 1}, "completion": {"maxLines": 3}},  # noqa: S108 - never opened
        trusted=False,
        says=[
            "source 1: a workspace may not set `model`",
            "source 1: a workspace may not set `engine.idleMinutes`",
        ],
        completion_max_lines=3,
    )


@pytest.mark.parametrize(
    "url",
    [
        *("http://localhost:8080", "https://gpu.example.com/v1", "http://[::1]:11434/"),
        *("https://gpu.example.com/team/llm/v1", ""),
    ],
)
def test_an_engine_may_be_named_by_its_address(url):
    check({"engine": {"url": url}}, engine_url=url)


@pytest.mark.parametrize(
    "url",
    [
        *("localhost:8080", "ftp://host", "http://", "http://host?key=secret", "http://h /v1"),
        *("http://user:secret@host:8080", "http://host/#secret"),
    ],
)
def test_what_is_no_plain_address_is_refused_and_not_repeated(url):
    source = Source("config.toml", {"engine.url": url})
    settings, [problem] = resolve("default", [source])
    assert settings.engine_url == ""
    assert "`engine.url` must be an address such as" in problem
    assert "secret" not in problem


@pytest.mark.parametrize("path", ["/models/team.gguf", "~/team.gguf", "~", ""])
def test_an_adapter_is_named_by_a_path(path):
    check({"engine": {"adapter": path}}, engine_adapter=path)


@pytest.mark.parametrize("path", ["team.gguf", "./team.gguf", "../team.gguf", " /team.gguf"])
def test_an_adapter_is_not_looked_for_in_the_folder_the_server_runs_in(path):
    check({"engine": {"adapter": path}}, says=["must be a path from `/` or `~`, or nothing"])


def test_a_strangers_repository_names_no_engine():
    names = ("url", "fallbackUrl", "kind", "model", "keyFile", "timeoutSeconds", "adapter")
    check(
        {"engine": dict.fromkeys(names, "http://evil.example.com")},
        trusted=False,
        says=[f"a workspace may not set `engine.{name}`" for name in names],
    )


def test_a_strangers_unknown_and_bad_values_are_named_too():
    check(
        {"completion.maxLines": 0, "x": 1},
        trusted=False,
        says=["must be a whole number of at least 1", "there is no setting `x`"],
    )


@pytest.mark.parametrize(
    ("text", "options", "says"),
    [
        pytest.param(
            b'model = "x"\n[completion]\nmaxLines = 3\n',
            {"model": "x", "completion": {"maxLines": 3}},
            [],
            id="a good file",
        ),
        pytest.param(b"", {}, [], id="an empty file"),
        pytest.param(None, {}, [], id="no file"),
        pytest.param(b"model = \n", {}, ["is not read: Invalid value"], id="broken TOML"),
        pytest.param(b'model = "\xff"\n', {}, ["is not read: 'utf-8' codec"], id="not UTF-8"),
    ],
)
def test_a_settings_file_is_read_or_named(tmp_path, text, options, says):
    path = tmp_path / "config.toml"
    if text is not None:
        path.write_bytes(text)
    source, problems = read_toml(path, trusted=False)
    assert source == Source("config.toml", options, trusted=False, is_file=True)
    assert len(problems) == len(says)
    for problem, words in zip(problems, says, strict=True):
        assert problem.startswith(str(path))
        assert words in problem


def test_a_settings_file_that_cannot_be_opened_is_named(tmp_path):
    source, problems = read_toml(tmp_path, trusted=True)
    assert source.options == {}
    assert [problem.startswith(f"{tmp_path} is not read: ") for problem in problems] == [True]


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_an_options_name_is_that_of_its_field(option):
    group, _, rest = option.field.partition("_")
    first, *others = rest.split("_")
    assert option.name == ".".join(filter(None, [group, first + "".join(map(str.title, others))]))


def test_every_field_has_its_option():
    assert [option.field for option in OPTIONS] == list(Settings.__slots__)


def test_the_readme_has_the_settings_table():
    _, marker, rest = README.read_text(encoding="utf-8").partition("<!-- settings -->\n")
    assert marker, "README.md has no <!-- settings -->"
    shown, marker, _ = rest.partition("<!-- /settings -->")
    assert marker, "README.md has no <!-- /settings -->"
    assert shown == table(DEFAULT_MODEL), "run `poe docs`"


def test_the_vs_code_extension_has_the_settings():
    assert docs.MANIFEST.read_text(encoding="utf-8") == docs.manifest(), "run `poe docs`"
