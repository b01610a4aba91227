"""The page about a prompt: its structure, and that nothing breaks out of it."""

import os
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path, PurePath
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qwen_lsp.context.parts import PartName
from qwen_lsp.context.snippet import Context, Source
from qwen_lsp.features.context_page import page
from qwen_lsp.features.context_page.markup import Markup, element, fill
from qwen_lsp.features.context_page.page import render
from qwen_lsp.features.context_page.words import COLOURS, PARTS, SOURCES
from tests.harness import context_sample
from tests.harness.context_sample import LEFT_OUT, SNIPPETS, made, report, snapshot

GOLDEN = Path(__file__).parent / "golden" / "context_page.txt"
EVIL = "</script></style></title></code></div><img src=x onerror=alert(1)>\"'`{{bar}}\0\ud800&lt;"
PIECES = (
    "<",
    ">",
    "</",
    "/>",
    "&",
    ";",
    '"',
    "'",
    "=",
    "<!--",
    "--",
    "b",
    "style",
    "{{bar}}",
    "\n",
)


class Outline(HTMLParser):
    """The elements of a page, the rows of code left out, and all its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.shapes: set[tuple[str, ...]] = set()
        self.text = ""
        self._depth = 0
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.shapes.add((tag, *(name for name, _ in attributes)))
        facts = [f"{name}={value}" for name, value in attributes if name in ("id", "class", "href")]
        if tag not in ("code", "span", "style") and "row" not in dict(attributes).get("class", ""):
            self.lines.append("  " * self._depth + " ".join([tag, *facts]))
        if tag != "meta":
            self._depth += 1

    def handle_endtag(self, tag):
        del tag
        self._depth -= 1

    def handle_data(self, data):
        self.text += data


def page_of(**options) -> str:
    return render(report(**options), "No completion was asked for.")


def test_the_page_is_built_as_it_was():
    outline = "\n".join(Outline(page_of()).lines) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text(outline)
    assert outline == GOLDEN.read_text()


TEXTS = st.text(max_size=20) | st.lists(st.sampled_from(PIECES), max_size=8).map("".join)


@given(TEXTS, TEXTS, TEXTS, TEXTS)
def test_no_text_of_a_workspace_breaks_out(code, path, reason, suggestion):
    assert_holds(code, path, reason, suggestion)


def test_html_in_code_paths_reasons_and_suggestions_is_text():
    html = assert_holds(EVIL, EVIL, EVIL, EVIL)
    assert "<script" not in html
    assert "<img" not in html
    assert Outline(html).text.count("<img src=x onerror=alert(1)>") > 5
    html.encode()


def assert_holds(code: str, path: str, reason: str, suggestion: str) -> str:
    """Check that a page with these texts has only elements that a harmless page has."""
    snippets = tuple(replace(one, path=path, text=code, reason=reason) for one in SNIPPETS)
    left_out = tuple(replace(one, path=path, reason=reason) for one in LEFT_OUT)
    at = snapshot(f"{without_marks(code)}│{without_marks(code)}", Context(snippets, left_out, 9))
    at = replace(at, path=PurePath(path or "x"), workspace=path)
    html = page_of(at=at, made=made(at, suggestion))
    assert Outline(html).shapes <= HARMLESS
    return html


def without_marks(text: str) -> str:
    return re.sub("[│«»]", "", text)


def shapes_of_harmless_pages():
    long = snapshot("x = 1\n" * 40 + "│" + "\ny = 2" * 40)
    pages = [
        page_of(),
        page_of(at=long, made=made(long, "a\nb")),
        page_of(at=long, made=made(long, "")),
        page_of(made=None),
        page_of(made=replace(made(long), stages=())),
        page_of(at=snapshot(context=Context())),
    ]
    return set().union(*(Outline(html).shapes for html in pages))


HARMLESS = shapes_of_harmless_pages()


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        pytest.param("<b>&\"'", "&lt;b&gt;&amp;&quot;&#x27;", id="a text is escaped"),
        pytest.param("{{other}}", "{{other}}", id="what is put in is not filled again"),
        pytest.param(Markup("<b></b>"), "<b></b>", id="markup stays"),
        pytest.param(element("a", "<", attributes={"id": '"'}), '<a id="&quot;">&lt;</a>', id="a"),
        pytest.param("a\0b\ud800", "a\ufffdb\ufffd", id="what no page may hold is replaced"),
    ],
)
def test_a_template_is_filled(value, shown):
    assert fill("[{{one}}]", {"one": value, "other": "x"}) == f"[{shown}]"


def test_a_suggestion_of_several_lines_stands_at_the_cursor():
    at = snapshot("def f(│)\n")
    text = Outline(page_of(at=at, made=made(at, "a,\n  b"))).text
    assert "def f(a,  b)" in text


def test_the_page_of_another_place_says_where_the_time_line_is_from():
    elsewhere = snapshot("a = 1\nb = │\n")
    text = Outline(page_of(made=made(elsewhere, "2"))).text
    assert "The last completion in this file, at line 2, column 5, was offered." in text


def test_the_policy_allows_the_style_sheet_and_nothing_else():
    html = page_of()
    [policy] = re.findall(r'Content-Security-Policy" content="([^"]+)"', html)
    allowed = (
        r"default-src 'none'; style-src 'sha256-[\w+/]+=*'; base-uri 'none'; form-action 'none'"
    )
    assert re.fullmatch(allowed, policy)
    assert not re.search(r"\b(src|style|onclick)=|https?:|@import|url\(", html)


def test_every_part_and_source_has_a_word_and_a_colour():
    css = (Path(page.__file__).parent / "page.css").read_text()
    assert set(get_args(PartName)) == set(PARTS)
    assert set(get_args(Source)) == set(SOURCES)
    for name in {*COLOURS} - {"snippet"}:  # which has that of its source
        assert css.count(f"--{name}: #") == 2


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_each_colour_stands_out(scheme):
    css = (Path(page.__file__).parent / "page.css").read_text()
    blocks = re.findall(r":root \{([^}]+)\}", css)
    colours = dict(re.findall(r"--([\w]+): (#\w{6})", blocks[scheme]))
    grounds = {name: colours.pop(name) for name in ("paper", "card", "line", "mark")}
    texts = {name: colours.pop(name) for name in ("ink", "quiet", "accent", "ghost")}
    for ground in (grounds["paper"], grounds["card"]):
        faint = {name: one for name, one in colours.items() if contrast(one, ground) < 3}
        assert not faint
        assert all(contrast(one, ground) >= 4.5 for one in texts.values())
    assert contrast(texts["ghost"], grounds["mark"]) >= 4.5


def contrast(one: str, other: str) -> float:
    """Return the ratio that WCAG 2 defines."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_the_sample_counts_every_part():
    told = report()
    assert told.tokens == sum(one.tokens for one in told.parts)
    assert [one.path for one in told.snippets] == [one.path for one in context_sample.SNIPPETS]
