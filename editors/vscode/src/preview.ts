// The preview of an edit: the document with each change in it, old lines above new ones, to be
// accepted or discarded one by one. Nothing changes the document but accepting.
import * as vscode from "vscode";
import { merged, moved, type Shown, type TextEdit } from "./hunks";

export const SCHEME = "qwen-lsp-preview";

/** An edit that is to be reviewed. */
export interface Reviewed {
  /** The document that it changes. */
  uri: vscode.Uri;
  /** It has to be created first. */
  creates: boolean;
  language: string;
  /** The lines that were asked about. */
  line: number;
}

export class Preview implements vscode.Disposable {
  private static count = 0;
  readonly uri: vscode.Uri;
  private hunks: TextEdit[] = [];
  private base: string[] = [];
  private shown: Shown = { text: "", removed: [], added: [], places: [] };
  private isWriting = true;
  private warning = "";
  /** The hunk to go to once the editor has its text. */
  private wanted: number | undefined;
  private isOver = false;
  private readonly over = new vscode.EventEmitter<void>();
  /** The preview is gone, however that came. */
  readonly onOver = this.over.event;

  constructor(
    private about: Reviewed,
    private readonly screen: Screen,
    lines: string[],
  ) {
    this.base = lines;
    const name = about.uri.path.split("/").at(-1) ?? "";
    const query = String(++Preview.count);
    this.uri = vscode.Uri.from({ scheme: SCHEME, path: `/Qwen: ${name}`, query });
    this.render();
  }

  get text(): string {
    return this.shown.text;
  }

  async open(): Promise<void> {
    const document = await vscode.workspace.openTextDocument(this.uri);
    if (document.languageId !== this.about.language) {
      await vscode.languages.setTextDocumentLanguage(document, this.about.language);
    }
    const at = new vscode.Range(this.about.line, 0, this.about.line, 0);
    await vscode.window.showTextDocument(document, { preview: false, selection: at });
    this.decorate();
  }

  /** Shows changes as they are written; they are of the version that was asked about. */
  write(hunks: TextEdit[], replaces: boolean): void {
    if (this.isWriting && !this.isOver) {
      this.hunks = inOrder(replaces ? hunks : [...this.hunks, ...hunks]);
      this.refresh();
    }
  }

  /** Shows the whole edit, which is of the document as it is now. */
  finish(lines: string[], hunks: TextEdit[], warning: string): void {
    this.base = lines;
    this.hunks = inOrder(hunks);
    this.warning = warning;
    this.isWriting = false;
    this.refresh();
    this.goTo(0);
  }

  /** Follows a change of the document; a change in the lines of a hunk takes that hunk out. */
  follow(event: vscode.TextDocumentChangeEvent): void {
    if (this.isWriting || event.document.uri.toString() !== this.about.uri.toString()) {
      return;
    }
    const before = this.hunks.length;
    for (const change of event.contentChanges) {
      this.hunks = this.hunks.flatMap((hunk) => moved(hunk, change) ?? []);
    }
    this.base = linesOf(event.document);
    this.refresh();
    if (this.hunks.length < before) {
      const sentence = "Qwen: you changed the lines of a proposed change, so it was dropped.";
      void vscode.window.showWarningMessage(sentence);
      this.closeWhenEmpty();
    }
  }

  async accept(index: number): Promise<void> {
    const [hunk] = this.isWriting ? [] : this.hunks.splice(index, 1);
    if (hunk === undefined) {
      return;
    }
    if (!(await this.apply([hunk]))) {
      this.hunks.splice(index, 0, hunk);
      return;
    }
    this.after(index);
  }

  async acceptAll(): Promise<void> {
    if (this.isWriting) {
      return;
    }
    const hunks = this.hunks;
    this.hunks = [];
    if (await this.apply(hunks)) {
      this.close();
    } else {
      this.hunks = hunks;
    }
  }

  discard(index: number): void {
    if (!this.isWriting && this.hunks.splice(index, 1).length > 0) {
      this.after(index);
    }
  }

  /** The hunk at the cursor, else the next one, else the last. */
  hunkAtCursor(): number {
    const line = this.editor()?.selection.active.line ?? 0;
    const found = this.shown.places.findIndex(([, end]) => line < end);
    return found >= 0 ? found : this.shown.places.length - 1;
  }

