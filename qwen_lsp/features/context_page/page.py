"""render(): a report as one HTML file. Pure but for reading the template beside it.

Widths stand in the style sheet and the policy names that sheet by its hash, so a style, a script or
an address that slipped through from somebody's code would not be followed.
"""

import base64
import hashlib
from collections.abc import Iterable
from pathlib import Path

from qwen_lsp.context.snippet import Snippet
from qwen_lsp.features.context_page.listing import listing, snippet_listing, window_listing
from qwen_lsp.features.context_page.markup import Markup, element, fill, joined
from qwen_lsp.features.context_page.words import (
    COLOURS,
    FACTS,
    PARTS,
    SOURCES,
    STAGE_COLOURS,
    STAGES,
    TASKS,
)
from qwen_lsp.features.context_report import Counted, Made, Report, lines_of, place_of, window_lines
from qwen_lsp.trace import Stage
from qwen_lsp.wire import Token

_FOLDER = Path(__file__).parent


def render(report: Report, why_not_made: str) -> str:
    """Return the page.

    Args:
        report: what it shows.
        why_not_made: a sentence for the time line's place, used when no completion was made.
    """
    style = _style(report)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    line, column = report.place
    place = f"{report.snapshot.path.as_posix()}:{line + 1}:{column + 1}"
    sections = [
        _window(report),
        _snippets(report),
        _left_out(report),
        _time_line(report, why_not_made),
        _words(report),
        _raw(report),
    ]
    return fill(
        (_FOLDER / "page.html").read_text(encoding="utf-8"),
        {
            "style_hash": Markup(f"sha256-{digest}"),
            "style": Markup(style),
            "title": f"Context of {place}",
            "kicker": f"What the model reads to {TASKS[report.task]}",
            "place": place,
            "summary": _summary(report),
            "bar": _bar(report),
            "readout": _readout(report),
            "legend": _legend(report),
            "sections": joined(*sections),
        },
    )


def _style(report: Report) -> str:
    colours = "".join(f".of-{name}{{--colour:var(--{name})}}\n" for name in COLOURS)
    widths = "".join(
        f"#bar-{number}{{flex-grow:{one.tokens}}}\n" for number, one in enumerate(report.parts)
    )
    readout = "".join(
        f".bar:has(#bar-{number}:hover)+.readout>#say-{number},"
        f".bar:not(:hover):has(#bar-{number}:focus-visible)+.readout>#say-{number}"
        "{display:block}\n"
        for number in range(len(report.parts))
    )
    stages = () if report.made is None else report.made.stages
    times = "".join(
        f"#time-{number}{{flex-grow:{one.ms:.3f}}}\n" for number, one in enumerate(stages)
    )
    return (_FOLDER / "page.css").read_text(encoding="utf-8") + colours + widths + readout + times


def _summary(report: Report) -> str:
    others = sum(one.tokens for one in report.snippets)
    first, last = report.lines
    budget = f" (at most {report.budget:,})" if report.budget else ""
    sizes = (
        f"{_tokens(report.tokens)}: {report.window_tokens:,} of this file "
        f"(lines {first + 1} to {last + 1}) and {others:,} of other files, in "
        f"{_count(len(report.snippets), 'snippet')}{budget}."
    )
    sentences = [sizes]
    if report.is_estimated:
        sentences.append("Tokens are estimated, because no engine was there to count them.")
    if report.quick:
        quick = sum(one.tokens for one in report.quick)
        first, last = window_lines(report.snapshot.document, report.quick)
        sentences.append(
            f"If the engine has not read this before, it first answers a short prompt of "
            f"{_tokens(quick)} (lines {first + 1} to {last + 1})."
        )
    return " ".join(sentences)


def _bar(report: Report) -> Markup:
    slices = []
    for number, one in enumerate(report.parts):
        attributes = {"id": f"bar-{number}", "class": f"of-{_colour(one)}"}
        if isinstance(one.part.segment, Token):
            # One token each: too thin to point at, and nothing to go to.
            slices.append(element("span", attributes=attributes))
        elif one.tokens:
            attributes |= {"href": f"#part-{number}", "aria-label": _said(report, one)}
            slices.append(element("a", attributes=attributes))
    return joined(*slices)


def _readout(report: Report) -> Markup:
    """Return what each part is, of which the style sheet shows the one that is pointed at."""
    return joined(
        *(
            element("span", _said(report, one), attributes={"class": "part", "id": f"say-{number}"})
            for number, one in enumerate(report.parts)
            if not isinstance(one.part.segment, Token)
        )
    )


