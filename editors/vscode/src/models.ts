// Choosing a model, and fetching it: what `qwen-lsp model` does, with VS Code's own progress.
import { execFile, spawn } from "node:child_process";
import { homedir } from "node:os";
import { promisify } from "node:util";
import * as vscode from "vscode";
import { findServer, type Command } from "./findServer";

/** A line of `qwen-lsp model list --json`. */
interface Model {
  name: string;
  default: boolean;
  parameters: string;
  bytes: number | null;
  licence: string | null;
  installed: boolean;
  fim: boolean | null;
}

interface Choice extends vscode.QuickPickItem {
  model: Model;
}

/** Lets the user choose a model, fetches it if need be, and sets it. */
export async function chooseModel(log: vscode.LogOutputChannel): Promise<void> {
  const command = await found();
  const models = command && (await listed(command));
  if (command === undefined || models === undefined) {
    return;
  }
  const chosen = await vscode.window.showQuickPick(models.map(choiceOf), {
    title: "Qwen: Choose a model",
    placeHolder: "What is not installed is fetched first",
    matchOnDescription: true,
  });
  if (chosen === undefined) {
    return;
  }
  if (chosen.model.installed || (await fetched(command, chosen.model.name, log))) {
    const settings = vscode.workspace.getConfiguration("qwen-lsp");
    await settings.update("model", chosen.model.name, vscode.ConfigurationTarget.Global);
    done(chosen.model.name);
  }
}

/** Fetches the model that is recommended for a first try. */
export async function pullModel(log: vscode.LogOutputChannel): Promise<void> {
  const command = await found();
  const models = command && (await listed(command));
  const wanted = models?.find((one) => one.default);
  if (command === undefined || wanted === undefined) {
    return;
  }
  if (wanted.installed || (await fetched(command, wanted.name, log))) {
    done(wanted.name);
  }
}

function done(name: string): void {
  void vscode.commands.executeCommand("setContext", "qwen-lsp.hasModel", true);
  void vscode.window.showInformationMessage(`Qwen: ${name} is installed and will be used.`);
}

async function found(): Promise<Command | undefined> {
  const command = await findServer();
  if (command === undefined) {
    const sentence = "Qwen: qwen-lsp is not installed yet; install it first.";
    void vscode.window.showErrorMessage(sentence);
  }
  return command;
}

async function listed({ program, args }: Command): Promise<Model[] | undefined> {
  try {
    const asked = [...args, "model", "list", "--json"];
    const { stdout } = await promisify(execFile)(program, asked, { cwd: homedir() });
    return JSON.parse(stdout) as Model[];
  } catch (error) {
    void vscode.window.showErrorMessage(`Qwen: the models cannot be listed: ${lastLine(String(error))}`);
    return undefined;
  }
}

function choiceOf(model: Model): Choice {
  const size = model.bytes ? `${Math.round(model.bytes / 1e6)} MB` : "";
  const notes = [
    model.installed ? "$(check) installed" : "$(cloud-download) not installed",
    model.default ? "recommended for a first try" : "",
    model.fim === false ? "no fill in the middle: completions are slower and less exact" : "",
  ];
  return {
    label: model.name,
    description: [model.parameters, size, model.licence].filter(Boolean).join(" · "),
    detail: notes.filter(Boolean).join(" · "),
    model,
  };
}

/** Fetches a model with progress; returns whether it is there. */
async function fetched(command: Command, name: string, log: vscode.LogOutputChannel): Promise<boolean> {
  const options = {
    location: vscode.ProgressLocation.Notification,
    title: `Qwen: fetching ${name}`,
    cancellable: true,
  };
  const problem = await vscode.window.withProgress(options, (progress, token) =>
    pulled(command, name, log, progress, token),
  );
  if (problem !== undefined && problem !== "") {
    void vscode.window.showErrorMessage(`Qwen: ${problem}`);
  }
  return problem === undefined;
}

/** Returns undefined where it worked, "" where it was cancelled, else what went wrong. */
function pulled(
  { program, args }: Command,
  name: string,
  log: vscode.LogOutputChannel,
  progress: vscode.Progress<{ message: string; increment?: number }>,
  token: vscode.CancellationToken,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn(program, [...args, "model", "pull", name], { cwd: homedir() });
    let percent = 0;
    let last = "";
    token.onCancellationRequested(() => child.kill());
    child.stderr.setEncoding("utf-8").on("data", (text: string) => {
      for (const line of text.split("\n").filter((one) => one.trim() !== "")) {
        last = line.trim();
        log.info(last);
        const now = Number(/(\d+) %/.exec(last)?.[1] ?? percent);
        progress.report({ message: last, increment: Math.max(now - percent, 0) });
        percent = Math.max(now, percent);
      }
    });
    child.on("error", (error) => resolve(error.message));
    child.on("close", (code) => {
      resolve(code === 0 ? undefined : token.isCancellationRequested ? "" : last || "it failed.");
    });
  });
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}