  move(by: number): void {
    const line = this.editor()?.selection.active.line ?? 0;
    const { places } = this.shown;
    const next = places.findIndex(([start]) => start > line);
    const previous = places.findLastIndex(([start]) => start < line);
    const wanted = by > 0 ? next : previous;
    this.goTo(wanted >= 0 ? wanted : by > 0 ? 0 : places.length - 1);
  }

  lenses(): vscode.CodeLens[] {
    const lens = (line: number, title: string, command: string, index = 0, tooltip = "") =>
      new vscode.CodeLens(new vscode.Range(line, 0, line, 0), {
        title,
        tooltip,
        command,
        arguments: [index],
      });
    if (this.isWriting) {
      const line = this.shown.places[0]?.[0] ?? this.about.line;
      const title = "$(loading~spin)\u00a0Qwen is writing… Stop (Escape)";
      return [lens(line, title, "qwen-lsp.discardAll")];
    }
    const keys = process.platform === "darwin" ? "⌘" : "Ctrl+";
    return this.shown.places.flatMap(([line], index) => {
      const found = [
        lens(line, `$(check)\u00a0Accept (${keys}Enter)`, "qwen-lsp.accept", index, "Keep this change"),
        lens(line, `$(close)\u00a0Discard (${keys}Backspace)`, "qwen-lsp.discard", index, "Leave it as it was"),
      ];
      if (index === 0 && this.shown.places.length > 1) {
        found.push(lens(line, `Accept all ${this.shown.places.length}`, "qwen-lsp.acceptAll"));
        found.push(lens(line, "Discard all (Escape)", "qwen-lsp.discardAll"));
      }
      if (index === 0 && this.warning !== "") {
        found.push(lens(line, `$(warning)\u00a0${this.warning}`, "qwen-lsp.nextChange", 0));
      }
      return found;
    });
  }

  decorate(): void {
    const editor = this.editor();
    if (editor === undefined || editor.document.getText() !== this.shown.text) {
      return; // the editor gets the text a moment later, and then this is called again
    }
    const ranges = (blocks: [number, number][]) =>
      blocks.map(([first, last]) => new vscode.Range(first, 0, last - 1, 0));
    editor.setDecorations(this.screen.removed, ranges(this.shown.removed));
    editor.setDecorations(this.screen.added, ranges(this.shown.added));
    if (this.wanted !== undefined) {
      this.reveal(editor, this.wanted);
      this.wanted = undefined;
    }
  }

  /** Ends the preview; what was not accepted is not applied. */
  close(): void {
    if (this.isOver) {
      return;
    }
    this.isOver = true;
    this.over.fire();
    const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
    const ours = tabs.filter((tab) => this.isTab(tab));
    if (ours.length > 0) {
      void Promise.resolve(vscode.window.tabGroups.close(ours)).then(() => this.showDocument());
    }
  }

  isTab(tab: vscode.Tab): boolean {
    const { input } = tab;
    return input instanceof vscode.TabInputText && input.uri.toString() === this.uri.toString();
  }

  dispose(): void {
    this.close();
    this.over.dispose();
  }

  private after(index: number): void {
    this.refresh();
    this.closeWhenEmpty();
    if (!this.isOver) {
      this.goTo(Math.min(index, this.hunks.length - 1));
    }
  }

  private closeWhenEmpty(): void {
    if (this.hunks.length === 0 && !this.isWriting) {
      this.close();
    }
  }

  /** Applies hunks as one step to undo. */
  private async apply(hunks: TextEdit[]): Promise<boolean> {
    const edit = new vscode.WorkspaceEdit();
    if (this.about.creates) {
      edit.createFile(this.about.uri, { overwrite: false });
    }
    for (const { range, newText } of hunks) {
      edit.replace(this.about.uri, asRange(range), newText);
    }
    if (await vscode.workspace.applyEdit(edit)) {
      this.about = { ...this.about, creates: false };
      return true;
    }
    void vscode.window.showErrorMessage("Qwen: the editor did not apply the change.");
    return false;
  }

  private async showDocument(): Promise<void> {
    if (!this.about.creates) {
      const document = await vscode.workspace.openTextDocument(this.about.uri);
      await vscode.window.showTextDocument(document, { preview: false });
    }
  }

  private goTo(index: number): void {
    this.wanted = index;
    this.decorate();
  }

