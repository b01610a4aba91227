"""Explanations, over a real server process: what is asked of the model, and what is shown of it."""

import asyncio
import base64
import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException

from qwen_lsp.text import Span
from tests.harness import marked_text, tiny_projector
from tests.harness.scripted_engine import HANG, HOLD

ORDERS = (
    "from shop.stock import price_of\n\n\n"
    "«class Order:\n"
    "    def total(self, articles):\n"
    "        return sum(price_of(one) for one in articles)\n»\n\n"
    "def unrelated():\n    return 1\n"
)
FILES = {
    "pyproject.toml": '[project]\nname = "shop"\ndescription = "Sells pens"\n',
    "shop/stock.py": 'def price_of(article):\n    """Look it up."""\n    return 5\n',
    "shop/app.py": "from shop.orders import Order\n\n\ndef run():\n    return Order().total([])\n",
    "shop/orders.py": marked_text.parse(ORDERS).text,
    "shop/.env": "SECRET = 'hunter2'\n",
}


@pytest.fixture
async def shop(open_editor, scripted, workspace):
    """An editor on a small indexed workspace, with the scripted engine."""
    for name, text in FILES.items():
        (workspace / name).parent.mkdir(exist_ok=True)
        (workspace / name).write_text(text)
    editor = await open_editor(options={"model": str(scripted.model)})
    await editor.until_indexed(lambda index: index.files >= 4)
    return editor


def said(scripted) -> str:
    """Return what the model was asked last."""
    return "\n".join(one["content"] for one in scripted.requests[-1]["messages"])


def streamed(editor) -> str:
    return "".join(value["text"] for token, value in editor.progress if token == "explanation")


def uri_of(editor, name, line) -> str:
    return f"{(editor.workspace / name).as_uri()}#L{line}"


async def test_the_model_sees_what_the_code_uses_and_who_calls_it(shop, scripted):
    scripted.scripts.append(["It adds up."])
    uri, marks = shop.open("shop/orders.py", ORDERS)
    await shop.explain(uri, marks.selection)
    asked = said(scripted)
    assert (
        asked.index("def price_of") < asked.index("return Order().total") < asked.index("class O")
    )
    assert "hunter2" not in asked


async def test_names_and_places_become_links_if_they_are_real(shop, scripted):
    answer = "`Order` asks `price_of`, not `nobody`; shop/stock.py:3, shop/.env:1, [x](http://e)."
    scripted.scripts.append(list(answer))
    uri, marks = shop.open("shop/orders.py", ORDERS)
    markdown = await shop.explain(uri, marks.selection)
    order, price = uri_of(shop, "shop/orders.py", 4), uri_of(shop, "shop/stock.py", 1)
    body, _, closing = markdown.partition("\n\n")
    assert body == (
        f"[`Order`]({order}) asks [`price_of`]({price}), not `nobody`; "
        f"[shop/stock.py:3]({uri_of(shop, 'shop/stock.py', 3)}), shop/.env:1, x."
    )
    assert closing == (
        f"Defined in: [`price_of` shop/stock.py:1]({price})  \n"
        f"Called from: [`run` shop/app.py:4]({uri_of(shop, 'shop/app.py', 4)})"
    )
    assert streamed(shop) == markdown


@pytest.mark.parametrize(
    ("marked", "shown", "hidden"),
    [
        pytest.param("pri│ce_of(one", '"""Look it up."""', "def total", id="the name's definition"),
        pytest.param("price_of(one) f│or", "def total", "def unrelated", id="the code around it"),
    ],
)
async def test_a_cursor_stands_for_a_definition(shop, scripted, marked, shown, hidden):
    scripted.scripts.append(["It."])
    plain = ORDERS.translate({ord(mark): None for mark in "«»"})
    uri, marks = shop.open("shop/orders.py", plain.replace(marked.replace("│", ""), marked))
    await shop.until_indexed()
    await shop.explain(uri, Span(marks.cursor, marks.cursor))
    code = said(scripted).partition("Explain this code:")[2]
    assert shown in code
    assert hidden not in code


async def test_a_cursor_outside_all_definitions_has_none(shop):
    uri, _ = shop.open("shop/orders.py", ORDERS)
    with pytest.raises(JsonRpcException, match="no definition at the cursor; select what"):
        await shop.explain(uri, Span(32, 32), scope="symbol")


