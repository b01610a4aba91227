"""Models that other programs have on the machine: found in their folders, used where they lie."""

import hashlib
import json
import os

import pytest
from click.testing import CliRunner

from qwen_lsp.cli.models import model as model_command
from qwen_lsp.errors import ModelError, ModelMissing
from qwen_lsp.models import catalogue, other_programs, store
from qwen_lsp.models.projectors import projector_of
from tests.harness.small_gguf import FIM, build


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """The only folder of a user whom nothing else on this machine belongs to."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    for name in ("OLLAMA_MODELS", "HF_HOME", "HF_HUB_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def names():
    return [one.name for one in other_programs.found()]


class Ollama:
    """A folder as Ollama keeps it: manifests by host, owner, model and version, and blobs."""

    def __init__(self, root):
        self.root = root

    def add(self, model, version="latest", owner="library", projector=None, **facts):
        blob = self.blob(build(self.root / "new.gguf", **facts))
        more = []
        if projector is not None:
            more = [self.layer("projector", projector.name.replace("-", ":", 1))]
        self.manifest(model, version, owner).write_text(
            json.dumps(
                {
                    "schemaVersion": 2,
                    "layers": [
                        self.layer("template", "sha256:" + "0" * 64),
                        self.layer("model", "sha256:" + blob.name.removeprefix("sha256-")),
                        *more,
                    ],
                }
            )
        )
        return blob

    @staticmethod
    def layer(kind, digest):
        return {"mediaType": f"application/vnd.ollama.image.{kind}", "digest": digest}

    def blob(self, file):
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        (self.root / "blobs").mkdir(parents=True, exist_ok=True)
        return file.rename(self.root / f"blobs/sha256-{digest}")

    def manifest(self, model, version="latest", owner="library"):
        path = self.root / "manifests/registry.example" / owner / model / version
        path.parent.mkdir(parents=True, exist_ok=True)
        return path


@pytest.fixture
def ollama(home):
    return Ollama(home / ".ollama/models")


def in_hub_cache(root, repository, file, revision="abc", **facts):
    """Put a file where the hub's cache has it: a blob, and a link to it in a revision's folder."""
    repository = root / f"models--{repository.replace('/', '--')}"
    link = repository / "snapshots" / revision / file
    blob = build(repository / "blobs" / f"{file}-sum", **facts)
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(os.path.relpath(blob, link.parent))
    return link


def test_ollamas_models_have_the_names_that_ollama_gives_them(ollama):
    ollama.add("qwen2.5-coder", "1.5b")
    ollama.add("qwen3.5", "4b-q8_0", context=1000)
    ollama.add("tuned", owner="a-team", context=2000)
    assert names() == [
        "ollama:a-team/tuned:latest",
        "ollama:qwen2.5-coder:1.5b",
        "ollama:qwen3.5:4b-q8_0",
    ]


def test_a_name_is_the_setting_and_leads_to_the_file_itself(ollama):
    blob = ollama.add("tuned", owner="a-team")
    before = blob.read_bytes()
    assert store.resolve("ollama:a-team/tuned:latest") == blob
    assert blob.read_bytes() == before
    assert not list((blob.parents[2] / "data").glob("**/*.gguf"))


def test_ollamas_manifest_names_a_models_projector(ollama):
    projector = ollama.blob(build(ollama.root / "new.gguf", architecture="clip", kind="mmproj"))
    sees = ollama.add("qwen3.5", words=["a", "b"], projector=projector)
    blind = ollama.add("qwen2.5-coder")
    assert projector_of(sees) == projector
    assert projector_of(blind) is None


def test_ollamas_folder_may_be_another_one(home, monkeypatch):
    monkeypatch.setenv("OLLAMA_MODELS", str(home / "big disk"))
    Ollama(home / "big disk").add("qwen3.5", "4b")
    assert names() == ["ollama:qwen3.5:4b"]


@pytest.mark.parametrize(
    "manifest",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"layers": [{}]}',
        '{"layers": []}',
        '{"layers": 3}',
        json.dumps({"layers": [Ollama.layer("model", "sha256:" + "1" * 64)]}),
        json.dumps({"layers": [Ollama.layer("model", "sha256:../../../../secret")]}),
        json.dumps({"layers": [Ollama.layer("model", 7)]}),
    ],
)
def test_a_manifest_that_leads_nowhere_is_left_out(ollama, manifest):
    ollama.manifest("broken").write_text(manifest)
    ollama.add("whole")
    assert names() == ["ollama:whole:latest"]


def test_a_manifest_leads_to_no_file_outside_the_blobs(ollama, home):
    build(home / "secret.gguf")
    (ollama.root / "blobs/sha256-").mkdir(parents=True)
    away = "sha256:/" + "../" * 4 + "secret.gguf"
    layers = {"layers": [ollama.layer("model", away)]}
    ollama.manifest("broken").write_text(json.dumps(layers))
    assert (ollama.root / "blobs" / away.replace(":", "-")).is_file()
    assert names() == []


def test_a_manifest_of_bytes_is_left_out(ollama):
    ollama.manifest("broken").write_bytes(bytes(range(256)))
    assert names() == []


def test_lm_studios_models_have_the_names_of_their_files(home):
    build(home / ".lmstudio/models/owner/Some-GGUF/Some-Q4_K_M.gguf")
    build(home / ".lmstudio/models/owner/Some-GGUF/mmproj-F16.gguf", architecture="clip")
    build(home / ".cache/lm-studio/models/owner/Old/Old.gguf")
    assert names() == ["lmstudio:Some-Q4_K_M", "lmstudio:Old"]


def test_lm_studios_folders_may_be_others(home):
    (home / ".lmstudio-home-pointer").write_text(f"{home}/moved\n")
    build(home / "moved/models/owner/A/A.gguf")
    (home / ".lmstudio").mkdir()
    settings = {"downloadsFolder": str(home / "downloads")}
    (home / ".lmstudio/settings.json").write_text(json.dumps(settings))
    build(home / "downloads/owner/B/B.gguf")
    assert sorted(names()) == ["lmstudio:A", "lmstudio:B"]


@pytest.mark.parametrize(
    ("variable", "value", "folder"),
    [
        (None, None, ".cache/huggingface/hub"),
        ("XDG_CACHE_HOME", "{home}/cache", "cache/huggingface/hub"),
        ("HF_HOME", "{home}/hf", "hf/hub"),
        ("HF_HUB_CACHE", "{home}/elsewhere", "elsewhere"),
    ],
)
def test_the_hubs_cache_is_where_its_variables_say(home, monkeypatch, variable, value, folder):
    if variable is not None:
        monkeypatch.setenv(variable, value.format(home=home))
    link = in_hub_cache(home / folder, "Qwen/Some-GGUF", "some-q8_0.gguf")
    assert names() == ["hub:some-q8_0"]
    assert store.resolve("hub:some-q8_0") == link


def test_a_file_that_two_revisions_share_is_one_model(home):
    hub = home / ".cache/huggingface/hub"
    link = in_hub_cache(hub, "Qwen/Some", "some.gguf")
    other = link.parents[1] / "def" / link.name
    other.parent.mkdir()
    other.symlink_to(link.resolve())
    assert names() == ["hub:some"]


def test_files_of_the_same_name_have_names_of_their_own(home):
    for owner in ("one", "two"):
        build(home / f".lmstudio/models/{owner}/Some/Some.gguf", context=len(owner))
    assert names() == ["lmstudio:Some", "lmstudio:Some~2"]
    assert "two" in str(store.resolve("lmstudio:Some~2"))


def test_links_that_lead_nowhere_or_in_a_circle_are_left_out(home):
    folder = home / ".lmstudio/models/owner/Some"
    build(folder / "whole.gguf")
    (folder / "gone.gguf").symlink_to(folder / "deleted")
    (folder / "circle.gguf").symlink_to(folder / "circle.gguf")
    (folder / "up").symlink_to(home)
    (folder / "folder.gguf").mkdir()
    assert names() == ["lmstudio:whole"]


def test_what_is_no_model_is_left_out(home):
    folder = home / ".lmstudio/models/owner/Some"
    build(folder / "adapter.gguf", kind="adapter")
    build(folder / "whole.gguf")
    (folder / "page.gguf").write_text("<!doctype html>")
    (folder / "cut.gguf").write_bytes((folder / "whole.gguf").read_bytes()[:50])
    assert names() == ["lmstudio:whole"]


def test_a_split_model_is_one_and_an_incomplete_one_none(home):
    folder = home / ".lmstudio/models/owner"
    for part in (1, 2):
        build(folder / f"Big/big-0000{part}-of-00002.gguf")
    build(folder / "Half/half-00001-of-00002.gguf")
    assert names() == ["lmstudio:big-00001-of-00002"]


def test_a_folder_that_is_a_file_is_left_out(home, ollama):
    (home / ".lmstudio").write_text("no folder")
    (home / ".cache").write_text("no folder")
    ollama.add("qwen3.5")
    assert names() == ["ollama:qwen3.5:latest"]


def test_the_users_own_folder_takes_any_file(home):
    mine = build(home / "data/qwen-lsp/models/team/mine.gguf")
    assert names() == ["mine"]
    assert store.resolve("mine") == mine


def test_a_missing_default_model_names_what_is_here(ollama):
    ollama.add("qwen2.5-coder", "1.5b")
    ollama.add("chatty", words=["a"])
    with pytest.raises(ModelMissing, match=r"or use ollama:qwen2\.5-coder:1\.5b\.$"):
        store.resolve(catalogue.DEFAULT_MODEL)


def test_a_name_that_is_not_there_points_to_the_list():
    with pytest.raises(ModelMissing, match="`qwen-lsp model list`"):
        store.resolve("ollama:nothing:latest")


def test_a_file_that_is_damaged_is_refused_by_name(ollama):
    blob = ollama.add("qwen3.5", "4b")
    blob.write_bytes(b"not a model")
    with pytest.raises(ModelError, match="is not a GGUF model file"):
        store.resolve("ollama:qwen3.5:4b")


def test_the_list_shows_them_behind_the_catalogue(ollama, home):
    ollama.add("qwen2.5-coder", "1.5b", licence="apache-2.0")
    build(home / ".lmstudio/models/o/S/chatty.gguf", words=["a", FIM[0]])
    result = CliRunner().invoke(model_command, ["list"])
    filling, chatty = result.stdout.splitlines()[-2:]
    assert filling.split()[:2] == ["ollama:qwen2.5-coder:1.5b", "Q4_K_M"]
    assert filling.endswith("Ollama")
    assert "LM Studio, no fill in the middle" in chatty


def test_the_list_as_json_has_one_shape_for_all(ollama):
    blob = ollama.add("qwen2.5-coder", "1.5b", context=4096)
    entries = json.loads(CliRunner().invoke(model_command, ["list", "--json"]).stdout)
    assert {tuple(entry) for entry in entries} == {tuple(entries[0])}
    last = entries[-1]
    assert (last["name"], last["from"]) == ("ollama:qwen2.5-coder:1.5b", "Ollama")
    assert (last["path"], last["bytes"]) == (str(blob), blob.stat().st_size)
    assert (last["context"], last["fim"], last["installed"]) == (4096, True, True)


def test_show_prints_what_a_file_says_of_itself(home):
    path = build(home / "x.gguf", words=["a"])
    result = CliRunner().invoke(model_command, ["show", str(path), "--json"])
    facts = json.loads(result.stdout)
    assert (facts["architecture"], facts["fim"]) == ("qwen2", False)
    assert facts["kv_bytes_per_1k"] == 12 * 1024 * 1024