def _said(report: Report, one: Counted) -> str:
    return f"{_label(report, one)}: {_tokens(one.tokens)}, {_share(one.tokens, report)}"


def _legend(report: Report) -> Markup:
    totals: dict[str, int] = {}
    for one in report.parts:
        totals[_colour(one)] = totals.get(_colour(one), 0) + one.tokens
    names = {**PARTS, **SOURCES}
    items = [
        element(
            "li",
            _swatch(colour),
            element("span", names[colour], attributes={"class": "name"}),
            element(
                "span",
                f"{_tokens(total)}, {_share(total, report)}",
                attributes={"class": "count"},
            ),
        )
        for colour, total in totals.items()
        if total
    ]
    return element("ul", *items, attributes={"class": "legend", "aria-label": "Legend"})


def _window(report: Report) -> Markup:
    title = "The file around the cursor"
    note = "The bar at the left says which part of the prompt a line is in."
    if report.task != "complete":
        title = "The file around the selection"
    elif _is_here(report) and report.made is not None and report.made.text:
        note += " What was offered stands in italics behind the cursor."
    return _section(
        "window", title, _note(note), element("div", window_listing(report), attributes=_card())
    )


def _snippets(report: Report) -> Markup:
    if not report.snippets:
        text = "The prompt holds nothing of other files."
        return _section("snippets", "Snippets of other files", _note(text))
    numbers = [number for number, one in enumerate(report.parts) if one.part.snippet is not None]
    cards = [
        element(
            "article",
            _snippet_head(report, snippet),
            snippet_listing(snippet),
            attributes={**_card(snippet.source), "id": f"part-{number}"},
        )
        for number, snippet in zip(numbers, report.snippets, strict=True)
    ]
    note = _note("In the order of the prompt: what helps most stands last, next to the file.")
    return _section("snippets", "Snippets of other files", note, *cards)


def _snippet_head(report: Report, snippet: Snippet) -> Markup:
    facts = f" · {_tokens(snippet.tokens)}, {_share(snippet.tokens, report)}"
    return element(
        "header",
        element("h3", _place(snippet), attributes={"class": "path"}),
        element("p", _prose(_sentence(snippet.reason)), attributes={"class": "why"}),
        element("p", _source(snippet), facts, attributes={"class": "facts"}),
    )


def _left_out(report: Report) -> Markup:
    if not report.left_out:
        return _section(
            "left-out", "Left out", _note("Everything that was found is in the prompt.")
        )
    rows: list[list[Markup | str]] = [
        [
            element("span", _place(one), attributes={"class": "path"}),
            _source(one),
            _prose(one.reason),
        ]
        for one in report.left_out
    ]
    note = _note(
        f"Found as well, the best first, but the {_tokens(report.budget)} that other files may "
        "have were better spent."
    )
    tokens = [_tokens(one.tokens) for one in report.left_out]
    table = _table(["lines", "source", "reason", "size"], rows, tokens)
    return _section("left-out", "Left out", note, table)


def _time_line(report: Report, why_not_made: str) -> Markup:
    made = report.made
    if made is None:
        return _section("time", "Time line", _note(why_not_made))
    if not made.stages:
        return _section("time", "Time line", _note(_outcome(report, made)))
    total = sum(one.ms for one in made.stages)
    bar = element(
        "div",
        *(_time_slice(number, one) for number, one in enumerate(made.stages)),
        attributes={"class": "times", "aria-hidden": "true"},
    )
    rows: list[list[Markup | str]] = [
        [joined(_swatch(_stage_colour(one)), " ", one.name.replace("_", " ")), _stage_words(one)]
        for one in made.stages
    ]
    times = [f"{one.ms:,.0f} ms" for one in made.stages]
    table = _table(["stage", "what happened", "time"], rows, times)
    facts = "; ".join(f"{FACTS.get(one.name, one.name)}: {one.value}" for one in made.facts)
    return _section(
        "time",
        "Time line",
        _note(f"{_outcome(report, made)} It took {total:,.0f} ms."),
        bar,
        table,
        *([_note(f"{_sentence(facts)}.")] if facts else []),
    )


def _outcome(report: Report, made: Made) -> str:
    line, column = place_of(made.snapshot.document, made.snapshot.cursor)
    where = "here" if _is_here(report) else f"at line {line + 1}, column {column + 1}"
    if made.text:
        return f"The last completion in this file, {where}, was offered."
    return f"The last completion in this file, {where}, was not offered: {made.reason}."


