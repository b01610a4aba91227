// Edits: asks the server for one, and shows it as it is written.
import * as vscode from "vscode";
import { ProgressType } from "vscode-languageclient/node";
import type { Server } from "./server";
import { linesOf, type Reviewed, type Screen } from "./preview";
import type { TextEdit } from "./hunks";

/** What the server's commands and code actions carry: a part of a document, what to do there. */
export interface Selection {
  uri: string;
  version: number | null;
  range: TextEdit["range"];
  instruction?: string | null;
  preset?: string | null;
  diagnostics?: unknown[];
}

interface Answer {
  edit: { documentChanges?: DocumentChange[]; changes?: Record<string, TextEdit[]> } | null;
  message: string;
  warning: string;
}

interface DocumentChange {
  kind?: "create";
  uri?: string;
  textDocument?: { uri: string; version: number | null };
  edits?: TextEdit[];
}

const partial = new ProgressType<{ hunks: TextEdit[]; replaces?: boolean }>();

export class Edits {
  private count = 0;

  constructor(
    private readonly server: Server,
    private readonly screen: Screen,
  ) {}

  /** Asks for an instruction; the server gets the prompt ready while it is typed. */
  async askInWords(editor: vscode.TextEditor): Promise<void> {
    const client = this.server.running;
    if (client === undefined) {
      return;
    }
    const at = await this.selection(editor, "simplify");
    client.sendRequest("qwen/edit", { ...asked(at), warm: true }).catch(() => undefined);
    const instruction = await vscode.window.showInputBox({
      title: "Qwen: Edit",
      prompt: "What to change in the selected code",
      placeHolder: "return early when there are no items",
    });
    if (instruction?.trim()) {
      await this.make({ ...at, preset: undefined, diagnostics: undefined, instruction });
    }
  }

  async preset(editor: vscode.TextEditor, name: string): Promise<void> {
    if (this.server.running !== undefined) {
      await this.make({ ...(await this.selection(editor, name)), preset: name });
    }
  }

  /** Makes an edit, to be reviewed in a preview that closing or Escape ends. */
  async make(selection: Selection): Promise<void> {
    const client = this.server.running;
    if (client === undefined) {
      return;
    }
    const uri = client.protocol2CodeConverter.asUri(selection.uri);
    const document = await vscode.workspace.openTextDocument(uri);
    const about: Reviewed = {
      uri,
      creates: false,
      language: document.languageId,
      line: selection.range.start.line,
    };
    const preview = await this.screen.show(about, linesOf(document));
    const stop = new vscode.CancellationTokenSource();
    const token = `qwen-lsp-edit-${++this.count}`;
    const parts = [
      stop,
      preview.onOver(() => stop.cancel()),
      client.onProgress(partial, token, ({ hunks, replaces }) =>
        preview.write(hunks, replaces === true),
      ),
    ];
    try {
      const params = { ...asked(selection), partialResultToken: token };
      const answer: Answer = await client.sendRequest("qwen/edit", params, stop.token);
      if (!stop.token.isCancellationRequested) {
        await this.review(answer, about, preview);
      }
    } catch (error) {
      preview.close();
      if (!stop.token.isCancellationRequested) {
        void vscode.window.showErrorMessage(`Qwen: ${sentenceOf(error)}`);
      }
    } finally {
      vscode.Disposable.from(...parts).dispose();
    }
  }

  private async review(
    answer: Answer,
    about: Reviewed,
    preview: Awaited<ReturnType<Screen["show"]>>,
  ): Promise<void> {
    const found = changesOf(answer);
    if (found === undefined) {
      preview.close();
      const message = answer.message || "There is nothing to change.";
      void vscode.window.showInformationMessage(`Qwen: ${message}`);
      return;
    }
    const uri = vscode.Uri.parse(found.uri);
    if (uri.toString() === about.uri.toString() && !found.creates) {
      const document = await vscode.workspace.openTextDocument(uri);
      if (found.version !== null && found.version !== document.version) {
        preview.close();
        const sentence = "Qwen: the file has changed meanwhile; ask again.";
        void vscode.window.showWarningMessage(sentence);
        return;
      }
      preview.finish(linesOf(document), found.edits, answer.warning);
      return;
    }
    // It is an edit of another file: tests go into their own.
    const lines = found.creates ? [""] : linesOf(await vscode.workspace.openTextDocument(uri));
    const line = found.edits[0]?.range.start.line ?? 0;
    const other = await this.screen.show({ ...about, uri, creates: found.creates, line }, lines);
    other.finish(lines, found.edits, answer.warning);
  }

  /**
   * Returns what a command is about: what the server would offer there under a preset, since it
   * knows the function around the cursor and what is reported; else the selection itself.
   */
  private async selection(editor: vscode.TextEditor, preset: string): Promise<Selection> {
    const { document, selection } = editor;
    const range = {
      start: { line: selection.start.line, character: selection.start.character },
      end: { line: selection.end.line, character: selection.end.character },
    };
    const uri = document.uri.toString();
    const own: Selection = { uri, version: document.version, range };
    const client = this.server.quietly;
    if (client === undefined) {
      return own;
    }
    const reported = vscode.languages
      .getDiagnostics(document.uri)
      .filter((one) => one.range.intersection(selection) !== undefined);
    const diagnostics = client.code2ProtocolConverter.asDiagnostics(reported);
    const params = {
      textDocument: client.code2ProtocolConverter.asTextDocumentIdentifier(document),
      range,
      context: { diagnostics: await diagnostics },
    };
    interface Action {
      command?: { arguments?: Selection[] };
    }
    const actions: Action[] | null = await client.sendRequest("textDocument/codeAction", params);
    const offered = (actions ?? []).flatMap((one) => one.command?.arguments ?? []);
    const found =
      offered.find((one) => one.preset === preset) ?? offered.find((one) => one.preset);
    return found ? { ...found, diagnostics: found.preset === preset ? found.diagnostics : [] } : own;
  }
}

/** Returns the parameters of a request about a selection. */
export function asked({ uri, version, ...rest }: Selection): object {
  return { ...rest, textDocument: { uri, version } };
}

export function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

interface Changes {
  uri: string;
  version: number | null;
  creates: boolean;
  edits: TextEdit[];
}

/** Returns the changes of an answer, which are of one document. */
function changesOf({ edit }: Answer): Changes | undefined {
  const changes = edit?.documentChanges;
  const texts = changes?.find((one) => one.textDocument !== undefined);
  if (texts?.textDocument === undefined || texts.edits === undefined) {
    return undefined;
  }
  const { uri, version } = texts.textDocument;
  const creates = changes?.some((one) => one.kind === "create") === true;
  return { uri, version: version ?? null, creates, edits: texts.edits };
}
