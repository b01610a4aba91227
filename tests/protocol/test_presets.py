"""Presets on real code in three languages, as code actions over a real server process."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException

from qwen_lsp.index.parse import facts_of
from qwen_lsp.server import convert
from qwen_lsp.text import Document, Replacement, Span, apply

SOURCES = Path(__file__).parent / "sources"
EVERYWHERE = {
    "Qwen: Add documentation",
    "Qwen: Simplify",
    "Qwen: Write tests",
    "Qwen: Handle errors",
    "Qwen: Complete TODO",
}


@dataclass(frozen=True)
class Sample:
    """A project, its file that is edited, and what is known of the function `total` there."""

    language: str
    path: str
    documentation: str  # what it is called in the language
    used: str  # a definition of another file that the function uses
    has_types: bool  # or they may be missing
    comment: str


SAMPLES = [
    Sample("python", "shop/basket.py", "docstring", "def with_vat(net: float", True, "# done"),
    Sample("typescript", "src/basket.ts", "JSDoc", "function withVat(net", True, "// done"),
    Sample(
        "java",
        "src/main/java/shop/Basket.java",
        "Javadoc",
        "double withVat(double net)",
        False,
        "// done",
    ),
]
samples = pytest.mark.parametrize("sample", SAMPLES, ids=lambda one: one.language)


async def opened(open_editor, scripted, workspace, sample, **options):
    """Open a sample's file in an editor that knows the workspace; return it, URI and `total`."""
    shutil.copytree(SOURCES / sample.language, workspace, dirs_exist_ok=True)
    settings = {"model": str(scripted.model)} if scripted else {}
    editor = await open_editor(options=settings, **options)
    text = (workspace / sample.path).read_text()
    uri, _ = editor.open(sample.path, text, sample.language)
    await editor.until_indexed()
    return editor, uri, function(Document(uri, sample.language, 1, text))


def function(document: Document, name: str = "total") -> Span:
    """Return the lines of a function of a document."""
    symbols = facts_of(document.language, document.text.encode()).symbols
    one = next(one for one in symbols if one.name == name)
    return Span(document.line_starts[one.first_line], document.line_span(one.last_line).end)


def said(scripted) -> str:
    return scripted.requests[-1]["messages"][-1]["content"]


def fenced(code: str) -> str:
    return f"```\n{code}\n```"


@samples
async def test_each_preset_tells_what_to_do_and_changes_nothing_else(
    open_editor, scripted, workspace, sample
):
    editor, uri, total = await opened(open_editor, scripted, workspace, sample)
    text = editor.documents[uri].text
    actions = await editor.code_actions(uri, total)
    offered = EVERYWHERE | {"Qwen: Explain"} | ({"Qwen: Add types"} if sample.has_types else set())
    assert set(actions) == offered
    code = text[total.start : total.end]
    changed = code.replace("result = result", f"{sample.comment}\nresult = result")
    told = {
        "Qwen: Add documentation": sample.documentation,
        "Qwen: Add types": "type annotations",
        "Qwen: Simplify": "Simplify",
        "Qwen: Handle errors": "errors",
        "Qwen: Complete TODO": "TODO comments",
    }
    assert scripted.requests == []
    for title in told.keys() & actions.keys():
        scripted.scripts.append([fenced(changed)])
        resolved = await editor.resolve(actions[title])
        assert told[title] in said(scripted).rpartition("Instruction:")[2]
        assert sample.used in said(scripted)
        after = editor.after(uri, resolved.edit)
        # The model's own indentation of the new line is kept as it is.
        assert (after[: total.start], after[len(after) - len(text) + total.end :]) == (
            text[: total.start],
            text[total.end :],
        )
        assert sample.comment in after


@samples
async def test_fix_tells_what_was_reported_in_the_selection(
    open_editor, scripted, workspace, sample
):
    editor, uri, total = await opened(open_editor, scripted, workspace, sample)
    document = editor.documents[uri]
    at = convert.position_at(document, document.text.index("result = result"), "utf-16")
    top = lsp.Position(0, 0)
    diagnostics = [
        lsp.Diagnostic(lsp.Range(at, at), "the sum is wrong"),
        lsp.Diagnostic(lsp.Range(top, top), "something else"),
    ]
    fix = (await editor.code_actions(uri, total, diagnostics))["Qwen: Fix"]
    assert fix.kind == lsp.CodeActionKind.QuickFix
    assert [one.message for one in fix.diagnostics] == ["the sum is wrong"]
    code = document.text[total.start : total.end]
    scripted.scripts.append([fenced(code.replace("result = result", "result = 1 + result"))])
    resolved = await editor.resolve(fix)
    assert editor.after(uri, resolved.edit) == document.text.replace(
        "result = result", "result = 1 + result"
    )
    assert f"line {at.line + 1}, `result = result" in said(scripted)
    assert "the sum is wrong" in said(scripted)
    assert said(scripted).endswith("Instruction: Fix the reported problems in this code.")
    assert "something else" not in said(scripted)


