"""The page about a prompt as a browser shows it; it also looks for what a browser complains of."""

from dataclasses import replace
from pathlib import PurePath

import pytest

from qwen_lsp.context.snippet import Context
from tests.harness.context_sample import LEFT_OUT, SNIPPETS, made, snapshot

EVIL = "</script></style></code><img src=x onerror=alert(1)><script>alert(2)</script>\"'`"
WIDTHS = pytest.mark.parametrize("width", [1280, 400])
SCHEMES = pytest.mark.parametrize("scheme", ["light", "dark"])


@WIDTHS
@SCHEMES
def test_the_page_fits_its_window(open_page, width, scheme):
    tab = open_page(width=width, scheme=scheme)
    tab.picture(f"{scheme}-{width}")
    assert tab.page.evaluate("document.documentElement.scrollWidth") == width


def test_every_part_is_as_wide_as_its_tokens(open_page):
    parts = open_page().page.evaluate(
        """() => [...document.querySelector(".bar").children].map((part) => ({
            width: part.getBoundingClientRect().width,
            tokens: Number(getComputedStyle(part).flexGrow),
            colour: getComputedStyle(part).backgroundColor,
        }))"""
    )
    width = sum(part["width"] for part in parts)
    tokens = sum(part["tokens"] for part in parts)
    assert len(parts) > 10
    for part in parts:
        assert part["width"] == pytest.approx(width * part["tokens"] / tokens, abs=0.1)
        assert part["width"] > 0
        assert part["colour"] != "rgba(0, 0, 0, 0)"


def test_pointing_at_a_part_says_what_it_is(open_page):
    page = open_page().page
    [part] = page.get_by_role("link", name="shop/stock.py:15-32").all()
    said = page.locator(".readout > .part:visible")
    assert said.count() == 0
    part.hover()
    assert said.all_inner_texts() == [part.get_attribute("aria-label")]


def test_the_keyboard_reaches_each_part_and_goes_to_it(open_page):
    page = open_page(width=400).page
    links = page.locator(".bar > a")
    for number in range(links.count()):
        page.evaluate("scrollTo(0, 0)")
        links.nth(number).focus()
        assert page.locator(".readout > .part:visible").count() == 1
        page.keyboard.press("Enter")
        name = links.nth(number).get_attribute("href")
        assert name is not None
        page.wait_for_function("name => location.hash === name", arg=name)
        target = page.locator(name)
        page.wait_for_function(
            """(name) => {
                const box = document.querySelector(name).getBoundingClientRect();
                return box.top >= 0 && box.top < innerHeight;
            }""",
            arg=name,
        )
        assert target.count() == 1


def test_links_work_where_lines_are_folded(open_page):
    at = snapshot("x = 1\n" * 60 + "y = │\n" + "z = 1\n" * 60)
    page = open_page(at=at, made=made(at)).page
    name = page.get_by_role("link", name="The file above").get_attribute("href")
    page.get_by_role("link", name="The file above").click()
    page.wait_for_function("name => location.hash === name", arg=name)


def test_dark_is_dark(open_page):
    shades = [
        open_page(scheme=scheme).page.evaluate(
            "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)"
        )
        for scheme in ("light", "dark")
    ]
    assert min(shades[0]) > 200
    assert max(shades[1]) < 60


@WIDTHS
def test_html_in_a_workspace_stays_text(open_page, width):
    snippets = tuple(replace(one, path=EVIL, text=EVIL, reason=EVIL) for one in SNIPPETS)
    left_out = tuple(replace(one, path=EVIL, reason=EVIL) for one in LEFT_OUT)
    at = snapshot(f"{EVIL}│{EVIL}", Context(snippets, left_out, 9))
    at = replace(at, path=PurePath(EVIL), workspace=EVIL)
    tab = open_page(width=width, at=at, made=made(at, EVIL))
    tab.picture(f"html-{width}")
    assert tab.page.evaluate("document.querySelectorAll('img, script').length") == 0
    assert tab.page.evaluate("document.documentElement.scrollWidth") == width