async def test_an_image_is_shown_to_the_model_with_what_is_around_its_link(shop, scripted):
    picture = tiny_projector.png(1)
    (shop.workspace / "docs").mkdir()
    (shop.workspace / "docs/shop.png").write_bytes(picture)
    scripted.scripts.append(["A diagram."])
    readme = "# Shop\n\nHow it works:\n\n![the│ parts](docs/shop.png)\n\nRun it.\n"
    uri, marks = shop.open("README.md", readme, "markdown")
    cursor = Span(marks.cursor, marks.cursor)
    assert await shop.explain(uri, cursor, instruction="How many?") == "A diagram."
    image, text = scripted.requests[-1]["messages"][1]["content"]
    data = base64.b64encode(picture).decode()
    assert image == {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{data}"}}
    parts = ("`docs/shop.png`", "How it works:", "Run it.", "calls “the parts”", "How many?")
    places = [text["text"].index(part) for part in parts]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("docs/none.png", "There is no image docs/none.png"),
        ("https://e.org/b.png", "does not fetch images from the network"),
        ("../b.png", "leads out of the workspace folder"),
        ("shop/.env.png", "it looks like a secret"),
        ("pyproject.toml", "no image that can be shown"),
    ],
)
async def test_an_image_that_is_not_for_the_model_is_refused(shop, scripted, target, says):
    (shop.workspace / "shop/.env.png").write_bytes(tiny_projector.png(1))
    uri, marks = shop.open("README.md", f"![a│]({target})\n", "markdown")
    with pytest.raises(JsonRpcException, match=re.escape(says)):
        await shop.explain(uri, Span(marks.cursor, marks.cursor))
    assert scripted.requests == []


async def test_a_text_with_an_image_in_it_is_explained_as_a_text(shop, scripted):
    scripted.scripts.append(["It says so."])
    uri, marks = shop.open("README.md", "«# Shop\n\n![a](none.png)\n»", "markdown")
    await shop.explain(uri, marks.selection)
    assert "# Shop" in said(scripted)


async def test_a_problem_is_explained_at_its_code(shop, scripted):
    scripted.scripts.append(["It means that."])
    uri, marks = shop.open("shop/orders.py", ORDERS)
    at = lsp.Range(lsp.Position(5, 19), lsp.Position(5, 27))
    actions = await shop.code_actions(
        uri,
        Span(marks.selection.start, marks.selection.start),
        [lsp.Diagnostic(at, "no such name")],
    )
    await shop.execute(actions["Qwen: Explain this problem"].command)
    asked = said(scripted)
    assert "line 6, `return sum(price_of(one) for one in articles)`: no such name" in asked
    assert "def total" in asked.partition("The code with the problem:")[2]
    [shown] = shop.shown_documents
    assert Path(unquote(urlsplit(shown).path)).read_text().startswith("It means that.")


async def test_without_a_problem_there_is_none_to_explain(shop):
    uri, marks = shop.open("shop/orders.py", ORDERS)
    with pytest.raises(JsonRpcException, match="There is no problem in the request"):
        await shop.explain(uri, marks.selection, scope="diagnostic", diagnostics=[])


async def test_a_whole_file_is_explained_by_its_outline_if_it_is_long(shop, scripted, workspace):
    scripted.scripts.append(["It is long."])
    body = "".join(f"    value_{number} = {number}\n" for number in range(30))
    code = "".join(f"def function_{number}():\n{body}\n" for number in range(60))
    (workspace / "shop" / "long.py").write_text(code)
    uri, _ = shop.open("shop/long.py", code)
    await shop.until_indexed(lambda index: index.files >= 5)
    await shop.explain(uri, Span(0, 0), scope="file")
    asked = said(scripted)
    assert "def function_59():" in asked
    assert "value_3" not in asked


async def test_a_workspace_is_explained_by_its_main_definitions(shop, scripted):
    scripted.scripts.append(["It sells; `price_of` says for how much."])
    markdown = await shop.explain_workspace()
    asked = said(scripted)
    assert "name `shop`, description `Sells pens`" in asked
    assert "shop/stock.py\n  def price_of(article) — Look it up." in asked
    assert "hunter2" not in asked
    assert f"[`price_of`]({uri_of(shop, 'shop/stock.py', 1)})" in markdown


