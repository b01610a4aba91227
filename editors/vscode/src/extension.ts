// Puts the parts together, and says which command does what.
import * as vscode from "vscode";
import { showPage } from "./contextPage";
import { asked, Edits, sentenceOf, type Selection } from "./edits";
import { Explanations } from "./explanation";
import { chooseModel, pullModel } from "./models";
import { Screen } from "./preview";
import { Server } from "./server";
import { chooseServer, getStarted, installServer } from "./setup";
import { StatusBar } from "./statusBar";

const PRESETS = ["fix", "doc", "types", "simplify", "tests", "errors", "todo"];

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const media = vscode.Uri.joinPath(context.extensionUri, "media");
  const log = vscode.window.createOutputChannel("Qwen", { log: true });
  const screen = new Screen(media);
  const server: Server = new Server(log, settingNames(context), {
    command: (name, argument) => route(name, argument),
    page: showPage,
  });
  const edits = new Edits(server, screen);
  const explanations = new Explanations(server, media);
  const bar = new StatusBar(server);

  /** Takes the commands of code actions, which would otherwise be done without being shown. */
  function route(name: string, argument: unknown): boolean {
    if (name === "qwen.edit") {
      void edits.make(argument as Selection);
    } else if (name === "qwen.explain") {
      const selection = argument as Selection;
      void explanations.explain(titleOf(selection), asked(selection));
    } else if (name === "qwen.explainWorkspace") {
      void explanations.explain("The workspace", { scope: "workspace" });
    } else {
      return false;
    }
    return true;
  }

  function withEditor(run: (editor: vscode.TextEditor) => unknown): () => Promise<void> {
    return async () => {
      const editor = vscode.window.activeTextEditor;
      if (editor === undefined) {
        void vscode.window.showInformationMessage("Qwen: open a file first.");
        return;
      }
      try {
        await run(editor);
      } catch (error) {
        void vscode.window.showErrorMessage(`Qwen: ${sentenceOf(error)}`);
      }
    };
  }

  async function showContext({ document, selection }: vscode.TextEditor): Promise<void> {
    const range = {
      start: { line: selection.start.line, character: selection.start.character },
      end: { line: selection.end.line, character: selection.end.character },
    };
    const place = selection.isEmpty ? { position: range.end } : { range, task: "edit" };
    const params = { textDocument: { uri: document.uri.toString() }, ...place };
    const argument = { command: "qwen.context", arguments: [params] };
    await server.running?.sendRequest("workspace/executeCommand", argument);
  }

  async function menu(): Promise<void> {
    const pause = bar.isPaused ? "Resume completions" : "Pause completions";
    const choices: [string, string][] = [
      ["$(edit) Edit…", "qwen-lsp.edit"],
      ["$(comment-discussion) Explain", "qwen-lsp.explain"],
      ["$(book) Explain the workspace", "qwen-lsp.explainWorkspace"],
      ["$(list-tree) Show what the model reads here", "qwen-lsp.showContext"],
      [`$(debug-pause) ${pause}`, "qwen-lsp.togglePause"],
      ["$(server-process) Choose a model", "qwen-lsp.chooseModel"],
      ["$(debug-restart) Restart the server", "qwen-lsp.restart"],
      ["$(output) Show the log", "qwen-lsp.showLog"],
      ["$(rocket) Get started", "qwen-lsp.getStarted"],
    ];
    const items = choices.map(([label, command]) => ({ label, command }));
    const chosen = await vscode.window.showQuickPick(items, { title: `Qwen: ${bar.words}` });
    if (chosen !== undefined) {
      await vscode.commands.executeCommand(chosen.command);
    }
  }

  async function setPaused(isPaused: boolean): Promise<void> {
    const settings = vscode.workspace.getConfiguration("qwen-lsp");
    const isOfWorkspace = settings.inspect("completion.enabled")?.workspaceValue !== undefined;
    const { Global, Workspace } = vscode.ConfigurationTarget;
    await settings.update("completion.enabled", !isPaused, isOfWorkspace ? Workspace : Global);
  }

  const preview = (run: (index: number) => unknown) => (index?: number) =>
    screen.current && run(index ?? screen.current.hunkAtCursor());

  const commands: Record<string, (...given: never[]) => unknown> = {
    explain: withEditor((editor) => explanations.explain(...aboutOf(editor))),
    explainWorkspace: () => explanations.explain("The workspace", { scope: "workspace" }),
    edit: withEditor((editor) => edits.askInWords(editor)),
    showContext: withEditor(showContext),
    restart: () => server.start(),
    togglePause: () => setPaused(!bar.isPaused),
    pause: () => setPaused(true),
    resume: () => setPaused(false),
    chooseModel: () => chooseModel(log),
    pullModel: () => pullModel(log),
    showLog: () => log.show(),
    menu,
    getStarted: () => getStarted(context.extension),
    findServer: async () => {
      await server.start();
      if (server.state === "running") {
        void vscode.window.showInformationMessage("Qwen: the server was found and runs.");
      } else {
        await server.explainAbsence();
      }
    },
    installServer: () => installServer(context.extensionUri),
    chooseServer,
    accept: preview((index) => screen.current?.accept(index)),
    discard: preview((index) => screen.current?.discard(index)),
    acceptAll: () => screen.current?.acceptAll(),
    discardAll: () => screen.current?.close(),
    nextChange: () => screen.current?.move(1),
    previousChange: () => screen.current?.move(-1),
  };
  for (const name of PRESETS) {
    commands[name] = withEditor((editor) => edits.preset(editor, name));
  }
  for (const [name, run] of Object.entries(commands)) {
    context.subscriptions.push(vscode.commands.registerCommand(`qwen-lsp.${name}`, run));
  }

  context.subscriptions.push(
    log,
    server,
    screen,
    explanations,
    bar,
    vscode.workspace.onDidGrantWorkspaceTrust(() => server.start()),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration("qwen-lsp.server")) {
        void server.start();
      }
    }),
    vscode.window.onDidChangeActiveTextEditor((editor) => {
      const uri = editor?.document.uri.toString();
      const params = uri === undefined ? {} : { textDocument: { uri } };
      void server.quietly?.sendNotification("textDocument/didFocus", params);
    }),
  );
  await server.start();
  if (server.state === "missing" && !context.globalState.get("wasShown", false)) {
    await context.globalState.update("wasShown", true);
    await getStarted(context.extension);
  }
}

function settingNames(context: vscode.ExtensionContext): string[] {
  const contributed = context.extension.packageJSON.contributes.configuration.properties;
  return Object.keys(contributed)
    .map((name) => name.replace(/^qwen-lsp\./, ""))
    .filter((name) => !name.startsWith("server."));
}

function aboutOf({ document, selection }: vscode.TextEditor): [string, object] {
  const uri = document.uri.toString();
  const range = {
    start: { line: selection.start.line, character: selection.start.character },
    end: { line: selection.end.line, character: selection.end.character },
  };
  const selected: Selection = { uri, version: document.version, range };
  return [titleOf(selected), asked(selected)];
}

/** Returns what an explanation is about, as `name:3-5`. */
function titleOf({ uri, range: { start, end } }: Selection): string {
  const name = vscode.Uri.parse(uri).path.split("/").at(-1);
  const last = end.character === 0 && end.line > start.line ? end.line - 1 : end.line;
  return `${name}:${start.line + 1}${last > start.line ? `-${last + 1}` : ""}`;
}
