"""What is read of a GGUF file's header, and what is said of a file that has none."""

import re
import struct
from dataclasses import replace

import pytest

from qwen_lsp.errors import ModelError
from qwen_lsp.models import catalogue, gguf
from tests.harness.small_gguf import FIM, SHAPE, build

HYBRID = {
    "block_count": 33,
    "nextn_predict_layers": 1,
    "embedding_length": 2560,
    "feed_forward_length": 9216,
    "attention.head_count": 16,
    "attention.head_count_kv": 4,
    "attention.key_length": 256,
    "full_attention_interval": 4,
    "ssm.inner_size": 4096,
    "ssm.state_size": 128,
    "ssm.group_count": 16,
    "ssm.conv_kernel": 4,
}
MIXTURE = {
    "block_count": 48,
    "embedding_length": 2048,
    "feed_forward_length": 5472,
    "attention.head_count": 32,
    "attention.head_count_kv": 4,
    "attention.key_length": 128,
    "expert_count": 128,
    "expert_used_count": 8,
    "expert_feed_forward_length": 768,
}


def refused(path):
    """Return the sentence for the user, checked to be exactly one that names the file."""
    with pytest.raises(ModelError) as caught:
        gguf.read(path)
    text = str(caught.value)
    assert str(path) in text
    assert text[-1] == "."
    assert not re.search(r"[.?!] [A-Z]|\n", text), text
    return text


def test_a_file_says_what_it_is(tmp_path):
    path = build(tmp_path / "x.gguf", licence="apache-2.0", template="{{ messages }}")
    facts = gguf.read(path)
    assert (facts.architecture, facts.kind, facts.name) == ("qwen2", "model", "a small model")
    assert (facts.quantisation, facts.licence, facts.context) == ("Q4_K_M", "apache-2.0", 32768)
    assert (facts.fim, facts.has_template) == (True, True)
    assert (facts.files, facts.bytes) == ((path,), path.stat().st_size)


def test_what_a_file_does_not_say_is_not_known(tmp_path):
    facts = gguf.read(build(tmp_path / "x.gguf", context=None, words=["a"], numbers={}))
    assert (facts.licence, facts.context, facts.shape) == (None, None, None)
    assert (facts.fim, facts.has_template) == (False, False)


@pytest.mark.parametrize("missing", FIM)
def test_filling_in_needs_all_three_tokens(tmp_path, missing):
    words = [word for word in FIM if word != missing]
    assert not gguf.read(build(tmp_path / "x.gguf", words=words)).fim


@pytest.mark.parametrize(
    ("name", "architecture", "numbers", "has_output"),
    [
        ("qwen2.5-coder-0.5b-instruct-q4_k_m", "qwen2", SHAPE, True),
        ("qwen3.5-4b-q4_k_m", "qwen35", HYBRID, False),
        ("qwen3-coder-30b-a3b-instruct-q4_k_m", "qwen3moe", MIXTURE, True),
    ],
)
def test_a_header_has_the_shape_that_the_catalogue_has(
    tmp_path, name, architecture, numbers, has_output
):
    path = build(
        tmp_path / "x.gguf", architecture=architecture, numbers=numbers, has_output=has_output
    )
    # The vocabulary is not the real one: five words.
    assert gguf.read(path).shape == replace(catalogue.find(name).shape, vocabulary=5)


def test_the_real_model_has_the_facts_of_the_catalogue(model_path):
    known, facts = catalogue.find(catalogue.DEFAULT_MODEL), gguf.read(model_path)
    assert facts.shape == known.shape
    assert (facts.context, facts.fim) == (known.context, known.fim)
    assert (facts.quantisation, facts.bytes) == (known.quantisation, known.bytes)


def test_a_split_model_is_all_of_its_parts(tmp_path):
    first, second = (build(tmp_path / f"x-0000{one}-of-00002.gguf") for one in (1, 2))
    facts = gguf.read(first)
    assert facts.files == (first, second)
    assert facts.bytes == first.stat().st_size + second.stat().st_size


def test_a_split_model_without_a_part_is_refused(tmp_path):
    text = refused(build(tmp_path / "x-00001-of-00003.gguf"))
    assert "x-00002-of-00003.gguf is not beside it" in text


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is not a GGUF model file"),
        (b"<!doctype html>", "is not a GGUF model file"),
        (b"GGUF", "is damaged"),
        (b"GGUF" + struct.pack("<IQQ", 9, 0, 0), "is damaged"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 2**63), "is damaged"),
        (b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, 2**62), "is damaged"),
        (b"GGUF" + struct.pack("<IQQQ1sI", 3, 0, 1, 1, b"k", 77), "is damaged"),
        (b"GGUF" + struct.pack("<IQQQ1sIIQ", 3, 0, 1, 1, b"k", 9, 8, 2**60), "is damaged"),
        (b"GGUF" + struct.pack("<IQQQ1sIIQ", 3, 0, 1, 1, b"k", 9, 4, 2**60), "is damaged"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 0), "does not say what kind of model it is"),
    ],
)
def test_what_is_no_model_file_is_refused_in_one_sentence(tmp_path, content, says):
    path = tmp_path / "x.gguf"
    path.write_bytes(content)
    assert says in refused(path)


def test_a_header_that_is_cut_anywhere_is_refused_in_one_sentence(tmp_path):
    whole = build(tmp_path / "whole.gguf").read_bytes()
    header = whole.index(b"token_embd.weight") + len("token_embd.weight")
    for size in range(5, header, 7):
        cut = tmp_path / "cut.gguf"
        cut.write_bytes(whole[:size])
        refused(cut)


def test_a_file_that_is_not_there_is_named(tmp_path):
    assert "cannot be read" in refused(tmp_path / "no.gguf")