async def test_the_workspace_has_a_command(shop, scripted):
    scripted.scripts.append(["It sells."])
    await shop.execute(lsp.Command("Explain", command="qwen.explainWorkspace"))
    [shown] = shop.shown_documents
    assert Path(unquote(urlsplit(shown).path)).read_text() == "It sells."


async def test_a_workspace_that_is_not_indexed_is_said_to_be_one(scripted_editor):
    with pytest.raises(JsonRpcException, match="no indexed workspace folder; open one"):
        await scripted_editor.explain_workspace()


@pytest.mark.parametrize(
    ("options", "more", "asked"),
    [
        pytest.param({"language": "de"}, {}, "Answer in German", id="as set"),
        pytest.param(
            {}, {"instruction": "Was tut das?"}, "Answer in the language of", id="as asked"
        ),
    ],
)
async def test_it_is_answered_in_the_users_language(open_editor, scripted, options, more, asked):
    scripted.scripts.append(["Es zählt."])
    model = {"model": str(scripted.model), "index": {"enabled": False}}
    editor = await open_editor(options={**model, **options})
    uri, marks = editor.open("x.py", "«x = 1»\n")
    assert await editor.explain(uri, marks.selection, **more) == "Es zählt."
    assert asked in said(scripted)
    assert more.get("instruction", "") in said(scripted)


async def test_a_thought_is_never_shown_but_said_to_be_one(scripted_editor, scripted):
    scripted.scripts.append(["<thi", "nk>Hm, `x", "</th", "ink>\n\nIt ", "sets `x`."])
    uri, marks = scripted_editor.open("x.py", "«x = 1»\n")
    markdown = await scripted_editor.explain(uri, marks.selection, workDoneToken="work")
    assert markdown == streamed(scripted_editor) == "It sets `x`."
    work = [value for token, value in scripted_editor.progress if token == "work"]
    assert [one["kind"] for one in work] == ["begin", "report", "report", "report", "end"]
    assert [one["message"] for one in work[1:-1]] == ["reading the code", "thinking", "writing"]
    assert scripted.requests[0]["chat_template_kwargs"] == {"enable_thinking": False}


async def test_thinking_can_be_turned_on(open_editor, scripted):
    scripted.scripts.append(["It."])
    options = {"model": str(scripted.model), "explain": {"thinking": True}}
    editor = await open_editor(options=options)
    uri, marks = editor.open("x.py", "«x = 1»\n")
    await editor.explain(uri, marks.selection)
    assert scripted.requests[0]["chat_template_kwargs"] == {"enable_thinking": True}
    assert scripted.requests[0]["max_tokens"] > 2000


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        pytest.param(["<think>Hm"], "still thinking when its answer ended", id="only a thought"),
        pytest.param([], "The model answered nothing; ask again", id="nothing"),
        pytest.param([" \n"], "The model answered nothing; ask again", id="blanks"),
        pytest.param(["<|im_end|>", "x"], "The model answered nothing", id="a control token"),
    ],
)
async def test_an_answer_without_words_is_an_error(scripted_editor, scripted, script, sentence):
    scripted.scripts.append(script)
    uri, marks = scripted_editor.open("x.py", "«x = 1»\n")
    with pytest.raises(JsonRpcException, match=sentence):
        await scripted_editor.explain(uri, marks.selection)


async def test_a_control_token_ends_the_answer(scripted_editor, scripted):
    scripted.scripts.append(["It sets `x`.<|im", "_end|>\n<|im_start|>user"])
    uri, marks = scripted_editor.open("x.py", "«x = 1»\n")
    assert await scripted_editor.explain(uri, marks.selection) == "It sets `x`."


async def test_an_answer_that_repeats_itself_ends(scripted_editor, scripted):
    sentence = (
        "It sets `x`, which is a name that stands for the number one, and that is all it does. "
    )
    scripted.scripts.append([sentence, sentence, HANG])
    uri, marks = scripted_editor.open("x.py", "«x = 1»\n")
    assert await scripted_editor.explain(uri, marks.selection) == sentence * 2
    await scripted.until(lambda: scripted.hang_ups == 1, "the hang-up")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        pytest.param("", "The file is empty", id="an empty file"),
        pytest.param("\0\1\2", "This is a binary file", id="a binary file"),
        pytest.param("x = 1\n" * 9000, r"has 9000 lines, of which about \d+ can", id="a huge one"),
    ],
)
async def test_what_cannot_be_explained_says_why(scripted_editor, scripted, text, sentence):
    uri, _ = scripted_editor.open("x.py", text)
    with pytest.raises(JsonRpcException, match=sentence):
        await scripted_editor.explain(uri, Span(0, len(text)))
    assert scripted.requests == []


