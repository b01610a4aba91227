"""Trunks on disk: found again, bounded, and never trusted when damaged."""

import numpy as np
import pytest

from qwen_lsp.engine.kv_store import KvStore


def ids(*numbers):
    return np.array(numbers, np.int32)


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "model.gguf"
    path.write_bytes(b"GGUF")
    return path


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "kv"


def test_a_trunk_comes_back_after_a_restart(folder, model):
    KvStore(folder, model).save(ids(1, 2, 3), b"state")
    [stored] = (again := KvStore(folder, model)).trunks
    assert stored.tokens.tolist() == [1, 2, 3]
    assert again.load(stored) == b"state"


def test_a_trunk_of_another_kind_of_cache_is_not_taken(folder, model):
    KvStore(folder, model).save(ids(1, 2, 3), b"state")
    assert KvStore(folder, model, "q8_0").trunks == ()
    KvStore(folder, model, "q8_0").save(ids(1, 2, 3), b"packed")
    assert len(KvStore(folder, model, "q8_0").trunks) == 1
    assert KvStore(folder, model, "q8_0 yarn 2").trunks == ()


def test_a_model_with_an_adapter_keeps_its_own_trunks(folder, model, tmp_path):
    adapter = tmp_path / "adapter.gguf"
    adapter.write_bytes(b"GGUF")
    KvStore(folder, model).save(ids(1, 2, 3), b"plain")
    assert KvStore(folder, model, adapter=adapter).trunks == ()
    KvStore(folder, model, adapter=adapter).save(ids(1, 2, 3), b"adapted")
    for options, state in (({}, b"plain"), ({"adapter": adapter}, b"adapted")):
        [stored] = (store := KvStore(folder, model, **options)).trunks
        assert store.load(stored) == state
    adapter.write_bytes(b"GGUF, newer")
    assert KvStore(folder, model, adapter=adapter).trunks == ()
    assert len(KvStore(folder, model).trunks) == 1


def test_files_are_private(folder, model):
    KvStore(folder, model).save(ids(1, 2, 3), b"state")
    [path] = folder.iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700


def test_the_beginnings_of_a_trunk_are_replaced_by_it(folder, model):
    store = KvStore(folder, model)
    store.save(ids(1, 2), b"short")
    store.save(ids(9, 9), b"other")
    store.save(ids(1, 2, 3), b"long")
    assert sorted(one.tokens.tolist() for one in store.trunks) == [[1, 2, 3], [9, 9]]
    assert len(list(folder.iterdir())) == 2


@pytest.mark.parametrize("damage", [b"", b"not JSON\n", b"{}\n", b"[1]\nstate"])
def test_a_damaged_header_is_removed(folder, model, damage):
    KvStore(folder, model).save(ids(1, 2, 3), b"state")
    [path] = folder.iterdir()
    path.write_bytes(damage)
    assert KvStore(folder, model).trunks == ()
    assert list(folder.iterdir()) == []


def test_a_damaged_state_is_removed_when_it_is_loaded(folder, model):
    KvStore(folder, model).save(ids(1, 2, 3), b"state")
    [path] = folder.iterdir()
    path.write_bytes(path.read_bytes()[:-1] + b"X")
    [stored] = (store := KvStore(folder, model)).trunks
    assert store.load(stored) is None
    assert store.trunks == ()
    assert list(folder.iterdir()) == []


def test_a_file_of_another_version_of_the_model_is_removed(folder, model):
    KvStore(folder, model).save(ids(1, 2, 3), b"state")
    model.write_bytes(b"GGUF, but newer")
    assert KvStore(folder, model).trunks == ()
    assert list(folder.iterdir()) == []


def test_another_models_files_stay(folder, model, tmp_path):
    KvStore(folder, model).save(ids(1, 2, 3), b"state")
    other = tmp_path / "other.gguf"
    other.write_bytes(b"GGUF")
    assert KvStore(folder, other).trunks == ()
    assert len(KvStore(folder, model).trunks) == 1


def test_the_oldest_go_when_the_folder_is_full(folder, model):
    store = KvStore(folder, model, limit=2500)
    for number in range(4):
        store.save(ids(number), bytes(900))
    kept = sorted(one.tokens.tolist() for one in store.trunks)
    assert kept == [[2], [3]]


def test_a_folder_that_cannot_be_written_to_is_only_logged(folder, model, caplog):
    store = KvStore(folder, model)
    folder.rmdir()
    store.save(ids(1), b"state")
    assert store.trunks == ()
    assert "could not be saved" in caplog.text
