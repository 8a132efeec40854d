import { writeSync } from "node:fs";
import { isatty } from "node:tty";
import { safeText } from "../safe-text.ts";

export { jsonLine, oneLine } from "../safe-text.ts";

/** The escape sequences that begin and end each style. */
const STYLES = {
  red: ["\u001b[31m", "\u001b[39m"],
  green: ["\u001b[32m", "\u001b[39m"],
  yellow: ["\u001b[33m", "\u001b[39m"],
  cyan: ["\u001b[36m", "\u001b[39m"],
  dim: ["\u001b[2m", "\u001b[22m"],
} as const;

/** How a text is shown on a terminal. */
export type Style = keyof typeof STYLES;

/** A part of a line. */
export type Part = string | { readonly text: string; readonly style: Style };

/**
 * A line to print. Its texts are made safe before they reach the terminal: styles are part of the line
 * and not of a text, so every escape sequence in a text is a foreign one.
 */
export type Line = string | readonly Part[];

/** Prints a line on stdout (1) or stderr (2), with styles if that is a terminal. Clears the live line. */
export function printLine(descriptor: 1 | 2, line: Line): void {
  LiveLine.shown?.clear();
  writeText(descriptor, `${render(line, hasStyles(descriptor))}\n`);
}

function render(line: Line, isStyled: boolean): string {
  const parts = typeof line === "string" ? [line] : line;
  return parts
    .map((part) => {
      if (typeof part === "string") return safeText(part);
      const [begin, end] = STYLES[part.style];
      return isStyled ? begin + safeText(part.text) + end : safeText(part.text);
    })
    .join("");
}

/** Whether stdin (0), stdout (1) or stderr (2) is a terminal. */
export function isTerminal(descriptor: 0 | 1 | 2): boolean {
  return isatty(descriptor);
}

/** See https://no-color.org. */
function hasStyles(descriptor: 1 | 2): boolean {
  return isatty(descriptor) && !process.env["NO_COLOR"] && process.env["TERM"] !== "dumb";
}

const WIDTH_IF_UNKNOWN = 80;

/** How many columns a line of stdout has; Infinity if it is not a terminal. */
export function lineWidth(): number {
  return isatty(1) ? process.stdout.columns || WIDTH_IF_UNKNOWN : Number.POSITIVE_INFINITY;
}

/** Joins the parts that are not empty, two spaces apart. */
export function inLine(...parts: readonly (Part | false | null)[]): Line {
  return parts
    .flatMap((part) => (part === false || part === null || part === "" ? [] : [part]))
    .flatMap((part, index) => (index === 0 ? [part] : ["  ", part]));
}

/** Cuts a line to a width, in columns. A line that was cut ends in `…`, so that nobody takes it for whole. */
export function fitLine(line: Line, width: number): Line {
  const parts = typeof line === "string" ? [line] : line;
  // Not by UTF-16 units, which would cut a character in two.
  const columns = parts.flatMap((part) => Array.from(safeText(textOf(part)), columnsOf));
  if (columns.reduce((sum, one) => sum + one, 0) <= width) return line;
  let left = width - 1;
  return [
    ...parts.map((part) => {
      let fitting = "";
      for (const character of safeText(textOf(part))) {
        left -= columnsOf(character);
        if (left < 0) break;
        fitting += character;
      }
      return typeof part === "string" ? fitting : { ...part, text: fitting };
    }),
    "…",
  ];
}

export function textOf(part: Part): string {
  return typeof part === "string" ? part : part.text;
}

/** Characters that take two columns on most terminals: East Asian ones and emoji. */
const WIDE =
  /[\p{Emoji_Presentation}\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]/u;
/** Characters that take no column: they combine with the one before, or are not shown. */
const WITHOUT_WIDTH = /[\p{Mn}\p{Me}\p{Cf}]/u;

function columnsOf(character: string): number {
  if (WITHOUT_WIDTH.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

const unread = new AbortController();

/** Aborts when a write finds that nobody reads stdout any more. */
export const unreadOutput = unread.signal;

const WAIT_MS = 5;
const MAX_WAITS = 2000;

/**
 * Writes to stdout (1) or stderr (2), and only through the descriptor: `process.stdout` and
 * `process.stderr` would make a pipe non-blocking, and with it the same pipe in the command of `exec`,
 * whose writes would then fail. Writes nothing if nobody reads any more. Writes the text as it is:
 * `printLine` makes lines safe.
 */
export function writeText(descriptor: 1 | 2, text: string): void {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  let left = Buffer.from(text);
  for (let waits = 0; left.length > 0 && waits < MAX_WAITS; ) {
    try {
      left = left.subarray(writeSync(descriptor, left));
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : null;
      if (descriptor === 1 && code === "EPIPE") unread.abort();
      // EAGAIN: another process made it non-blocking, and its reader is slow.
      if (code !== "EAGAIN") return;
      waits++;
      Atomics.wait(pause, 0, 0, WAIT_MS);
    }
  }
}

/** How many lines fit on the terminal; Infinity if stdout is not one. */
export function height(): number {
  return isatty(1) ? process.stdout.rows || Number.POSITIVE_INFINITY : Number.POSITIVE_INFINITY;
}

const CLEAR = "\r\u001b[K";

/** Whether stdout is a terminal whose lines can be overwritten. */
export function canOverwrite(): boolean {
  return isatty(1) && process.env["TERM"] !== "dumb";
}

/**
 * One or more lines at the bottom of a terminal that are updated in place, and cleared when another line
 * is printed. A pipe has none.
 */
export class LiveLine {
  /** The one that is shown; null if none is. */
  static shown: LiveLine | null = null;
  readonly #isThere: boolean;
  /** How many of its lines are above the cursor's. */
  #linesAbove = 0;

  constructor(isWanted: boolean) {
    this.#isThere = isWanted && canOverwrite();
  }

  show(...lines: readonly Line[]): void {
    if (!this.#isThere) return;
    // A line that is too long would wrap, and then it could not be overwritten.
    const texts = lines.map((line) => render(fitLine(line, lineWidth() - 1), hasStyles(1)));
    writeText(1, this.#wayBack() + texts.join("\n"));
    LiveLine.shown = this;
    this.#linesAbove = lines.length - 1;
  }

  clear(): void {
    if (LiveLine.shown !== this) return;
    writeText(1, this.#wayBack());
    LiveLine.shown = null;
  }

  #wayBack(): string {
    const linesAbove = LiveLine.shown === this ? this.#linesAbove : 0;
    return linesAbove === 0 ? CLEAR : `\r\u001b[${linesAbove}A\u001b[J`;
  }
}