  private reveal(editor: vscode.TextEditor, index: number): void {
    const place = this.shown.places[index];
    if (place !== undefined) {
      const at = new vscode.Position(place[0], 0);
      editor.selection = new vscode.Selection(at, at);
      const range = new vscode.Range(at, new vscode.Position(place[1], 0));
      editor.revealRange(range, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
    }
  }

  private refresh(): void {
    this.render();
    this.screen.changed(this);
  }

  private render(): void {
    this.shown = merged(this.base, this.hunks);
  }

  private editor(): vscode.TextEditor | undefined {
    const own = this.uri.toString();
    return vscode.window.visibleTextEditors.find((one) => one.document.uri.toString() === own);
  }
}

/** What all previews share: how they look, and who provides their text. */
export class Screen implements vscode.Disposable, vscode.TextDocumentContentProvider, vscode.CodeLensProvider {
  private readonly textChanged = new vscode.EventEmitter<vscode.Uri>();
  private readonly lensesChanged = new vscode.EventEmitter<void>();
  private readonly parts: vscode.Disposable[];
  private preview: Preview | undefined;
  readonly removed: vscode.TextEditorDecorationType;
  readonly added: vscode.TextEditorDecorationType;
  readonly onDidChange = this.textChanged.event;
  readonly onDidChangeCodeLenses = this.lensesChanged.event;

  constructor(media: vscode.Uri) {
    const look = (kind: string, colour: string) =>
      vscode.window.createTextEditorDecorationType({
        isWholeLine: true,
        backgroundColor: new vscode.ThemeColor(`diffEditor.${kind}LineBackground`),
        gutterIconPath: vscode.Uri.joinPath(media, `${kind}.svg`),
        gutterIconSize: "contain",
        overviewRulerColor: new vscode.ThemeColor(colour),
        overviewRulerLane: vscode.OverviewRulerLane.Full,
      });
    this.removed = look("removed", "editorOverviewRuler.deletedForeground");
    this.added = look("inserted", "editorOverviewRuler.addedForeground");
    this.parts = [
      this.removed,
      this.added,
      this.textChanged,
      this.lensesChanged,
      vscode.workspace.registerTextDocumentContentProvider(SCHEME, this),
      vscode.languages.registerCodeLensProvider({ scheme: SCHEME }, this),
      vscode.workspace.onDidChangeTextDocument((event) => {
        this.preview?.follow(event);
        if (event.document.uri.scheme === SCHEME) {
          this.preview?.decorate();
        }
      }),
      vscode.window.onDidChangeVisibleTextEditors(() => this.preview?.decorate()),
      vscode.window.tabGroups.onDidChangeTabs(({ closed }) => {
        if (closed.some((tab) => this.preview?.isTab(tab))) {
          this.preview?.close();
        }
      }),
    ];
  }

  get current(): Preview | undefined {
    return this.preview;
  }

  /** Shows a preview in place of the one before. */
  async show(about: Reviewed, lines: string[]): Promise<Preview> {
    this.preview?.close();
    const preview = new Preview(about, this, lines);
    this.preview = preview;
    preview.onOver(() => {
      if (this.preview === preview) {
        this.preview = undefined;
        void vscode.commands.executeCommand("setContext", "qwen-lsp.previewing", false);
      }
    });
    await vscode.commands.executeCommand("setContext", "qwen-lsp.previewing", true);
    await preview.open();
    return preview;
  }

  changed(preview: Preview): void {
    this.textChanged.fire(preview.uri);
    this.lensesChanged.fire();
    preview.decorate();
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.preview?.uri.toString() === uri.toString() ? this.preview.text : "";
  }

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    const preview = this.preview;
    return preview?.uri.toString() === document.uri.toString() ? preview.lenses() : [];
  }

  dispose(): void {
    this.preview?.dispose();
    vscode.Disposable.from(...this.parts).dispose();
  }
}

export function linesOf(document: vscode.TextDocument): string[] {
  return document.getText().split(/\r\n|\r|\n/);
}

function asRange({ start, end }: TextEdit["range"]): vscode.Range {
  return new vscode.Range(start.line, start.character, end.line, end.character);
}

function inOrder(hunks: TextEdit[]): TextEdit[] {
  return [...hunks].sort(
    (one, other) =>
      one.range.start.line - other.range.start.line ||
      one.range.start.character - other.range.start.character,
  );
}