def _time_slice(number: int, stage: Stage) -> Markup:
    attributes = {"id": f"time-{number}", "class": f"of-{_stage_colour(stage)}"}
    return element("span", attributes=attributes)


def _words(report: Report) -> Markup:
    cards = [
        element(
            "article",
            element("header", element("h3", _label(report, one))),
            listing([_pre(one)], _label(report, one)),
            attributes={**_card(_colour(one)), "id": f"part-{number}"},
        )
        for number, one in enumerate(report.parts)
        if not isinstance(one.part.segment, Token)
        and one.part.span is None
        and one.part.snippet is None
    ]
    return _section("words", "The rest of the prompt", *cards)


def _raw(report: Report) -> Markup:
    pieces = [
        element("p", element("span", one.part.segment.name, attributes={"class": "token"}))
        if isinstance(one.part.segment, Token)
        else _pre(one)
        for one in report.parts
    ]
    note = "Control tokens are in grey; a chat's template adds a few more around each message."
    return _section(
        "raw",
        "The whole prompt as text",
        element(
            "details",
            element("summary", f"Show all {_tokens(report.tokens)}"),
            listing(pieces, "The whole prompt"),
            attributes={"class": "card raw"},
        ),
        _note(note),
    )


def _section(name: str, title: str, *children: Markup) -> Markup:
    heading = element("h2", title, attributes={"id": f"{name}-title"})
    attributes = {"aria-labelledby": f"{name}-title", "id": name}
    return element("section", heading, *children, attributes=attributes)


def _table(heads: list[str], rows: list[list[Markup | str]], numbers: Iterable[str]) -> Markup:
    """Return a table whose last column holds numbers."""
    number = {"class": "number"}
    head = [element("th", one, attributes={"scope": "col"}) for one in heads[:-1]]
    head.append(element("th", heads[-1], attributes={"scope": "col", **number}))
    body = [
        element(
            "tr", *(element("td", cell) for cell in row), element("td", last, attributes=number)
        )
        for row, last in zip(rows, numbers, strict=True)
    ]
    parts = element("thead", element("tr", *head)), element("tbody", *body)
    return element("table", *parts, attributes={"class": "stack"})


def _pre(one: Counted) -> Markup:
    text = "" if isinstance(one.part.segment, Token) else one.part.segment
    return element("pre", text, attributes={"class": "text-part"})


def _card(colour: str = "") -> dict[str, str]:
    return {"class": f"card of-{colour}" if colour else "card"}


def _prose(text: str) -> Markup:
    """Return a sentence, what stands in backticks in it as code."""
    pieces = text.split("`")
    if len(pieces) % 2 == 0:
        return joined(text)
    return joined(
        *(element("code", piece) if index % 2 else piece for index, piece in enumerate(pieces))
    )


def _note(text: str) -> Markup:
    return element("p", text, attributes={"class": "note"})


def _swatch(colour: str) -> Markup:
    return element("span", attributes={"class": f"swatch of-{colour}", "aria-hidden": "true"})


def _source(snippet: Snippet) -> Markup:
    return element(
        "span", _swatch(snippet.source), SOURCES[snippet.source], attributes={"class": "source"}
    )


def _place(snippet: Snippet) -> str:
    return f"{snippet.path}:{snippet.first_line + 1}-{snippet.last_line + 1}"


def _label(report: Report, one: Counted) -> str:
    part = one.part
    if part.snippet is not None:
        return f"{_place(part.snippet)} ({SOURCES[part.snippet.source]})"
    if part.span is None:
        return _sentence(PARTS[part.name])
    first, last = lines_of(report.snapshot.document, part.span)
    return f"{_sentence(PARTS[part.name])}, lines {first + 1} to {last + 1}"


def _colour(one: Counted) -> str:
    return one.part.name if one.part.snippet is None else one.part.snippet.source


def _stage_colour(stage: Stage) -> str:
    return STAGE_COLOURS.get(stage.name, "prepare")


def _stage_words(stage: Stage) -> str:
    return STAGES.get(stage.name, "")


def _is_here(report: Report) -> bool:
    made, here = report.made, report.snapshot
    if made is None or made.snapshot.cursor != here.cursor:
        return False
    return made.snapshot.document.text == here.document.text


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _share(tokens: int, report: Report) -> str:
    return f"{tokens / max(report.tokens, 1):.1%}"


def _tokens(count: int) -> str:
    return _count(count, "token")


def _count(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
