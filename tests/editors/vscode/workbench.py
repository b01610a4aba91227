"""A real VS Code: its server, and windows of it in a real browser.

Keys go in as typing does, and what is asserted is what the browser shows. What cannot be read off
the screen is asked of VS Code's own API, through the probe extension.
"""

import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from tests.editors.surroundings import ROOT

HERE = Path(__file__).parent
PICTURES = ROOT / "build" / "vscode"
# A first answer waits for the model to be loaded, on a machine that may be busy.
PATIENCE_S = 120
WIDTH, HEIGHT = 1200, 760
SERVER = [sys.executable, "-m", "qwen_lsp"]
USUAL = {"qwen-lsp.server.command": SERVER, "security.workspace.trust.enabled": False}
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


def browser_path() -> str | None:
    """Return where Chromium is, None if there is none."""
    names = [os.environ.get("QWEN_BROWSER", ""), *BROWSERS]
    return next((found for name in names if name and (found := shutil.which(name))), None)


def patient(context):
    """Return a browser's context that waits as long as these tests do."""
    context.set_default_timeout(1000 * PATIENCE_S)
    return context


def wait_until(probe, what, timeout=PATIENCE_S):
    """Return the first true value of `probe()`; `what` names it when it never comes."""
    end = time.monotonic() + timeout
    value = None
    while True:
        try:
            if value := probe():
                return value
        except (OSError, http.client.HTTPException) as error:
            value = error
        assert time.monotonic() < end, f"not within {timeout} s: {what}; the last is {value!r}"
        time.sleep(0.05)


