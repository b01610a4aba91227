// Starts the language server and stays with it: what it is doing, what to do when it is not there.
import { homedir } from "node:os";
import * as vscode from "vscode";
import {
  CloseAction,
  ErrorAction,
  LanguageClient,
  MessageType,
  ShowMessageNotification,
  type ClientCapabilities,
  type ExecuteCommandSignature,
  type ShowDocumentParams,
  type StaticFeature,
} from "vscode-languageclient/node";
import { findServer } from "./findServer";
import { logRequests } from "./requestLog";

export type State = "missing" | "starting" | "running" | "stopped";

/** What `didChangeStatus` says. */
export interface StatusNote {
  kind: "Normal" | "Error" | "Inactive";
  busy: boolean;
  message: string;
  percent?: number;
}

/** Takes what the server would have the editor do; false leaves it to the client. */
export interface Routes {
  command(name: string, argument: unknown): boolean;
  page(uri: vscode.Uri): Promise<boolean>;
}

export class Server implements vscode.Disposable {
  private readonly stateChanged = new vscode.EventEmitter<State>();
  private readonly statusTold = new vscode.EventEmitter<StatusNote>();
  private client: LanguageClient | undefined;
  private current: State = "starting";
  /** Why it is stopped, for people. */
  problem = "";

  readonly onState = this.stateChanged.event;
  readonly onStatus = this.statusTold.event;

  constructor(
    private readonly log: vscode.LogOutputChannel,
    private readonly settings: readonly string[],
    private readonly routes: Routes,
  ) {}

  get state(): State {
    return this.current;
  }

  /** The client of a server that runs; says what to do where there is none. */
  get running(): LanguageClient | undefined {
    if (this.current !== "running" || this.client === undefined) {
      void this.explainAbsence();
      return undefined;
    }
    return this.client;
  }

  /** Whether there is a server to ask, without a word where there is none. */
  get quietly(): LanguageClient | undefined {
    return this.current === "running" ? this.client : undefined;
  }

  async start(): Promise<void> {
    await this.stop();
    this.become("starting");
    const command = await findServer();
    if (command === undefined) {
      this.become("missing", "The program qwen-lsp was not found.");
      return;
    }
    // What it says of each request is not repeated: the client notes it by itself.
    const args = [...command.args, "serve", "--log-level", "WARNING"];
    this.log.info(`starting ${[command.program, ...args].join(" ")}`);
    // Not in a workspace's folder, where Python might import what lies there.
    const run = { command: command.program, args, options: { cwd: homedir() } };
    const client = new LanguageClient("qwen-lsp", "Qwen", run, {
      documentSelector: [{ scheme: "file" }, { scheme: "untitled" }],
      outputChannel: this.log,
      synchronize: { configurationSection: "qwen-lsp" },
      initializationFailedHandler: () => false,
      errorHandler: {
        error: () => ({ action: ErrorAction.Continue, handled: true }),
        closed: () => {
          this.stopped(client, "The server stopped unexpectedly.");
          return { action: CloseAction.DoNotRestart, handled: true };
        },
      },
      middleware: {
        sendRequest: logRequests(this.log),
        executeCommand: (name, given, next) => this.execute(name, given, next),
        workspace: {
          configuration: ({ items }) => items.map(() => explicitSettings(this.settings)),
        },
        window: {
          showDocument: async (params, token, next) =>
            (await this.takesPage(params)) ? { success: true } : next(params, token),
        },
      },
    });
    client.registerFeature(new OurCapabilities());
    client.onNotification("didChangeStatus", (note: StatusNote) => this.statusTold.fire(note));
    this.client = client;
    try {
      await client.start();
    } catch (error) {
      this.stopped(client, error instanceof Error ? error.message : String(error));
      return;
    }
    if (this.client === client && this.current === "starting") {
      client.onNotification(ShowMessageNotification.type, ({ type, message }) =>
        this.showSentence(type, message),
      );
      this.become("running");
    }
  }

  async stop(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    if (client?.isRunning() === true) {
      await client.stop().catch(() => undefined);
    }
    await client?.dispose().catch(() => undefined);
  }

  dispose(): void {
    void this.stop();
  }

  /** Shows why there is no server, with what can be done about it. */
  async explainAbsence(): Promise<void> {
    if (this.current === "missing") {
      await offer(`Qwen: ${this.problem}`, { "Set up": "qwen-lsp.getStarted" });
    } else if (this.current === "stopped") {
      const ways = { Restart: "qwen-lsp.restart", "Show log": "qwen-lsp.showLog" };
      await offer(`Qwen: ${this.problem}`, ways);
    } else {
      void vscode.window.showInformationMessage("Qwen: the server is still starting.");
    }
  }

  private stopped(client: LanguageClient, problem: string): void {
    if (this.client !== client || this.current === "stopped") {
      return; // it was stopped on purpose, or this was said already
    }
    this.log.error(problem);
    this.become("stopped", problem);
    void this.explainAbsence();
  }

  private become(state: State, problem = ""): void {
    this.current = state;
    this.problem = problem;
    void vscode.commands.executeCommand("setContext", "qwen-lsp.state", state);
    this.stateChanged.fire(state);
  }

  private execute(name: string, given: unknown[], next: ExecuteCommandSignature): unknown {
    return this.routes.command(name, given[0]) ? undefined : next(name, given);
  }

  private async takesPage(params: ShowDocumentParams): Promise<boolean> {
    return params.external === true && (await this.routes.page(vscode.Uri.parse(params.uri)));
  }

  private showSentence(type: MessageType, message: string): void {
    const sentence = message.replace(/^qwen-lsp: /, "Qwen: ");
    if (type === MessageType.Error) {
      const isModel = /model (pull|list)/.test(message);
      const ways = { ...(isModel ? { "Choose a model": "qwen-lsp.chooseModel" } : {}) };
      void offer(sentence, { ...ways, "Show log": "qwen-lsp.showLog" });
    } else if (type === MessageType.Warning) {
      void vscode.window.showWarningMessage(sentence);
    } else {
      void vscode.window.showInformationMessage(sentence);
    }
  }
}

/** Shows an error with buttons; each runs its command. */
export async function offer(sentence: string, ways: Record<string, string>): Promise<void> {
  const chosen = await vscode.window.showErrorMessage(sentence, ...Object.keys(ways));
  if (chosen !== undefined) {
    await vscode.commands.executeCommand(ways[chosen]);
  }
}

/**
 * Returns what the user set. What was left alone is not sent: it would hide the user's own
 * configuration file from the server.
 */
function explicitSettings(names: readonly string[]): Record<string, unknown> {
  const given: Record<string, unknown> = {};
  const settings = vscode.workspace.getConfiguration("qwen-lsp");
  for (const name of names) {
    const found = settings.inspect(name);
    const value = found?.workspaceFolderValue ?? found?.workspaceValue ?? found?.globalValue;
    if (value !== undefined) {
      given[name] = value;
    }
  }
  return given;
}

/** Tells the server what this editor shows by itself. */
class OurCapabilities implements StaticFeature {
  fillClientCapabilities(capabilities: ClientCapabilities): void {
    // Edits are made by a command then, which we take, rather than applied by the client.
    delete capabilities.textDocument?.codeAction?.resolveSupport;
    capabilities.experimental = {
      qwen: { status: true, trustedWorkspace: vscode.workspace.isTrusted },
    };
  }
  initialize(): void {}
  getState() {
    return { kind: "static" as const };
  }
  clear(): void {}
}