async def test_a_document_may_be_closed_meanwhile(scripted_editor, scripted):
    scripted.scripts.append([HOLD, "It sets `x`."])
    uri, marks = scripted_editor.open("x.py", "«x = 1»\n")
    asking = asyncio.create_task(scripted_editor.explain(uri, marks.selection))
    await scripted.until(lambda: len(scripted.requests) == 1, "the request")
    scripted_editor.client.text_document_did_close(
        lsp.DidCloseTextDocumentParams(lsp.TextDocumentIdentifier(uri))
    )
    await scripted_editor.status()
    scripted.released.set()
    assert await asking == "It sets `x`."


async def test_cancelling_an_explanation_stops_the_engine(scripted_editor, scripted):
    scripted.scripts.append(["It sets ", HANG])
    uri, marks = scripted_editor.open("x.py", "«x = 1»\n")
    asking = asyncio.create_task(
        scripted_editor.explain(uri, marks.selection, workDoneToken="work")
    )
    await scripted_editor.until(lambda: streamed(scripted_editor) == "It sets ", "its beginning")
    [pending] = [
        number
        for number, future in scripted_editor.client.protocol._request_futures.items()
        if not future.done()
    ]
    scripted_editor.client.cancel_request(lsp.CancelParams(pending))
    with pytest.raises(JsonRpcException):
        await asking
    await scripted.until(lambda: scripted.hang_ups == 1, "the hang-up")
    assert ("work", {"kind": "end"}) in scripted_editor.progress


@pytest.fixture
def command_line(scripted, workspace, tmp_path):
    """A function that runs `qwen-lsp explain` on the workspace with the scripted engine."""
    for name, text in FILES.items():
        (workspace / name).parent.mkdir(exist_ok=True)
        (workspace / name).write_text(text)
    settings = tmp_path / "config" / "qwen-lsp"
    settings.mkdir(parents=True)
    (settings / "config.toml").write_text(f'model = "{scripted.model}"\n')
    environment = {**os.environ, "XDG_CONFIG_HOME": str(settings.parent)}

    async def run(place: str) -> str:
        command = [sys.executable, "-m", "qwen_lsp", "explain", f"{workspace}/{place}"]
        done = await asyncio.to_thread(
            subprocess.run,
            command,
            capture_output=True,
            text=True,
            check=False,
            timeout=280,
            env=environment,
        )
        return done.stdout if done.returncode == 0 else done.stderr

    return run


async def test_the_command_line_explains_lines_a_symbol_a_file_and_a_workspace(
    command_line, scripted
):
    for place, shown, hidden in (
        ("shop/orders.py:4-6", "class Order", "def unrelated"),
        ("shop/orders.py:Order.total", "def total", "class Order"),
        ("shop/orders.py", "def unrelated", "Sells pens"),
        ("", "name `shop`, description `Sells pens`", "hunter2"),
    ):
        scripted.scripts.append(["It asks `price", "_of`."])
        text = await command_line(place)
        assert text.startswith("It asks `price_of` (shop/stock.py:1).")
        asked = said(scripted).rpartition("Explain this code:")[2]
        assert shown in asked
        assert hidden not in asked


async def test_the_command_line_says_what_is_not_there(command_line):
    said_so = await command_line("shop/orders.py:Basket")
    assert said_so.endswith("shop/orders.py defines nothing called Basket.\n")


async def test_the_real_model_explains_with_links_that_lead_somewhere(
    open_editor, model_path, workspace
):
    del model_path
    for name, text in FILES.items():
        (workspace / name).parent.mkdir(exist_ok=True)
        (workspace / name).write_text(text)
    editor = await open_editor()
    await editor.until_indexed(lambda index: index.files >= 4)
    uri, marks = editor.open("shop/orders.py", ORDERS)
    markdown = await editor.explain(uri, marks.selection)
    targets = re.findall(r"\]\(file://([^)#]+)#L(\d+)\)", markdown)
    assert targets
    for path, line in targets:
        assert len(Path(unquote(path)).read_text().splitlines()) >= int(line)
