// The panel that an explanation streams into. It runs one script of ours, loads nothing else, and
// its links open places in the workspace and nothing else.
import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import MarkdownIt from "markdown-it";
import { ProgressType } from "vscode-languageclient/node";
import { sentenceOf } from "./edits";
import type { Server } from "./server";

/** The server writes links to places as `file:///…#L12`; there is no other link. */
const PLACE = /^(file:\/\/\/[^?#]+)#L(\d{1,9})$/;

const markdown = new MarkdownIt("default", { html: false, linkify: false });
markdown.disable(["image", "autolink", "html_block", "html_inline"]);
markdown.validateLink = (url) => PLACE.test(url);

const partial = new ProgressType<{ text: string }>();
interface Work {
  kind: "begin" | "report" | "end";
  message?: string;
}
const working = new ProgressType<Work>();

interface View {
  title: string;
  text: string;
  state: string;
  problem: string;
}

export class Explanations implements vscode.Disposable {
  private panel: vscode.WebviewPanel | undefined;
  private view: View = { title: "", text: "", state: "", problem: "" };
  private stop = new vscode.CancellationTokenSource();
  private count = 0;

  constructor(
    private readonly server: Server,
    private readonly media: vscode.Uri,
  ) {}

  /** Explains what the parameters of `qwen/explain` name. */
  async explain(title: string, params: object): Promise<void> {
    const client = this.server.running;
    if (client === undefined) {
      return;
    }
    this.stop.cancel();
    const stop = (this.stop = new vscode.CancellationTokenSource());
    this.open();
    this.view = { title, text: "", state: "reading the code", problem: "" };
    this.show();
    const number = ++this.count;
    const pieces = `qwen-lsp-explanation-${number}`;
    const work = `qwen-lsp-explaining-${number}`;
    const isCurrent = () => this.stop === stop;
    const update = (change: Partial<View>) => {
      if (isCurrent()) {
        this.view = { ...this.view, ...change };
        this.show();
      }
    };
    const parts = [
      client.onProgress(partial, pieces, ({ text }) => update({ text: this.view.text + text })),
      client.onProgress(working, work, ({ kind, message }) => {
        if (kind === "report" && message !== undefined) {
          update({ state: message });
        }
      }),
    ];
    try {
      const asked = { ...params, partialResultToken: pieces, workDoneToken: work };
      const answer: { markdown: string } = await client.sendRequest("qwen/explain", asked, stop.token);
      update({ text: answer.markdown, state: "" });
    } catch (error) {
      const isStopped = stop.token.isCancellationRequested;
      update(isStopped ? { state: "", problem: "Stopped." } : { state: "", problem: sentenceOf(error) });
    } finally {
      vscode.Disposable.from(...parts).dispose();
    }
  }

  dispose(): void {
    this.stop.cancel();
    this.panel?.dispose();
  }

  private open(): void {
    if (this.panel !== undefined) {
      this.panel.reveal(undefined, true);
      return;
    }
    const column = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true };
    const panel = vscode.window.createWebviewPanel("qwen-lsp.explanation", "Qwen", column, {
      enableScripts: true,
      enableFindWidget: true,
      localResourceRoots: [this.media],
    });
    panel.iconPath = vscode.Uri.joinPath(this.media, "icon.svg");
    panel.onDidDispose(() => {
      this.panel = undefined;
      this.stop.cancel();
    });
    panel.webview.onDidReceiveMessage((message: { open?: string; stop?: true; ready?: true }) => {
      if (message.stop) {
        this.stop.cancel();
      } else if (message.open !== undefined) {
        void openPlace(message.open);
      } else {
        this.show();
      }
    });
    panel.webview.html = this.page(panel.webview);
    this.panel = panel;
  }

  private show(): void {
    const { title, text, state, problem } = this.view;
    void this.panel?.webview.postMessage({ title, state, problem, html: markdown.render(text) });
  }

  private page(webview: vscode.Webview): string {
    const nonce = randomBytes(16).toString("hex");
    const file = (name: string) => webview.asWebviewUri(vscode.Uri.joinPath(this.media, name));
    const policy = `default-src 'none'; style-src ${webview.cspSource}; script-src 'nonce-${nonce}'`;
    return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<link rel="stylesheet" href="${file("explanation.css")}">
<title>Explanation</title>
</head>
<body>
<header><span id="title"></span><span id="state" role="status"></span><button id="stop">Stop</button></header>
<main id="text" aria-live="polite"></main>
<p id="problem" role="alert"></p>
<script nonce="${nonce}" src="${file("explanation.js")}"></script>
</body>
</html>`;
  }
}

/** Opens a place that a link names, if it is one of the workspace or of an open file. */
async function openPlace(link: string): Promise<void> {
  const [, file, line] = PLACE.exec(link) ?? [];
  if (file === undefined) {
    return;
  }
  const uri = vscode.Uri.parse(file, true);
  const isOpen = vscode.workspace.textDocuments.some((one) => one.uri.toString() === uri.toString());
  if (!isOpen && vscode.workspace.getWorkspaceFolder(uri) === undefined) {
    return;
  }
  const at = new vscode.Position(Math.max(Number(line) - 1, 0), 0);
  const beside = vscode.window.tabGroups.all.find((group) => group.viewColumn === vscode.ViewColumn.One);
  await vscode.window.showTextDocument(uri, {
    viewColumn: beside?.viewColumn ?? vscode.ViewColumn.Active,
    selection: new vscode.Range(at, at),
  });
}
