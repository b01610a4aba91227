"""Random edits of real files while the documents change: what must never happen to anybody's text.

A region of a file is selected and `qwen/edit` asked with an engine that answers, piece by piece,
the region with some lines changed. Meanwhile the document changes at random moments, inside the
region, around it, at its edges or as a whole; what was typed may be undone, the request cancelled,
the document closed. An edit that comes is applied as an editor does it, undone, and sometimes done
again; several edits run in the same document one after the other. Files, regions, changes and
moments are drawn the same way each time; how they meet the server's work is left to the machine.
No model is needed.

**lost_characters**: characters that an edit changed outside its region, and that of what the model
wrote did not arrive, blanks left out.
**stale_edits**: edits that came for a version of which the server knew that it was over, for a
region that is not what the model saw, or with parts that fit no document.
**undo_differences**: documents that undoing an edit did not give back byte for byte, in the editor
or in what the server tells the engine the next time.
"""

import asyncio
import contextlib
import io
import random
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from lsprotocol import types as lsp

from qwen_lsp.text import Document, language_of
from tests.bench.isolation import own_folders
from tests.bench.race import Race
from tests.bench.race_files import RaceFile, files_of
from tests.bench.report import Figure, Report
from tests.bench.repositories import COMMITS, contents
from tests.harness.editor import Editor
from tests.harness.scripted_engine import ScriptedEngine

SEED = 6
FILES, EDITS_EACH = 40, 5
ENCODINGS = ("utf-16", "utf-8")


def run() -> Report:
    # The harness passes the server's log on to standard error, which nobody reads here.
    with own_folders(), contextlib.redirect_stderr(io.StringIO()):
        ended = asyncio.run(_race_all())
    return report_of(ended)


async def _race_all() -> list[dict[str, Any]]:
    chance = random.Random(SEED)  # noqa: S311 - the same edits in each run
    files: list[RaceFile] = []
    for repository in COMMITS:
        files += files_of(contents(repository), FILES // len(COMMITS), chance)
    ended = []
    for encoding in ENCODINGS:
        some = files[ENCODINGS.index(encoding) :: len(ENCODINGS)]
        with TemporaryDirectory(prefix="qwen-bench-") as folder:
            root = Path(folder) / "files"
            root.mkdir()
            engine = ScriptedEngine(Path(folder))
            await engine.start()
            options = {"model": str(engine.model)}
            editor = await Editor.start(root, options=options, encoding=encoding)
            try:
                for file in some:
                    ended += await _race_in(file, editor, engine, chance)
            finally:
                await editor.close()
                await engine.stop()
    return ended


async def _race_in(
    file: RaceFile, editor: Editor, engine: ScriptedEngine, chance: random.Random
) -> list[dict[str, Any]]:
    """Run edits in one document, one after the other."""
    path = editor.workspace / file.name
    path.write_bytes(file.text.encode())
    uri, language = path.as_uri(), language_of(path)
    editor.documents[uri] = Document(uri, language, 1, file.text)
    item = lsp.TextDocumentItem(uri, language, 1, file.text)
    editor.client.text_document_did_open(lsp.DidOpenTextDocumentParams(item))
    found = []
    for _ in range(EDITS_EACH):
        ended = await Race(editor, engine, uri, chance).run()
        if ended is not None:
            found.append({"file": file.name, **asdict(ended)})
    identifier = lsp.TextDocumentIdentifier(uri)
    editor.client.text_document_did_close(lsp.DidCloseTextDocumentParams(identifier))
    return found


def report_of(ended: list[dict[str, Any]]) -> Report:
    """Return the bench's report."""
    figures = {
        "lost_characters": Figure(sum(one["lost"] for one in ended), 0),
        "stale_edits": Figure(sum(bool(one["faults"]) for one in ended), 0),
        "undo_differences": Figure(sum(bool(one["undo_faults"]) for one in ended), 0),
    }
    detail: dict[str, Any] = {
        "edits": len(ended),
        "changed_meanwhile": dict(Counter(what for one in ended for what in one["meanwhile"])),
        "outcomes": dict(Counter(one["outcome"] for one in ended)),
        "messages": dict(Counter(one["message"] for one in ended if one["message"])),
        "wrong": [one for one in ended if one["lost"] or one["faults"] or one["undo_faults"]],
    }
    return Report("edit_races", figures, detail, ended)
