// The status bar's item: what the server and the model are doing, and what to do about a problem.
import * as vscode from "vscode";
import type { Server, StatusNote } from "./server";

interface Engine {
  state: string;
  model: string;
  context: number;
  where: string;
  message: string;
  tokensPerSecond: number | null;
}

/** What `qwen/status` answers. */
interface Status {
  engine: Engine;
  /** The engine for edits and explanations, where it is another one. */
  edits: Engine | null;
  index: { state: string; files?: number; symbols?: number };
  paused: boolean;
}

interface Look {
  text: string;
  words: string;
  command?: string;
  isProblem?: boolean;
}

export class StatusBar implements vscode.Disposable {
  private readonly item: vscode.StatusBarItem;
  private readonly parts: vscode.Disposable[];
  private note: StatusNote | undefined;
  private status: Status | undefined;
  private updates = 0;

  constructor(private readonly server: Server) {
    this.item = vscode.window.createStatusBarItem("qwen-lsp", vscode.StatusBarAlignment.Right, 100);
    this.item.name = "Qwen";
    this.parts = [
      this.item,
      server.onState(() => void this.update(undefined)),
      server.onStatus((note) => void this.update(note)),
    ];
    this.draw();
    this.item.show();
  }

  get isPaused(): boolean {
    return this.note?.kind === "Inactive" || this.status?.paused === true;
  }

  /** What the item says, in words. */
  get words(): string {
    return this.look().words;
  }

  dispose(): void {
    vscode.Disposable.from(...this.parts).dispose();
  }

  private async update(note: StatusNote | undefined): Promise<void> {
    const number = ++this.updates;
    this.note = note;
    this.draw();
    const client = this.server.quietly;
    if (client === undefined) {
      this.status = undefined;
      return;
    }
    try {
      const status: Status = await client.sendRequest("qwen/status", {});
      if (number !== this.updates) {
        return; // a newer answer is under way
      }
      this.status = status;
    } catch {
      return; // the server is gone, which is told by its state
    }
    await vscode.commands.executeCommand("setContext", "qwen-lsp.paused", this.isPaused);
    this.draw();
  }

  private draw(): void {
    const { text, words, command, isProblem } = this.look();
    this.item.text = text;
    this.item.command = command ?? "qwen-lsp.menu";
    const colour = new vscode.ThemeColor("statusBarItem.warningBackground");
    this.item.backgroundColor = isProblem ? colour : undefined;
    this.item.tooltip = this.tooltip(words);
    this.item.accessibilityInformation = { label: `Qwen: ${words}`, role: "button" };
  }

  private look(): Look {
    const { server, note, status } = this;
    if (server.state === "missing") {
      return problem("not installed; click to set it up", "qwen-lsp.getStarted");
    }
    if (server.state === "stopped") {
      return problem("the server stopped; click to restart it", "qwen-lsp.restart");
    }
    if (server.state === "starting" || status === undefined) {
      return { text: "$(loading~spin) Qwen", words: "starting" };
    }
    if (note?.kind === "Error" || (note === undefined && status.engine.state === "failed")) {
      return problem(note?.message || status.engine.message || "the engine failed");
    }
    if (note?.percent !== undefined) {
      const words = `loading the model, ${note.percent} %`;
      return { text: `$(loading~spin) Qwen ${note.percent}%`, words };
    }
    if (note?.busy) {
      return { text: "$(sync~spin) Qwen", words: "thinking" };
    }
    if (this.isPaused) {
      return { text: "$(debug-pause) Qwen", words: "completions are paused" };
    }
    const isLoaded = status.engine.state !== "off";
    const words = isLoaded ? "ready" : "ready; the model is loaded when it is needed";
    return { text: "$(sparkle) Qwen", words };
  }

  private tooltip(words: string): vscode.MarkdownString {
    const text = new vscode.MarkdownString("", true);
    text.appendMarkdown("**Qwen** ").appendText(words);
    const { engine, edits, index } = this.status ?? {};
    if (engine !== undefined && index !== undefined) {
      const speed = engine.tokensPerSecond;
      const waits = edits?.state === "off" ? ", loaded when it is needed" : "";
      const rows = [
        ["Model", engine.model],
        ["Model for edits", edits ? edits.model + waits : ""],
        ["Context", engine.context ? `${engine.context} tokens` : ""],
        ["Speed", speed ? `${speed} tokens/s` : ""],
        ["Your code goes to", engine.where],
        ["Index", index.files ? `${index.state}, ${index.files} files` : index.state],
      ];
      for (const [name, value] of rows) {
        if (value) {
          text.appendMarkdown(`\n\n${name}: `).appendText(value);
        }
      }
    }
    return text;
  }
}

function problem(words: string, command?: string): Look {
  return { text: "$(warning) Qwen", words, command, isProblem: true };
}
