import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qwen_lsp.index.words import Splitter, identifiers, parts


@pytest.mark.parametrize(
    ("identifier", "expected"),
    [
        ("readFile", "read file"),
        ("ReadFile", "read file"),
        ("read_file", "read file"),
        ("READ_FILE", "read file"),
        ("HTTPServer", "http server"),
        ("parseURL", "parse url"),
        ("parseURLPath", "parse url path"),
        ("userIDs", "user ids"),
        ("IDs", "ids"),
        ("utf8Decoder", "utf 8 decoder"),
        ("sha256", "sha 256"),
        ("__init__", "init"),
        ("_private", "private"),
        ("x", "x"),
        ("aB", "a b"),
        ("___", ""),
        ("größeÄndern", "größe ändern"),
        ("ÄRGERNetz", "ärger netz"),
        ("имя_файла", "имя файла"),
        ("文件名", "文件名"),
    ],
)
def test_an_identifier_is_split_into_its_parts(identifier, expected):
    assert parts(identifier) == expected.split()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("foo.bar(x1, 'baz')", "foo bar x1 baz", id="names between signs"),
        pytest.param("x = 0x1f + 12 + 3e5", "x", id="numbers are none"),
        pytest.param("a a b", "a a b", id="each as often as it occurs"),
        pytest.param("$scope.größe = «näh»", "scope größe näh", id="letters of other languages"),
        pytest.param("_a __b__", "_a __b__", id="underscores"),
        pytest.param("", "", id="none in no text"),
    ],
)
def test_identifiers_are_found(text, expected):
    assert identifiers(text) == expected.split()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("readFile", "readfile read file", id="an identifier and its parts"),
        pytest.param("path", "path", id="an identifier of one part once"),
        pytest.param("_path", "_path path", id="an identifier that is more than its part"),
        pytest.param("a.b(x)", "", id="no single characters"),
        pytest.param("utf8", "utf8 utf", id="no single digits"),
        pytest.param("return None if self else False", "", id="no keywords"),
        pytest.param("className", "classname class name", id="keywords as parts stay"),
        pytest.param("path = path + 10", "path", id="repeated identifiers once"),
        pytest.param("read_path(path)", "read_path read path path", id="their parts each time"),
        pytest.param("k = '" + "ab12" * 20 + "'", "", id="no embedded data"),
        pytest.param("größeÄndern()", "größeändern größe ändern", id="letters of any language"),
    ],
)
def test_words_of_a_text(text, expected):
    assert Splitter().words_of(text) == expected


def test_words_stay_the_same_after_more_identifiers_than_are_remembered():
    splitter = Splitter()
    before = splitter.words_of("readFile")
    splitter.words_of(" ".join(f"name{number}" for number in range(60_000)))
    assert splitter.words_of("readFile") == before


@settings(deadline=None)
@given(st.text(st.sampled_from("aZ_9é.Б ß-\n²")))
def test_every_identifier_is_among_the_words(text):
    words = Splitter().words_of(text).split()
    assert set(words) >= {one.lower() for one in identifiers(text) if len(one.lower()) > 1} - {"as"}


@settings(deadline=None)
@given(st.text(st.characters(codec="ascii")))
def test_ascii_text_has_the_same_identifiers_as_when_it_is_part_of_another(text):
    assert identifiers(text) == identifiers(f"{text} é")[:-1]
