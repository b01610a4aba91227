"""Searching by words."""

import shutil

import pytest

from qwen_lsp.index.lexical import FOLDER_NAME, ChunkReader, ChunkWriter, Hit


@pytest.fixture
def writer(tmp_path):
    writer = ChunkWriter(tmp_path)
    yield writer
    writer.close()


def found(folder, *words, count=10):
    return [hit.content for hit in ChunkReader(folder).search(words, count)]


def test_a_piece_with_more_of_the_words_comes_first(writer, tmp_path):
    writer.add(1, [(0, 9, "read file")])
    writer.add(2, [(0, 59, "read lines"), (60, 70, "read file lines")])
    writer.add(3, [(0, 9, "other words")])
    writer.commit()
    hits = ChunkReader(tmp_path).search(["file", "lines", "read"], 10)
    assert (hits[0].content, hits[0].first_line, hits[0].last_line) == (2, 60, 70)
    assert {hit.content for hit in hits} == {1, 2}
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_no_more_pieces_come_than_asked_for(writer, tmp_path):
    writer.add(1, [(line, line, "word") for line in range(20)])
    writer.commit()
    assert len(found(tmp_path, "word", count=3)) == 3


@pytest.mark.parametrize(
    "word", ["größe", "変数", 'say"hi', "a-b", "AND", "field:", "x" * 300], ids=ascii
)
def test_a_word_is_found_as_it_is_whatever_it_looks_like(writer, tmp_path, word):
    writer.add(1, [(0, 1, f"some {word} more")])
    writer.add(2, [(0, 1, "a b say hi field and")])
    writer.commit()
    assert found(tmp_path, word) == [1]


def test_large_numbers_of_contents_and_lines_come_back(writer, tmp_path):
    writer.add(2**32 - 1, [(2**20, 2**20 + 59, "word")])
    writer.commit()
    [hit] = ChunkReader(tmp_path).search(["word"], 1)
    assert hit == Hit(2**32 - 1, 2**20, 2**20 + 59, hit.score)


def test_what_is_removed_is_not_found(writer, tmp_path):
    for content in range(5):
        writer.add(content, [(0, 1, "word")])
    writer.commit()
    writer.remove([1])
    writer.remove_after(3)
    writer.commit()
    assert sorted(found(tmp_path, "word")) == [0, 2, 3]


def test_a_number_can_be_given_to_other_words(writer, tmp_path):
    writer.add(1, [(0, 1, "old")])
    writer.remove([1])
    writer.add(1, [(0, 1, "new")])
    writer.commit()
    assert (found(tmp_path, "old"), found(tmp_path, "new")) == ([], [1])


def test_a_reader_sees_what_is_committed_later(writer, tmp_path):
    reader = ChunkReader(tmp_path)
    assert reader.search(["word"], 1) == []
    for content in (1, 2, 3):
        writer.add(content, [(0, 1, "word")])
        assert len(reader.search(["word"], 9)) == content - 1
        writer.commit()
        assert len(reader.search(["word"], 9)) == content


def test_nothing_is_found_by_no_words(writer, tmp_path):
    writer.add(1, [(0, 1, "word")])
    writer.commit()
    assert found(tmp_path) == []


def test_an_index_that_is_opened_again_has_everything(tmp_path):
    writer = ChunkWriter(tmp_path)
    assert writer.is_new
    writer.add(1, [(0, 1, "word")])
    writer.commit()
    writer.close()
    again = ChunkWriter(tmp_path)
    assert (again.is_new, found(tmp_path, "word")) == (False, [1])
    again.close()


def damage_none(folder):
    shutil.rmtree(folder)


def damage_meta(folder):
    (folder / "meta.json").write_bytes(b"\0garbage" * 50)


def damage_missing_meta(folder):
    (folder / "meta.json").unlink()


def damage_truncated(folder):
    for file in folder.glob("*.idx"):
        file.write_bytes(file.read_bytes()[:10])


def damage_missing(folder):
    for file in folder.glob("*.term"):
        file.unlink()


@pytest.mark.parametrize(
    "damage", [damage_none, damage_meta, damage_missing_meta, damage_truncated, damage_missing]
)
def test_a_damaged_index_is_made_anew_and_finds_nothing_until_then(tmp_path, damage):
    writer = ChunkWriter(tmp_path)
    writer.add(1, [(0, 1, "word")])
    writer.commit()
    writer.close()
    damage(tmp_path / FOLDER_NAME)
    assert found(tmp_path, "word") == []
    again = ChunkWriter(tmp_path)
    assert again.is_new
    again.add(2, [(0, 1, "word")])
    again.commit()
    assert found(tmp_path, "word") == [2]
    again.close()
