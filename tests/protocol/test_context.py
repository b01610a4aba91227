"""What of the workspace goes into a completion's prompt, as the engine gets it."""

import pytest

FILES = {
    "shop/prices.py": "def with_vat(net: float) -> float:\n    return net * 1.19\n",
    "shop/log.py": "class Log:\n    def order(self, number: int) -> None: ...\n",
    "secret/keys.py": "def launch_code() -> int: ...\n",
    ".gitignore": "secret/\n",
    "shop/.env": "TOKEN=hunter2\n",
}


@pytest.fixture
async def shop(open_editor, scripted, workspace):
    """An editor on a workspace that is indexed, before a scripted engine."""
    for name, text in FILES.items():
        (workspace / name).parent.mkdir(exist_ok=True)
        (workspace / name).write_text(text)

    async def start(**settings):
        editor = await open_editor(options={"model": str(scripted.model), **settings})
        await editor.until_indexed(lambda index: index.files == 2)
        return editor

    return start


def text_of(request):
    """Return a prompt as text, control tokens by their names."""
    return "".join(
        one if isinstance(one, str) else f"<{one['token']}>" for one in request["prompt"]
    )


async def test_the_definition_of_an_imported_name_is_in_the_prompt(shop, scripted):
    editor = await shop()
    scripted.scripts = [["with_vat(1)", "\n"]]
    uri, marks = editor.open("shop/a.py", "from shop.prices import with_vat\nx = │\n")
    await editor.complete(uri, marks.cursor)
    prompt = text_of(scripted.requests[0])
    assert "<file_sep>shop/prices.py\ndef with_vat(net: float) -> float:\n" in prompt
    assert prompt.index("shop/prices.py") < prompt.index("<file_sep>shop/a.py\n<fim_prefix>")


async def test_the_members_of_the_class_before_the_dot_are_in_the_prompt(shop, scripted):
    editor = await shop()
    scripted.scripts = [["order(1)", "\n"]]
    uri, marks = editor.open("shop/a.py", "def f(log: 'Log'):\n    log.│\n")
    await editor.complete(uri, marks.cursor)
    assert "def order(self, number: int)" in text_of(scripted.requests[0])


async def test_ignored_and_secret_files_are_in_no_prompt(shop, scripted):
    editor = await shop()
    scripted.scripts = [["1", "\n"]]
    editor.open("secret/keys.py", FILES["secret/keys.py"])
    uri, marks = editor.open("shop/a.py", "from secret.keys import launch_code\nTOKEN = │\n")
    await editor.complete(uri, marks.cursor)
    prompt = text_of(scripted.requests[0])
    assert "hunter2" not in prompt
    assert "-> int" not in prompt


async def test_without_budget_there_is_only_the_document(shop, scripted):
    editor = await shop(completion={"contextTokens": 0})
    scripted.scripts = [["1", "\n"]]
    uri, marks = editor.open("shop/a.py", "from shop.prices import with_vat\nx = │\n")
    await editor.complete(uri, marks.cursor)
    assert text_of(scripted.requests[0]).startswith("<fim_prefix>from shop.prices import with_vat")


async def test_typing_on_leaves_the_context_as_it_is(shop, scripted):
    editor = await shop()
    scripted.scripts = [["1", "\n"], ["2", "\n"]]
    uri, marks = editor.open("shop/a.py", "from shop.prices import with_vat\nx = │\n")
    await editor.complete(uri, marks.cursor)
    typed = "0\nlog = Log()\nlog."
    editor.change(uri, marks.selection, typed)
    await editor.complete(uri, marks.cursor + len(typed))
    first, second = (text_of(one).split("<fim_middle>")[0] for one in scripted.requests)
    assert first == second


async def test_what_was_edited_lately_elsewhere_is_in_the_prompt(shop, scripted):
    editor = await shop()
    scripted.scripts = [["1", "\n"]]
    other, marks = editor.open("shop/log.py", FILES["shop/log.py"].replace("...", "│..."))
    editor.change(other, marks.selection, "self.lately = 1; ")
    uri, marks = editor.open("shop/zero.py", "a = │\n")
    await editor.until_indexed(lambda index: index.files == 2)
    await editor.complete(uri, marks.cursor)
    assert "self.lately = 1" in text_of(scripted.requests[0])


async def test_the_members_before_the_dot_are_told_again_where_the_context_is_kept(shop, scripted):
    editor = await shop()
    scripted.scripts = [["1", "\n"], ["der(2)", "\n"]]
    uri, marks = editor.open("shop/a.py", "from shop.log import Log\nx = │\n")
    await editor.complete(uri, marks.cursor)
    typed = "0\nlog = Log()\nlog.or"
    editor.change(uri, marks.selection, typed)
    await editor.complete(uri, marks.cursor + len(typed))
    first, second = scripted.requests[:2]
    assert first["likely"] == []
    assert [one["text"] for one in second["likely"]] == ["der"]
    assert second["likely"][0]["bonus"] > 0


async def test_a_member_of_the_class_is_offered_not_one_that_there_is_not(open_editor, workspace):
    (workspace / "store.py").write_text(
        "class Store:\n    def discard_quietly(self, name: str) -> None: ...\n"
        "    def fetch_or_wait(self, name: str) -> bytes: ...\n"
    )
    editor = await open_editor()
    await editor.until_indexed(lambda index: index.files == 1)
    uri, marks = editor.open(
        "a.py",
        "from store import Store\n\n\ndef remove(store: Store, name: str) -> None:\n"
        '    """Delete a file."""\n    store.│\n',
    )
    [offered] = await editor.complete(uri, marks.cursor)
    assert offered.insert_text.startswith(("discard_quietly(", "fetch_or_wait("))
