// Runs code of the tests where extensions run: it comes over a Unix socket, one for each workspace folder.
const fs = require("node:fs");
const http = require("node:http");
const path = require("node:path");
const vscode = require("vscode");

const AsyncFunction = (async () => {}).constructor;

exports.activate = (context) => {
  const folder = vscode.workspace.workspaceFolders?.[0];
  if (process.env.QWEN_PROBES === undefined || folder === undefined) {
    return;
  }
  const socket = path.join(process.env.QWEN_PROBES, folder.name);
  const server = http.createServer((request, response) => {
    let body = "";
    request.on("data", (piece) => (body += piece));
    request.on("end", async () => {
      try {
        const { code, args } = JSON.parse(body);
        const value = await new AsyncFunction("vscode", "args", code)(vscode, args);
        response.end(JSON.stringify({ value: value ?? null }));
      } catch (error) {
        response.end(JSON.stringify({ error: String(error?.stack ?? error) }));
      }
    });
  });
  fs.rmSync(socket, { force: true });
  server.listen(socket);
  context.subscriptions.push({ dispose: () => server.close() });
};
