// Hunks: the parts of an edit, and where they are once the document changed.
// Pure: texts and lines in, texts and lines out.

export interface Place {
  line: number;
  character: number;
}

/** A text edit as LSP has it. */
export interface TextEdit {
  range: { start: Place; end: Place };
  newText: string;
}

/** A hunk as whole lines: `lines` stand for those from `first` up to `last`, which stays. */
export interface Block {
  first: number;
  last: number;
  lines: string[];
}

export interface Change {
  range: { start: Place; end: Place };
  text: string;
}

/** What a preview shows: the new text with what it replaces above it. */
export interface Shown {
  text: string;
  removed: [number, number][];
  added: [number, number][];
  /** Of each hunk, its first and its last line, which is not of it. */
  places: [number, number][];
}

/** Returns what an edit makes of whole lines, without those that it leaves as they are. */
export function block(edit: TextEdit, document: readonly string[]): Block {
  const { start, end } = edit.range;
  const upTo = Math.min(end.line, document.length - 1);
  const before = (document[start.line] ?? "").slice(0, start.character);
  const behind = end.line > upTo ? "" : (document[upTo] ?? "").slice(end.character);
  const old = document.slice(start.line, upTo + 1);
  const made = (before + edit.newText + behind).split(/\r\n|\r|\n/);
  let head = 0;
  while (head < old.length && head < made.length && old[head] === made[head]) {
    head++;
  }
  let tail = 0;
  const room = Math.min(old.length, made.length) - head;
  while (tail < room && old[old.length - 1 - tail] === made[made.length - 1 - tail]) {
    tail++;
  }
  return {
    first: start.line + head,
    last: upTo + 1 - tail,
    lines: made.slice(head, made.length - tail),
  };
}

/** Returns a document with the hunks in it, each below the lines that it replaces. */
export function merged(document: readonly string[], hunks: readonly TextEdit[]): Shown {
  const shown: Shown = { text: "", removed: [], added: [], places: [] };
  const lines: string[] = [];
  let at = 0;
  for (const one of hunks.map((edit) => block(edit, document))) {
    lines.push(...document.slice(at, one.first));
    const start = lines.length;
    lines.push(...document.slice(one.first, one.last));
    const middle = lines.length;
    lines.push(...one.lines);
    at = one.last;
    shown.places.push([start, lines.length]);
    if (middle > start) {
      shown.removed.push([start, middle]);
    }
    if (lines.length > middle) {
      shown.added.push([middle, lines.length]);
    }
  }
  lines.push(...document.slice(at));
  return { ...shown, text: lines.join("\n") };
}

/** Returns a hunk after a change of its document; undefined if the change touches its lines. */
export function moved(hunk: TextEdit, change: Change): TextEdit | undefined {
  const { start, end } = hunk.range;
  const isInsertion = start.line === end.line && start.character === end.character;
  // A hunk that ends before a line's first character does not touch that line.
  const lastLine = end.character === 0 && end.line > start.line ? end.line - 1 : end.line;
  if (change.range.start.line > lastLine) {
    return hunk;
  }
  if (isInsertion && start.character === 0 && isAtOrBehind(change.range.start, start)) {
    return hunk;
  }
  const isAbove =
    change.range.end.line < start.line ||
    (change.range.end.line === start.line && change.range.end.character === 0 && endsLine(change));
  if (!isAbove) {
    return undefined;
  }
  const removed = change.range.end.line - change.range.start.line;
  const by = change.text.split(/\r\n|\r|\n/).length - 1 - removed;
  const shift = (place: Place) => ({ ...place, line: place.line + by });
  return { ...hunk, range: { start: shift(start), end: shift(end) } };
}

function endsLine(change: Change): boolean {
  const startsLine = change.range.start.character === 0;
  return startsLine && (change.text === "" || /[\r\n]$/.test(change.text));
}

function isAtOrBehind(place: Place, other: Place): boolean {
  return place.line > other.line || (place.line === other.line && place.character > other.character);
}
