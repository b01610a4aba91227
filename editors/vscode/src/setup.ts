// The walkthrough's commands: install the server in the way the user chooses, or name one.
import * as path from "node:path";
import * as vscode from "vscode";
import { ownEnvironment } from "./findServer";

interface Way extends vscode.QuickPickItem {
  command: string;
}

export async function getStarted(extension: vscode.Extension<unknown>): Promise<void> {
  const walkthrough = `${extension.id}#qwen-lsp.start`;
  await vscode.commands.executeCommand("workbench.action.openWalkthrough", walkthrough, false);
}

/** Lets the user choose how to install the server; the command is shown before it runs. */
export async function installServer(extensionUri: vscode.Uri): Promise<void> {
  // The sources that came with this extension: nothing is looked up by a name.
  const source = quoted(vscode.Uri.joinPath(extensionUri, "server").fsPath);
  const environment = ownEnvironment();
  const pip = quoted(path.join(environment, "bin", "pip"));
  const ways: Way[] = [
    { label: "pipx", command: `pipx install --force ${source}` },
    { label: "uv", command: `uv tool install --force ${source}` },
    {
      label: "A virtual environment of its own",
      command: `python3 -m venv ${quoted(environment)} && ${pip} install ${source}`,
    },
  ].map((way) => ({ ...way, detail: way.command }));
  const chosen = await vscode.window.showQuickPick(ways, {
    title: "Qwen: Install the server",
    placeHolder: "How to install it. It builds llama.cpp for this machine: 4 to 9 minutes.",
  });
  if (chosen === undefined) {
    return;
  }
  const detail = `${chosen.command}\n\nIt needs Python 3.11 or newer and a C++ compiler.`;
  const answer = await vscode.window.showInformationMessage(
    "Run this command in a terminal?",
    { modal: true, detail },
    "Run",
    "Copy",
  );
  if (answer === "Copy") {
    await vscode.env.clipboard.writeText(chosen.command);
  } else if (answer === "Run") {
    const terminal = vscode.window.createTerminal({ name: "Install qwen-lsp" });
    terminal.show();
    terminal.sendText(chosen.command);
  }
}

/** Lets the user name the program. */
export async function chooseServer(): Promise<void> {
  const picked = await vscode.window.showOpenDialog({
    title: "The program qwen-lsp",
    openLabel: "Use it",
    canSelectMany: false,
  });
  if (picked?.[0] !== undefined) {
    const settings = vscode.workspace.getConfiguration("qwen-lsp");
    const command = [picked[0].fsPath];
    await settings.update("server.command", command, vscode.ConfigurationTarget.Global);
  }
}

function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