class CodeServer:
    """The process that serves VS Code, with an extensions folder and settings of its own."""

    def __init__(self, program: Path, folder: Path, extension: Path) -> None:
        self.program, self.folder = program, folder
        for kind in ("User", "Machine"):
            (folder / "data" / kind).mkdir(parents=True)
        self.probes = folder / "probes"
        self.probes.mkdir()
        extensions = folder / "extensions"
        shutil.copytree(HERE / "probe", extensions / "qwen-lsp-tests.probe-0.0.1")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{port}"
        self.options: list[str | Path] = [
            *("--user-data-dir", folder / "data", "--extensions-dir", extensions),
            *("--config", folder / "config.yaml", "--disable-telemetry", "--disable-update-check"),
        ]
        self.arguments: list[str | Path] = [
            *("--auth", "none", "--bind-addr", self.address.removeprefix("http://")),
            "--disable-getting-started-override",
        ]
        done = subprocess.run(
            [program, *self.options, "--install-extension", extension],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        self.set({})

    def __enter__(self):
        log = (self.folder / "log").open("w")
        self.process = subprocess.Popen(
            [self.program, *self.options, *self.arguments],
            env={**os.environ, "QWEN_PROBES": str(self.probes)},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        log.close()
        wait_until(self._answers, "code-server answers")
        return self

    def __exit__(self, *_):
        # Its children keep the port if only the parent ends.
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(20)

    def set(self, settings) -> None:
        """Write the user's settings for windows to be opened, besides those of all tests."""
        settings = {**json.loads((HERE / "settings.json").read_text()), **USUAL, **settings}
        # Those of a machine, such as a program on it, are in a file of their own.
        ours = {name: value for name, value in settings.items() if name.startswith("qwen-lsp.")}
        data = self.folder / "data"
        (data / "Machine" / "settings.json").write_text(json.dumps(ours))
        (data / "User" / "settings.json").write_text(json.dumps(settings))

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection(self.address.removeprefix("http://"), timeout=5)
        with contextlib.closing(connection):
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200


class Window:
    """One window on one folder."""

    def __init__(self, server: CodeServer, context, folder: Path) -> None:
        self.folder = folder
        self.page = context.new_page()
        self.page.goto(f"{server.address}/?folder={folder}", wait_until="domcontentloaded")
        self._socket = server.probes / folder.name
        wait_until(lambda: self.ask("return vscode.version"), "extensions run")

    def close(self) -> None:
        self.page.close()

    def ask(self, code: str, **args):
        """Run code where extensions run; returns what it returns."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(PATIENCE_S)
            connection.connect(str(self._socket))
            client = http.client.HTTPConnection("localhost")
            client.sock = connection
            client.request("POST", "/", json.dumps({"code": code, "args": args}))
            answer = json.loads(client.getresponse().read())
        assert "error" not in answer, answer["error"]
        return answer["value"]

    def open(self, name: str, text: str) -> None:
        """Write a file and open it alone, with the cursor at its end."""
        path = self.folder / name
        self.ask(
            """
            await vscode.workspace.saveAll(); // else closing would ask whether to
            await vscode.commands.executeCommand("workbench.action.closeAllEditors");
            const uri = vscode.Uri.file(args.path);
            await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(args.text));
            const document = await vscode.workspace.openTextDocument(uri);
            const editor = await vscode.window.showTextDocument(document, { preview: false });
            // It may be as a test before left it, until VS Code looks at the disk again.
            await vscode.commands.executeCommand("workbench.action.files.revert");
            const end = document.positionAt(1e9);
            editor.selection = new vscode.Selection(end, end);
            """,
            path=str(path),
            text=text,
        )
        wait_until(lambda: self.text() == text, "the text is there")
        tab = self.page.locator(".tab.active", has_text=name)
        tab.wait_for()
        self.page.locator(".editor-instance .monaco-editor").first.wait_for()
        wait_until(lambda: self.status() not in ("", "starting"), "the server is up, or is not")
        self.focus()

    def set(self, name: str, value) -> None:
        """Set one of the user's settings in an open window; None leaves it as it was."""
        self.ask(
            """
            const settings = vscode.workspace.getConfiguration();
            const { Global } = vscode.ConfigurationTarget;
            await settings.update(args.name, args.value ?? undefined, Global);
            """,
            name=name,
            value=value,
        )

    def focus(self) -> None:
        self.command("workbench.action.focusActiveEditorGroup")

    def command(self, name: str, *args):
        code = "return (await vscode.commands.executeCommand(args.name, ...args.args)) && true"
        return self.ask(code, name=name, args=list(args))

    def begin(self, name: str) -> None:
        """Run a command without waiting for its end."""
        self.ask("void vscode.commands.executeCommand(args.name)", name=name)

    def select(self, first: int, last: int) -> None:
        """Select whole lines, by their numbers."""
        self.ask(
            """
            const editor = vscode.window.activeTextEditor;
            const { end } = editor.document.lineAt(args.last - 1).range;
            editor.selection = new vscode.Selection(new vscode.Position(args.first - 1, 0), end);
            """,
            first=first,
            last=last,
        )

    def text(self, name: str = "") -> str:
        """Return the text of the active editor, or of an open file."""
        return self.ask(
            """
            const active = vscode.window.activeTextEditor?.document;
            const documents = vscode.workspace.textDocuments;
            const named = documents.find((one) => one.uri.path.endsWith("/" + args.name));
            return (args.name ? named : active)?.getText() ?? "";
            """,
            name=name,
        )

    def type(self, text: str) -> None:
        self.page.keyboard.type(text, delay=40)

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)

    def ghost_text(self) -> str:
        """Return what is shown as ghost text."""
        shown = self.page.evaluate(
            """[...document.querySelectorAll(
                ".ghost-text-decoration, .ghost-text, .suggest-preview-text"
            )].map((one) => one.textContent.replaceAll("\\u00a0", " ")).join("")"""
        )
        return shown.strip("\n")

    def status_item(self):
        return self.page.locator('.statusbar-item[id="qwen-lsp.qwen-lsp.qwen-lsp"]')

    def status(self) -> str:
        """Return what the status bar's item says to a screen reader."""
        label = self.status_item().locator("a").first.get_attribute("aria-label")
        return (label or "").removeprefix("Qwen: ")

    def notification(self, text: str):
        """Return the message that holds a text once it is there."""
        found = self.page.locator(".notification-list-item", has_text=text).first
        found.wait_for()
        return found

    def web_view(self):
        """Return what finds things in the web view that is shown."""
        return self.page.frame_locator("iframe.webview.ready").frame_locator("#active-frame")

    def picture(self, name: str) -> Path:
        PICTURES.mkdir(parents=True, exist_ok=True)
        path = PICTURES / f"{name}.png"
        self.page.screenshot(path=path)
        return path
