// One line per request in the output channel: what, how long, what came of it. Never any code.
import * as vscode from "vscode";
import type { Middleware } from "vscode-languageclient/node";

export function logRequests(log: vscode.LogOutputChannel): NonNullable<Middleware["sendRequest"]> {
  return async (type, params, token, next) => {
    const name = typeof type === "string" ? type : type.method;
    const start = performance.now();
    const say = (outcome: string) => {
      const line = `${label(name, params)} ${Math.round(performance.now() - start)} ms: ${outcome}`;
      // The status bar asks for itself.
      name === "qwen/status" ? log.debug(line) : log.info(line);
    };
    try {
      const answer = await next(type, params, token);
      say(token?.isCancellationRequested ? "cancelled" : outcomeOf(answer));
      return answer;
    } catch (error) {
      const sentence = error instanceof Error ? error.message : String(error);
      say(token?.isCancellationRequested ? "cancelled" : `failed: ${sentence}`);
      throw error;
    }
  };
}

function label(name: string, params: unknown): string {
  const short = name.replace(/^textDocument\/|^workspace\//, "");
  const { command, preset, scope, warm } = (params ?? {}) as Record<string, unknown>;
  const detail = [command, preset, scope, warm === true ? "warm" : undefined];
  return [short, ...detail.filter((one) => typeof one === "string")].join(" ");
}

function outcomeOf(answer: unknown): string {
  if (answer === null || typeof answer !== "object") {
    return "done";
  }
  const { items, edit, message } = answer as Record<string, unknown>;
  if (Array.isArray(items)) {
    return items.length === 0 ? "nothing to offer" : `offered ${items.length}`;
  }
  if (edit === null && typeof message === "string" && message !== "") {
    return message;
  }
  return Array.isArray(answer) ? `${answer.length} found` : "done";
}
