// The server's page about a prompt, in an editor tab: also where there is no browser on the
// server's machine. The page is as the server wrote it; its own policy lets it load and run nothing.
import { promises as files } from "node:fs";
import * as vscode from "vscode";

let panel: vscode.WebviewPanel | undefined;

/** Shows a page if it is one of the server's; returns whether it is. */
export async function showPage(uri: vscode.Uri): Promise<boolean> {
  if (uri.scheme !== "file" || !uri.path.endsWith(".html")) {
    return false;
  }
  const html = await files.readFile(uri.fsPath, "utf-8");
  if (panel === undefined) {
    const title = "Qwen: Context";
    panel = vscode.window.createWebviewPanel("qwen-lsp.context", title, vscode.ViewColumn.Beside, {
      enableScripts: false,
      enableFindWidget: true,
      localResourceRoots: [],
    });
    panel.onDidDispose(() => (panel = undefined));
  }
  panel.webview.html = html;
  panel.reveal(undefined, true);
  return true;
}
