// Finds qwen-lsp: the user's setting, then PATH, then where its installers put it.
// Nothing of a workspace is ever looked at or started: its folders are taken out of PATH.
import { constants, promises as files } from "node:fs";
import { homedir } from "node:os";
import * as path from "node:path";
import * as vscode from "vscode";

/** How to start qwen-lsp; one of its commands, such as `serve`, comes behind the arguments. */
export interface Command {
  program: string;
  args: string[];
}

const NAME = process.platform === "win32" ? "qwen-lsp.exe" : "qwen-lsp";

/** The folder of the environment that the walkthrough makes. */
export function ownEnvironment(): string {
  return path.join(homedir(), ".local", "share", "qwen-lsp", "venv");
}

export async function findServer(): Promise<Command | undefined> {
  const [program, ...args] = vscode.workspace
    .getConfiguration("qwen-lsp")
    .get<string[]>("server.command", []);
  if (program) {
    const found = await locate(program.replace(/^~(?=[/\\])/, homedir()));
    return found === undefined ? undefined : { program: found, args };
  }
  const found = await locate(NAME);
  return found === undefined ? undefined : { program: found, args: [] };
}

async function locate(name: string): Promise<string | undefined> {
  if (name.includes("/") || name.includes("\\")) {
    return path.isAbsolute(name) && (await isProgram(name)) ? name : undefined;
  }
  for (const folder of searched()) {
    const candidate = path.join(folder, name);
    if (await isProgram(candidate)) {
      return candidate;
    }
  }
  return undefined;
}

function searched(): string[] {
  const ofPath = (process.env.PATH ?? "").split(path.delimiter);
  const own = path.join(ownEnvironment(), process.platform === "win32" ? "Scripts" : "bin");
  return [...ofPath, path.join(homedir(), ".local", "bin"), own].filter(
    (folder) => path.isAbsolute(folder) && !isOfWorkspace(folder),
  );
}

function isOfWorkspace(folder: string): boolean {
  return vscode.workspace.getWorkspaceFolder(vscode.Uri.file(folder)) !== undefined;
}

async function isProgram(candidate: string): Promise<boolean> {
  try {
    await files.access(candidate, constants.X_OK);
    return (await files.stat(candidate)).isFile();
  } catch {
    return false;
  }
}
