"""Completions at random places: what they must never do, wherever the cursor is.

Places are drawn from the files that the index parses, web pages left out, and are the same each
time: a repository, a file, one of three kinds of place (in the middle of a line, at the end of a
line, on a blank line), a place of this kind. The rest of the file stays, and the server is asked as
a user asks who presses the key for it. All figures are counts of completions, and none is allowed:

**repeats_next_line**: the completion's last line, longer than three characters without blanks
around it, is the next line that is not blank: the rest of the cursor's line, or the one below it.
**worse_brackets**: with the completion the parser finds more errors in the document than without.
**control_tokens**: a control token's text is in the completion.
"""

import asyncio
import contextlib
import io
import random
import statistics
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tree_sitter

from qwen_lsp.context.qwen import CONTROL_TEXTS
from qwen_lsp.index.languages import LANGUAGES
from qwen_lsp.index.parse import is_safe, parser_language
from qwen_lsp.text import Document
from tests.bench.indexing import index, lookup_of
from tests.bench.isolation import own_folders, running_engine
from tests.bench.report import Figure, Report
from tests.bench.repositories import COMMITS, checked_out
from tests.bench.server_side import Place, Window

COUNT = 500
SEED = 5
KINDS = ("middle of a line", "end of a line", "blank line")
# Pages that a tool wrote are 6,962 of the 8,014 files of one repository, and nobody edits them.
LEFT_OUT = {"html"}
SHORTEST_REPEAT = 4  # characters; a shorter line, such as a closing bracket, is no repetition


@dataclass(frozen=True, slots=True)
class Placed:
    """A place, what kind of place it is, and the name of its file's language in the index."""

    place: Place
    kind: str
    language: str


def run(limit: int | None) -> Report:
    """Run the bench; `limit` asks for fewer places."""
    count = COUNT if limit is None else limit
    # The harness passes the server's log on to standard error, which nobody reads here.
    with own_folders(), contextlib.redirect_stderr(io.StringIO()):
        items = asyncio.run(_ask_all(count))
    return _report(items)


async def _ask_all(count: int) -> list[dict[str, Any]]:
    chance = random.Random(SEED)  # noqa: S311 - the same places in each run
    items = []
    async with running_engine(keeps_cache=False):
        for number, repository in enumerate(COMMITS):
            share = count // len(COMMITS) + (number < count % len(COMMITS))
            with checked_out(repository) as root:
                places = list(_places(root, share, chance))
                async with Window.on(root, {}) as window:
                    for placed in places:
                        items.append(await _ask(window, placed, repository))
                        print(len(items), items[-1], file=sys.__stderr__, flush=True)
    return items


def _places(root: Path, count: int, chance: random.Random) -> list[Placed]:
    known = {one.name for one in LANGUAGES}
    with index(root) as folder:
        stored = lookup_of(root, folder).view.stored
        files = {path: stored.language(path) for path in sorted(stored.paths())}
        stored.close()
    paths = [path for path, language in files.items() if language in known - LEFT_OUT]
    places: list[Placed] = []
    while len(places) < count:
        path, kind = chance.choice(paths), chance.choice(KINDS)
        try:
            text = (root / path).read_bytes().decode()
        except UnicodeDecodeError:
            continue
        if cursors := cursors_of(text, kind):
            place = Place(path, text, chance.choice(cursors))
            places.append(Placed(place, kind, files[path]))
    return places


def cursors_of(text: str, kind: str) -> list[int]:
    """Return the offsets of a text that are a kind of place; several for the middle of a line."""
    document = Document("", "", 0, text)
    cursors: list[int] = []
    for line in range(len(document.line_starts)):
        span, code = document.line_span(line), document.line_text(line)
        if kind == "blank line":
            cursors += [span.end] if not code.strip() else []
        elif kind == "end of a line":
            cursors += [span.end] if code.strip() else []
        else:
            indent = len(code) - len(code.lstrip())
            cursors += range(span.start + indent + 1, span.start + len(code.rstrip()))
    return cursors


async def _ask(window: Window, placed: Placed, repository: str) -> dict[str, Any]:
    place = placed.place
    async with window.opened(place) as uri:
        start = time.perf_counter()
        offered = await window.offer(uri, place.cursor)
        seconds = time.perf_counter() - start
    after = offered.text if offered is not None else place.text
    completion = offered.replacement.text if offered is not None else ""
    document = Document("", "", 0, place.text)
    line = document.line_at(place.cursor)
    return {
        "repository": repository,
        "path": place.path,
        "line": line + 1,
        "column": place.cursor - document.line_starts[line] + 1,
        "kind": placed.kind,
        "text": completion,
        "seconds": round(seconds, 2),
        "repeats_next_line": repeats_next_line(completion, place.text[place.cursor :]),
        "worse_brackets": errors_in(placed.language, after)
        > errors_in(placed.language, place.text),
        "control_tokens": any(one in completion for one in CONTROL_TEXTS),
    }


def repeats_next_line(completion: str, behind: str) -> bool:
    """Return whether a completion ends with the line that follows it, given all that follows."""
    last = completion.rpartition("\n")[2].strip()
    rest, _, below = behind.partition("\n")
    next_below = next((line.strip() for line in below.split("\n") if line.strip()), "")
    return len(last) >= SHORTEST_REPEAT and last in {rest.strip(), next_below}


def errors_in(language: str, text: str) -> int:
    """Return how many errors, and things that are missing, the parser finds; 0 if it cannot."""
    source = text.encode("utf-8", "replace")
    if not is_safe(language, source):
        return 0
    cursor = tree_sitter.Parser(parser_language(language)).parse(source).walk()
    count = 0
    while True:
        node = cursor.node
        assert node is not None
        count += node.is_error or node.is_missing
        if node.has_error and cursor.goto_first_child():
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return count


def _report(items: list[dict[str, Any]]) -> Report:
    faults = ("repeats_next_line", "worse_brackets", "control_tokens")
    figures = {name: Figure(sum(one[name] for one in items), 0) for name in faults}
    offered = [one for one in items if one["text"].strip()]
    shown = ("repository", "path", "line", "column", "kind", "text")
    detail: dict[str, Any] = {
        "places": len(items),
        "offered": dict(Counter(one["kind"] for one in offered)),
        "asked": dict(Counter(one["kind"] for one in items)),
        "seconds_p50": statistics.median(one["seconds"] for one in items),
    }
    for name in faults:
        detail[f"{name}_at"] = [{key: one[key] for key in shown} for one in items if one[name]]
    return Report("placements", figures, detail, items)