async def test_with_nothing_selected_actions_are_about_the_definition_at_the_cursor(
    open_editor, scripted, workspace
):
    editor, uri, total = await opened(open_editor, scripted, workspace, SAMPLES[0])
    document = editor.documents[uri]
    at = document.text.index("result = result")
    actions = await editor.until_offered(uri, Span(at, at), "Qwen: Complete TODO")
    assert "Qwen: Explain" not in actions
    range_ = actions["Qwen: Simplify"].data["range"]
    expected = convert.range_of(document, total, "utf-16")
    assert (range_["start"]["line"], range_["end"]["line"]) == (
        expected.start.line,
        expected.end.line,
    )
    other = document.text.index("not self.lines")
    actions = await editor.code_actions(uri, Span(other, other))
    assert "Qwen: Simplify" in actions
    assert "Qwen: Complete TODO" not in actions  # there is none in that function


async def test_only_what_is_wanted_is_offered(open_editor, scripted, workspace):
    editor, uri, total = await opened(open_editor, scripted, workspace, SAMPLES[0])
    wanted = [lsp.CodeActionKind.QuickFix]
    assert await editor.code_actions(uri, total, only=wanted) == {}
    wanted = [lsp.CodeActionKind.Refactor]
    assert "Qwen: Simplify" in await editor.code_actions(uri, total, only=wanted)


async def test_a_preset_that_does_not_fit_is_one_sentence(open_editor, scripted, workspace):
    editor, uri, total = await opened(open_editor, scripted, workspace, SAMPLES[2])
    with pytest.raises(JsonRpcException, match="`types` makes no sense in java"):
        await editor.edit(uri, total, preset="types")
    with pytest.raises(JsonRpcException, match="no preset `poem`: use fix, doc, types"):
        await editor.edit(uri, total, preset="poem")
    with pytest.raises(JsonRpcException, match="no code in the selection"):
        await editor.edit(uri, Span(14, 14), preset="simplify")


async def test_what_is_warmed_is_what_is_sent_but_for_the_instruction(
    open_editor, scripted, workspace
):
    editor, uri, total = await opened(open_editor, scripted, workspace, SAMPLES[0])
    await editor.edit(uri, total, warm=True)
    scripted.scripts.append([fenced("pass")])
    await editor.edit(uri, total, "Take the voucher off.")
    [warm] = [one for one in scripted.warm_requests if "messages" in one]
    warmed, sent = (one["messages"][-1]["content"] for one in (warm, scripted.requests[-1]))
    assert sent == f"{warmed}Take the voucher off."
    assert "def with_vat" in warmed


async def test_what_is_told_of_an_edit_is_what_is_sent(open_editor, scripted, workspace):
    editor, uri, total = await opened(open_editor, scripted, workspace, SAMPLES[0])
    place = {**editor._selection(uri, total), "task": "edit", "preset": "errors"}
    told = await editor._ours("qwen/context", place)
    scripted.scripts.append([fenced("pass")])
    await editor.edit(uri, total, preset="errors")
    system, *user = [one.text for one in told.prompt]
    assert [system, "".join(user)] == [one["content"] for one in scripted.requests[-1]["messages"]]
    assert [one.path for one in told.snippets] == ["shop/prices.py"]


async def test_a_selection_that_cuts_a_line_is_about_whole_lines(scripted_editor, scripted):
    scripted.scripts.append([fenced("total = net * 2\n")])
    uri, marks = scripted_editor.open("untitled.py", "net = 1\ntotal = n«et *» 1\n")
    made = await scripted_editor.edit(uri, marks.selection, "Double it.")
    assert scripted_editor.after(uri, made.edit) == "net = 1\ntotal = net * 2\n"
    assert "```python\ntotal = net * 1\n```" in said(scripted)


async def test_a_document_without_a_file_gets_edits_and_no_tests(scripted_editor, scripted):
    uri = "untitled:Untitled-1"
    document = Document(uri, "python", 1, "def one():\n    return 1\n")
    scripted_editor.documents[uri] = document
    item = lsp.TextDocumentItem(uri, "python", 1, document.text)
    scripted_editor.client.text_document_did_open(lsp.DidOpenTextDocumentParams(item))
    span = Span(0, len(document.text))
    scripted.scripts.append([fenced("def one():\n    return 2")])
    made = await scripted_editor.edit(uri, span, preset="simplify")
    assert scripted_editor.after(uri, made.edit) == "def one():\n    return 2\n"
    with pytest.raises(JsonRpcException, match="in no workspace folder that is indexed"):
        await scripted_editor.edit(uri, span, preset="tests")


async def test_comments_are_written_in_the_language_of_the_instruction(scripted_editor, scripted):
    uri, marks = scripted_editor.open("x.py", "«x = 1»\n")
    for words in ("Erkläre die Zeile in einem Kommentar", "Explain the line in a comment"):
        scripted.scripts.append([fenced("x = 1")])
        await scripted_editor.edit(uri, marks.selection, words)
    german, english = (one["messages"][-1]["content"] for one in scripted.requests)
    assert "in the language of the instruction" in german
    assert "language" not in english


PYTHON_TEST = """from shop.basket import Basket

def test_total():
    assert Basket("A").total() == 0
"""
TESTS = {
    "python": (PYTHON_TEST, "tests/test_basket.py"),
    "java": (
        "@Test\nvoid total() {\n    assertEquals(0, new Basket().total(null));\n}\n",
        "src/test/java/shop/BasketTest.java",
    ),
}


@pytest.mark.parametrize("sample", [SAMPLES[0], SAMPLES[2]], ids=lambda one: one.language)
@pytest.mark.parametrize("is_open", [True, False], ids=["open", "on disk"])
async def test_tests_are_added_to_the_file_that_there_is(
    open_editor, scripted, workspace, sample, is_open
):
    code, path = TESTS[sample.language]
    editor, uri, total = await opened(open_editor, scripted, workspace, sample, creates=True)
    there, version = (workspace / path).read_text(), None
    test_uri = (workspace / path).as_uri()
    if is_open:
        editor.open(path, there, sample.language)
        editor.change(test_uri, Span(len(there), len(there)), "\n")
        there, version = f"{there}\n", 2
    scripted.scripts.append([f"Sure.\n{fenced(code)}"])
    made = await editor.edit(uri, total, preset="tests")
    [change] = made.edit.documentChanges
    assert (change.textDocument.uri, change.textDocument.version) == (test_uri, version)
    document = Document(test_uri, sample.language, 1, there)
    after = apply(
        there,
        tuple(
            Replacement(convert.span_of(document, one.range, "utf-16"), one.newText)
            for one in change.edits
        ),
    )
    assert "total() == 0" in after or "total(null)" in after
    assert after.count("import") == there.count("import")
    assert [line for line in there.split("\n") if line.strip() and line not in after] == []
    assert not facts_of(sample.language, after.encode()).is_broken
    assert vars_of(made.edit.changeAnnotations)["needsConfirmation"] is True
    assert "empty" in said(scripted).lower()  # the test that is shown as an example
    assert f"for the test file `{path}`" in said(scripted)


def vars_of(annotations):
    """Return the only change annotation as a dictionary."""
    return annotations._asdict()["tests"]._asdict()


async def test_a_new_test_file_is_created_and_asked_about(open_editor, scripted, workspace):
    editor, uri, total = await opened(open_editor, scripted, workspace, SAMPLES[1], creates=True)
    scripted.scripts.append([fenced('test("total", () => {\n  new Basket("A").total();\n});')])
    made = await editor.edit(uri, total, preset="tests")
    create, change = made.edit.documentChanges
    new = (workspace / "src/basket.test.ts").as_uri()
    assert (create.kind, create.uri, change.textDocument.uri) == ("create", new, new)
    assert create.annotationId == change.edits[0].annotationId == "tests"
    assert vars_of(made.edit.changeAnnotations)["label"] == "Create src/basket.test.ts"
    assert change.edits[0].newText == (
        'import { Basket } from "./basket";\n'
        'test("total", () => {\n  new Basket("A").total();\n});\n'
    )
    assert not (workspace / "src/basket.test.ts").exists()
    assert "+++ b/src/basket.test.ts" in made.diff


async def test_an_editor_that_cannot_create_files_is_told_which_one(
    open_editor, scripted, workspace
):
    editor, uri, total = await opened(open_editor, scripted, workspace, SAMPLES[1])
    with pytest.raises(JsonRpcException, match=r"create src/basket\.test\.ts and ask again"):
        await editor.edit(uri, total, preset="tests")
    assert scripted.requests == []


@pytest.mark.parametrize(
    ("sample", "preset"),
    [(SAMPLES[0], "doc"), (SAMPLES[1], "types"), (SAMPLES[2], "simplify")],
    ids=["python", "typescript", "java"],
)
async def test_the_real_model_leaves_what_is_not_selected_and_breaks_nothing(
    open_editor, model_path, workspace, sample, preset
):
    del model_path
    editor, uri, _ = await opened(open_editor, None, workspace, sample)
    text = editor.documents[uri].text
    add = function(editor.documents[uri], "add")
    made = await editor.edit(uri, add, preset=preset)
    if made.edit is None:
        assert made.message.startswith("Nothing to change: ")
        return
    after = editor.after(uri, made.edit)
    assert after.startswith(text[: add.start])
    assert after.endswith(text[add.end :])
    assert "```" not in after
